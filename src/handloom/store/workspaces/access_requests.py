"""Requests of people who were sent a link to a workspace in which they have no role."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, delete, exists, insert, select, update

from handloom.domain import clock
from handloom.domain.errors import Conflict, NotFound
from handloom.domain.members import AccessRequest, AskedAccess, Role, clean_note
from handloom.store.engine.database import Read, Write
from handloom.store.users import rows as user_store
from handloom.store.users.tables import users
from handloom.store.workspaces import members as member_store
from handloom.store.workspaces.tables import access, access_requests, workspaces

KEPT_MS = 30 * 86_400_000
"""How long a request waits for an answer."""
DECLINED_MS = 86_400_000
"""How long after a refusal the same person cannot ask again."""

_C = access_requests.c


def state(tx: Read, workspace: str, user_id: str) -> AskedAccess:
    """Return what became of the user's request. Raises NotFound where the workspace does not exist or is in the bin."""
    _require(tx, workspace)
    row = tx.connection.execute(select(access_requests).where(_of(workspace, user_id))).one_or_none()
    now = clock.now()
    waits = row is not None and row.declined_at is None and row.asked_at > now - KEPT_MS
    return AskedAccess(
        asked_at=row.asked_at if row is not None and waits else None,
        declined_at=row.declined_at if row is not None and (row.declined_at or 0) > now - DECLINED_MS else None,
        granted=member_store.role(tx, workspace, user_id) is not None,
    )


def ask(tx: Write, workspace: str, user_id: str, note: str) -> AskedAccess:
    """Ask for a role. A request that waits keeps its time and takes the new note.

    Raises NotFound, or Conflict if the user has a role or was refused within a day.
    """
    note = clean_note(note)
    before = state(tx, workspace, user_id)
    if before.granted:
        raise Conflict("You have a role in this workspace already. Load the page again.")
    if before.declined_at is not None:
        raise Conflict("Your request was declined. You can ask again a day later.")
    asked_at = before.asked_at or clock.now()
    tx.connection.execute(delete(access_requests).where(_of(workspace, user_id)))
    tx.connection.execute(
        insert(access_requests).values(workspace_id=workspace, user_id=user_id, note=note, asked_at=asked_at)
    )
    tx.changed("members", workspace, user_id)
    return state(tx, workspace, user_id)


def decline(tx: Write, workspace: str, user_id: str) -> None:
    """Decline a request that waits. Raises NotFound."""
    declined = (
        update(access_requests)
        .where(_of(workspace, user_id), _C.declined_at.is_(None))
        .values(declined_at=clock.now(), note="")
    )
    if not tx.connection.execute(declined).rowcount:
        raise NotFound("This person has not asked for access, or somebody else has answered.")
    tx.changed("members", workspace, user_id)


def of_workspace(tx: Read, workspace: str) -> list[AccessRequest]:
    """Return the requests that wait, oldest first."""
    return _list(tx, _C.workspace_id == workspace)


def of_manager(tx: Read, user_id: str, since: int) -> list[AccessRequest]:
    """Return the requests after `since`, oldest first, in all workspaces where the user may add people."""
    roles = member_store.roles(tx, user_id)
    managed = [workspace for workspace, role in roles.items() if role.rank >= Role.MEMBER.rank]
    return _list(tx, _C.workspace_id.in_(managed), _C.asked_at > since)


def _list(tx: Read, *where: ColumnElement[bool]) -> list[AccessRequest]:
    inside = exists().where(access.c.workspace_id == _C.workspace_id, access.c.user_id == _C.user_id)
    rows: Sequence[Row[tuple[object, ...]]] = tx.connection.execute(
        select(access_requests, users.c.name, users.c.display_name, workspaces.c.name.label("workspace_name"))
        .join(users, users.c.id == _C.user_id)
        .join(workspaces, workspaces.c.id == _C.workspace_id)
        .where(*where, _C.declined_at.is_(None), _C.asked_at > clock.now() - KEPT_MS, user_store.active(), ~inside)
        .order_by(_C.asked_at)
    ).all()
    return [
        AccessRequest(
            workspace=row.workspace_id,
            workspace_name=row.workspace_name,
            user=row.user_id,
            name=row.name,
            display_name=row.display_name,
            note=row.note,
            asked_at=row.asked_at,
        )
        for row in rows
    ]


def _require(tx: Read, workspace: str) -> None:
    there = select(workspaces.c.id).where(workspaces.c.id == workspace, workspaces.c.removed_at.is_(None))
    if tx.connection.scalar(there) is None:
        raise NotFound("This workspace does not exist.")


def _of(workspace: str, user_id: str) -> ColumnElement[bool]:
    return (_C.workspace_id == workspace) & (_C.user_id == user_id)
