"""Scheduled backups: a thread that writes a snapshot when the newest one is old enough, and deletes the oldest ones."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from handloom.domain.errors import HandloomError
from handloom.store.backup import layout, writing
from handloom.supervision import SupervisedThread

log = logging.getLogger("handloom.backup")

RETRY_SECONDS = 600
LONGEST_WAIT_SECONDS = 3600
"""The schedule is read again after so long: the clock may be set, and the command line writes snapshots too."""


class BackupSchedule(SupervisedThread):
    """Writes snapshots of the data folder to `root` between `start` and `close`, and keeps the newest `keep`.
    A snapshot that `close` leaves unfinished is deleted by the next backup.
    """

    def __init__(
        self, root: Path, data: Path, database_url: str, artifacts: str, *, interval_seconds: float, keep: int
    ) -> None:
        self._root, self._data, self._url, self._artifacts = root, data, database_url, artifacts
        self._interval, self._keep = interval_seconds, keep
        super().__init__("scheduled-backup", self._back_up_if_due)

    def _back_up_if_due(self) -> float:
        wait = self._seconds_until_due()
        if wait <= 0:
            wait = 0.0 if self._back_up() else RETRY_SECONDS
        return min(wait, LONGEST_WAIT_SECONDS)

    def _seconds_until_due(self) -> float:
        known = layout.snapshots(self._root)
        return known[-1].created_at / 1_000 + self._interval - time.time() if known else 0.0

    def _back_up(self) -> bool:
        try:
            manifest = writing.write(self._root, self._data, self._url, self._artifacts)
            layout.prune(self._root, self._keep)
        except HandloomError as error:
            log.error("The scheduled backup was not written; the next try is in 10 minutes. %s", error.message)
            return False
        log.info("Wrote the scheduled backup %s to %s.", manifest.id, self._root)
        return True
