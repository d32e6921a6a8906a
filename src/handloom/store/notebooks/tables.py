"""The tables of notebooks. Times are milliseconds since 1970 UTC."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from handloom.store.engine.metadata import Number, metadata

notebooks = Table(
    "notebooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("session_timeout", Number, nullable=False),
    Column("autolog", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("engine", String(64), nullable=False, server_default=""),
    Column("deleted_at", BigInteger),  # when it was moved to the bin
    Column("deleted_name", Text),  # its name before; `name` is then the one of its file in the bin
    Column("saved_by", String(32)),
    Column("capacity", String(64), nullable=False, server_default=""),
    Column("environment", String(32), nullable=False, server_default=""),
    UniqueConstraint("workspace_id", "name"),
)

notebook_pictures = Table(
    "notebook_pictures",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
)
"""A row permits a person's page of a notebook to load pictures from other addresses."""

notebook_versions = Table(
    "notebook_versions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("user_id", String(32)),
    Column("digest", String(64), nullable=False),
    Column("cells", Number, nullable=False),
    Column("size", BigInteger, nullable=False),
    Index("ix_notebook_versions_notebook", "notebook_id", "made_at"),
)

notebook_texts = Table(
    "notebook_texts",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""The text of versions, compressed; equal ones once."""

notebook_snapshots = Table(
    "notebook_snapshots",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""What runs need to be run again, compressed; the tag `handloom.snapshot` of a run names the digest."""
