"""The processes of this machine, and which of them belong to a kernel: its descendants and its process session."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

_PAGE = os.sysconf("SC_PAGE_SIZE")
_ZOMBIE = "Z"
KILL_ROUNDS = 50
"""How often processes that are started meanwhile are looked for when a kernel is ended."""


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """One process. `session` is the process session (setsid), `started` tells two processes with the same id apart."""

    pid: int
    parent: int
    session: int
    started: int
    resident_bytes: int


def snapshot() -> dict[int, ProcessFacts]:
    """Read all processes of this machine except those that have ended and wait to be reaped."""
    if sys.platform == "linux":
        return {facts.pid: facts for facts in map(_of_proc, _pids()) if facts is not None}
    return {facts.pid: facts for facts in map(_of_psutil, psutil.process_iter()) if facts is not None}


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - twice a second


def _of_proc(pid: int) -> ProcessFacts | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - twice a second
            text = file.read()
    except OSError:
        return None
    rest = text[text.rindex(b")") + 2 :].split()  # the name before may have spaces and brackets
    state, parent, session, started, pages = rest[0], rest[1], rest[3], rest[19], rest[21]
    if state.decode() == _ZOMBIE:
        return None
    return ProcessFacts(pid, int(parent), int(session), int(started), int(pages) * _PAGE)


def _of_psutil(process: psutil.Process) -> ProcessFacts | None:
    try:
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            started, resident = int(process.create_time() * 100), process.memory_info().rss
            return ProcessFacts(process.pid, process.ppid(), os.getsid(process.pid), started, resident)
    except (psutil.Error, OSError):
        return None


def members(root: int, every: dict[int, ProcessFacts], known: Iterable[ProcessFacts] = ()) -> list[ProcessFacts]:
    """Return the kernel's process `root`, what descends from it, what is in its process session, and what descends from
    a process that is `known` to have been its own."""
    mine = {root, *(facts.pid for facts in known if every.get(facts.pid) is not None and _same(facts, every))}
    mine |= {facts.pid for facts in every.values() if facts.session == root}
    children: dict[int, list[int]] = {}
    for facts in every.values():
        children.setdefault(facts.parent, []).append(facts.pid)
    waiting = list(mine)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in mine:
                mine.add(child)
                waiting.append(child)
    return [every[pid] for pid in mine if pid in every]


def _same(facts: ProcessFacts, every: dict[int, ProcessFacts]) -> bool:
    return every[facts.pid].started == facts.started


def proportional_bytes(pid: int) -> int | None:
    """Return the memory of a process with its share of what it shares with others (PSS); None if it cannot be read."""
    try:
        with Path(f"/proc/{pid}/smaps_rollup").open("rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return None
    return None


def memory_of(processes: Iterable[ProcessFacts]) -> int:
    """Return the memory of these processes, counting what they share with others by its share, where that is known."""
    return sum(
        facts.resident_bytes if (share := proportional_bytes(facts.pid)) is None else share for facts in processes
    )


def kill(root: int, known: Iterable[ProcessFacts]) -> None:
    """Kill a kernel with everything that it has started, also what it starts meanwhile."""
    left = list(known)
    for _ in range(KILL_ROUNDS):
        left = members(root, snapshot(), left)
        if not left:
            return
        for group in {_group(facts.pid) for facts in left} - {None, os.getpgrp(), 0, 1}:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)  # type: ignore[arg-type]  # None is subtracted above
        for facts in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(facts.pid, signal.SIGKILL)
        time.sleep(0.02)


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None
