"""The tables of comments. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

comments = Table(
    "comments",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE")),  # this or the next
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="CASCADE")),
    Column("thread_id", ForeignKey("comments.internal_id", ondelete="CASCADE")),  # NULL for the first of a thread
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    Column("deleted_at", BigInteger),
    Column("resolved_at", BigInteger),
    Column("resolved_by", ForeignKey("users.id")),
    Index("ix_comments_run", "run_internal_id"),
    Index("ix_comments_notebook", "notebook_id"),
    Index("ix_comments_thread", "thread_id"),
)

comment_notices = Table(
    "comment_notices",
    metadata,
    Column("comment_internal_id", ForeignKey("comments.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("noticed_at", BigInteger, nullable=False),
    Index("ix_comment_notices_user", "user_id", "noticed_at"),
)
