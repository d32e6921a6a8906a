"""The tables of notices about runs. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

notice_rules = Table(
    "notice_rules",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),  # "failed", "ended" or "metric"
    Column("metric", Text, nullable=False),
    Column("direction", String(8), nullable=False),  # "above" or "below"
    Column("value", Float, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_notice_rules_experiment", "experiment_internal_id", "user_id"),
    Index("ix_notice_rules_user", "user_id"),
)

run_notices = Table(
    "run_notices",
    metadata,
    Column("rule_internal_id", ForeignKey("notice_rules.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("reached", Float),
    Column("noticed_at", BigInteger, nullable=False),
    Index("ix_run_notices_run", "run_internal_id"),
    Index("ix_run_notices_at", "noticed_at"),
)
