"""Sizes of the workspaces' folders on disk, measured when they are asked for and kept for a while.

Code in sessions writes there without the server, so only a walk knows them. A large folder is measured less often.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from handloom.domain import clock
from handloom.store.engine import data_folder

KEPT_SECONDS = 10.0
"""How long a size is used at least."""

KEPT_WALKS = 50
"""How many times as long as its walk took a size is used, so that measuring takes at most 2 % of the time."""


@dataclass(frozen=True, slots=True)
class FolderSize:
    """The bytes of a workspace's tables, files and notebooks, and when they were measured (ms)."""

    bytes: int
    at: int


@dataclass(frozen=True, slots=True)
class _Measured:
    size: FolderSize
    until: float


class FolderSizes:
    """The sizes of this server's workspaces. Call it on threads: a walk may take seconds."""

    def __init__(self) -> None:
        self._kept: dict[str, _Measured] = {}
        self._walks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def of(self, root: Path, workspace: str) -> FolderSize:
        """Return the size of a workspace's folder and its bin, which may be some seconds old."""
        with self._lock:
            walk = self._walks.setdefault(workspace, threading.Lock())
        with walk:  # whoever asks meanwhile gets the same walk
            kept = self._kept.get(workspace)
            if kept is not None and time.monotonic() < kept.until:
                return kept.size
            began = time.monotonic()
            size = _bytes(root / "workspaces" / workspace) + _bytes(data_folder.bin_of(root, workspace))
            measured = FolderSize(bytes=size, at=clock.now())
            ended = time.monotonic()
            self._kept[workspace] = _Measured(measured, ended + max(KEPT_SECONDS, KEPT_WALKS * (ended - began)))
            return measured

    def added(self, workspace: str, size: int) -> None:
        """Count a file that the server has stored since the last walk."""
        kept = self._kept.get(workspace)
        if kept is not None:
            self._kept[workspace] = _Measured(FolderSize(kept.size.bytes + size, kept.size.at), kept.until)

    def forget(self, workspace: str) -> None:
        """Measure the folder again when it is asked for next, because files were deleted."""
        self._kept.pop(workspace, None)


def _bytes(folder: Path) -> int:
    """Return the bytes of all files below a folder. Links are not followed."""
    total, folders = 0, [os.fspath(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:  # deleted meanwhile
            continue
    return total
