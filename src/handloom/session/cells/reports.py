"""Reports each execution to the pages, which mark stale cells, and tags MLflow runs that come from a stale state."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from handloom.session import attached, snapshots
from handloom.session.cells.history import CONSOLE, CellHistory, behind

MESSAGE = "handloom_cells"
"""Type of the message to pages: `records` of cells that ran. `kernels/cell_records.py` keeps it for later pages."""
STALE_TAG, CELL_TAG = "handloom.stale_cells", "handloom.cell.id"
LARGEST_NOTEBOOK = 64 * 1024 * 1024
MOST_CELLS = 40
"""How many stale cells a tag lists."""


class CellReports:
    """The history of one shell."""

    def __init__(self, shell: Any) -> None:
        self.history = CellHistory()
        self.cell: str | None = None
        """The running cell."""
        self._depth = 0
        self._snapshots = snapshots.Snapshots()
        self._ran_at: dict[str, int] = {}  # nanoseconds since 1970
        self._document: tuple[int, list[tuple[str, str]]] | None = None
        self._kernel: Any = getattr(shell, "kernel", None)

    def started(self, info: Any) -> None:
        cell = getattr(info, "cell_id", None)
        if cell is not None:  # the page's own request
            self._depth = 0
        self._depth += 1
        if self._depth == 1:
            self.cell = cell or CONSOLE
            self._ran_at[self.cell] = time.time_ns()
            self.history.begin(self.cell, info.raw_cell or "")
        elif self.cell is not None:  # %run, or a cell magic that runs its body
            self.history.include(self.cell, info.raw_cell or "")

    def ended(self, _: Any) -> None:
        self._depth = max(0, self._depth - 1)
        if self._depth or self.cell is None or self._kernel is None:
            return
        record = self.history.records[self.cell]
        self._kernel.send_response(self._kernel.iopub_socket, MESSAGE, {"records": [record.message()]})

    def tags(self) -> dict[str, str]:
        """Return the tags of a run that is logged now: its cell, and the stale cells that its inputs come from."""
        session = attached.current()
        if not self.cell or session is None or session.notebook is None:
            return {}
        tags = {CELL_TAG: self.cell}
        if digest := self._snapshots.keep(session, self._file(session), self._order(), self.history.records):
            tags[snapshots.TAG] = digest
        if session.job is None:  # a run of the whole notebook has no state from before
            stale = behind(self.history.records, self._cells(session), self.cell)
            if stale:
                tags[STALE_TAG] = json.dumps(stale[:MOST_CELLS], separators=(",", ":"), ensure_ascii=False)
        return tags

    def _file(self, session: attached.Attached) -> Path:
        return Path(session.cwd, f"{session.name}.ipynb")

    def _order(self) -> int:
        return max((record.order for record in self.history.records.values()), default=0)

    def _cells(self, session: attached.Attached) -> list[tuple[str, str]]:
        """Read the ids and sources of the notebook's cells from its file, which pages save shortly after each change.
        Of a cell that ran after that, the file has an older source.
        """
        file = self._file(session)
        try:
            facts = file.stat()
            if facts.st_size > LARGEST_NOTEBOOK:
                return []
            if self._document is None or self._document[0] != facts.st_mtime_ns:
                self._document = (facts.st_mtime_ns, _cells_of(json.loads(file.read_text(encoding="utf-8"))))
        except (OSError, ValueError):  # being replaced, or no notebook
            if self._document is None:
                return []
        saved_at, cells = self._document
        return [
            (cell, source if self._ran_at.get(cell, 0) < saved_at else self._ran(cell, source))
            for cell, source in cells
        ]

    def _ran(self, cell: str, source: str) -> str:
        record = self.history.records.get(cell)
        return source if record is None or record.source is None else record.source


def _cells_of(document: Any) -> list[tuple[str, str]]:
    cells = document.get("cells") if isinstance(document, dict) else None
    found: list[tuple[str, str]] = []
    for cell in cells if isinstance(cells, list) else []:
        source = cell.get("source", "")
        found.append((str(cell.get("id", "")), source if isinstance(source, str) else "".join(source)))
    return found


_reports: CellReports | None = None


def register(shell: Any) -> None:
    """Follow the executions of an IPython shell."""
    global _reports
    _reports = reports = CellReports(shell)
    shell.events.register("pre_run_cell", reports.started)
    shell.events.register("post_run_cell", reports.ended)


def tags() -> dict[str, str]:
    return _reports.tags() if _reports is not None else {}
