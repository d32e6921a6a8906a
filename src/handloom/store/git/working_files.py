"""Reads the files of a workspace that can be committed, and never through a symbolic link, which code can put there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from handloom.domain.git import MAX_DEPTH, MAX_FILES, blob_id, committed, is_entered, is_offered, limit_of

_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class WorkingFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file below the workspace's folder. `state` changes when the file is written."""

    path: str
    size: int
    state: tuple[int, int, int]


class WorkingFiles(msgspec.Struct, frozen=True, kw_only=True):
    """`left_out` are paths of code files that are too large, and whether there were more files than are listed."""

    files: dict[str, WorkingFile]
    left_out: list[str]
    complete: bool


def listed(root: Path, workspace: str) -> WorkingFiles:
    """List the notebooks and code files of a workspace by path."""
    found: dict[str, WorkingFile] = {}
    left_out: list[str] = []
    for path, facts in _walk(root / "workspaces" / workspace):
        if len(found) >= MAX_FILES:
            return WorkingFiles(files=found, left_out=left_out, complete=False)
        if facts.st_size > limit_of(path):
            left_out.append(path)
            continue
        state = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        found[path] = WorkingFile(path=path, size=facts.st_size, state=state)
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


def read(root: Path, workspace: str, path: str) -> bytes | None:
    """Return the content of a listed file; None if it is gone, a link, or too large by now."""
    opened: list[int] = []
    try:
        opened.append(os.open(root / "workspaces" / workspace, os.O_RDONLY | os.O_DIRECTORY))
        *folders, name = path.split("/")
        for folder in folders:
            opened.append(os.open(folder, _OPEN | os.O_DIRECTORY, dir_fd=opened[-1]))
        opened.append(os.open(name, _OPEN, dir_fd=opened[-1]))
        facts = os.fstat(opened[-1])
        most = limit_of(path)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
            return None
        with os.fdopen(os.dup(opened[-1]), "rb") as file:
            content = file.read(most + 1)
        return content if len(content) <= most else None
    except OSError:
        return None
    finally:
        for descriptor in opened:
            os.close(descriptor)


@lru_cache(maxsize=50_000)
def blob(root: Path, workspace: str, file: WorkingFile, keep_outputs: bool) -> str:
    """Return the id of a listed file's content as it would be committed; "" if it is gone."""
    content = read(root, workspace, file.path)
    return "" if content is None else blob_id(committed(file.path, content, keep_outputs=keep_outputs))
