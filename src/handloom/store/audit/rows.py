"""Write, read and delete entries of the audit log."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Row, Select, delete, insert, select

from handloom.domain import clock
from handloom.domain.audit import ACTIONS, Action, Actor, AuditEntry
from handloom.store.audit.tables import audit_entries
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces.tables import workspaces

PURGED_AT_ONCE = 5_000


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that match all of it. "" and None match every entry; times are in ms, `until` is excluded."""

    workspace: str = ""
    user: str = ""
    """A part of the name of who acted; the case of A to Z is ignored."""
    area: str = ""
    """The part of the actions before the dot."""
    target: str = ""
    """A part of the target's name; the case of A to Z is ignored."""
    since: int | None = None
    until: int | None = None


def add(tx: Write, actor: Actor, action: Action, *, workspace: str = "", target: str = "", **detail: str) -> None:
    """Record an action within its own transaction, so that neither is there without the other."""
    name = ""
    if workspace:
        found = tx.connection.execute(select(workspaces.c.name).where(workspaces.c.id == workspace)).first()
        name = found.name if found is not None else ""
    tx.connection.execute(
        insert(audit_entries).values(
            at=clock.now(),
            user_id=actor.user,
            user_name=actor.name,
            via=actor.via,
            address=actor.address,
            action=action,
            workspace_id=workspace or None,
            workspace_name=name,
            target=target,
            detail=msgspec.json.encode(detail).decode(),
        )
    )


def search(tx: Read, wanted: AuditFilter, *, before: int | None, limit: int) -> list[AuditEntry]:
    """Return the newest matching entries, newest first; with `before`, those older than the entry with this id."""
    statement = _matching(wanted).order_by(audit_entries.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit_entries.c.id < before)
    return [_entry(row) for row in tx.connection.execute(statement)]


def purge(tx: Write, before: int) -> bool:
    """Delete some entries from before this time (ms); whether there are more."""
    oldest = select(audit_entries.c.id).where(audit_entries.c.at < before).order_by(audit_entries.c.at)
    done = tx.connection.execute(delete(audit_entries).where(audit_entries.c.id.in_(oldest.limit(PURGED_AT_ONCE))))
    return done.rowcount == PURGED_AT_ONCE


def _matching(wanted: AuditFilter) -> Select[tuple[object, ...]]:
    columns = audit_entries.c
    conditions: list[ColumnElement[bool]] = []
    if wanted.workspace:
        conditions.append(columns.workspace_id == wanted.workspace)
    if wanted.user:
        conditions.append(columns.user_name.icontains(wanted.user, autoescape=True))
    if wanted.area:
        conditions.append(columns.action.in_(_actions(wanted.area)))
    if wanted.target:
        conditions.append(columns.target.icontains(wanted.target, autoescape=True))
    if wanted.since is not None:
        conditions.append(columns.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.at < wanted.until)
    return select(audit_entries).where(*conditions)


def _actions(area: str) -> Sequence[Action]:
    return [action for action in ACTIONS if action.partition(".")[0] == area]


def _entry(row: Row[tuple[object, ...]]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        user=row.user_id,
        user_name=row.user_name,
        via=row.via,
        address=row.address,
        action=row.action,
        workspace=row.workspace_id,
        workspace_name=row.workspace_name,
        target=row.target,
        detail=msgspec.json.decode(row.detail, type=dict[str, str]),
    )
