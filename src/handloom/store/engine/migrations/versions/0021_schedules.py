"""Schedules of notebooks, and the runs of whole notebooks."""

import sqlalchemy as sa
from alembic import op

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0021"
down_revision = "0020"


def _key(name: str, to: str, *, primary_key: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey(to, ondelete="CASCADE")
    return sa.Column(name, sa.String(32), key, nullable=False, primary_key=primary_key)


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(32), primary_key=True),
        _key("workspace_id", "workspaces.id"),
        _key("notebook_id", "notebooks.id"),
        sa.Column("owner_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("every_seconds", Number, nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("retries", Number, nullable=False),
        sa.Column("retry_delay", Number, nullable=False),
        sa.Column("skip_if_running", sa.Boolean(), nullable=False),
        sa.Column("catch_up", sa.Boolean(), nullable=False),
        sa.Column("max_minutes", Number, nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("webhook_url", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.String(32), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_schedules_workspace", "schedules", ["workspace_id"])
    op.create_index("ix_schedules_notebook", "schedules", ["notebook_id"])
    op.create_index("ix_schedules_next", "schedules", ["next_at"])
    _create_jobs()


def _create_jobs() -> None:
    op.create_table(
        "notebook_jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        _key("workspace_id", "workspaces.id"),
        _key("notebook_id", "notebooks.id"),
        sa.Column("schedule_id", sa.String(32), sa.ForeignKey("schedules.id", ondelete="CASCADE")),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("trigger", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("attempt", Number, nullable=False),
        sa.Column("missed", Number, nullable=False),
        sa.Column("scheduled_for", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.Column("stop_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("cells", Number, nullable=False),
        sa.Column("done", Number, nullable=False),
        sa.Column("session_id", sa.String(32)),
        sa.Column("exit_value", sa.Text(), nullable=False),
        sa.Column("notice", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_notebook_jobs_schedule", "notebook_jobs", ["schedule_id", "created_at"])
    op.create_index("ix_notebook_jobs_notebook", "notebook_jobs", ["notebook_id", "created_at"])
    op.create_index("ix_notebook_jobs_workspace", "notebook_jobs", ["workspace_id", "created_at"])
    op.create_index("ix_notebook_jobs_state", "notebook_jobs", ["state"])
    op.create_table(
        "notebook_job_documents",
        _key("job_id", "notebook_jobs.id", primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
