"""The audit log."""

import sqlalchemy as sa
from alembic import op

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", Number, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(32)),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("workspace_id", sa.String(32)),
        sa.Column("workspace_name", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    op.create_index("ix_audit_entries_workspace", "audit_entries", ["workspace_id", "id"])
