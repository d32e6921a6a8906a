"""The tables of runs. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

runs = Table(
    "runs",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("run_id", String(32), nullable=False, unique=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("user_id", Text, nullable=False),  # MLflow's free text, not a key
    Column("status", String(16), nullable=False),
    Column("start_time", BigInteger, nullable=False),
    Column("end_time", BigInteger),
    Column("artifact_uri", Text, nullable=False),
    Column("lifecycle_stage", String(16), nullable=False),
    Column("deleted_time", BigInteger),
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="SET NULL")),
    Column("client", Text, nullable=False, server_default=""),
    Index("ix_runs_newest", "experiment_internal_id", "lifecycle_stage", "start_time", "run_id"),
    Index("ix_runs_notebook", "notebook_id"),
)

run_tags = Table(
    "run_tags",
    metadata,
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

params = Table(
    "params",
    metadata,
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Finished runs as encoded replies; a write to a run deletes its document.
run_documents = Table(
    "run_documents",
    metadata,
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("format", BigInteger, nullable=False),  # changes with a release whose replies differ
    Column("document", LargeBinary, nullable=False),
)
