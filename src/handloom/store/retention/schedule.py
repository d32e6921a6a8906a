"""Carrying out retention rules: a thread that applies them at the start and each hour."""

from __future__ import annotations

import logging
import time
from functools import partial

from handloom.domain.errors import NotFound
from handloom.store.engine.database import Database
from handloom.store.retention import rows
from handloom.supervision import SupervisedThread

log = logging.getLogger("handloom.retention")

PAUSE_SECONDS = 3_600


class RunRetention(SupervisedThread):
    """Applies all rules that are on, between `start` and `close`, in small writes with pauses."""

    def __init__(self, database: Database) -> None:
        self._database = database
        super().__init__("run-retention", self._step_once)

    def _step_once(self) -> float:
        self.apply()
        return PAUSE_SECONDS

    def apply(self) -> None:
        """Delete what the rules say. Of several servers, whichever comes first deletes a run."""
        for workspace, rule in self._database.read_now(rows.enabled):
            deleted = 0
            for group in self._database.read_now(partial(rows.plan, workspace=workspace, rule_id=rule)):
                if self.closing.is_set():
                    return
                began = time.monotonic()
                try:
                    work = partial(rows.apply, workspace=workspace, rule_id=rule, group=group)
                    deleted += self._database.write_now(work)
                except NotFound:  # the rule or its workspace is gone
                    break
                self.closing.wait(time.monotonic() - began)
            if deleted:
                log.info("A retention rule deleted %d runs of workspace %s into the bin.", deleted, workspace)
