"""The layout of a backup folder: snapshots, each with a database and a list of files, and contents by hash."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from handloom.domain.errors import Invalid, NotFound

FORMAT = 1
CONTENTS, SNAPSHOTS, DRAFT = "contents", "snapshots", ".draft-"
MANIFEST, FILES, SQLITE, POSTGRES_DUMP = "manifest.json", "files.jsonl", "handloom.db", "database.dump"
CHUNK_BYTES = 1024 * 1024
ENTRY = re.compile(
    rf"{CONTENTS}/[0-9a-f]{{2}}/[0-9a-f]{{64}}"
    rf"|{SNAPSHOTS}/\d{{8}}T\d{{6}}Z(?:-\d+)?/(?:{MANIFEST}|{FILES}|{SQLITE}|{POSTGRES_DUMP})"
)
"""The names of all files of a backup folder, and of all entries of a backup file."""


class SnapshotManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The description of a snapshot. `artifacts` is the address of artifacts that are not part of it, else empty."""

    format: int
    id: str
    created_at: int
    written_by: str
    database: str
    files: int
    bytes: int
    artifacts: str = ""
    skipped: int = 0


class SnapshotFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a snapshot: its `path` in the data folder, and the hash of its content."""

    path: str
    size: int
    modified_ns: int
    sha256: str


def snapshots(root: Path) -> list[SnapshotManifest]:
    """List the complete snapshots of a backup folder, oldest first."""
    found = []
    for folder in sorted((root / SNAPSHOTS).glob("[0-9]*")):
        try:
            found.append(msgspec.json.decode((folder / MANIFEST).read_bytes(), type=SnapshotManifest))
        except (OSError, msgspec.MsgspecError) as error:
            raise Invalid(f"The snapshot {folder} is damaged: {error}.") from error
    return found


def find(root: Path, snapshot: str | None) -> SnapshotManifest:
    """Return the snapshot with this id, or the newest. Raises NotFound, or Invalid for a newer release's."""
    known = snapshots(root)
    chosen = [manifest for manifest in known if snapshot in (None, manifest.id)]
    if not chosen:
        if known:
            raise NotFound(f"{root} does not have the snapshot {snapshot}. It has {', '.join(m.id for m in known)}.")
        raise NotFound(f"There is no backup in {root}.")
    if chosen[-1].format != FORMAT:
        raise Invalid(f"The snapshot {chosen[-1].id} was written by a newer release ({chosen[-1].written_by}).")
    return chosen[-1]


def folder_of(root: Path, snapshot: str) -> Path:
    return root / SNAPSHOTS / snapshot


def content_path(root: Path, sha256: str) -> Path:
    return root / CONTENTS / sha256[:2] / sha256


def entries(root: Path, snapshot: str) -> Iterator[SnapshotFile]:
    """Read the files of a snapshot. Raises Invalid for a damaged list or a path outside the data folder."""
    decoder = msgspec.json.Decoder(SnapshotFile)
    try:
        with (folder_of(root, snapshot) / FILES).open("rb") as lines:
            for line in lines:
                entry = decoder.decode(line)
                if not is_safe(entry.path) or not re.fullmatch("[0-9a-f]{64}", entry.sha256):
                    raise Invalid(f"The snapshot {snapshot} is not safe to restore: it names the file {entry.path!r}.")
                yield entry
    except (OSError, msgspec.MsgspecError) as error:
        raise Invalid(f"The list of files of the snapshot {snapshot} is damaged: {error}.") from error


def is_safe(path: str) -> bool:
    """Return whether a path is inside the data folder and not a file that a running server creates."""
    parts = path.split("/")
    return not ({"", ".", ".."} & set(parts)) and "\\" not in path and "\0" not in path and ":" not in parts[0]


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prune(root: Path, keep: int) -> list[str]:
    """Delete all but the newest `keep` snapshots, and contents that no snapshot refers to. Return the ids of the
    deleted snapshots.
    """
    known = snapshots(root)
    old = known[:-keep]
    for manifest in old:
        shutil.rmtree(folder_of(root, manifest.id))
    for draft in (root / SNAPSHOTS).glob(f"{DRAFT}*"):  # of an interrupted backup
        shutil.rmtree(draft)
    used = {entry.sha256 for manifest in known[len(old) :] for entry in entries(root, manifest.id)}
    for content in (root / CONTENTS).glob("*/*"):
        if content.name not in used:
            content.unlink()
    return [manifest.id for manifest in old]
