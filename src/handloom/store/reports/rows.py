"""Reports: create, read, change, delete and restore. Every function runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import clock
from handloom.domain import reports as rules
from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from handloom.domain.names import clean_description, clean_name
from handloom.domain.reports import ReportBlock, ReportPage
from handloom.store.engine.database import Read, Write
from handloom.store.reports.tables import reports
from handloom.store.users.tables import users

_R = reports.c


def _page(row: Row[Any]) -> ReportPage:
    return ReportPage(
        id=row.id,
        workspace=row.workspace_id,
        name=row.name,
        description=row.description,
        blocks=rules.decode(row.content),
        version=row.version,
        owner=row.owner,
        modified_by=row.editor,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


def get(tx: Read, workspace: str, report: str) -> ReportPage:
    """Return a report that is not in the bin. Raises NotFound."""
    editor = users.alias("editor")
    row = tx.connection.execute(
        select(reports, users.c.display_name.label("owner"), editor.c.display_name.label("editor"))
        .join(users, users.c.id == _R.owner_id)
        .join(editor, editor.c.id == _R.modified_by)
        .where(_R.workspace_id == workspace, _R.id == report, _R.deleted_at.is_(None))
    ).first()
    if row is None:
        raise NotFound("There is no such report in this workspace. It may have been deleted.")
    return _page(row)


def create(
    tx: Write, workspace: str, owner: str, name: str, description: str, blocks: Sequence[ReportBlock]
) -> ReportPage:
    """Create a report. Raises Invalid, or AlreadyExists if another report of the workspace has the name."""
    rules.check(blocks)
    shown = select(func.count()).where(_R.workspace_id == workspace, _R.deleted_at.is_(None))
    if tx.connection.execute(shown).scalar_one() >= rules.MOST_REPORTS:
        raise Invalid(f"A workspace has at most {rules.MOST_REPORTS:,} reports. Delete one first.")
    now = clock.now()
    values = {
        "id": uuid4().hex,
        "workspace_id": workspace,
        "name": clean_name(name, what="report name"),
        "description": clean_description(description),
        "content": rules.encode(blocks),
        "version": 1,
        "owner_id": owner,
        "modified_by": owner,
        "created_at": now,
        "modified_at": now,
    }
    try:
        tx.connection.execute(insert(reports).values(values))
    except IntegrityError as error:
        raise _taken(str(values["name"])) from error
    tx.changed("reports", workspace, str(values["id"]))
    return get(tx, workspace, str(values["id"]))


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(
        f"A report named “{name}” is in this workspace already. Choose another name.", field="name"
    ).because("name_taken", name=name)


def change(tx: Write, workspace: str, report: str, name: str | None, description: str | None) -> ReportPage:
    """Change the given fields; the version of the blocks stays. Raises Invalid, NotFound or AlreadyExists."""
    old = get(tx, workspace, report)
    values: dict[str, Any] = {"modified_at": clock.now()}
    if name is not None:
        values["name"] = clean_name(name, what="report name")
    if description is not None:
        values["description"] = clean_description(description)
    try:
        tx.connection.execute(update(reports).where(_R.id == report).values(values))
    except IntegrityError as error:
        raise _taken(values.get("name", old.name)) from error
    tx.changed("reports", workspace, report)
    return get(tx, workspace, report)


def save(
    tx: Write, workspace: str, report: str, editor: str, version: int, blocks: Sequence[ReportBlock]
) -> ReportPage:
    """Replace the blocks of this version. Raises Conflict if somebody has saved another version since."""
    old = get(tx, workspace, report)
    if old.version != version:
        raise Conflict(
            f"{old.modified_by} has changed this report meanwhile: it is at version {old.version}, and this change is "
            f"of version {version}. Read it again, and join both."
        )
    return _put(tx, old, editor, blocks)


def append(tx: Write, workspace: str, report: str, editor: str, blocks: Sequence[ReportBlock]) -> ReportPage:
    """Add blocks at the end, whatever the version."""
    old = get(tx, workspace, report)
    return _put(tx, old, editor, [*old.blocks, *blocks])


def _put(tx: Write, old: ReportPage, editor: str, blocks: Sequence[ReportBlock]) -> ReportPage:
    rules.check(blocks)
    changed = update(reports).where(_R.id == old.id, _R.version == old.version)
    values = {
        "content": rules.encode(blocks),
        "version": old.version + 1,
        "modified_by": editor,
        "modified_at": clock.now(),
    }
    if not tx.connection.execute(changed.values(values)).rowcount:
        raise Conflict("Somebody else has changed this report at the same time. Read it again, and join both.")
    tx.changed("reports", old.workspace, old.id)
    return get(tx, old.workspace, old.id)


def remove(tx: Write, workspace: str, report: str) -> None:
    """Move a report to the bin, where `restore` finds it. Raises NotFound."""
    get(tx, workspace, report)
    tx.connection.execute(update(reports).where(_R.id == report).values(deleted_at=clock.now()))
    tx.changed("reports", workspace, report)


def restore(tx: Write, workspace: str, report: str, name: str | None = None) -> ReportPage:
    """Move a report out of the bin, under another `name` if given. Raises NotFound or AlreadyExists."""
    deleted = and_(_R.workspace_id == workspace, _R.id == report, _R.deleted_at.is_not(None))
    old = tx.connection.execute(select(_R.name).where(deleted)).scalar()
    if old is None:
        raise NotFound("There is no such report in the bin. It may have been restored or deleted for good.")
    chosen = old if name is None else clean_name(name, what="report name")
    try:
        tx.connection.execute(update(reports).where(deleted).values(name=chosen, deleted_at=None))
    except IntegrityError as error:
        raise AlreadyExists(
            f"Another report is named “{chosen}” now. Rename it first, or restore this one under another name.",
            field="name",
        ) from error
    tx.changed("reports", workspace, report)
    return get(tx, workspace, report)


def purge(tx: Write, workspace: str, before: int, limit: int = 100) -> int:
    """Delete reports for good that have been in the bin since `before`; return their number."""
    old = select(_R.id).where(_R.workspace_id == workspace, _R.deleted_at <= before).limit(limit)
    ids = list(tx.connection.execute(old).scalars())
    tx.connection.execute(delete(reports).where(_R.id.in_(ids)))
    return len(ids)
