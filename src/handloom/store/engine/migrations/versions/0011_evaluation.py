"""Evaluation datasets with their records, and scorers in versions."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    datasets()
    records()
    scorers()


def datasets() -> None:
    op.create_table(
        "evaluation_datasets",
        sa.Column("number", Number, nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("dataset_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("schema", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("modified_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("workspace_id", "dataset_id"),
    )
    op.create_index("ix_evaluation_datasets_newest", "evaluation_datasets", ["workspace_id", "created_at"])
    op.create_table(
        "evaluation_dataset_tags",
        sa.Column("dataset_number", Number, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_number"], ["evaluation_datasets.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_number", "key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "evaluation_dataset_experiments",
        sa.Column("dataset_number", Number, nullable=False),
        sa.Column("experiment_number", Number, nullable=False),
        sa.ForeignKeyConstraint(["dataset_number"], ["evaluation_datasets.number"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["experiment_number"], ["experiments.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_number", "experiment_number"),
        sqlite_with_rowid=False,
    )


def records() -> None:
    op.create_table(
        "evaluation_records",
        sa.Column("number", Number, nullable=False),
        sa.Column("dataset_number", Number, nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("outputs", sa.Text(), nullable=True),
        sa.Column("expectations", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("modified_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["dataset_number"], ["evaluation_datasets.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("dataset_number", "input_hash"),
    )


def scorers() -> None:
    op.create_table(
        "scorers",
        sa.Column("number", Number, nullable=False),
        sa.Column("experiment_number", Number, nullable=False),
        sa.Column("scorer_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["experiment_number"], ["experiments.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("experiment_number", "name"),
    )
    op.create_table(
        "scorer_versions",
        sa.Column("scorer_number", Number, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["scorer_number"], ["scorers.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scorer_number", "version"),
        sqlite_with_rowid=False,
    )
