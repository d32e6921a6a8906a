"""The table of reports. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, text

from handloom.store.engine.metadata import Number, metadata

SHOWN = "deleted_at IS NULL"

reports = Table(
    "reports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("content", Text, nullable=False),  # its blocks as JSON
    Column("version", Number, nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("modified_by", ForeignKey("users.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),  # when it was moved to the bin
    Index(
        "ix_reports_name", "workspace_id", "name", unique=True, sqlite_where=text(SHOWN), postgresql_where=text(SHOWN)
    ),
    Index("ix_reports_deleted", "workspace_id", "deleted_at"),
)
