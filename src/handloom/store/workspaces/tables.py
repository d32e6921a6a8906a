"""The tables of workspaces. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text, select, union_all

from handloom.store.engine.metadata import metadata
from handloom.store.users.tables import group_members

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("capacity", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("engine", String(64), nullable=False, server_default="quick"),
    Column("removed_at", BigInteger),  # when it was moved to the bin
    Column("removed_name", Text),  # its name before, which another workspace may take meanwhile
    Column("environment", String(32), nullable=False, server_default=""),  # the default one of its notebooks
    Column("artifact_bytes", BigInteger, nullable=False, server_default="0"),  # the sum of its artifact_files
    Column("quota_artifacts_mb", BigInteger),  # quotas: NULL for the installation's default, 0 for no limit
    Column("quota_files_mb", BigInteger),
    Column("quota_notebooks", BigInteger),
)

members = Table(
    "members",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
)

group_roles = Table(
    "group_roles",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("user_groups.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("role", String(16), nullable=False),
)

access_requests = Table(
    "access_requests",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("note", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("declined_at", BigInteger),
)

access = union_all(
    select(members.c.workspace_id, members.c.user_id, members.c.role),
    select(group_roles.c.workspace_id, group_members.c.user_id, group_roles.c.role).join(
        group_members, group_members.c.group_id == group_roles.c.group_id
    ),
).subquery("access")
"""Every role of a user in a workspace: their own, and those of their groups. The highest of them counts."""

mounts = Table(
    "mounts",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("prefix", Text, primary_key=True),
    Column("target", Text, nullable=False),
)
