"""Notebooks: create, read, update and delete their rows. Each has an .ipynb file of the same name, see `files`."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import clock
from handloom.domain.errors import AlreadyExists, Conflict, NotFound
from handloom.domain.names import clean_description, clean_file_name
from handloom.domain.notebooks import Notebook, binned_name, check_timeout, path_of
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks import files
from handloom.store.notebooks.files import Draft, NewName
from handloom.store.notebooks.tables import notebooks
from handloom.store.users.tables import users


def file_of(tx: Read, notebook: Notebook) -> Path:
    return tx.root / "workspaces" / notebook.path


_INSTALLS = re.compile(rb"[%!]\s*(?:uv\s+)?pip3?\s+install|-m\W+pip\W+install")


def installs_packages(file: Path) -> bool:
    """Return whether some cell runs pip. Search the text: a session is about to start and outputs may be large."""
    try:
        return _INSTALLS.search(file.read_bytes()) is not None
    except OSError:
        return False


def _select() -> Select[Any]:
    joined = select(notebooks, users.c.display_name.label("owner")).join(users, users.c.id == notebooks.c.owner_id)
    return joined.where(notebooks.c.deleted_at.is_(None))


def _notebook(tx: Read, row: Row[Any]) -> Notebook:
    path = path_of(row.workspace_id, row.name)
    return Notebook(
        id=row.id,
        workspace=row.workspace_id,
        name=row.name,
        description=row.description,
        owner=row.owner,
        path=path,
        session_timeout=row.session_timeout,
        autolog=row.autolog,
        engine=row.engine,
        capacity=row.capacity,
        environment=row.environment,
        created_at=row.created_at,
        modified_at=max(row.modified_at, saved_at(tx.root, path)),
    )


def saved_at(root: Path, path: str) -> int:
    """Return when the file was last written, in ms; 0 without a file. Jupyter saves it without the database."""
    try:
        return os.stat(root / "workspaces" / path).st_mtime_ns // 1_000_000  # noqa: PTH116 - lists ask for thousands
    except OSError:
        return 0


def create(
    tx: Write,
    owner_id: str,
    name: str,
    draft: Draft,
    *,
    description: str = "",
    session_timeout: int,
    environment: str = "",
    engine: str = "",
    capacity: str = "",
) -> Notebook:
    """Create a notebook whose file is `draft`. Raises Invalid or AlreadyExists, and then the draft is deleted."""
    tx.on_rollback(draft.delete)
    name = clean_file_name(name, what="notebook name")
    now = clock.now()
    values = {
        "id": draft.notebook,
        "workspace_id": draft.workspace,
        "name": name,
        "description": clean_description(description),
        "owner_id": owner_id,
        "session_timeout": check_timeout(session_timeout),
        "autolog": True,
        "environment": environment,
        "engine": engine,
        "capacity": capacity,
        "created_at": now,
        "modified_at": now,
    }
    try:
        tx.connection.execute(insert(notebooks).values(values))
    except IntegrityError as error:
        raise _taken(name) from error
    file = tx.root / "workspaces" / path_of(draft.workspace, name)
    if file.exists():
        raise files.file_exists(file)
    tx.after_commit(lambda: draft.publish(file))
    tx.changed("notebooks", draft.workspace, draft.notebook)
    return get(tx, draft.workspace, draft.notebook)


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(
        f"A notebook named “{name}” is in this workspace already. Choose another name.", field="name"
    ).because("name_taken", name=name)


def get(tx: Read, workspace: str, notebook: str) -> Notebook:
    row = tx.connection.execute(
        _select().where(notebooks.c.workspace_id == workspace, notebooks.c.id == notebook)
    ).first()
    if row is None:
        raise NotFound("There is no such notebook in this workspace. It may have been deleted.")
    return _notebook(tx, row)


def find(tx: Read, workspace: str, name: str) -> Notebook | None:
    row = tx.connection.execute(
        _select().where(notebooks.c.workspace_id == workspace, notebooks.c.name == name)
    ).first()
    return None if row is None else _notebook(tx, row)


def in_workspace(tx: Read, workspace: str) -> list[Notebook]:
    """Return the notebooks of a workspace that are not in the bin."""
    return [_notebook(tx, row) for row in tx.connection.execute(_select().where(notebooks.c.workspace_id == workspace))]


def change(
    tx: Write,
    workspace: str,
    notebook: str,
    *,
    name: str | None = None,
    description: str | None = None,
    session_timeout: int | None = None,
    autolog: bool | None = None,
    engine: str | None = None,
    capacity: str | None = None,
    environment: str | None = None,
    new_name: NewName | None = None,
) -> Notebook:
    """Change the given fields. A new `name` needs the second name that `files.add_name` gave the file.

    Raises Conflict if the notebook was renamed since then.
    """
    if new_name is not None:
        tx.on_rollback(new_name.undo)
    old = get(tx, workspace, notebook)
    values: dict[str, Any] = {"modified_at": clock.now()}
    if description is not None:
        values["description"] = clean_description(description)
    if session_timeout is not None:
        values["session_timeout"] = check_timeout(session_timeout)
    chosen = {"autolog": autolog, "engine": engine, "capacity": capacity, "environment": environment}
    values |= {field: value for field, value in chosen.items() if value is not None}
    if name is not None:
        values["name"] = clean_file_name(name, what="notebook name")
    try:
        tx.connection.execute(update(notebooks).where(notebooks.c.id == notebook).values(values))
    except IntegrityError as error:
        raise _taken(values["name"]) from error
    if values.get("name", old.name) != old.name:
        if new_name is None and file_of(tx, old).exists():
            raise Conflict("The notebook was changed by somebody else at the same time. Try again.")
        if new_name is not None and new_name.source != file_of(tx, old):
            raise Conflict("The notebook was renamed by somebody else at the same time. Try again.")
    if new_name is not None:
        tx.after_commit(new_name.finish)
    tx.changed("notebooks", workspace, notebook)
    return get(tx, workspace, notebook)


def check_rename(tx: Read, workspace: str, notebook: str, name: str) -> Notebook:
    """Return the notebook before a rename. Raises AlreadyExists if another one has the name."""
    found = get(tx, workspace, notebook)
    other = find(tx, workspace, clean_file_name(name, what="notebook name"))
    if other is not None and other.id != notebook:
        raise _taken(other.name)
    return found


def saved(tx: Write, workspace: str, notebook: str) -> None:
    """Record that the file was written, which moves the notebook up in lists."""
    tx.connection.execute(
        update(notebooks)
        .where(notebooks.c.workspace_id == workspace, notebooks.c.id == notebook)
        .values(modified_at=clock.now())
    )
    tx.changed("notebooks", workspace, notebook)


def record_save(tx: Write, workspace: str, notebook: str, user_id: str) -> None:
    """Record who saved the file; when is its time of modification. Open pages are notified."""
    c = notebooks.c
    other = (c.saved_by.is_(None)) | (c.saved_by != user_id)
    tx.connection.execute(
        update(notebooks).where(c.workspace_id == workspace, c.id == notebook, other).values(saved_by=user_id)
    )
    tx.changed("notebooks", workspace, notebook)


def remove(tx: Write, workspace: str, notebook: str) -> None:
    """Move the notebook and its file to the bin, where `restore` finds them. Its runs stay, without their link."""
    old = get(tx, workspace, notebook)
    source, name = file_of(tx, old), binned_name(notebook)
    values = {"name": name, "deleted_name": old.name, "deleted_at": clock.now()}
    tx.connection.execute(update(notebooks).where(notebooks.c.id == notebook).values(values))
    target = tx.root / "workspaces" / path_of(workspace, name)
    tx.after_commit(lambda: files.move(source, target))
    tx.changed("notebooks", workspace, notebook)


def restore(tx: Write, workspace: str, notebook: str, name: str | None = None) -> Notebook:
    """Move a notebook out of the bin, under another `name` if given. Raises NotFound, or AlreadyExists for a name that
    another notebook or file has now.
    """
    deleted = (
        (notebooks.c.workspace_id == workspace) & (notebooks.c.id == notebook) & notebooks.c.deleted_at.is_not(None)
    )
    row = tx.connection.execute(select(notebooks).where(deleted)).first()
    if row is None:
        raise NotFound("There is no such notebook in the bin. It may have been restored or deleted for good.")
    chosen = row.deleted_name if name is None else clean_file_name(name, what="notebook name")
    target = tx.root / "workspaces" / path_of(workspace, chosen)
    if find(tx, workspace, chosen) is not None:
        raise AlreadyExists(
            f"Another notebook is named “{chosen}” now. Rename it first, or restore this one under another name.",
            field="name",
        )
    if target.exists():
        raise files.file_exists(target)
    values = {"name": chosen, "deleted_name": None, "deleted_at": None, "modified_at": clock.now()}
    tx.connection.execute(update(notebooks).where(deleted).values(values))
    source = tx.root / "workspaces" / path_of(workspace, row.name)
    tx.after_commit(lambda: files.move(source, target))
    tx.changed("notebooks", workspace, notebook)
    return get(tx, workspace, notebook)


def purge(tx: Write, workspace: str, before: int, limit: int = 100) -> int:
    """Delete notebooks for good that have been in the bin since `before`, with their files; return their number."""
    old = (notebooks.c.workspace_id == workspace) & (notebooks.c.deleted_at <= before)
    rows = tx.connection.execute(select(notebooks.c.id, notebooks.c.name).where(old).limit(limit)).all()
    tx.connection.execute(delete(notebooks).where(notebooks.c.id.in_([row.id for row in rows])))
    for row in rows:
        file = tx.root / "workspaces" / path_of(workspace, row.name)
        tx.after_commit(partial(file.unlink, missing_ok=True))
    return len(rows)
