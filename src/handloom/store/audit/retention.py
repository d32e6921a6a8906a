"""Retention of the audit log: a thread that deletes the entries that are older than the setting says."""

from __future__ import annotations

import threading

from handloom.domain import clock
from handloom.store.audit import rows
from handloom.store.engine.database import Database
from handloom.supervision import supervised

DAY_MS = 86_400_000
PAUSE_SECONDS = 6 * 3600


class AuditRetention:
    """Deletes entries older than `days`, at the start and four times a day, between `start` and `close`."""

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self._days = days
        self._closing = threading.Event()
        arguments = ("audit-retention", self._step, self._closing.wait)
        self._thread = threading.Thread(target=supervised, args=arguments, name="audit-retention", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)

    def _step(self) -> bool:
        before = clock.now() - self._days * DAY_MS
        more = self._database.write_now(lambda tx: rows.purge(tx, before))
        return not self._closing.wait(0 if more else PAUSE_SECONDS)
