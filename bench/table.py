"""Figures as a table: ours, the peer's, their ratio. Larger ratios are better whichever way the unit runs."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "MB": 1e-6, "/s": 1.0, "MB/s": 1e-6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`ours`, `quicks` (FastTrackML's) and `peers` (mlflow's) in seconds, bytes or things a second; `unit` is how they
    are shown.
    """

    work: str
    unit: str
    ours: float | None = None
    quicks: float | None = None
    peers: float | None = None
    target: str = ""

    def ratio(self, theirs: float | None) -> str:
        if not self.ours or not theirs:
            return ""
        ratio = self.ours / theirs if self.unit.endswith("/s") else theirs / self.ours
        return f"{ratio:,.1f}x"

    def cells(self) -> list[str]:
        shown = [self._shown(value) for value in (self.ours, self.quicks, self.peers)]
        return [self.work, *shown, self.ratio(self.quicks), self.ratio(self.peers), self.target]

    def _shown(self, value: float | None) -> str:
        if value is None:
            return ""
        scaled = value * UNITS[self.unit]
        return f"{scaled:,.0f} {self.unit}" if scaled >= 100 else f"{scaled:,.2f} {self.unit}"


def markdown(rows: Sequence[Row]) -> str:
    head = ["work", "Handloom", "FastTrackML", "mlflow", "vs FastTrackML", "vs mlflow", "target"]
    table = [head, ["---", *["--:"] * 6], *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table) + "\n"


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return (
        f"{today}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load before the start {os.getloadavg()[0]:.1f}"
    )
