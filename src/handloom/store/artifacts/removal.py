"""Deletes artifacts behind the requests that asked for it: a thread that takes up what `artifact_rows` lists."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from handloom.domain.changes import Change
from handloom.domain.errors import HandloomError
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.artifacts.rows import Removal
from handloom.store.artifacts.storage import Artifacts
from handloom.store.engine.database import Database

log = logging.getLogger("handloom.store")

_AGAIN_SECONDS = 60


class Remover:
    """Works from `start` to `close`. What a stop of the server interrupts, the next start takes up."""

    def __init__(self, database: Database, artifacts: Artifacts) -> None:
        self._database = database
        self._artifacts = artifacts
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="artifacts-remove", daemon=True)

    def start(self) -> None:
        self._wake.set()
        self._database.listen(self._hear)
        self._thread.start()

    def close(self) -> None:
        """Let the one that is being deleted be the last."""
        self._closing = True
        self._wake.set()
        self._thread.join(5)

    def _hear(self, changes: Sequence[Change]) -> None:
        if any(change.noun in ("artifacts", "anything") for change in changes):
            self._wake.set()

    def _work(self) -> None:
        patience: float | None = None
        while not self._closing:
            self._wake.wait(patience)
            self._wake.clear()
            try:
                self._remove_all()
                patience = None
            except HandloomError as error:
                patience = _AGAIN_SECONDS
                log.warning("Artifacts are still to be deleted; the next try is in a minute. %s", error.message)

    def _remove_all(self) -> None:
        while not self._closing and (waiting := self._database.read_now(artifact_rows.removals)):
            for removal in waiting:
                if self._closing:
                    return
                self._remove(removal)

    def _remove(self, removal: Removal) -> None:
        if removal.path:
            self._artifacts.delete(removal.workspace, removal.path)
        else:
            self._artifacts.discard(removal.workspace)
        self._artifacts.release(self._database.write_now(lambda tx: artifact_rows.removed(tx, removal)))
