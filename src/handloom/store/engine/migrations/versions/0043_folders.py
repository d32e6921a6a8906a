"""Folders of a workspace's list, and the items in them."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.create_table(
        "folders",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
        sa.Column("parent_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
    )
    op.create_index("ix_folders_name", "folders", ["workspace_id", "parent_id", "name"], unique=True)
    op.create_table(
        "folder_items",
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("folder_id", sa.String(32), sa.ForeignKey("folders.id", ondelete="CASCADE"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "item_id"),
    )
    op.create_index("ix_folder_items_folder", "folder_items", ["folder_id"])
