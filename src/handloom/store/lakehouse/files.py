"""Tables, views and files of a lakehouse, and the bin that deleted ones go to: `bin/WORKSPACE/ID` of the data folder.

Code in the workspace may exchange a folder for a link at any time, so that none is followed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec

from handloom.domain import clock
from handloom.domain.deleted import BinItem, LakeKind
from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from handloom.store.engine import data_folder

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FACTS, _FILES = "table.json", "data"


class DeletedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """A table, view, file or folder in the bin: its name, and its path relative to the workspace."""

    name: str
    path: str
    deleted_at: int
    kind: LakeKind = "table"


def delete(root: Path, workspace: str, path: str, name: str, kind: LakeKind = "table") -> str:
    """Move a file or folder, by its path in the workspace, to the bin; return its id there. Raises NotFound, Conflict
    for links, or Invalid for a path that leaves the lakehouse: it may come from a process that reads what code wrote.
    """
    *folders, last = _parts(path, kind)
    place = data_folder.bin_of(root, workspace) / uuid4().hex
    try:
        with opened(root / "workspaces" / workspace, folders) as parent:
            _require_kind(os.stat(last, dir_fd=parent, follow_symlinks=False).st_mode, kind)
            _prepare(place, DeletedFiles(name=name, path=path, deleted_at=clock.now(), kind=kind))
            try:
                os.rename(last, place / _FILES, src_dir_fd=parent)
            except OSError:  # nothing was moved
                shutil.rmtree(place, ignore_errors=True)
                raise
    except FileNotFoundError as error:
        raise NotFound(f"The {kind} was deleted already.") from error
    except OSError as error:
        raise Conflict(f"The {kind} cannot be deleted ({error.strerror}).") from error
    return place.name


def _require_kind(mode: int, kind: LakeKind) -> None:
    if stat.S_ISDIR(mode) if kind == "table" else stat.S_ISREG(mode) or (kind == "file" and stat.S_ISDIR(mode)):
        return
    if stat.S_ISLNK(mode):
        raise Conflict(f"This {kind} is a symbolic link, which is not followed. Delete it with code.")
    raise Conflict(f"This {kind} is no plain file or folder. Delete it with code.")


def _prepare(place: Path, facts: DeletedFiles) -> None:
    place.mkdir(mode=0o700, parents=True)
    (place / _FACTS).write_bytes(msgspec.json.encode(facts))


def list_deleted(root: Path, workspace: str) -> list[BinItem]:
    """Return the tables, views and files of a workspace in the bin."""
    return [
        BinItem(kind=facts.kind, id=place.name, name=facts.name, deleted_at=facts.deleted_at)
        for place, facts in _deleted(data_folder.bin_of(root, workspace))
    ]


def restore(root: Path, workspace: str, binned: str) -> None:
    """Move what the bin has under an id to where it was. Raises NotFound, or AlreadyExists if the name is taken."""
    found = {place.name: (place, facts) for place, facts in _deleted(data_folder.bin_of(root, workspace))}
    if binned not in found:
        raise NotFound("There is nothing of this id in the bin. It may have been restored or deleted for good.")
    place, facts = found[binned]
    *folders, last = _parts(facts.path, facts.kind)
    try:
        with opened(root / "workspaces" / workspace, folders, make=True) as parent:
            if (place / _FILES).is_dir():
                os.rename(place / _FILES, last, dst_dir_fd=parent)
            else:  # a rename would replace a file that has taken the name
                os.link(place / _FILES, last, dst_dir_fd=parent, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise AlreadyExists(f"There is a {facts.kind} {facts.name} now. Rename or delete it first.") from error
        raise Conflict(f"{facts.name} cannot be restored ({error.strerror}).") from error
    shutil.rmtree(place, ignore_errors=True)


def purge(root: Path, before: int, workspace: str = "*") -> None:
    """Move what was deleted before this time (ms) from the bin to the trash."""
    for owner in (root / data_folder.BIN).glob(workspace):
        for place, facts in _deleted(owner):
            if facts.deleted_at <= before:
                data_folder.discard(root, place)


def _deleted(owner: Path) -> Iterator[tuple[Path, DeletedFiles]]:
    for file in sorted(owner.glob(f"*/{_FACTS}")):
        moved = file.parent / _FILES
        if moved.exists() or moved.is_symlink():
            with contextlib.suppress(OSError, msgspec.DecodeError):
                yield file.parent, msgspec.json.decode(file.read_bytes(), type=DeletedFiles)


def _parts(path: str, kind: LakeKind) -> tuple[str, ...]:
    parts = Path(path).parts or ("",)
    root = "Files" if kind == "file" else "Tables"
    if parts[0] != root or len(parts) == 1 or ".." in parts or "\0" in path:
        raise Invalid(f"A {kind} of the lakehouse lies in {root}.", field="path")
    return parts


@contextlib.contextmanager
def opened(workspace: Path, folders: list[str], *, make: bool = False) -> Iterator[int]:
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
