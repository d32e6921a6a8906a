"""Measure the memory and processor time of a kernel and its child processes."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from handloom.kernels.processes import proportional_bytes

ENGINE = "handloom.session.engine_child"
"""Module of the Spark engine's process: identifies it among a kernel's children."""


@dataclass(frozen=True, slots=True)
class Cost:
    memory_bytes: int = 0
    cpu_percent: float = 0.0
    engine_running: bool = False


class Meter:
    """Keeps the processes between two readings, because processor use is computed from the difference."""

    def __init__(self) -> None:
        self._seen: dict[int, psutil.Process] = {}

    def read(self, roots: list[int]) -> dict[int, Cost]:
        """Measure each tree of processes. A root that has ended costs nothing."""
        costs: dict[int, Cost] = {}
        alive: dict[int, psutil.Process] = {}
        for root in roots:
            memory, cpu, engine = 0, 0.0, False
            for found in _tree(root):
                process = self._seen.get(found.pid, found)
                try:
                    share = proportional_bytes(process.pid)
                    memory += process.memory_info().rss if share is None else share
                    cpu += process.cpu_percent()
                    engine = engine or ENGINE in process.cmdline()
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
                alive[process.pid] = process
            costs[root] = Cost(memory, round(cpu, 1), engine)
        self._seen = alive
        return costs


def _tree(root: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
