"""Members of workspaces and their roles. A user's role is the highest of their own and of their groups'."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, exists, insert, select, true, update

from handloom.domain.errors import AlreadyExists, NotFound
from handloom.domain.members import Member, Membership, Role, check_change, check_service_role, highest
from handloom.store.engine.database import Read, Write
from handloom.store.users import rows as user_store
from handloom.store.users.tables import group_members, user_groups, users
from handloom.store.workspaces.tables import access, access_requests, group_roles, members, workspaces


def role(tx: Read, workspace: str, user_id: str) -> Role | None:
    """Return the user's role; None if they have none, or the workspace does not exist or is in the bin."""
    found = tx.connection.execute(
        select(access.c.role)
        .join(workspaces, workspaces.c.id == access.c.workspace_id)
        .where(access.c.workspace_id == workspace, access.c.user_id == user_id, workspaces.c.removed_at.is_(None))
    ).scalars()
    return highest(map(Role, found))


def roles(tx: Read, user_id: str, *, in_bin: bool = False) -> dict[str, Role]:
    """Return the user's role in each of their workspaces, by workspace id; with `in_bin`, those in the bin too."""
    rows = tx.connection.execute(
        select(access.c.workspace_id, access.c.role)
        .join(workspaces, workspaces.c.id == access.c.workspace_id)
        .where(access.c.user_id == user_id, true() if in_bin else workspaces.c.removed_at.is_(None))
    )
    found: dict[str, Role] = {}
    for row in rows:
        known, role = found.get(row.workspace_id), Role(row.role)
        found[row.workspace_id] = role if known is None or role.rank > known.rank else known
    return found


def list_of(tx: Read, workspace: str) -> list[Member]:
    """Return the members of a workspace with their own roles, admins first, then by name."""
    rows = tx.connection.execute(
        select(
            members.c.user_id, members.c.role, users.c.name, users.c.display_name, users.c.disabled_at, users.c.service
        )
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.workspace_id == workspace)
    )
    found = [
        Member(
            user=row.user_id,
            name=row.name,
            display_name=row.display_name,
            role=Role(row.role),
            disabled=row.disabled_at is not None,
            service=bool(row.service),
        )
        for row in rows
    ]
    return sorted(found, key=lambda member: (-member.role.rank, member.display_name.casefold(), member.name))


def candidates(tx: Read, workspace: str) -> list[Member]:
    """Return the users who can sign in and have no role of their own, by name, each with the role a new member gets."""
    inside = exists().where(members.c.workspace_id == workspace, members.c.user_id == users.c.id)
    rows = tx.connection.execute(
        select(users.c.id, users.c.name, users.c.display_name, users.c.service).where(user_store.active(), ~inside)
    )
    found = [
        Member(
            user=row.id,
            name=row.name,
            display_name=row.display_name,
            role=Role.VIEWER,
            disabled=False,
            service=bool(row.service),
        )
        for row in rows
    ]
    return sorted(found, key=lambda user: (user.display_name.casefold(), user.name))


def add(tx: Write, workspace: str, user_id: str, role: Role) -> None:
    """Make the user a member, which answers their request for access.

    Raises AlreadyExists, or Invalid for a service account as admin.
    """
    check_service_role(user_store.get(tx, user_id), role)
    mine = (members.c.workspace_id == workspace) & (members.c.user_id == user_id)
    if tx.connection.scalar(select(members.c.user_id).where(mine)) is not None:
        raise AlreadyExists("This person is a member already. Change their role instead.", field="user")
    tx.connection.execute(insert(members).values(workspace_id=workspace, user_id=user_id, role=role.value))
    asked = (access_requests.c.workspace_id == workspace) & (access_requests.c.user_id == user_id)
    tx.connection.execute(delete(access_requests).where(asked))
    tx.changed("members", workspace, user_id)


def change(tx: Write, workspace: str, user_id: str, role: Role | None) -> None:
    """Change a member's role; None ends the membership. Raises NotFound, Conflict for the last admin, or Invalid for a
    service account as admin.
    """
    everybody = list_of(tx, workspace)
    if user_id not in {member.user for member in everybody}:
        raise NotFound(
            "This person has no role of their own in the workspace. A role by a group ends with the group's."
        )
    check_service_role(user_store.get(tx, user_id), role)
    check_change(user_id, role, everybody)
    chosen = (members.c.workspace_id == workspace) & (members.c.user_id == user_id)
    if role is None:
        tx.connection.execute(delete(members).where(chosen))
    else:
        tx.connection.execute(update(members).where(chosen).values(role=role.value))
    tx.changed("members", workspace, user_id)


def memberships(tx: Read, user_id: str) -> list[Membership]:
    """Return the user's workspaces and highest role in each, by name."""
    others = members.alias()
    another_admin = (
        select(others.c.user_id)
        .join(users, users.c.id == others.c.user_id)
        .where(
            others.c.workspace_id == members.c.workspace_id,
            others.c.user_id != user_id,
            others.c.role == Role.ADMIN.value,
            user_store.active(),
        )
        .correlate(members)
        .exists()
    )
    rows = tx.connection.execute(
        select(workspaces.c.id, workspaces.c.name, members.c.role, another_admin.label("shared"))
        .join(members, members.c.workspace_id == workspaces.c.id)
        .where(members.c.user_id == user_id, workspaces.c.removed_at.is_(None))
    )
    found = {
        row.id: Membership(
            workspace=row.id,
            name=row.name,
            role=Role(row.role),
            only_admin=row.role == Role.ADMIN.value and not row.shared,
        )
        for row in rows
    }
    for other in _by_group(tx, user_id):
        own = found.get(other.workspace)
        if own is None or other.role.rank > own.role.rank:
            found[other.workspace] = other
    return sorted(found.values(), key=lambda membership: (membership.name.casefold(), membership.name))


def _by_group(tx: Read, user_id: str) -> list[Membership]:
    """Return a membership for each role that the user has by a group, by the group's name."""
    rows = tx.connection.execute(
        select(workspaces.c.id, workspaces.c.name, group_roles.c.role, user_groups.c.name.label("group"))
        .join(group_roles, group_roles.c.workspace_id == workspaces.c.id)
        .join(user_groups, user_groups.c.id == group_roles.c.group_id)
        .join(group_members, group_members.c.group_id == group_roles.c.group_id)
        .where(group_members.c.user_id == user_id, workspaces.c.removed_at.is_(None))
        .order_by(user_groups.c.name)
    )
    return [
        Membership(workspace=row.id, name=row.name, role=Role(row.role), only_admin=False, group=row.group)
        for row in rows
    ]


def hand_over(tx: Write, workspaces_of: Sequence[Membership], successor: str) -> None:
    """Make `successor` an admin of these workspaces."""
    for membership in workspaces_of:
        put_admin(tx, membership.workspace, successor)


def put_admin(tx: Write, workspace: str, user_id: str) -> None:
    """Make the user an admin of the workspace, whether they are a member or not."""
    chosen = (members.c.workspace_id == workspace) & (members.c.user_id == user_id)
    changed = tx.connection.execute(update(members).where(chosen).values(role=Role.ADMIN.value)).rowcount
    if not changed:
        values = {"workspace_id": workspace, "user_id": user_id, "role": Role.ADMIN.value}
        tx.connection.execute(insert(members).values(values))
    tx.changed("members", workspace, user_id)


def leave_all(tx: Write, user_id: str) -> None:
    """End every membership of the user, those of groups too."""
    for workspace in roles(tx, user_id):
        tx.changed("members", workspace, user_id)
    tx.connection.execute(delete(members).where(members.c.user_id == user_id))
    tx.connection.execute(delete(group_members).where(group_members.c.user_id == user_id))
