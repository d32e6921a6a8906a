"""The tables of folders and of the items in them."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, String, Table, Text

from handloom.store.engine.metadata import metadata

folders = Table(
    "folders",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("parent_id", String(32), nullable=False),  # "" at the top; no NULL, so that names are unique there too
    Column("name", Text, nullable=False),
    Index("ix_folders_name", "workspace_id", "parent_id", "name", unique=True),
)

folder_items = Table(
    "folder_items",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("item_id", Text, nullable=False),  # as lists of items have it; it stays while the item is in the bin
    Column("folder_id", ForeignKey("folders.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("workspace_id", "kind", "item_id"),
    Index("ix_folder_items_folder", "folder_id"),
)
