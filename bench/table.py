"""Figures as a table: ours, the peer's, their ratio. Larger ratios are better whichever way the unit runs."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

UNITS = {"s": 1.0, "ms": 1e3, "MB": 1e-6, "/s": 1.0, "MB/s": 1e-6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`ours` and `peers` in seconds, bytes or things a second; `unit` is how they are shown."""

    work: str
    unit: str
    ours: float | None = None
    peers: float | None = None
    target: str = ""

    def ratio(self) -> float | None:
        if not self.ours or not self.peers:
            return None
        return self.ours / self.peers if self.unit.endswith("/s") else self.peers / self.ours

    def cells(self) -> list[str]:
        ratio = self.ratio()
        return [
            self.work,
            self._shown(self.ours),
            self._shown(self.peers),
            f"{ratio:,.1f}x" if ratio else "",
            self.target,
        ]

    def _shown(self, value: float | None) -> str:
        if value is None:
            return ""
        scaled = value * UNITS[self.unit]
        return f"{scaled:,.0f} {self.unit}" if scaled >= 100 else f"{scaled:,.2f} {self.unit}"


def markdown(rows: Sequence[Row]) -> str:
    head = ["work", "Handloom", "peer", "ratio", "target"]
    table = [head, ["---", "--:", "--:", "--:", "--:"], *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table) + "\n"


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return (
        f"{today}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load before the start {os.getloadavg()[0]:.1f}"
    )
