"""Reports: pages of prose with live charts and tables of runs."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHOWN = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("version", _NUMBER, nullable=False),
        sa.Column("owner_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("modified_by", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
    )
    op.create_index(
        "ix_reports_name",
        "reports",
        ["workspace_id", "name"],
        unique=True,
        sqlite_where=_SHOWN,
        postgresql_where=_SHOWN,
    )
    op.create_index("ix_reports_deleted", "reports", ["workspace_id", "deleted_at"])
