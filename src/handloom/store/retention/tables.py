"""The table of retention rules. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text

from handloom.store.engine.metadata import Number, metadata

retention_rules = Table(
    "retention_rules",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE")),  # NULL for all
    Column("days", Number, nullable=False),
    Column("keep_tags", Text, nullable=False),  # JSON
    Column("enabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("applied_at", BigInteger),
    Column("deleted", BigInteger, nullable=False),
    Index("ix_retention_rules_workspace", "workspace_id"),
)
