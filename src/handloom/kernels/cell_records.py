"""What the cells of a kernel use and change, kept for pages that attach later, which mark stale cells by it."""

from __future__ import annotations

from typing import Any

MESSAGE = "handloom_cells"
"""Message type of `session/cells/reports.py`. `reset` tells a page to forget the records that it has."""
MOST = 2_000


class CellRecords:
    """The last record of each cell, oldest first."""

    def __init__(self) -> None:
        self._records: dict[str, Any] = {}

    def add(self, content: dict[str, Any]) -> None:
        """Take over the records of a message."""
        for record in content.get("records") or []:
            if isinstance(record, dict) and isinstance(record.get("cell"), str):
                self._records.pop(record["cell"], None)
                self._records[record["cell"]] = record
        while len(self._records) > MOST:
            del self._records[next(iter(self._records))]

    def clear(self) -> None:
        self._records.clear()

    def content(self) -> dict[str, Any]:
        """Return the message for a page that has none of the records."""
        return {"reset": True, "records": list(self._records.values())}
