"""The tables of artifacts: content hashes, and files still to be deleted."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

artifact_files = Table(
    "artifact_files",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),  # "" where a client uploaded it to the object store itself
    Column("stamp", Text, nullable=False),  # version of the content; if the file's differs, the row is outdated
)

artifact_removals = Table(
    "artifact_removals",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("workspace_id", String(32), nullable=False),  # no foreign key: the workspace's row may be deleted already
    Column("path", Text, nullable=False),  # "" means the whole workspace
)
