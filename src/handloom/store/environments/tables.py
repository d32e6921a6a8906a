"""The table of environments. Lists are texts with one entry in a line; times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text, UniqueConstraint

from handloom.store.engine.metadata import metadata

environments = Table(
    "environments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("requirements", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("log", Text, nullable=False),
    Column("packages", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("built_at", BigInteger),
    UniqueConstraint("workspace_id", "name"),
)
