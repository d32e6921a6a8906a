"""The tables of schedules and of the runs of whole notebooks. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

schedules = Table(
    "schedules",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="CASCADE"), nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("cron", Text, nullable=False),
    Column("every_seconds", Number, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("parameters", Text, nullable=False),  # a JSON object
    Column("retries", Number, nullable=False),
    Column("retry_delay", Number, nullable=False),
    Column("skip_if_running", Boolean, nullable=False),
    Column("catch_up", Boolean, nullable=False),
    Column("max_minutes", Number, nullable=False),
    Column("notify", Boolean, nullable=False),
    Column("webhook_url", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("problem", String(32), nullable=False),
    Column("next_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("environment", String(32), nullable=False, server_default=""),
    Column("engine", String(64), nullable=False, server_default=""),
    Column("capacity", String(64), nullable=False, server_default=""),
    Index("ix_schedules_workspace", "workspace_id"),
    Index("ix_schedules_notebook", "notebook_id"),
    Index("ix_schedules_next", "next_at"),
)

notebook_jobs = Table(
    "notebook_jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="CASCADE"), nullable=False),
    Column("schedule_id", ForeignKey("schedules.id", ondelete="CASCADE")),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("error", Text, nullable=False),
    Column("parameters", Text, nullable=False),  # a JSON object
    Column("attempt", Number, nullable=False),
    Column("missed", Number, nullable=False),
    Column("scheduled_for", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),  # when it may start, while it is queued
    Column("claimed_until", BigInteger),  # until then a server is running it
    Column("stop_requested", Boolean, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("cells", Number, nullable=False),
    Column("done", Number, nullable=False),
    Column("session_id", String(32)),
    Column("exit_value", Text, nullable=False),
    Column("notice", Boolean, nullable=False),  # whether its schedule's owner is told of its end
    Column("reproduces", String(32)),  # the id of the MLflow run whose snapshot it runs again
    Index("ix_notebook_jobs_schedule", "schedule_id", "created_at"),
    Index("ix_notebook_jobs_notebook", "notebook_id", "created_at"),
    Index("ix_notebook_jobs_workspace", "workspace_id", "created_at"),
    Index("ix_notebook_jobs_state", "state"),
    Index("ix_notebook_jobs_reproduces", "reproduces"),
)

notebook_job_documents = Table(
    "notebook_job_documents",
    metadata,
    Column("job_id", ForeignKey("notebook_jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""The executed notebook of a job, compressed."""

# The outbox of messages about failed runs: see store.schedules.messages.
schedule_messages = Table(
    "schedule_messages",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("delivery_id", String(36), nullable=False),  # the id of the run
    Column("schedule_id", ForeignKey("schedules.id", ondelete="CASCADE"), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("claimed_until", BigInteger),  # until then a server is sending it
    Index("ix_schedule_messages_due", "due_at"),
    Index("ix_schedule_messages_schedule", "schedule_id"),
)
