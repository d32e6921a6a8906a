"""Retention of the audit log: a thread that deletes the entries that are older than the setting says."""

from __future__ import annotations

from handloom.domain import clock
from handloom.store.audit import rows
from handloom.store.engine.database import Database
from handloom.supervision import SupervisedThread

DAY_MS = 86_400_000
PAUSE_SECONDS = 6 * 3600


class AuditRetention(SupervisedThread):
    """Deletes entries older than `days`, at the start and four times a day, between `start` and `close`."""

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self._days = days
        super().__init__("audit-retention", self._purge)

    def _purge(self) -> float:
        before = clock.now() - self._days * DAY_MS
        more = self._database.write_now(lambda tx: rows.purge(tx, before))
        return 0 if more else PAUSE_SECONDS
