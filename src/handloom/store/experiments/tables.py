"""The tables of experiments. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text, UniqueConstraint

from handloom.store.engine.metadata import Number, metadata

experiments = Table(
    "experiments",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_id", BigInteger, nullable=False),  # MLflow's id, counted from 0 in each workspace
    Column("name", Text, nullable=False),
    Column("artifact_location", Text, nullable=False),
    Column("lifecycle_stage", String(16), nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=True),
    Column("creation_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "experiment_id"),
    UniqueConstraint("workspace_id", "name"),
)

experiment_tags = Table(
    "experiment_tags",
    metadata,
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
