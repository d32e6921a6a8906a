"""The tables of datasets. Times are milliseconds since 1970 UTC."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from handloom.store.engine.metadata import Number, metadata

datasets = Table(
    "datasets",
    metadata,
    Column("number", Number, primary_key=True),
    Column("experiment_number", ForeignKey("experiments.number", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("schema", Text),
    Column("profile", Text),
    UniqueConstraint("experiment_number", "name", "digest"),
)

run_inputs = Table(
    "run_inputs",
    metadata,
    Column("run_number", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("dataset_number", ForeignKey("datasets.number", ondelete="CASCADE"), primary_key=True),
    Column("context", Text),  # the tag mlflow.data.context
    Column("tags", Text, nullable=False),  # JSON object
    Index("ix_run_inputs_dataset", "dataset_number"),
)
