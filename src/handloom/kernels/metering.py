"""Measure the memory and processor time of a kernel and its child processes."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

from handloom.kernels.processes import proportional_bytes

ENGINE = "handloom.session.engine_child"
"""Module of the Spark engine's process: identifies it among a kernel's children."""


SHARE_SECONDS = 60.0
SHARE_CHANGE = 0.02
"""How long a measured share of memory counts, unless the resident memory changes by more than this part of it."""


@dataclass(frozen=True, slots=True)
class Cost:
    memory_bytes: int = 0
    cpu_percent: float = 0.0
    engine_running: bool = False


@dataclass(slots=True)
class _Share:
    """A process's memory with its share of what it shares (PSS), and its resident memory when that was read."""

    resident: int
    share: int | None
    at: float


class Meter:
    """Keeps the processes between two readings, because processor use is computed from the difference, and their shares
    of memory, because the system walks all pages of a process for one: 10 ms for a kernel with common packages.
    """

    def __init__(self) -> None:
        self._seen: dict[int, psutil.Process] = {}
        self._shares: dict[int, _Share] = {}

    def read(self, roots: list[int]) -> dict[int, Cost]:
        """Measure each tree of processes. A root that has ended costs nothing."""
        costs: dict[int, Cost] = {}
        alive: dict[int, psutil.Process] = {}
        for root in roots:
            memory, cpu, engine = 0, 0.0, False
            for found in _tree(root):
                process = self._seen.get(found.pid, found)
                try:
                    memory += self._memory(process)
                    cpu += process.cpu_percent()
                    engine = engine or ENGINE in process.cmdline()
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
                alive[process.pid] = process
            costs[root] = Cost(memory, round(cpu, 1), engine)
        self._seen = alive
        self._shares = {pid: share for pid, share in self._shares.items() if pid in alive}
        return costs

    def _memory(self, process: psutil.Process) -> int:
        resident, now = process.memory_info().rss, time.monotonic()
        known = self._shares.get(process.pid)
        old = known is None or now - known.at > SHARE_SECONDS
        if known is None or old or abs(resident - known.resident) > SHARE_CHANGE * known.resident:
            known = self._shares[process.pid] = _Share(resident, proportional_bytes(process.pid), now)
        return resident if known.share is None else known.share


def _tree(root: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
