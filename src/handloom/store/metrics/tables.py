"""The tables of metrics. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Table, Text

from handloom.store.engine.metadata import Number, metadata

metrics = Table(
    "metrics",
    metadata,
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("timestamp", BigInteger, primary_key=True),
    Column("value", Float, primary_key=True),
    Column("is_nan", Boolean, primary_key=True),
    sqlite_with_rowid=False,
)

# One row per (run, key), which searches, orders and charts read instead of the history.
latest_metrics = Table(
    "latest_metrics",
    metadata,
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("experiment_internal_id", Number, nullable=False),
    Column("value", Float, nullable=False),
    Column("is_nan", Boolean, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("min_value", Float),
    Column("max_value", Float),
    Column("count", BigInteger, nullable=False),
    Column("sampled_step", BigInteger),  # metric_buckets contain every point up to here, see store.metrics.sampling
    Column("sampled_time", BigInteger),
    Index("ix_latest_metrics_page", "experiment_internal_id", "key", "is_nan", "value", "run_internal_id"),
    sqlite_with_rowid=False,
)

# A range of a long series for charts: its first point, number of points and extremes.
metric_buckets = Table(
    "metric_buckets",
    metadata,
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True),  # of its first point
    Column("timestamp", BigInteger, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("low_step", BigInteger),
    Column("low_time", BigInteger),
    Column("low_value", Float),
    Column("high_step", BigInteger),
    Column("high_time", BigInteger),
    Column("high_value", Float),
    sqlite_with_rowid=False,
)
