"""Capacities that admins define, and the capacity that a notebook chooses."""

import sqlalchemy as sa
from alembic import op

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0020"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("notebooks", sa.Column("capacity", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "capacities",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("memory_mb", Number, nullable=False),
        sa.Column("cores", Number, nullable=False),
        sa.Column("processes", Number, nullable=False),
        sa.Column("gpus", sa.Text(), nullable=False),
        sa.Column("idle_minutes", Number, nullable=False),
        sa.Column("sessions", Number, nullable=False),
        sa.Column("sessions_per_person", Number, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
    )
