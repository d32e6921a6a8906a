"""Groups of users: create, read, change and remove them, and their members. A change of members is announced as a
change of every workspace in which the group has a role, so that roles are read again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import clock
from handloom.domain.errors import AlreadyExists, Invalid, NotFound
from handloom.domain.members import Group, GroupMember, GroupWorkspace, Role
from handloom.domain.names import clean_name
from handloom.store.engine.database import Read, Write
from handloom.store.users import rows as user_store
from handloom.store.users.tables import group_members, user_groups, users
from handloom.store.workspaces.tables import group_roles, workspaces

MAX_CLAIM = 255
"""Characters of a group's name at the provider."""


def list_all(tx: Read) -> list[Group]:
    """Return every group, by name."""
    return sorted(_groups(tx), key=lambda group: (group.name.casefold(), group.name))


def find(tx: Read, reference: str) -> Group:
    """Return the group with this id, or this name in any case. Raises NotFound."""
    everything = list_all(tx)
    exact = [group for group in everything if reference in (group.id, group.name)]
    found = exact or [group for group in everything if group.name.casefold() == reference.strip().casefold()]
    if not found:
        raise NotFound(f"There is no group “{reference}”.", field="group")
    return found[0]


def _groups(tx: Read, *conditions: ColumnElement[bool]) -> list[Group]:
    # Each count is a statement of its own within this one: joining both tables would multiply their rows.
    inside = select(func.count()).where(group_members.c.group_id == user_groups.c.id)
    present = workspaces.c.removed_at.is_(None)
    reached = (
        select(func.count())
        .select_from(group_roles.join(workspaces, workspaces.c.id == group_roles.c.workspace_id))
        .where(group_roles.c.group_id == user_groups.c.id, present)
    )
    rows = tx.connection.execute(
        select(
            user_groups,
            inside.scalar_subquery().label("members"),
            reached.scalar_subquery().label("workspaces"),
        ).where(*conditions)
    )
    return [_group(row) for row in rows]


def _group(row: Row[Any]) -> Group:
    return Group(
        id=row.id,
        name=row.name,
        claim=row.claim,
        created_at=row.created_at,
        members=row.members,
        workspaces=row.workspaces,
    )


def create(tx: Write, name: str, *, claim: str = "") -> Group:
    """Create a group without members. Raises Invalid or AlreadyExists."""
    values = {"id": uuid4().hex, "name": _free_name(tx, name), "claim": clean_claim(claim), "created_at": clock.now()}
    try:
        tx.connection.execute(insert(user_groups).values(values))
    except IntegrityError as error:
        raise _taken(name) from error
    tx.changed("users", "")
    return find(tx, str(values["id"]))


def change(tx: Write, group: str, *, name: str | None = None, claim: str | None = None) -> Group:
    """Rename the group, or change its name at the provider; None leaves a field as it is.

    With another name at the provider, the members whom the old one put there leave the group.
    """
    old = find(tx, group)
    values: dict[str, str] = {}
    if name is not None and clean_name(name, what="group name") != old.name:
        values["name"] = _free_name(tx, name, besides=old.id)
    if claim is not None and (cleaned := clean_claim(claim)) != old.claim:
        values["claim"] = cleaned
        mine = group_members.c.group_id == old.id
        tx.connection.execute(delete(group_members).where(mine, group_members.c.by_claim))
        _announce(tx, old.id)
    if values:
        try:
            tx.connection.execute(update(user_groups).where(user_groups.c.id == old.id).values(values))
        except IntegrityError as error:
            raise _taken(values.get("name", old.name)) from error
        _announce(tx, old.id)
    return find(tx, old.id)


def remove(tx: Write, group: str) -> None:
    """Remove the group with its roles. Its members stay users, with their own roles."""
    _announce(tx, group)
    tx.connection.execute(delete(user_groups).where(user_groups.c.id == group))


def members(tx: Read, group: str) -> list[GroupMember]:
    """Return the members of a group, by name."""
    rows = tx.connection.execute(
        select(group_members.c.by_claim, users.c.id, users.c.name, users.c.display_name, users.c.disabled_at)
        .join(users, users.c.id == group_members.c.user_id)
        .where(group_members.c.group_id == group)
    )
    found = [
        GroupMember(
            user=row.id,
            name=row.name,
            display_name=row.display_name,
            disabled=row.disabled_at is not None,
            by_claim=bool(row.by_claim),
        )
        for row in rows
    ]
    return sorted(found, key=lambda member: (member.display_name.casefold(), member.name))


def workspaces_of(tx: Read, group: str) -> list[GroupWorkspace]:
    """Return the workspaces in which a group has a role, by name."""
    rows = tx.connection.execute(
        select(workspaces.c.id, workspaces.c.name, group_roles.c.role)
        .join(group_roles, group_roles.c.workspace_id == workspaces.c.id)
        .where(group_roles.c.group_id == group, workspaces.c.removed_at.is_(None))
    )
    found = [GroupWorkspace(workspace=row.id, name=row.name, role=Role(row.role)) for row in rows]
    return sorted(found, key=lambda workspace: (workspace.name.casefold(), workspace.name))


def add_member(tx: Write, group: str, user_id: str) -> None:
    """Add a user, who stays until somebody removes them, whatever the provider says. Does nothing for a member.

    Raises Invalid for a service account: whoever manages it must see all its roles beside its tokens.
    """
    if user_store.get(tx, user_id).service:
        raise Invalid("A service account cannot be in a group. Give it a role of its own.", field="user")
    mine = (group_members.c.group_id == group) & (group_members.c.user_id == user_id)
    known = tx.connection.execute(update(group_members).where(mine).values(by_claim=False)).rowcount
    if not known:
        values = {"group_id": group, "user_id": user_id, "by_claim": False}
        tx.connection.execute(insert(group_members).values(values))
    _announce(tx, group)


def remove_member(tx: Write, group: str, user_id: str) -> None:
    """Remove a user from the group. Raises NotFound if they are not in it."""
    mine = (group_members.c.group_id == group) & (group_members.c.user_id == user_id)
    if not tx.connection.execute(delete(group_members).where(mine)).rowcount:
        raise NotFound("This person is not in the group.", field="user")
    _announce(tx, group)


def follow_claim(tx: Write, user_id: str, claimed: Iterable[str]) -> tuple[list[str], list[str]]:
    """Put the user into the groups that the provider's claim names, and take them out of those where an earlier claim
    put them. Return the names of the groups that they joined and left. Members whom an admin added stay.
    """
    wanted = set(claimed)
    rows = tx.connection.execute(
        select(user_groups.c.id, user_groups.c.name, user_groups.c.claim, group_members.c.by_claim)
        .outerjoin(group_members, (group_members.c.group_id == user_groups.c.id) & (group_members.c.user_id == user_id))
        .where(user_groups.c.claim != "")
        .order_by(user_groups.c.name)
    ).all()
    joined = [row for row in rows if row.claim in wanted and row.by_claim is None]
    left = [row for row in rows if row.claim not in wanted and row.by_claim]
    for row in joined:
        values = {"group_id": row.id, "user_id": user_id, "by_claim": True}
        tx.connection.execute(insert(group_members).values(values))
        _announce(tx, row.id)
    for row in left:
        mine = (group_members.c.group_id == row.id) & (group_members.c.user_id == user_id)
        tx.connection.execute(delete(group_members).where(mine))
        _announce(tx, row.id)
    return [row.name for row in joined], [row.name for row in left]


def _announce(tx: Write, group: str) -> None:
    """Announce that members, or roles of members, of the group change."""
    tx.changed("users", "")
    mine = select(group_roles.c.workspace_id).where(group_roles.c.group_id == group)
    for workspace in tx.connection.execute(mine).scalars().all():
        tx.changed("members", workspace)


def clean_claim(claim: str) -> str:
    """Return a group's name at the provider, without spaces around it. Raises Invalid for one that is too long."""
    cleaned = claim.strip()
    if len(cleaned) > MAX_CLAIM:
        raise Invalid(f"A group's name at the provider has at most {MAX_CLAIM} characters.", field="claim")
    return cleaned


def _free_name(tx: Read, name: str, *, besides: str = "") -> str:
    cleaned = clean_name(name, what="group name")
    if any(group.name.casefold() == cleaned.casefold() and group.id != besides for group in _groups(tx)):
        raise _taken(cleaned)
    return cleaned


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"A group named “{name}” exists already. Choose another name.", field="name").because(
        "name_taken", name=name
    )
