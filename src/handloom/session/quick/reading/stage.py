"""A folder of this session's own where files lie as the engine reads them: converted, or as links to the originals."""

from __future__ import annotations

import atexit
import datetime
import hashlib
import os
import shutil
import tempfile
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handloom.session.overwrite import NULL_PARTITION
from handloom.session.quick.reading.files import DataFile

_PREFIX = "handloom-reads-"


class Stage:
    """Keeps what was prepared until the files change. Removed when the process ends."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._ready: dict[str, Any] = {}

    def folder(self, key: str) -> Path:
        """The folder for a key, which need not exist yet."""
        if self._root is None:
            _sweep()
            self._root = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
            atexit.register(shutil.rmtree, self._root, True)
        return self._root / key

    def known(self, key: str) -> Any:
        """What was remembered for the key, or None."""
        return self._ready.get(key)

    def remember(self, key: str, value: Any) -> None:
        """Keep a value for the key until the process ends."""
        self._ready[key] = value


def key_of(files: Sequence[DataFile], *about: object) -> str:
    """A key that changes with the files and with what is asked about them."""
    digest = hashlib.sha256(repr(about).encode())
    for file in files:
        state = file.path.stat()
        digest.update(
            f"{file.path}\0{file.partitions}\0{state.st_size}\0{state.st_mtime_ns}\0{state.st_ino}\n".encode()
        )
    return digest.hexdigest()[:24]


def place(folder: Path, file: DataFile, number: int, suffix: str) -> Path:
    """Where a file belongs in a staged folder."""
    for name, value in file.partitions:
        folder = folder / f"{_quoted(name)}={NULL_PARTITION if value is None else _quoted(value)}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"part-{number:05}{suffix}"


def plain_partition(value: str | None, type_name: str) -> str | None:
    """A partition's text in the one form that the engine casts."""
    if value is None or type_name not in ("int", "bigint"):
        return value
    return str(int(value))


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe=" ")


def _sweep() -> None:
    """Remove the folders of processes that were killed."""
    day = datetime.datetime.now().timestamp() - 24 * 3600
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX).split("-")[0]
        if pid.isdigit() and not _is_alive(int(pid)) and left.stat().st_mtime < day:
            shutil.rmtree(left, True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
