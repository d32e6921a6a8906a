"""Replace a folder of data atomically, so that the old data stays until the new data is complete.

Spark deletes the target of an overwrite before it reads. A query that reads what it overwrites, or that fails, would
leave an empty folder. Each write therefore goes to a hidden folder beside its target and replaces the target by a
rename after it has succeeded.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_AT_FDCWD = -100
_EXCHANGE = 2
"""Linux's RENAME_EXCHANGE."""
_NEW = ".writing"
_OLD = ".replaced"
_STALE = 24 * 3600
"""Age in seconds after which the hidden folder of a killed write is removed."""
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"

MARK = "_SUCCESS"
"""The empty file that says that a folder is complete."""

Finish = Callable[[Path], None]
"""Called with the new folder before it replaces the target."""


def _nothing(_: Path) -> None:
    pass


@contextmanager
def replacing(target: Path, finish: Finish = _nothing) -> Iterator[Path]:
    """Yield the folder to write into, which replaces `target` at the end of the block. On any error `target` stays."""
    real = Path(os.path.realpath(target))  # replace the target of a symbolic link, not the link
    with _beside(real) as new:
        yield new
        new.mkdir(exist_ok=True)  # an engine may write nothing if there are no rows
        finish(new)
        _swap(new, real)


@contextmanager
def replacing_partitions(target: Path, finish: Finish = _nothing) -> Iterator[Path]:
    """Like `replacing`, but replace only the partitions that the new folder has (dynamic partition overwrite)."""
    real = Path(os.path.realpath(target))
    with _beside(real) as new:
        yield new
        new.mkdir(exist_ok=True)
        finish(new)
        if not real.exists():
            _swap(new, real)
            return
        for leaf in sorted({file.parent for file in new.rglob("*") if file.is_file() and file.name != MARK}):
            place = real / leaf.relative_to(new)
            place.parent.mkdir(parents=True, exist_ok=True)
            _swap(leaf, place)


@contextmanager
def adding(target: Path, finish: Finish = _nothing) -> Iterator[Path]:
    """Like `replacing`, but move the new files into `target` (append). A failed append leaves no files behind."""
    real = Path(os.path.realpath(target))
    with _beside(real) as new:
        yield new
        new.mkdir(exist_ok=True)
        finish(new)
        for file in sorted(file for file in new.rglob("*") if file.is_file()):
            place = real / file.relative_to(new)
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists() and place.name.startswith((".", "_")):  # the mark of success, and its checksum
                continue
            if place.exists():
                place = place.with_name(f"{uuid.uuid4().hex[:8]}-{place.name}")
            file.rename(place)
        real.mkdir(parents=True, exist_ok=True)


def recover(target: Path) -> None:
    """Restore `target` after a process was killed between the two renames of a replacement."""
    if target.exists() or not target.parent.is_dir():
        return
    left = sorted(target.parent.glob(f".{_escaped(target.name)}.*{_OLD}"), key=lambda path: path.stat().st_mtime)
    if left:
        left[-1].rename(target)


def name_null_partitions(folder: Path) -> None:
    """Rename the partition folders `column=` to the name that Hive and Spark use for null."""
    for place in sorted((p for p in folder.rglob("*=") if p.is_dir()), key=lambda p: -len(p.parts)):
        if place.name.count("=") == 1:
            place.rename(place.with_name(place.name + NULL_PARTITION))


@contextmanager
def _beside(real: Path) -> Iterator[Path]:
    recover(real)
    _sweep(real)
    real.parent.mkdir(parents=True, exist_ok=True)
    new = real.with_name(f".{real.name}.{uuid.uuid4().hex[:8]}{_NEW}")
    try:
        yield new
    finally:
        _remove(new)


def _swap(new: Path, old: Path) -> None:
    """Rename `new` to `old`, and remove the previous `old`."""
    if not os.path.lexists(old):
        new.rename(old)
        return
    aside = old.with_name(f".{old.name}.{uuid.uuid4().hex[:8]}{_OLD}")
    if _exchange(new, old):
        new.rename(aside)
    else:
        old.rename(aside)
        try:
            new.rename(old)
        except OSError:
            aside.rename(old)
            raise
    _remove(aside)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders atomically. Returns False if the system or file system does not support it."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
        return False  # the file system does not support it
    raise OSError(code, os.strerror(code), str(other))


def _sweep(real: Path) -> None:
    """Remove hidden folders of killed writes that are older than _STALE."""
    name = _escaped(real.name)
    for pattern in (f".{name}.*{_NEW}", f".{name}.*{_OLD}"):
        for left in real.parent.glob(pattern):
            if time.time() - left.stat().st_mtime > _STALE:
                _remove(left)


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
