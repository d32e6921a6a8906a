"""Groups of users, their members, and their roles in workspaces."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def _key(name: str, to: str, *, index: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey(to, ondelete="CASCADE")
    return sa.Column(name, sa.String(32), key, primary_key=True, nullable=False, index=index)


def upgrade() -> None:
    op.create_table(
        "user_groups",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "group_members",
        _key("group_id", "user_groups.id"),
        _key("user_id", "users.id", index=True),
        sa.Column("by_claim", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "group_roles",
        _key("workspace_id", "workspaces.id"),
        _key("group_id", "user_groups.id", index=True),
        sa.Column("role", sa.String(16), nullable=False),
    )
