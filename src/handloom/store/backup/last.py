"""The newest backup, wherever it was written to: recorded in the data folder and shown by the UI."""

from __future__ import annotations

import contextlib
from pathlib import Path
from uuid import uuid4

import msgspec

from handloom.domain.errors import Invalid
from handloom.store.backup.layout import SnapshotManifest, snapshots

FILE = "last-backup.json"


class LastBackup(msgspec.Struct, frozen=True, kw_only=True):
    """The newest complete snapshot that `handloom backup` or the schedule wrote."""

    created_at: int
    files: int
    bytes: int


def record(data: Path, manifest: SnapshotManifest) -> None:
    """Record the backup. A full disk is ignored, because the backup itself is complete."""
    draft = data / f".{FILE}.{uuid4().hex}"
    content = LastBackup(created_at=manifest.created_at, files=manifest.files, bytes=manifest.bytes)
    try:
        draft.write_bytes(msgspec.json.encode(content))
        draft.replace(data / FILE)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def read(data: Path, scheduled: Path) -> LastBackup | None:
    """Return the newest backup; None if none is known. If nothing is recorded (earlier releases did not), look in
    `scheduled`, the folder of scheduled backups.
    """
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=LastBackup)
    except (OSError, msgspec.MsgspecError):
        pass
    try:
        known = snapshots(scheduled)
    except Invalid:
        return None
    return LastBackup(created_at=known[-1].created_at, files=known[-1].files, bytes=known[-1].bytes) if known else None
