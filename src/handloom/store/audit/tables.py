"""The table of the audit log. Times are milliseconds since 1970 UTC.

It refers to no other table: its rows outlive the users, workspaces and items that they name.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("user_id", String(32)),
    Column("user_name", Text, nullable=False),
    Column("via", String(16), nullable=False),
    Column("address", Text),
    Column("action", String(32), nullable=False),
    Column("workspace_id", String(32)),
    Column("workspace_name", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Index("ix_audit_entries_at", "at"),
    Index("ix_audit_entries_workspace", "workspace_id", "id"),
)
