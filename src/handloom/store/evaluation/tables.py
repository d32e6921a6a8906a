"""The tables of evaluation datasets and scorers. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from handloom.store.engine.metadata import Number, metadata

evaluation_datasets = Table(
    "evaluation_datasets",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("dataset_id", String(36), nullable=False),
    Column("name", Text, nullable=False),
    Column("schema", Text),  # JSON: the kinds of values by field; empty until there are records
    Column("digest", String(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("modified_by", Text),
    UniqueConstraint("workspace_id", "dataset_id"),
    Index("ix_evaluation_datasets_newest", "workspace_id", "created_at"),
)

evaluation_dataset_tags = Table(
    "evaluation_dataset_tags",
    metadata,
    Column("dataset_internal_id", ForeignKey("evaluation_datasets.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

evaluation_dataset_experiments = Table(
    "evaluation_dataset_experiments",
    metadata,
    Column("dataset_internal_id", ForeignKey("evaluation_datasets.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE"), primary_key=True),
    sqlite_with_rowid=False,
)

# Inputs, outputs, expectations, tags and source are JSON, as clients sent them.
evaluation_records = Table(
    "evaluation_records",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("dataset_internal_id", ForeignKey("evaluation_datasets.internal_id", ondelete="CASCADE"), nullable=False),
    Column("record_id", String(36), nullable=False),
    Column("input_hash", String(64), nullable=False),  # records with the same inputs are one
    Column("inputs", Text, nullable=False),
    Column("outputs", Text),
    Column("expectations", Text),
    Column("tags", Text),
    Column("source", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("modified_by", Text),
    UniqueConstraint("dataset_internal_id", "input_hash"),
)

scorers = Table(
    "scorers",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE"), nullable=False),
    Column("scorer_id", String(36), nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("experiment_internal_id", "name"),
)

scorer_versions = Table(
    "scorer_versions",
    metadata,
    Column("scorer_internal_id", ForeignKey("scorers.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),  # JSON, as clients sent it; the server runs none
    Column("created_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
