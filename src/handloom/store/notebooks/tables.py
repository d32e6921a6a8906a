"""The tables of notebooks. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, String, Table, Text, UniqueConstraint

from handloom.store.engine.metadata import Number, metadata

notebooks = Table(
    "notebooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("session_timeout", Number, nullable=False),
    Column("autolog", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("engine", String(64), nullable=False, server_default=""),
    Column("deleted_at", BigInteger),  # when it was moved to the bin
    Column("deleted_name", Text),  # its name before; `name` is then the one of its file in the bin
    UniqueConstraint("workspace_id", "name"),
)

notebook_pictures = Table(
    "notebook_pictures",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
)
"""A row permits a person's page of a notebook to load pictures from other addresses."""
