"""Sort indexes of large experiments, and the index of runs that have not ended. Sort indexes are made when used."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

_OPEN = sa.text("status IN ('RUNNING', 'SCHEDULED')")


def upgrade() -> None:
    op.create_index("ix_runs_open", "runs", ["experiment_internal_id"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "sort_indexes",
        sa.Column("internal_id", number, primary_key=True),
        sa.Column(
            "experiment_internal_id",
            number,
            sa.ForeignKey("experiments.internal_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("entity", sa.String(8), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("best", sa.String(3), nullable=False),
        sa.Column("covered", sa.BigInteger(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("is_usable", sa.Boolean(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("experiment_internal_id", "entity", "key", "best"),
    )
    _values("sort_numbers", number, sa.Column("value", sa.Float()))
    _values("sort_texts", number, sa.Column("value", sa.Text(), nullable=False))


def _values(name: str, number: sa.types.TypeEngine[int], value: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("run_internal_id", number, sa.ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("index_id", number, sa.ForeignKey("sort_indexes.internal_id", ondelete="CASCADE"), primary_key=True),
        value,
        sa.Column("start_time", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_down", name, ["index_id", "value", "start_time"])
    op.create_index(f"ix_{name}_up", name, ["index_id", "value", sa.text("start_time DESC")])
