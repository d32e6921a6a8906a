"""What the cells of a kernel use and change, kept for pages that attach later, which mark stale cells by it."""

from __future__ import annotations

import json
from typing import Any

MESSAGE = "handloom_cells"
"""Message type of `session/cells/reports.py`. `reset` tells a page to forget the records that it has."""
MOST, MOST_BYTES = 2_000, 16 * 1024 * 1024
"""Cells and bytes that are kept of one kernel, whose code may send anything."""


class CellRecords:
    """The last record of each cell, oldest first."""

    def __init__(self) -> None:
        self._records: dict[str, tuple[Any, int]] = {}  # by the cell's id, with the size in bytes
        self._bytes = 0

    def add(self, content: bytes) -> None:
        """Take over the records of a message, and drop the oldest where there are too many."""
        if len(content) > MOST_BYTES:
            return
        said = json.loads(content)
        for record in (said.get("records") or []) if isinstance(said, dict) else []:
            if isinstance(record, dict) and isinstance(cell := record.get("cell"), str):
                self._drop(cell)
                self._records[cell] = record, len(json.dumps(record))
                self._bytes += self._records[cell][1]
        while len(self._records) > MOST or self._bytes > MOST_BYTES:
            self._drop(next(iter(self._records)))

    def _drop(self, cell: str) -> None:
        _, size = self._records.pop(cell, (None, 0))
        self._bytes -= size

    def clear(self) -> None:
        self._records.clear()
        self._bytes = 0

    def content(self) -> dict[str, Any]:
        """Return the message for a page that has none of the records."""
        return {"reset": True, "records": [record for record, _ in self._records.values()]}
