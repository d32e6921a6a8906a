"""Formats of webhooks, what became of their last messages, and an index for the runs that use a model."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("format", sa.String(16), nullable=False, server_default="mlflow"))
    op.add_column("webhook_deliveries", sa.Column("event", sa.Text(), nullable=False, server_default=""))
    op.add_column("webhook_deliveries", sa.Column("problem", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "webhook_outcomes",
        sa.Column("internal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column(
            "webhook_internal_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("webhooks.internal_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_webhook_outcomes_webhook", "webhook_outcomes", ["webhook_internal_id", "internal_id"])
    op.create_index("ix_run_models_model", "run_models", ["model_id", "direction"])
