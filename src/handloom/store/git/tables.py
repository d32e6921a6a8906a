"""The tables of repositories that workspaces are pushed to, and of the paths of notebooks in them."""

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

git_paths = Table(
    "git_paths",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),  # the notebook's name then; a renamed one keeps only the folder
)
