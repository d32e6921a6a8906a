"""Quotas: how much a workspace may keep of files of runs, of tables and files, and of notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from handloom.domain.errors import Conflict

Stored = Literal["artifacts", "files", "notebooks"]
"""What a quota is of: files of runs and models, tables and files, or notebooks."""

Amount = Annotated[int, msgspec.Meta(ge=0, le=2**40)]
MB = 1_000_000
MOST_NAMED = 3


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of what a workspace keeps. 0 means no limit; None, the installation's default."""

    artifacts_mb: Amount | None = None
    """Files of runs and models in MB (1,000,000 bytes)."""
    files_mb: Amount | None = None
    """Tables, files and notebooks on disk, with those in the bin."""
    notebooks: Amount | None = None
    """Number of notebooks, without those in the bin."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one kind a workspace uses, and its limit: bytes, or a number of notebooks. 0 is no limit."""

    used: int
    limit: int

    @property
    def is_full(self) -> bool:
        return self.limit > 0 and self.used >= self.limit


class Storage(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace keeps, and how much of it is allowed."""

    workspace: str
    name: str
    artifacts: Room
    files: Room
    files_at: int
    """When the tables and files were measured."""
    notebooks: Room
    quota: Quota
    """The workspace's own limits, which an admin of the installation sets."""


def in_bytes(megabytes: int) -> int:
    return megabytes * MB


def limit(own: int | None, default: int) -> int:
    """Return the limit that applies; 0 means none."""
    return default if own is None else own


def check_room(kept: Stored, room: Room, more: int, workspace: str, admins: Sequence[str]) -> None:
    """Raise Conflict if `more` does not fit: what is full, how much it is, and whom to ask. `workspace` is its name,
    `admins` the names of the installation's admins.
    """
    if not room.limit or room.used + more <= room.limit:
        return
    if kept == "notebooks":
        full = f"it has {room.used:,} of the {room.limit:,} notebooks that it may have. Delete some"
        reason, used, most = "full_notebooks", f"{room.used:,}", f"{room.limit:,}"
    else:
        what = "files of runs and models" if kept == "artifacts" else "tables and files"
        needed = f", and this needs {_size(more)}" if room.used < room.limit else ""
        full = f"its {what} take {_size(room.used)} of {_size(room.limit)}{needed}. Delete some and empty the bin"
        reason, used, most = f"full_{kept}", _size(room.used), _size(room.limit)
    refused = Conflict(f"The workspace “{workspace}” is full: {full}, or ask {_named(admins)} for more room.")
    raise refused.because(reason, workspace=workspace, used=used, most=most, needed=_size(more))


def _named(admins: Sequence[str]) -> str:
    names = [f"“{name}”" for name in admins[:MOST_NAMED]]
    return " or ".join(names) or "an admin of this installation"


def _size(count: int) -> str:
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= size:
            return f"{count / size:,.1f}".removesuffix(".0") + f" {unit}"
    return f"{count} bytes"
