"""When the last backup was written, wherever to: kept in the data folder, for pages and people to see."""

from __future__ import annotations

import contextlib
from pathlib import Path
from uuid import uuid4

import msgspec

from handloom.domain.errors import Invalid
from handloom.store.backup.layout import Manifest, snapshots

FILE = "last-backup.json"


class LastBackup(msgspec.Struct, frozen=True, kw_only=True):
    """The newest complete snapshot that `handloom backup` or the schedule wrote."""

    created_at: int
    files: int
    bytes: int


def record(data: Path, manifest: Manifest) -> None:
    """Remember the backup. A disk that is full does not make the backup fail, which is written already."""
    draft = data / f".{FILE}.{uuid4().hex}"
    content = LastBackup(created_at=manifest.created_at, files=manifest.files, bytes=manifest.bytes)
    try:
        draft.write_bytes(msgspec.json.encode(content))
        draft.replace(data / FILE)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def read(data: Path, scheduled: Path) -> LastBackup | None:
    """The last backup; None where none is known. `scheduled` is the folder of scheduled backups, looked at where
    nothing is recorded, because earlier releases recorded nothing."""
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=LastBackup)
    except (OSError, msgspec.MsgspecError):
        pass
    try:
        known = snapshots(scheduled)
    except Invalid:
        return None
    return LastBackup(created_at=known[-1].created_at, files=known[-1].files, bytes=known[-1].bytes) if known else None
