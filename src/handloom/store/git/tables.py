"""The table of repositories that workspaces are pushed to."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, Text

from handloom.store.engine.metadata import metadata

git_remotes = Table(
    "git_remotes",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("branch", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("secret", Text),  # encrypted, see `store.engine.secrets`
    Column("keep_outputs", Boolean, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
)
