"""Folders of tables, and the bin that deleted ones go to: `bin/WORKSPACE/ID` of the data folder.

Code in the workspace may exchange a folder for a link at any time, so that none is followed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec

from handloom.domain import clock
from handloom.domain.deleted import BinItem
from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from handloom.store.engine import data_folder

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FACTS, _FILES = "table.json", "data"


class DeletedTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table in the bin: its name with its schema, and the path of its folder, relative to the workspace."""

    name: str
    path: str
    deleted_at: int


def delete_table(root: Path, workspace: str, path: str, name: str) -> str:
    """Move the folder of a table, relative to the workspace, to the bin; return its id there. Raises NotFound, or
    Invalid for a path that leaves `Tables`: it comes from a process that reads what any code has written.
    """
    *folders, last = _parts(path)
    place = data_folder.bin_of(root, workspace) / uuid4().hex
    try:
        with _opened(root / "workspaces" / workspace, folders) as parent:
            os.close(os.open(last, _FOLDER, dir_fd=parent))  # refuse a link
            _prepare(place, DeletedTable(name=name, path=path, deleted_at=clock.now()))
            try:
                os.rename(last, place / _FILES, src_dir_fd=parent)
            except OSError:  # nothing was moved
                shutil.rmtree(place, ignore_errors=True)
                raise
    except FileNotFoundError as error:
        raise NotFound("The table was deleted already.") from error
    except OSError as error:
        raise Conflict(f"The table's folder cannot be deleted ({error.strerror}).") from error
    return place.name


def _prepare(place: Path, facts: DeletedTable) -> None:
    place.mkdir(mode=0o700, parents=True)
    (place / _FACTS).write_bytes(msgspec.json.encode(facts))


def list_deleted(root: Path, workspace: str) -> list[BinItem]:
    """Return the tables of a workspace in the bin."""
    return [
        BinItem(kind="table", id=place.name, name=facts.name, deleted_at=facts.deleted_at)
        for place, facts in _deleted(data_folder.bin_of(root, workspace))
    ]


def restore_deleted(root: Path, workspace: str, table: str) -> None:
    """Move a table from the bin to where it was. Raises NotFound, or AlreadyExists if another one is there now."""
    found = {place.name: (place, facts) for place, facts in _deleted(data_folder.bin_of(root, workspace))}
    if table not in found:
        raise NotFound("There is no such table in the bin. It may have been restored or deleted for good.")
    place, facts = found[table]
    *folders, last = _parts(facts.path)
    try:
        with _opened(root / "workspaces" / workspace, folders, make=True) as parent:
            os.rename(place / _FILES, last, dst_dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise AlreadyExists(f"There is a table {facts.name} now. Rename or delete it first.") from error
        raise Conflict(f"The table cannot be restored ({error.strerror}).") from error
    shutil.rmtree(place, ignore_errors=True)


def purge(root: Path, before: int, workspace: str = "*") -> None:
    """Move the tables that were deleted before this time (ms) from the bin to the trash."""
    for owner in (root / data_folder.BIN).glob(workspace):
        for place, facts in _deleted(owner):
            if facts.deleted_at <= before:
                data_folder.discard(root, place)


def _deleted(owner: Path) -> Iterator[tuple[Path, DeletedTable]]:
    for file in sorted(owner.glob(f"*/{_FACTS}")):
        if (file.parent / _FILES).is_dir():
            with contextlib.suppress(OSError, msgspec.DecodeError):
                yield file.parent, msgspec.json.decode(file.read_bytes(), type=DeletedTable)


def _parts(path: str) -> tuple[str, ...]:
    parts = Path(path).parts or ("",)
    if parts[0] != "Tables" or len(parts) == 1 or ".." in parts:
        raise Invalid("A table's folder lies in Tables.")
    return parts


@contextlib.contextmanager
def _opened(workspace: Path, folders: list[str], *, make: bool = False) -> Iterator[int]:
    """A descriptor of a folder below the workspace's, opened without following links; `make` creates those missing."""
    with contextlib.ExitStack() as closing:
        descriptor = os.open(workspace, _FOLDER)
        closing.callback(os.close, descriptor)
        for folder in folders:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(folder, 0o700, dir_fd=descriptor)
            descriptor = os.open(folder, _FOLDER, dir_fd=descriptor)
            closing.callback(os.close, descriptor)
        yield descriptor
