"""Worker that looks whether runs that changed match a rule for notices, beside the requests that log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from functools import partial

from handloom.domain.changes import Change
from handloom.domain.errors import Unavailable
from handloom.store.engine.database import Database
from handloom.store.notices import rows as notices
from handloom.supervision import supervised_task

log = logging.getLogger("handloom.notices")

PACE_SECONDS = 1.0
"""Shortest time between two looks, so that a run that logs a thousand points a second is looked at once."""

LOOK_SECONDS = 60
"""Longest time between two looks: changes may have been missed while the database was away."""

MOST_RUNS = 500
"""Changed runs that are looked at by id; after more, all runs of experiments with rules are."""


class RunNotices:
    """The worker. Runs on the server's event loop between `start` and `close`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wake = asyncio.Event()
        self._watched: set[tuple[str, str]] = set()
        self._rules_changed = True
        self._runs: set[str] | None = None
        """Ids of runs that changed; None: any may have."""
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()

        def on_changes(changes: Sequence[Change]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has closed
                loop.call_soon_threadsafe(self._take, changes)

        self._database.listen(on_changes)
        self._worker = asyncio.create_task(supervised_task("run notices", self._step, asyncio.sleep))

    async def close(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    def _take(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.noun == "anything" or (change.noun == "experiments" and not self._rules_changed):
                self._rules_changed = True
                self._wake.set()
            if change.noun == "anything":
                self._runs = None
            elif change.noun in ("runs", "metrics") and self._is_watched(change):
                if change.id is None or self._runs is None or len(self._runs) >= MOST_RUNS:
                    self._runs = None
                else:
                    self._runs.add(change.id)
                self._wake.set()

    def _is_watched(self, change: Change) -> bool:
        if change.parent is None:
            return any(workspace == change.workspace for workspace, _ in self._watched)
        return (change.workspace, change.parent) in self._watched

    async def _step(self) -> bool:
        """Look at the runs that changed, then wait for the next change."""
        self._wake.clear()
        looked = False
        try:
            if self._rules_changed:
                self._rules_changed = False
                before = self._watched
                self._watched = await asyncio.wrap_future(self._database.read(notices.watched))
                if self._watched - before:
                    self._runs = None  # runs may have changed between the rule and this look
            runs, self._runs = self._runs, set()
            if self._watched and (runs is None or runs):
                ids = None if runs is None else sorted(runs)
                await asyncio.wrap_future(self._database.write(partial(notices.notice, run_ids=ids)))
            looked = True
        except Unavailable as error:
            log.warning("Notices about runs wait for the database: %s", error.message)
        finally:
            if not looked:  # also where another server told it at the same moment
                self._rules_changed, self._runs = True, None
        await asyncio.sleep(PACE_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
        return True
