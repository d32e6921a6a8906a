"""The tables of workspaces. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from handloom.store.engine.metadata import metadata

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("capacity", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("engine", String(64), nullable=False, server_default="quick"),
    Column("removed_at", BigInteger),  # when it was moved to the bin
    Column("removed_name", Text),  # its name before, which another workspace may take meanwhile
    Column("environment", String(32), nullable=False, server_default=""),  # the default one of its notebooks
)

members = Table(
    "members",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
)

mounts = Table(
    "mounts",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("prefix", Text, primary_key=True),
    Column("target", Text, nullable=False),
)
