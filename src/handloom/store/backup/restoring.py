"""Checks snapshots and restores them into an empty data folder, from backup folders and backup files."""

from __future__ import annotations

import contextlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from handloom.domain.errors import Conflict, Invalid, NotFound, Unavailable
from handloom.store.backup import database, layout
from handloom.store.backup.layout import SnapshotFile, SnapshotManifest
from handloom.store.engine import data_folder

SHOWN = 20


def check(root: Path, snapshot: str | None = None) -> tuple[SnapshotManifest, list[str]]:
    """Check a snapshot: return it with its problems, such as a damaged database or missing and changed contents."""
    manifest = layout.find(root, snapshot)
    folder = layout.folder_of(root, manifest.id)
    problems = []
    if manifest.database == "sqlite":
        problems += [f"database: {problem}" for problem in database.check_sqlite(folder / layout.SQLITE)]
    elif not (folder / layout.POSTGRES_DUMP).is_file():
        problems.append("database: the dump is missing")
    count, checked = 0, set()
    for entry in layout.entries(root, manifest.id):
        count += 1
        if entry.sha256 not in checked:
            checked.add(entry.sha256)
            problems += _check_content(root, entry)
    if count != manifest.files:
        problems.append(f"it lists {count:,} files and was written with {manifest.files:,}")
    return manifest, problems


def _check_content(root: Path, entry: SnapshotFile) -> list[str]:
    content = layout.content_path(root, entry.sha256)
    try:
        return [] if layout.digest(content) == entry.sha256 else [f"{entry.path}: its content was changed"]
    except FileNotFoundError:
        return [f"{entry.path}: its content is missing"]
    except OSError as error:
        return [f"{entry.path}: its content cannot be read ({error.strerror})"]


def restore(
    root: Path,
    data: Path,
    database_url: str,
    snapshot: str | None = None,
    on_file: Callable[[int], None] = lambda size: None,
) -> SnapshotManifest:
    """Restore a snapshot into a data folder that is empty or missing. Raises Conflict for any other.

    The database is restored last, so that an interrupted restore leaves no valid data folder.
    """
    manifest = layout.find(root, snapshot)
    data = data.absolute()
    if data.exists() and any(data.iterdir()):
        raise Conflict(f"{data} is not empty. A backup is restored into a new data folder: name one with --data.")
    folder = layout.folder_of(root, manifest.id)
    remote = not database_url.startswith("sqlite")
    if not remote and manifest.database != "sqlite":
        raise Invalid("This backup has a PostgreSQL database; say where to restore it with --database.")
    try:
        data_folder.prepare(data)
        first: dict[str, Path] = {}
        for entry in layout.entries(root, manifest.id):
            _restore_file(root, data, entry, first)
            on_file(entry.size)
        if remote:
            database.restore_postgres(database_url, folder)
        else:
            _restore_sqlite(folder, data)
        if hasattr(os, "sync"):
            os.sync()
    except OSError as error:
        raise Unavailable(f"The backup cannot be restored to {data} ({error.strerror}).") from error
    return manifest


def _restore_file(root: Path, data: Path, entry: SnapshotFile, first: dict[str, Path]) -> None:
    """Copy a file. Artifacts with the same content become links to one file, as in the original."""
    target = data / entry.path
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shared = entry.path.startswith("artifacts/")
    with contextlib.suppress(OSError):
        if shared and (known := first.get(entry.sha256)):
            target.hardlink_to(known)
            return
    content = layout.content_path(root, entry.sha256)
    if not content.is_file() or content.stat().st_size != entry.size:
        raise Invalid(f"The backup is damaged: the content of {entry.path} is missing; see handloom backup --check.")
    shutil.copyfile(content, target)
    target.chmod(0o600)
    os.utime(target, ns=(entry.modified_ns, entry.modified_ns))
    if shared:
        first[entry.sha256] = target


def _restore_sqlite(folder: Path, data: Path) -> None:
    if problems := database.check_sqlite(folder / layout.SQLITE):
        raise Invalid(f"The database of the backup is damaged: {problems[0]}.")
    draft = data / f".{layout.SQLITE}.draft"
    shutil.copyfile(folder / layout.SQLITE, draft)
    draft.chmod(0o600)
    draft.rename(data / layout.SQLITE)


def pack(root: Path, file: Path) -> None:
    """Pack a backup folder into one tar file."""
    draft = file.with_name(f".{file.name}.draft")
    try:
        with tarfile.open(draft, "w") as archive:
            for path in sorted(root.rglob("*")):
                name = path.relative_to(root).as_posix()
                if layout.ENTRY.fullmatch(name):
                    archive.add(path, name, recursive=False)
        draft.chmod(0o600)
        draft.rename(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def unpacked(source: Path) -> Iterator[Path]:
    """Unpack a backup file beside it until the context ends; return a folder unchanged."""
    if source.is_dir():
        yield source
        return
    if not source.exists():
        raise NotFound(f"There is no backup {source}.")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{source.name}-", dir=source.absolute().parent) as root:
            _unpack(source, Path(root))
            yield Path(root)
    except OSError as error:
        raise Unavailable(f"{source} cannot be unpacked ({error.strerror}).") from error


def _unpack(source: Path, root: Path) -> None:
    try:
        with tarfile.open(source, "r:") as archive:
            for member in archive:
                content = (
                    archive.extractfile(member) if member.isreg() and layout.ENTRY.fullmatch(member.name) else None
                )
                if content is None:
                    raise Invalid(f"{source} is not a backup of Handloom: it has the entry {member.name[:200]!r}.")
                target = root / member.name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with content, target.open("xb") as file:
                    shutil.copyfileobj(content, file, layout.CHUNK_BYTES)
    except (tarfile.TarError, EOFError, FileExistsError) as error:
        raise Invalid(f"{source} is not a backup of Handloom: {error}.") from error
