"""Rules for notices about runs, and the notices."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "notice_rules",
        sa.Column("internal_id", _NUMBER, primary_key=True),
        sa.Column("experiment_internal_id", _NUMBER, _to("experiments.internal_id"), nullable=False),
        sa.Column("user_id", sa.String(32), _to("users.id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_notice_rules_experiment", "notice_rules", ["experiment_internal_id", "user_id"])
    op.create_index("ix_notice_rules_user", "notice_rules", ["user_id"])
    op.create_table(
        "run_notices",
        sa.Column("rule_internal_id", _NUMBER, _to("notice_rules.internal_id"), primary_key=True),
        sa.Column("run_internal_id", _NUMBER, _to("runs.internal_id"), primary_key=True),
        sa.Column("reached", sa.Float()),
        sa.Column("noticed_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_run_notices_run", "run_notices", ["run_internal_id"])
    op.create_index("ix_run_notices_at", "run_notices", ["noticed_at"])
