"""Control groups (cgroup v2) of kernels: the system itself keeps each session to its memory and its number of tasks.

This needs a group that the system has delegated to this server alone, as systemd does with `Delegate=`. The server and
its children then move into a group of their own below it, since a group that has groups may have no processes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from pathlib import Path

from handloom.domain.capacities import Limits
from handloom.kernels.processes import members, snapshot

log = logging.getLogger("handloom.kernels")

SERVER, SESSION = "handloom-server", "handloom-session-"
"""Names of the group of the server, and of the groups of kernels, which end with the kernel's id."""
NEEDED = ("memory", "pids")
SERVER_WEIGHT = 1_000
"""Share of the processor of the server, with which it serves pages, while 100 is that of each session."""
MOVE_ROUNDS, END_ROUNDS = 20, 20


class ControlGroups:
    """The groups of this child's kernels, below `base`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._kills: dict[str, int] = {}

    def add(self, kernel: str, limits: Limits, tasks: int) -> None:
        """Make the group of a kernel. `tasks` limits its processes and threads; 0 means no limit."""
        group = self._group(kernel)
        group.mkdir(exist_ok=True)
        _write(group / "memory.max", str(limits.memory_bytes or "max"))
        if (group / "memory.swap.max").exists():  # a system without swap has none
            _write(group / "memory.swap.max", "0" if limits.memory_mb else "max")
        _write(group / "memory.oom.group", "1")
        _write(group / "pids.max", str(tasks or "max"))

    def move(self, kernel: str, root: int) -> None:
        """Move a kernel's process `root` and everything that it has started into the kernel's group."""
        inside = _processes(self._group(kernel))
        for facts in members(root, snapshot()):
            if facts.pid not in inside:
                with contextlib.suppress(ProcessLookupError):  # it has ended
                    _write(self._group(kernel) / "cgroup.procs", str(facts.pid))
        self._kills[kernel] = self._count_kills(kernel)

    def has(self, kernel: str) -> bool:
        """Whether a kernel is in its group."""
        return kernel in self._kills

    def has_killed(self, kernel: str) -> bool:
        """Whether the system has ended the kernel since it was moved, because it used more than its memory."""
        return self.has(kernel) and self._count_kills(kernel) > self._kills[kernel]

    def remove(self, kernel: str) -> None:
        """Kill what is left of a kernel, and remove its group once it is empty."""
        self._kills.pop(kernel, None)
        _remove(self._group(kernel))

    def remove_all(self) -> None:
        """Kill everything that sessions have started, also what a killed child has left."""
        for _ in range(END_ROUNDS):  # killed processes need a moment to end
            groups = list(self.base.glob(f"{SESSION}*"))
            for group in groups:
                _remove(group)
            if not groups:
                return
            time.sleep(0.02)

    def _group(self, kernel: str) -> Path:
        return self.base / f"{SESSION}{kernel}"

    def _count_kills(self, kernel: str) -> int:
        with contextlib.suppress(OSError):
            words = (self._group(kernel) / "memory.events").read_text().split()
            return int(words[words.index("oom_kill") + 1])
        return 0


def find(server: int) -> ControlGroups | None:
    """Return the groups that this process can make, after moving the process `server` and all that it has started into
    a group of their own; None where the system has delegated none to it."""
    own = _own_group()
    if own is None:
        return None
    base = own.parent if own.name == SERVER else own
    try:
        if not set(NEEDED) <= set((base / "cgroup.controllers").read_text().split()):
            return None
        if not all(os.access(path, os.W_OK) for path in (base, base / "cgroup.procs", base / "cgroup.subtree_control")):
            return None
        if not _set_apart(base, server):
            return None
    except OSError as error:
        log.warning("Control groups cannot be used, so limits are measured: %s.", error)
        return None
    groups = ControlGroups(base)
    groups.remove_all()
    return groups


def _set_apart(base: Path, server: int) -> bool:
    """Move the server's processes out of `base` and let it have groups with limits. Returns whether it is only the
    server's: another program's processes in it stay where they are."""
    apart = base / SERVER
    for _ in range(MOVE_ROUNDS):
        left = _processes(base)
        if not left:
            break
        if not left <= {facts.pid for facts in members(server, snapshot())}:
            return False
        apart.mkdir(exist_ok=True)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                _write(apart / "cgroup.procs", str(pid))
    available = (base / "cgroup.controllers").read_text().split()
    wanted = [*NEEDED, *(name for name in ("cpu",) if name in available)]
    _write(base / "cgroup.subtree_control", " ".join(f"+{name}" for name in wanted))
    if "cpu" in wanted and apart.exists():
        _write(apart / "cpu.weight", str(SERVER_WEIGHT))
    return True


def _own_group() -> Path | None:
    """Return the folder of this process's group in the file system; None if this system has no such groups."""
    if sys.platform != "linux":
        return None
    try:
        groups = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
        mounts = [line.split(" ") for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return None
    own = next((line.removeprefix("0::") for line in groups if line.startswith("0::/")), None)
    mount = next((words for words in mounts if words[words.index("-") + 1] == "cgroup2"), None)
    if own is None or mount is None or not Path(own).is_relative_to(mount[3]) or ".." in Path(own).parts:
        return None
    return Path(mount[4]) / Path(own).relative_to(mount[3])


def _processes(group: Path) -> set[int]:
    """Return the processes of a group; 0 stands for those outside this process's view."""
    return {int(line) for line in (group / "cgroup.procs").read_text().split()}


def _remove(group: Path) -> None:
    with contextlib.suppress(OSError):  # killed processes may not have ended yet
        if (group / "cgroup.kill").exists():
            _write(group / "cgroup.kill", "1")
        group.rmdir()


def _write(path: Path, text: str) -> None:
    """Write a setting of a group: in one piece, since the system reads it so."""
    with path.open("wb", buffering=0) as file:
        file.write(text.encode())
