"""Write a snapshot of a data folder while its server runs. Unchanged files are not read again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from uuid import uuid4

import msgspec

from handloom import __version__
from handloom.domain.errors import Conflict, Invalid, Unavailable
from handloom.store.artifacts import storage
from handloom.store.artifacts.folder import FolderStore
from handloom.store.backup import database, last, layout
from handloom.store.backup.layout import SnapshotFile, SnapshotManifest
from handloom.store.engine.data_folder import Lock

NOT_BACKED_UP = frozenset(
    {"backups", "handloom.db", "handloom.db-shm", "handloom.db-wal", "imports", "lock", "logs", "server.json"}
    | {"servers", "trash", "environments", "cache", "layers", last.FILE}
)
"""What a server makes anew, or what the copy of the database stands for, at the top of a data folder."""
ARTIFACTS = "artifacts"


def write(
    root: Path,
    data: Path,
    database_url: str,
    artifacts: str,
    on_file: Callable[[int], None] = lambda size: None,
) -> SnapshotManifest:
    """Write a snapshot of the data folder to the backup folder `root`. `on_file` is called with the size of each file.

    The database is copied first: the files that it refers to exist already, and are copied after it. Raises Conflict if
    another backup is being written to the folder, Unavailable for a full disk or an unreadable database.
    """
    root, data = root.absolute(), data.absolute()
    if root.is_relative_to(data) and root.relative_to(data).parts[:1] != ("backups",):
        raise Invalid(f"{root} is inside of the data folder; choose a place outside, best on another disk.")
    try:
        (root / layout.CONTENTS).mkdir(mode=0o700, parents=True, exist_ok=True)
        (root / layout.SNAPSHOTS).mkdir(mode=0o700, exist_ok=True)
        with _locked(root):
            manifest = _write(root, data, database_url, artifacts, on_file)
            last.record(data, manifest)
            return manifest
    except OSError as error:
        raise Unavailable(f"The backup cannot be written to {root} ({error.strerror}).") from error


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    try:
        lock = Lock(root)
    except OSError as error:
        raise Conflict(f"Another backup is being written to {root}.") from error
    try:
        yield
    finally:
        lock.release()


def _write(root: Path, data: Path, url: str, artifacts: str, on_file: Callable[[int], None]) -> SnapshotManifest:
    store = storage.connect(artifacts, data)
    draft = root / layout.SNAPSHOTS / f"{layout.DRAFT}{uuid4().hex}"
    draft.mkdir(mode=0o700)
    try:
        if url.startswith("sqlite"):
            database.copy_sqlite(data / layout.SQLITE, draft)
        else:
            database.dump_postgres(url, draft)
        copy = _Copy(root, _known(root))
        with (draft / layout.FILES).open("wb") as lines:
            for path, name in _files(data, store):
                entry = copy.add(path, name)
                if entry is not None:
                    lines.write(msgspec.json.encode(entry) + b"\n")
                    on_file(entry.size)
        manifest = SnapshotManifest(
            format=layout.FORMAT,
            id=_new_id(root),
            created_at=time.time_ns() // 1_000_000,
            written_by=f"handloom {__version__}",
            database="sqlite" if url.startswith("sqlite") else "postgresql",
            files=copy.files,
            bytes=copy.bytes,
            artifacts="" if isinstance(store, FolderStore) else store.root,
            skipped=copy.skipped,
        )
        (draft / layout.MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        if hasattr(os, "sync"):
            os.sync()  # once for all files, before the snapshot gets its final name
        draft.rename(layout.folder_of(root, manifest.id))
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _new_id(root: Path) -> str:
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    number = sum(1 for _ in (root / layout.SNAPSHOTS).glob(f"{now}*"))
    return f"{now}-{number}" if number else now


def _known(root: Path) -> dict[str, SnapshotFile]:
    """Return the files of the newest snapshot by path."""
    existing = layout.snapshots(root)
    return {entry.path: entry for entry in layout.entries(root, existing[-1].id)} if existing else {}


def _files(data: Path, store: object) -> Iterator[tuple[Path, str]]:
    """List the files to back up, with their names in the snapshot."""
    for top in sorted(data.iterdir()):
        if top.name not in NOT_BACKED_UP and top.name != ARTIFACTS and not top.name.startswith("."):
            yield from _below(top, top.name)
    if isinstance(store, FolderStore) and store.base.is_dir():
        for workspace in sorted(store.base.iterdir()):
            if not workspace.name.startswith("."):  # uploads, contents and trash of the artifact folder
                yield from _below(workspace, f"{ARTIFACTS}/{workspace.name}")


def _below(top: Path, name: str) -> Iterator[tuple[Path, str]]:
    if not top.is_dir() or top.is_symlink():
        yield top, name
        return
    for folder, folders, names in os.walk(top):
        below = Path(folder).relative_to(top).as_posix()
        prefix = name if below == "." else f"{name}/{below}"
        links = [one for one in folders if Path(folder, one).is_symlink()]
        for one in sorted([*names, *links]):
            yield Path(folder, one), f"{prefix}/{one}"


class _Copy:
    """Copies files into the contents of the backup folder, each content once."""

    def __init__(self, root: Path, known: dict[str, SnapshotFile]) -> None:
        self._root, self._known = root, known
        self.files = self.bytes = self.skipped = 0

    def add(self, path: Path, name: str) -> SnapshotFile | None:
        """Copy a file and return its entry; None for links, sockets, undecodable names and files deleted meanwhile."""
        try:
            name.encode()
            with os.fdopen(_open(path), "rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    self.skipped += 1
                    return None
                entry = self._known.get(name)
                if not (entry and self._unchanged(entry, found)):
                    size, sha256 = self._store(file)
                    entry = SnapshotFile(path=name, size=size, modified_ns=found.st_mtime_ns, sha256=sha256)
        except FileNotFoundError:
            return None
        except (UnicodeEncodeError, OSError) as error:
            if isinstance(error, OSError) and path.is_file() and not path.is_symlink():
                raise
            self.skipped += 1
            return None
        self.files += 1
        self.bytes += entry.size
        return entry

    def _unchanged(self, entry: SnapshotFile, found: os.stat_result) -> bool:
        same = (entry.size, entry.modified_ns) == (found.st_size, found.st_mtime_ns)
        return same and layout.content_path(self._root, entry.sha256).is_file()

    def _store(self, file: IO[bytes]) -> tuple[int, str]:
        """Copy the file's current content, and return its size and hash."""
        partial = self._root / layout.CONTENTS / f".{uuid4().hex}.partial"
        total, size = hashlib.sha256(), 0
        try:
            with partial.open("xb") as target:
                while chunk := file.read(layout.CHUNK_BYTES):
                    total.update(chunk)
                    target.write(chunk)
                    size += len(chunk)
            content = layout.content_path(self._root, total.hexdigest())
            content.parent.mkdir(mode=0o700, exist_ok=True)
            if not content.exists():
                partial.rename(content)
        finally:
            partial.unlink(missing_ok=True)
        return size, total.hexdigest()


def _open(path: Path) -> int:
    """Open for reading without following a link, and without blocking on a pipe."""
    return os.open(
        path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    )
