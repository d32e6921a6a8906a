"""The outbox of messages about failed runs of schedules."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0036"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "schedule_messages",
        sa.Column("internal_id", _NUMBER, primary_key=True),
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("schedule_id", sa.String(32), sa.ForeignKey("schedules.id", ondelete="CASCADE"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger()),
    )
    op.create_index("ix_schedule_messages_due", "schedule_messages", ["due_at"])
    op.create_index("ix_schedule_messages_schedule", "schedule_messages", ["schedule_id"])
