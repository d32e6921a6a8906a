"""What makes searches and charts quick: an index of metrics with NaN apart, buckets of long series, ready-made runs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    latest_metrics()
    metric_buckets()
    op.create_table(
        "run_documents",
        sa.Column("run_number", Number, nullable=False),
        sa.Column("format", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_number"], ["runs.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_number"),
    )


def latest_metrics() -> None:
    op.drop_index("ix_latest_metrics_page", "latest_metrics")
    op.add_column("latest_metrics", sa.Column("sampled_step", sa.BigInteger()))
    op.add_column("latest_metrics", sa.Column("sampled_time", sa.BigInteger()))
    op.create_index(
        "ix_latest_metrics_page", "latest_metrics", ["experiment_number", "key", "is_nan", "value", "run_number"]
    )


def metric_buckets() -> None:
    op.create_table(
        "metric_buckets",
        sa.Column("run_number", Number, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("low_step", sa.BigInteger(), nullable=True),
        sa.Column("low_time", sa.BigInteger(), nullable=True),
        sa.Column("low_value", sa.Float(), nullable=True),
        sa.Column("high_step", sa.BigInteger(), nullable=True),
        sa.Column("high_time", sa.BigInteger(), nullable=True),
        sa.Column("high_value", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["run_number"], ["runs.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_number", "key", "step", "timestamp"),
        sqlite_with_rowid=False,
    )
