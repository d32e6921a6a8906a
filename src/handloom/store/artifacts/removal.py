"""Deletion of artifacts in the background: a thread that works through the removals that `artifacts.rows` lists."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from handloom.domain.changes import Change
from handloom.domain.errors import HandloomError
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.artifacts.rows import FileRemoval
from handloom.store.artifacts.storage import Artifacts
from handloom.store.engine.database import Database
from handloom.supervision import supervised

log = logging.getLogger("handloom.store")

_RETRY_SECONDS = 60


class RemovalWorker:
    """Deletes files between `start` and `close`. A removal that a stop of the server interrupted resumes at the next
    start.
    """

    def __init__(self, database: Database, artifacts: Artifacts) -> None:
        self._database = database
        self._artifacts = artifacts
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._retry: float | None = None
        arguments = ("artifact-removal", self._step, self._closing.wait)
        self._thread = threading.Thread(target=supervised, args=arguments, name="artifact-removal", daemon=True)

    def start(self) -> None:
        self._wake.set()
        self._database.listen(self._on_changes)
        self._thread.start()

    def close(self) -> None:
        """Stop after the current removal."""
        self._closing.set()
        self._wake.set()
        self._thread.join(5)

    def _on_changes(self, changes: Sequence[Change]) -> None:
        if any(change.noun in ("artifacts", "anything") for change in changes):
            self._wake.set()

    def _step(self) -> bool:
        self._wake.wait(self._retry)
        if self._closing.is_set():
            return False
        self._retry = 0  # an unexpected error leaves this set, so that the next step begins at once
        try:
            self._remove_all()
            self._retry = None
        except HandloomError as error:
            self._retry = _RETRY_SECONDS
            log.warning("Artifacts are still to be deleted; the next try is in a minute. %s", error.message)
        return True

    def _remove_all(self) -> None:
        self._wake.clear()
        while not self._closing.is_set() and (waiting := self._database.read_now(artifact_rows.removals)):
            for removal in waiting:
                if self._closing.is_set():
                    return
                self._remove(removal)

    def _remove(self, removal: FileRemoval) -> None:
        if removal.path:
            self._artifacts.delete(removal.workspace, removal.path)
        else:
            self._artifacts.discard(removal.workspace)
        self._artifacts.release(self._database.write_now(lambda tx: artifact_rows.removed(tx, removal)))
