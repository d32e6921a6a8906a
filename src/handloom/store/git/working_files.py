"""The files of a workspace that can be committed. Links, which code can make, are never followed."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import msgspec

from handloom.domain.errors import Conflict
from handloom.domain.git import MAX_DEPTH, MAX_FILES, blob_id, committed, is_entered, is_offered, limit_of
from handloom.store.engine.dialects import translated

_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class WorkingFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file below the workspace's folder. `path` is its path in a commit, and `file` the one below the folder, which
    differs where a notebook comes from a folder of a repository. `state` changes when the file is written.
    """

    path: str
    file: str
    size: int
    state: tuple[int, int, int]


class WorkingFiles(msgspec.Struct, frozen=True, kw_only=True):
    """`left_out` are paths of code files that are too large, and whether there were more files than are listed."""

    files: dict[str, WorkingFile]
    left_out: list[str]
    complete: bool


def listed(root: Path, workspace: str, names: Mapping[str, str]) -> WorkingFiles:
    """List the notebooks and code files of a workspace by their path in a commit. `names` has those of notebooks whose
    file has another path, see `rows.paths`.
    """
    found: dict[str, WorkingFile] = {}
    left_out: list[str] = []
    top = root / "workspaces" / workspace
    # Where another file has come to be at the path of a notebook, the notebook has its own.
    renamed = {file: path for file, path in names.items() if not os.path.lexists(top / path)}
    for file, facts in _walk(top):
        path = renamed.get(file, file)
        if len(found) >= MAX_FILES:
            return WorkingFiles(files=found, left_out=left_out, complete=False)
        if facts.st_size > limit_of(path):
            left_out.append(path)
            continue
        state = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        found[path] = WorkingFile(path=path, file=file, size=facts.st_size, state=state)
    return WorkingFiles(files=found, left_out=left_out, complete=True)


def _walk(top: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the regular files with their path below `top`. Links to folders are not entered."""
    for folder, folders, names, opened in os.fwalk(top, follow_symlinks=False):
        below = Path(folder).relative_to(top)
        folders[:] = sorted(filter(is_entered, folders)) if len(below.parts) < MAX_DEPTH else []
        for name in sorted(names):
            path = name if not below.parts else f"{below.as_posix()}/{name}"
            if not is_offered(name) or not path.isprintable():
                continue
            try:
                facts = os.stat(name, dir_fd=opened, follow_symlinks=False)
            except OSError:
                continue  # deleted meanwhile
            if stat.S_ISREG(facts.st_mode):
                yield path, facts


def read(root: Path, workspace: str, file: str, most: int = 0) -> bytes | None:
    """Return the content of a listed file; None if it is gone, a link, or larger than `most`, by default than what is
    committed.
    """
    most = most or limit_of(file)
    try:
        with _folder(root, workspace, file) as (folder, name):
            opened = os.open(name, _OPEN, dir_fd=folder)
            with os.fdopen(opened, "rb") as found:
                facts = os.fstat(opened)
                if not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
                    return None
                content = found.read(most + 1)
        return content if len(content) <= most else None
    except OSError:
        return None


@translated()
def write(root: Path, workspace: str, file: str, content: bytes) -> None:
    """Write a file and the folders that it needs, at once. Raises Conflict where a link, or a file in the place of a
    folder, is in its way.
    """
    draft = f".{uuid4().hex}.draft"
    with _in_the_way(file), _folder(root, workspace, file, make=True) as (folder, name):
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                raise IsADirectoryError
        try:
            opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
            with os.fdopen(opened, "wb") as made:
                made.write(content)
                made.flush()
                os.fsync(opened)
            os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(draft, dir_fd=folder)
            raise


@translated()
def remove(root: Path, workspace: str, file: str) -> None:
    """Delete a file, and the folders that are empty then, except the workspace's own."""
    with contextlib.suppress(FileNotFoundError), _in_the_way(file), _folder(root, workspace, file) as (folder, name):
        os.unlink(name, dir_fd=folder)
    *folders, _ = file.split("/")
    while folders and folders != ["Files"]:
        name = folders[-1]
        try:
            with _folder(root, workspace, "/".join(folders)) as (folder, _):
                os.rmdir(name, dir_fd=folder)
        except OSError:
            return
        folders.pop()


@contextlib.contextmanager
def _in_the_way(file: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, NotADirectoryError | IsADirectoryError) or error.errno == errno.ELOOP:
            raise Conflict(
                f"{file} cannot be written: a file, folder or link in the workspace is in its way. Rename that first."
            ) from error
        raise


@contextlib.contextmanager
def _folder(root: Path, workspace: str, file: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
    """Open the folder of a file without following links, and yield its descriptor with the file's name."""
    opened = [os.open(root / "workspaces" / workspace, os.O_RDONLY | os.O_DIRECTORY)]
    try:
        *folders, name = file.split("/")
        for folder in folders:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(folder, 0o700, dir_fd=opened[-1])
            opened.append(os.open(folder, _OPEN | os.O_DIRECTORY, dir_fd=opened[-1]))
        yield opened[-1], name
    finally:
        for descriptor in opened:
            os.close(descriptor)


@lru_cache(maxsize=50_000)
def blob(root: Path, workspace: str, file: WorkingFile, keep_outputs: bool) -> str:
    """Return the id of a listed file's content as it would be committed; "" if it is gone."""
    content = read(root, workspace, file.file)
    return "" if content is None else blob_id(committed(file.path, content, keep_outputs=keep_outputs))
