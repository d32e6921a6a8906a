"""Files of notebooks: created, renamed and repaired outside of transactions, which wait for no disk but the database's.

A new file is a draft named after the notebook's id until the row is committed, a renamed one has two names. So
`finish_interrupted` can complete or undo at the next start whatever a kill interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from pathlib import Path
from uuid import uuid4

import msgspec
from sqlalchemy import select

from handloom.domain import clock
from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from handloom.domain.names import clean_file_name
from handloom.domain.notebooks import BIN, Notebook, Problem, binned_name, empty, is_notebook, path_of
from handloom.store.engine.database import Read
from handloom.store.engine.dialects import translated
from handloom.store.notebooks.tables import notebooks

_DRAFT = re.compile(r"\.([0-9a-f]{32})\.draft")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The file of a notebook whose row is not committed yet. Its name contains the notebook's id."""

    workspace: str
    notebook: str
    file: Path

    def publish(self, target: Path) -> None:
        """Give the file its final name, durably."""
        self.file.replace(target)
        _sync_folder(target.parent)

    def delete(self) -> None:
        self.file.unlink(missing_ok=True)


class NewName(msgspec.Struct, frozen=True, kw_only=True):
    """A second name of a notebook's file; on a disk without hard links the only one already."""

    source: Path
    target: Path
    is_link: bool

    def finish(self) -> None:
        """Delete the old name, after the commit."""
        if self.is_link:
            self.source.unlink(missing_ok=True)

    def undo(self) -> None:
        """Restore the old name, after a rollback."""
        if self.is_link:
            self.target.unlink(missing_ok=True)
        else:
            self.target.rename(self.source)


@translated()
def create_draft(root: Path, workspace: str, content: bytes | None = None) -> Draft:
    """Write the file of a new notebook, durably; one empty code cell without `content`."""
    notebook = uuid4().hex
    file = root / "workspaces" / workspace / f".{notebook}.draft"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(empty() if content is None else content)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError:
        file.unlink(missing_ok=True)
        raise
    return Draft(workspace=workspace, notebook=notebook, file=file)


@translated()
def add_name(root: Path, notebook: Notebook, name: str) -> NewName | None:
    """Give the file a second name before its row is renamed; None if it has the name, or no file.

    Raises AlreadyExists if another file has the name.
    """
    source = root / "workspaces" / notebook.path
    target = root / "workspaces" / path_of(notebook.workspace, clean_file_name(name, what="notebook name"))
    if source == target or not source.exists():
        return None
    if target.exists() and not target.samefile(source):
        raise file_exists(target)
    if _link(source, target):
        return NewName(source=source, target=target, is_link=True)
    source.rename(target)
    return NewName(source=source, target=target, is_link=False)


def file_exists(file: Path) -> AlreadyExists:
    return AlreadyExists(f"The workspace's folder holds a file {file.name} already. Choose another name.", field="name")


def _link(source: Path, target: Path) -> bool:
    """Make `target` a hard link to the file; False if the disk has none, or regards both names as the same."""
    if target.exists():
        if target.name not in os.listdir(target.parent):  # noqa: PTH208 - the name as the disk spells it
            return False
        target.unlink()  # left by an interrupted rename
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    _sync_folder(target.parent)
    return True


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def problem_of(root: Path, notebook: Notebook) -> Problem | None:
    """Return why the notebook's file cannot be opened, if so."""
    try:
        content = (root / "workspaces" / notebook.path).read_bytes()
    except OSError:
        return "missing"
    return None if is_notebook(content) else "broken"


@translated()
def read(root: Path, notebook: Notebook, largest: int) -> bytes:
    """Read the notebook's file as it was saved last. Raises NotFound, or Invalid for more than `largest` bytes."""
    try:
        opened = os.open(root / "workspaces" / notebook.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound("The notebook's file no longer exists.") from error
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link may lead to what only the server may read
            raise NotFound("The notebook's file no longer exists.") from error
        raise
    with os.fdopen(opened, "rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise Invalid(f"The notebook has more than {largest // 1_000_000} MB. Clear its outputs.")
    return content


@translated()
def mend(root: Path, notebook: Notebook) -> None:
    """Replace a missing or broken file by an empty notebook; a broken one is moved to Files. Raises Conflict."""
    problem = problem_of(root, notebook)
    if problem is None:
        raise Conflict("The notebook's file is fine; there is nothing to mend.")
    draft = create_draft(root, notebook.workspace)
    file = root / "workspaces" / notebook.path
    if problem == "broken":
        aside = file.parent / "Files" / f"{notebook.name} (broken {clock.now()}).ipynb"
        aside.parent.mkdir(exist_ok=True)
        file.rename(aside)
    draft.publish(file)


def move(source: Path, target: Path) -> None:
    """Move a notebook's file into the bin or out of it, durably. A missing file stays missing."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        source.replace(target)
        _sync_folder(target.parent)


def _finish_moves(tx: Read) -> None:
    """Move files whose notebook was deleted or restored just before a kill, and delete those of purged ones."""
    root, n = tx.root / "workspaces", notebooks.c
    rows = tx.connection.execute(select(n.id, n.workspace_id, n.name, n.deleted_name)).all()
    paths = {path_of(row.workspace_id, row.name) for row in rows}
    for row in rows:
        other = path_of(row.workspace_id, row.deleted_name or binned_name(row.id))
        target = root / path_of(row.workspace_id, row.name)
        if other not in paths and not target.exists() and (root / other).exists():
            move(root / other, target)
    for file in root.glob(f"*/{BIN}/*.ipynb"):
        if file.relative_to(root).as_posix() not in paths:
            file.unlink()


def finish_interrupted(tx: Read) -> None:
    """Finish or undo what a kill interrupted. Call it while no other server uses the data folder.

    A draft becomes the file of its committed row; without a row, it is deleted, as are drafts of interrupted saves.
    Of a file with two names, the one that is not its row's is deleted.
    """
    root = tx.root / "workspaces"
    _finish_moves(tx)
    rows = tx.connection.execute(select(notebooks.c.id, notebooks.c.workspace_id, notebooks.c.name)).all()
    paths = {row.id: path_of(row.workspace_id, row.name) for row in rows}
    for file in root.glob("*/.*.draft"):
        if found := _DRAFT.fullmatch(file.name):
            path = paths.get(found[1])
            if path is not None and not (root / path).exists():
                Draft(workspace=file.parent.name, notebook=found[1], file=file).publish(root / path)
            else:
                file.unlink(missing_ok=True)
    known = set(paths.values())
    for path in known:
        with contextlib.suppress(FileNotFoundError):
            file = root / path
            if file.stat().st_nlink > 1:
                for other in file.parent.glob("*.ipynb"):
                    if other.relative_to(root).as_posix() not in known and other.samefile(file):
                        other.unlink()


def sweep_deep_drafts(root: Path, before: float) -> None:
    """Delete drafts of other files' saves in all folders of the workspaces, if older than `before`.

    Searching many files takes a while: the server answers meanwhile, so that newer drafts may be of current saves.
    """
    for place, _, names in os.walk(root / "workspaces"):
        for name in names:
            if _DRAFT.fullmatch(name):
                draft = Path(place, name)
                with contextlib.suppress(OSError):  # renamed or deleted meanwhile
                    if draft.stat().st_mtime < before:
                        draft.unlink()
