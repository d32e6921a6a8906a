"""Roles of groups in workspaces. `members.role` counts them when it reads a user's role."""

from __future__ import annotations

from sqlalchemy import Label, delete, func, insert, select, update

from handloom.domain.errors import AlreadyExists, NotFound
from handloom.domain.members import GroupRole, Role
from handloom.store.engine.database import Read, Write
from handloom.store.users.tables import group_members, user_groups
from handloom.store.workspaces.tables import group_roles


def list_of(tx: Read, workspace: str) -> list[GroupRole]:
    """Return the groups that have a role in the workspace, highest role first, then by name."""
    rows = tx.connection.execute(
        select(user_groups.c.id, user_groups.c.name, group_roles.c.role, _size())
        .join(group_roles, group_roles.c.group_id == user_groups.c.id)
        .where(group_roles.c.workspace_id == workspace)
    )
    found = [GroupRole(group=row.id, name=row.name, role=Role(row.role), members=row.members) for row in rows]
    return sorted(found, key=lambda group: (-group.role.rank, group.name.casefold(), group.name))


def candidates(tx: Read, workspace: str) -> list[GroupRole]:
    """Return the groups without a role in the workspace, by name, each with the role that a new one gets."""
    inside = select(group_roles.c.group_id).where(group_roles.c.workspace_id == workspace)
    rows = tx.connection.execute(
        select(user_groups.c.id, user_groups.c.name, _size()).where(user_groups.c.id.not_in(inside))
    )
    found = [GroupRole(group=row.id, name=row.name, role=Role.VIEWER, members=row.members) for row in rows]
    return sorted(found, key=lambda group: (group.name.casefold(), group.name))


def _size() -> Label[int]:
    """Select the number of members of a group."""
    mine = group_members.c.group_id == user_groups.c.id
    return select(func.count()).where(mine).scalar_subquery().label("members")


def add(tx: Write, workspace: str, group: str, role: Role) -> None:
    """Give the group a role. Raises AlreadyExists if it has one."""
    mine = (group_roles.c.workspace_id == workspace) & (group_roles.c.group_id == group)
    if tx.connection.scalar(select(group_roles.c.group_id).where(mine)) is not None:
        raise AlreadyExists("This group has a role already. Change it instead.", field="group")
    tx.connection.execute(insert(group_roles).values(workspace_id=workspace, group_id=group, role=role.value))
    _announce(tx, workspace)


def change(tx: Write, workspace: str, group: str, role: Role | None) -> None:
    """Change the role of a group; None ends its access. Raises NotFound if it has none."""
    mine = (group_roles.c.workspace_id == workspace) & (group_roles.c.group_id == group)
    if role is None:
        changed = tx.connection.execute(delete(group_roles).where(mine)).rowcount
    else:
        changed = tx.connection.execute(update(group_roles).where(mine).values(role=role.value)).rowcount
    if not changed:
        raise NotFound("This group has no role in the workspace.", field="group")
    _announce(tx, workspace)


def _announce(tx: Write, workspace: str) -> None:
    tx.changed("members", workspace)
    tx.changed("users", "")
