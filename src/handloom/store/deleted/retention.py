"""Retention of the bin: a thread that purges what was deleted longer ago than the setting says."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from handloom.domain import clock
from handloom.store.deleted import rows
from handloom.store.engine import data_folder as folder
from handloom.store.engine.database import Database
from handloom.store.lakehouse import files as table_files
from handloom.store.notebooks import snapshots
from handloom.store.workspaces import rows as workspace_store
from handloom.supervision import SupervisedThread

DAY_MS = 86_400_000
PAUSE_SECONDS = 3_600


class BinRetention(SupervisedThread):
    """Purges every workspace's bin at the start and each hour, between `start` and `close`."""

    def __init__(self, database: Database, root: Path, days: int) -> None:
        self._database = database
        self._root = root
        self._days = days
        super().__init__("bin-retention", self._purge_old)

    def _purge_old(self) -> float:
        self.purge(clock.now() - self._days * DAY_MS)
        return PAUSE_SECONDS

    def purge(self, before: int) -> None:
        """Purge what was deleted before this time (ms), in small writes with pauses, so that others get their turn."""
        found = self._database.read_now(lambda tx: workspace_store.list_removed(tx, None))
        removed = [workspace.id for workspace in found if workspace.removed_at <= before]
        for workspace in removed:
            self._database.write_now(partial(workspace_store.purge, workspace=workspace))
        table_files.purge(self._root, before)
        folder.empty_trash(self._root)
        for workspace in self._database.read_now(workspace_store.ids):
            self._database.write_now(partial(snapshots.purge_unused, workspace=workspace))
            more = True
            while more and not self.closing.is_set():
                began = time.monotonic()
                more = self._database.write_now(partial(rows.purge, workspace=workspace, before=before)).more
                self.closing.wait(time.monotonic() - began)
