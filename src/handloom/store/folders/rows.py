"""Folders: create, read, change, move and remove. Functions run inside the caller's transaction and one workspace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import uuid4

from sqlalchemy import ColumnElement, String, cast, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import folders as rules
from handloom.domain.errors import AlreadyExists, Invalid, NotFound
from handloom.domain.folders import TOP, FolderContents, ItemFolder, ItemKey
from handloom.domain.items import Kind
from handloom.domain.names import clean_name
from handloom.store.engine.database import Read, Write
from handloom.store.experiments.tables import experiments
from handloom.store.folders.tables import folder_items, folders
from handloom.store.models.tables import models
from handloom.store.notebooks.tables import notebooks
from handloom.store.reports.tables import reports

_F, _I = folders.c, folder_items.c
_ITEMS = {
    "notebook": (notebooks.c.workspace_id, notebooks.c.id),
    "experiment": (experiments.c.workspace_id, cast(experiments.c.experiment_id, String)),
    "model": (models.c.workspace_id, models.c.name),
    "report": (reports.c.workspace_id, reports.c.id),
}
_ASKED = 500  # values of one statement


def of_workspace(tx: Read, workspace: str) -> list[ItemFolder]:
    """Return the folders of a workspace by name."""
    rows = tx.connection.execute(select(folders).where(_F.workspace_id == workspace).order_by(_F.name, _F.id))
    return [ItemFolder(id=row.id, parent=row.parent_id, name=row.name) for row in rows]


def _by_id(tx: Read, workspace: str) -> dict[str, ItemFolder]:
    return {folder.id: folder for folder in of_workspace(tx, workspace)}


def _existing(found: dict[str, ItemFolder], folder: str) -> ItemFolder:
    if folder not in found:
        raise NotFound("There is no such folder in this workspace. It may have been removed.")
    return found[folder]


def create(
    tx: Write, workspace: str, name: str, parent: str, items: Sequence[ItemKey] = (), inner: Sequence[str] = ()
) -> ItemFolder:
    """Create a folder in `parent` and move items and other folders into it. Raises Invalid, NotFound, or AlreadyExists
    if another folder of the parent has the name.
    """
    found = _by_id(tx, workspace)
    if len(found) >= rules.MOST_FOLDERS:
        raise Invalid(f"A workspace has at most {rules.MOST_FOLDERS:,} folders. Remove one first.")
    if parent != TOP:
        _existing(found, parent)
    rules.check_parent(found, TOP, parent)
    made = ItemFolder(id=uuid4().hex, parent=parent, name=clean_name(name, what="folder name"))
    # Under its own id for a moment, so that a folder that moves into it may have its name.
    tx.connection.execute(insert(folders).values(id=made.id, workspace_id=workspace, parent_id=parent, name=made.id))
    for one in inner:
        change(tx, workspace, one, None, made.id)
    try:
        tx.connection.execute(update(folders).where(_F.id == made.id).values(name=made.name))
    except IntegrityError as error:
        raise _taken(made.name) from error
    move(tx, workspace, items, made.id)
    tx.changed("folders", workspace)
    return made


def within(tx: Write, workspace: str, names: Sequence[str]) -> str:
    """Return the id of the folder at this path of names from the top, and create what is missing of it.

    What cannot be a folder, by its name or its depth, is left out with all below it.
    """
    folder = TOP
    for name in names:
        try:
            clean = clean_name(name, what="folder name")
            same = (_F.workspace_id == workspace, _F.parent_id == folder, _F.name == clean)
            found = tx.connection.scalar(select(_F.id).where(*same))
            folder = found or create(tx, workspace, clean, folder).id
        except Invalid:
            break
    return folder


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"A folder named “{name}” is there already. Choose another name.", field="name").because(
        "name_taken", name=name
    )


def change(tx: Write, workspace: str, folder: str, name: str | None, parent: str | None) -> ItemFolder:
    """Rename a folder, or move it with all that is in it. Raises Invalid, NotFound or AlreadyExists."""
    found = _by_id(tx, workspace)
    old = _existing(found, folder)
    if parent is not None:
        if parent != TOP:
            _existing(found, parent)
        rules.check_parent(found, folder, parent)
    new = ItemFolder(
        id=folder,
        parent=old.parent if parent is None else parent,
        name=old.name if name is None else clean_name(name, what="folder name"),
    )
    try:
        tx.connection.execute(update(folders).where(_F.id == folder).values(parent_id=new.parent, name=new.name))
    except IntegrityError as error:
        raise _taken(new.name) from error
    tx.changed("folders", workspace)
    return new


def remove(tx: Write, workspace: str, folder: str) -> FolderContents:
    """Remove a folder; what is in it moves to the folder around it and is returned. Raises NotFound, or AlreadyExists
    if a folder there has the name of one that would move.
    """
    old = _existing(_by_id(tx, workspace), folder)
    rows = tx.connection.execute(select(_I.kind, _I.item_id).where(_I.folder_id == folder)).all()
    items = [ItemKey(kind=row.kind, id=row.item_id) for row in rows]
    inner = list(tx.connection.execute(select(_F.id).where(_within(workspace, folder))).scalars())
    # Under its own id for a moment, so that a folder in it may have its name.
    tx.connection.execute(update(folders).where(_F.id == folder).values(parent_id=folder, name=folder))
    try:
        tx.connection.execute(update(folders).where(_F.id.in_(inner)).values(parent_id=old.parent))
    except IntegrityError as error:
        raise AlreadyExists(
            f"“{old.name}” has a folder with the name of one beside it. Rename one of them, then remove “{old.name}”."
        ) from error
    _put(tx, workspace, items, old.parent)
    tx.connection.execute(delete(folders).where(_F.id == folder))
    tx.changed("folders", workspace)
    return FolderContents(items=items, folders=inner)


def _within(workspace: str, folder: str) -> ColumnElement[bool]:
    return (_F.workspace_id == workspace) & (_F.parent_id == folder)


def move(tx: Write, workspace: str, items: Sequence[ItemKey], folder: str) -> None:
    """Move items into a folder, or out of all with TOP. Raises NotFound, before anything moves."""
    if folder != TOP:
        _existing(_by_id(tx, workspace), folder)
    if len(items) > rules.MOST_MOVED:
        raise Invalid(f"At most {rules.MOST_MOVED:,} items can be moved at once.", field="items")
    by_kind: defaultdict[Kind, set[str]] = defaultdict(set)
    for item in items:
        by_kind[item.kind].add(item.id)
    for kind, ids in by_kind.items():
        place, key = _ITEMS[kind]
        here: set[str] = set()
        for piece in _pieces(sorted(ids)):
            here.update(tx.connection.execute(select(key).where(place == workspace, key.in_(piece))).scalars())
        if missing := ids - here:
            raise NotFound(f"There is no {kind} “{min(missing)}” in this workspace. It may have been deleted.")
    _put(tx, workspace, items, folder)
    tx.changed("folders", workspace)


def _put(tx: Write, workspace: str, items: Iterable[ItemKey], folder: str) -> None:
    by_kind: defaultdict[str, set[str]] = defaultdict(set)
    for item in items:
        by_kind[item.kind].add(item.id)
    for kind, ids in by_kind.items():
        for piece in _pieces(sorted(ids)):
            forget(tx, workspace, kind, *piece)
            if folder != TOP:
                values = [
                    {"workspace_id": workspace, "kind": kind, "item_id": one, "folder_id": folder} for one in piece
                ]
                tx.connection.execute(insert(folder_items), values)


def _pieces(ids: list[str]) -> list[list[str]]:
    return [ids[at : at + _ASKED] for at in range(0, len(ids), _ASKED)]


def forget(tx: Write, workspace: str, kind: str, *ids: str) -> None:
    """Take items out of their folders, as where they are deleted for good. Items in none are no error."""
    mine = (_I.workspace_id == workspace, _I.kind == kind, _I.item_id.in_(ids))
    tx.connection.execute(delete(folder_items).where(*mine))


def rename_item(tx: Write, workspace: str, kind: Kind, id: str, new_id: str) -> None:
    """Keep an item in its folder under its new id: a model's id is its name."""
    mine = (_I.workspace_id == workspace, _I.kind == kind, _I.item_id == id)
    tx.connection.execute(update(folder_items).where(*mine).values(item_id=new_id))
