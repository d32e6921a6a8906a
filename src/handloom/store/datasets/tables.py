"""The tables of datasets. Times are milliseconds since 1970 UTC."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from handloom.store.engine.metadata import Number, metadata

datasets = Table(
    "datasets",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("schema", Text),
    Column("profile", Text),
    UniqueConstraint("experiment_internal_id", "name", "digest"),
)

run_inputs = Table(
    "run_inputs",
    metadata,
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("dataset_internal_id", ForeignKey("datasets.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("context", Text),  # the tag mlflow.data.context
    Column("tags", Text, nullable=False),  # JSON object
    Index("ix_run_inputs_dataset", "dataset_internal_id"),
)
