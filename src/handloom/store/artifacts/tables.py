"""The tables of artifacts: what files hold, and which of them are still to be deleted. The files lie elsewhere."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

artifact_files = Table(
    "artifact_files",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stamp", Text, nullable=False),  # as the store told it; where it differs, the row speaks of an older file
)

artifact_removals = Table(
    "artifact_removals",
    metadata,
    Column("number", Number, primary_key=True),
    Column("workspace_id", String(32), nullable=False),  # no key of `workspaces`: that row may be gone already
    Column("path", Text, nullable=False),  # "" is all of the workspace
)
