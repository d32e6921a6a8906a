"""The tables of running servers and of their sessions. Rows of a server that has ended go with its row."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from handloom.store.engine.metadata import metadata

servers = Table(
    "servers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("url", Text, nullable=False),  # where other servers reach it
    Column("secret", Text, nullable=False),  # sealed: opens it for other servers
    Column("seen_at", BigInteger, nullable=False),  # milliseconds since 1970 UTC
)

live_sessions = Table(
    "live_sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("server_id", ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("workspace_id", String(32), nullable=False),
    Column("notebook_id", String(32), nullable=False),  # "" for a session without one
    Column("job", String(32), nullable=False),  # "" for a session of a page or program
    Column("kernel", String(64), nullable=False),  # "" until it has one
    Column("capacity", String(64), nullable=False, server_default=""),  # of which it holds a place; "" for none
    Index("ix_live_sessions_server", "server_id"),
    Index("ix_live_sessions_notebook", "notebook_id"),
    Index("ix_live_sessions_kernel", "kernel"),
)
