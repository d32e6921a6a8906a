"""Notebooks as they are kept: a row and an .ipynb file in the workspace's folder, which share their name."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import clock
from handloom.domain.errors import AlreadyExists, Conflict, NotFound
from handloom.domain.names import clean_description, clean_file_name
from handloom.domain.notebooks import Notebook, Problem, check_timeout, empty, is_notebook, path_of
from handloom.store.engine.database import Read, Write
from handloom.store.experiments.tables import experiments
from handloom.store.notebooks.tables import notebooks
from handloom.store.runs.tables import runs
from handloom.store.users.tables import users

_DRAFT = re.compile(r"\.[0-9a-f]{32}\.draft")


def file_of(tx: Read, notebook: Notebook) -> Path:
    return tx.root / "workspaces" / notebook.path


_INSTALLS = re.compile(rb"[%!]\s*(?:uv\s+)?pip3?\s+install|-m\W+pip\W+install")


def installs_packages(file: Path) -> bool:
    """Whether some cell runs pip. Search the text, because a session is about to start and outputs may be large."""
    try:
        return _INSTALLS.search(file.read_bytes()) is not None
    except OSError:
        return False


def _select() -> Select[Any]:
    return select(notebooks, users.c.display_name.label("owner")).join(users, users.c.id == notebooks.c.owner_id)


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
        created_at=row.created_at,
        modified_at=max(row.modified_at, saved_at(tx.root, path)),
    )


def saved_at(root: Path, path: str) -> int:
    """When the file was last written, in ms; 0 where it is not there. Jupyter saves it without asking the database."""
    try:
        return os.stat(root / "workspaces" / path).st_mtime_ns // 1_000_000  # noqa: PTH116 - lists ask for thousands
    except OSError:
        return 0


def create(
    tx: Write,
    workspace: str,
    owner_id: str,
    name: str,
    *,
    description: str = "",
    content: bytes | None = None,
    session_timeout: int,
) -> Notebook:
    """A new notebook with its file; one empty code cell without `content`. Raise Invalid or AlreadyExists."""
    name = clean_file_name(name, what="notebook name")
    now = clock.now()
    values = {
        "id": uuid4().hex,
        "workspace_id": workspace,
        "name": name,
        "description": clean_description(description),
        "owner_id": owner_id,
        "session_timeout": check_timeout(session_timeout),
        "autolog": True,
        "created_at": now,
        "modified_at": now,
    }
    try:
        tx.connection.execute(insert(notebooks).values(values))
    except IntegrityError as error:
        raise _taken(name) from error
    file = tx.root / "workspaces" / path_of(workspace, name)
    if file.exists():
        raise AlreadyExists(f"The workspace's folder holds a file {file.name} already. Choose another name.")
    tx.on_rollback(lambda: file.unlink(missing_ok=True))
    write_file(file, empty() if content is None else content)
    tx.changed("notebooks", workspace, str(values["id"]))
    return get(tx, workspace, str(values["id"]))


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"A notebook named “{name}” is in this workspace already. Choose another name.", field="name")


def write_file(file: Path, content: bytes) -> None:
    """The whole file or nothing, on disk before this returns."""
    draft = file.with_name(f".{uuid4().hex}.draft")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def sweep_drafts(root: Path) -> None:
    """Delete drafts of notebook saves that a kill interrupted. Call while no other server uses the data folder."""
    for draft in (root / "workspaces").glob("*/.*.draft"):
        if _DRAFT.fullmatch(draft.name):
            draft.unlink(missing_ok=True)


def sweep_deep_drafts(root: Path, before: float) -> None:
    """Delete drafts of other files' saves, in all folders of the workspaces, from before that time. A walk through many
    files takes a while, so the server answers meanwhile, and newer drafts may be of saves under way."""
    for place, _, names in os.walk(root / "workspaces"):
        for name in names:
            if _DRAFT.fullmatch(name):
                draft = Path(place, name)
                with contextlib.suppress(OSError):  # renamed or deleted meanwhile
                    if draft.stat().st_mtime < before:
                        draft.unlink()


def get(tx: Read, workspace: str, notebook: str) -> Notebook:
    row = tx.connection.execute(
        _select().where(notebooks.c.workspace_id == workspace, notebooks.c.id == notebook)
    ).first()
    if row is None:
        raise NotFound("There is no such notebook in this workspace. It may have been deleted.")
    return _notebook(tx, row)


def problem_of(tx: Read, notebook: Notebook) -> Problem | None:
    """Why the notebook's file cannot be opened, if so."""
    try:
        content = file_of(tx, notebook).read_bytes()
    except OSError:
        return "missing"
    return None if is_notebook(content) else "broken"


def find(tx: Read, workspace: str, name: str) -> Notebook | None:
    row = tx.connection.execute(
        _select().where(notebooks.c.workspace_id == workspace, notebooks.c.name == name)
    ).first()
    return None if row is None else _notebook(tx, row)


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
) -> Notebook:
    """None leaves a field as it is. A new name moves the file along; both happen, or neither."""
    old = get(tx, workspace, notebook)
    values: dict[str, Any] = {"modified_at": clock.now()}
    if description is not None:
        values["description"] = clean_description(description)
    if session_timeout is not None:
        values["session_timeout"] = check_timeout(session_timeout)
    if autolog is not None:
        values["autolog"] = autolog
    if engine is not None:
        values["engine"] = engine
    if name is not None:
        values["name"] = clean_file_name(name, what="notebook name")
    try:
        tx.connection.execute(update(notebooks).where(notebooks.c.id == notebook).values(values))
    except IntegrityError as error:
        raise _taken(values["name"]) from error
    if values.get("name", old.name) != old.name:
        _move(tx, old, values["name"])
    tx.changed("notebooks", workspace, notebook)
    return get(tx, workspace, notebook)


def _move(tx: Write, old: Notebook, name: str) -> None:
    """Give the file its new name before the commit and take the old one after it, so that the row's file always exists.

    A kill in between leaves a second name of the file, which `sweep_second_names` deletes at the next start.
    """
    source = file_of(tx, old)
    target = tx.root / "workspaces" / path_of(old.workspace, name)
    if not source.exists():
        return  # the name is free to change; `mend` gives it a file again
    if target.exists() and not target.samefile(source):
        raise AlreadyExists(
            f"The workspace's folder holds a file {target.name} already. Choose another name.", field="name"
        )
    if not _link(source, target):
        tx.on_rollback(lambda: target.rename(source))
        source.rename(target)
        return
    tx.on_rollback(lambda: target.unlink(missing_ok=True))
    tx.after_commit(lambda: source.unlink(missing_ok=True))


def _link(source: Path, target: Path) -> bool:
    """Make `target` a second name of the file; False where the disk has no hard links, or takes both names for one."""
    if target.exists():
        if target.name not in os.listdir(target.parent):  # noqa: PTH208 - the name as the disk spells it
            return False
        target.unlink()  # left by a rename that a kill interrupted
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return True


def sweep_second_names(tx: Read) -> None:
    """Delete the second name of each notebook's file that a kill in the middle of a rename left."""
    known = {
        path_of(row.workspace_id, row.name)
        for row in tx.connection.execute(select(notebooks.c.workspace_id, notebooks.c.name))
    }
    root = tx.root / "workspaces"
    for path in known:
        with contextlib.suppress(FileNotFoundError):
            file = root / path
            if file.stat().st_nlink > 1:
                for other in file.parent.glob("*.ipynb"):
                    if other.relative_to(root).as_posix() not in known and other.samefile(file):
                        other.unlink()


def saved(tx: Write, workspace: str, notebook: str) -> None:
    """Its file was written through Jupyter: lists move it up."""
    tx.connection.execute(
        update(notebooks)
        .where(notebooks.c.workspace_id == workspace, notebooks.c.id == notebook)
        .values(modified_at=clock.now())
    )
    tx.changed("notebooks", workspace, notebook)


def remove(tx: Write, workspace: str, notebook: str) -> None:
    """Delete the notebook and its file. Its runs stay, without their link."""
    old = get(tx, workspace, notebook)
    file = file_of(tx, old)
    tx.connection.execute(delete(notebooks).where(notebooks.c.id == notebook))
    tx.after_commit(lambda: file.unlink(missing_ok=True))
    tx.changed("notebooks", workspace, notebook)


def mend(tx: Write, workspace: str, notebook: str) -> Notebook:
    """Give a notebook whose file is missing or broken an empty one; a broken file is kept beside it, in Files."""
    old = get(tx, workspace, notebook)
    problem = problem_of(tx, old)
    if problem is None:
        raise Conflict("The notebook's file is fine; there is nothing to mend.")
    file = file_of(tx, old)
    if problem == "broken":
        aside = file.parent / "Files" / f"{old.name} (broken {clock.now()}).ipynb"
        aside.parent.mkdir(exist_ok=True)
        tx.on_rollback(lambda: aside.replace(file))
        file.rename(aside)
    write_file(file, empty())
    tx.changed("notebooks", workspace, notebook)
    return get(tx, workspace, notebook)


def runs_of(tx: Read, workspace: str, notebook: str, limit: int = 100) -> list[Row[Any]]:
    """The newest active runs that the notebook made, with their experiment."""
    return list(
        tx.connection.execute(
            select(
                runs.c.run_id,
                runs.c.name,
                runs.c.status,
                runs.c.start_time,
                experiments.c.experiment_id,
                experiments.c.name.label("experiment_name"),
            )
            .join(experiments, experiments.c.number == runs.c.experiment_number)
            .where(runs.c.notebook_id == notebook, runs.c.workspace_id == workspace, runs.c.lifecycle_stage == "active")
            .order_by(runs.c.start_time.desc(), runs.c.run_id)
            .limit(limit)
        )
    )
