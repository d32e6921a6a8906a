"""The tables of runs. Times are milliseconds since 1970 UTC."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from handloom.store.engine.metadata import Number, metadata

IS_OPEN = "status IN ('RUNNING', 'SCHEDULED')"
"""A condition as text, since databases use the index of open runs only for these very words."""
IS_ENDED = "status NOT IN ('RUNNING', 'SCHEDULED')"

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
    Index("ix_runs_open", "experiment_internal_id", sqlite_where=text(IS_OPEN), postgresql_where=text(IS_OPEN)),
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

# An order of an experiment's finished runs, see `handloom.store.runs.sort_indexes`.
sort_indexes = Table(
    "sort_indexes",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE"), nullable=False),
    Column("entity", String(8), nullable=False),
    Column("key", Text, nullable=False),
    Column("best", String(3), nullable=False),  # "min" or "max" of a metric
    Column("covered", BigInteger, nullable=False),  # while it is built: the internal id up to which runs are in it
    Column("is_complete", Boolean, nullable=False),
    Column("is_usable", Boolean, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    UniqueConstraint("experiment_internal_id", "entity", "key", "best"),
)


def _sorted_values(name: str, value: Column[Any]) -> Table:
    """The values of sort indexes of one type. A search reads them in one of two directions, newest runs first."""
    table = Table(
        name,
        metadata,
        Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
        Column("index_id", ForeignKey("sort_indexes.internal_id", ondelete="CASCADE"), primary_key=True),
        value,
        Column("start_time", BigInteger, nullable=False),
        Index(f"ix_{name}_down", "index_id", "value", "start_time"),
        sqlite_with_rowid=False,
    )
    Index(f"ix_{name}_up", table.c.index_id, table.c.value, table.c.start_time.desc())
    return table


sort_numbers = _sorted_values("sort_numbers", Column("value", Float))  # NULL if every point of the metric is NaN
sort_texts = _sorted_values("sort_texts", Column("value", Text, nullable=False))
