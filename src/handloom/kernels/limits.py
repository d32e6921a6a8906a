"""Enforce the limits of capacities on kernels: measure each kernel's processes and end a kernel that exceeds a limit.

Where the system has delegated control groups to the server, it keeps kernels to their memory itself, see
`control_groups`. Kernels also limit themselves when they start (`handloom.session.limits`). That keeps one allocation
or a burst of new processes from exhausting the machine between two measurements.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from handloom.domain.capacities import Limits
from handloom.domain.sessions import Ended
from handloom.kernels.control_groups import ControlGroups
from handloom.kernels.processes import ProcessFacts, kill, members, memory_of, snapshot
from handloom.supervision import supervised_task

log = logging.getLogger("handloom.kernels")

MEASURE_SECONDS = 0.5
VARIABLE = "HANDLOOM_LIMITS"
"""Environment variable with the limits that a kernel sets for itself, see `handloom.session.limits`."""
DATA_MARGIN_BYTES = 4_000_000_000
"""How much more than twice its memory limit one process may reserve: programs reserve memory that they never use."""
THREADS_PER_PROCESS = 32
THREAD_MARGIN = 512
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")


@dataclass(slots=True)
class _Watched:
    limits: Limits
    capacity: str
    cores: tuple[int, ...]
    known: list[ProcessFacts] = field(default_factory=list)


class LimitWatch:
    """The limits of all kernels of this child. Call every method on the event loop."""

    def __init__(
        self,
        pid_of: Callable[[str], int | None],
        on_exceeded: Callable[[str, Ended], None],
        groups: ControlGroups | None = None,
    ) -> None:
        """`pid_of` gives a kernel's process; `on_exceeded` is called before a kernel is killed, or when it is known
        that the system has killed it."""
        self._pid_of = pid_of
        self._on_exceeded = on_exceeded
        self._groups = groups
        self._watched: dict[str, _Watched] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, kernel: str, limits: Limits, capacity: str) -> None:
        """Watch a kernel that is about to start. `capacity` is the name that people know."""
        if limits != Limits():
            self._watched[kernel] = _Watched(limits, capacity, self._choose_cores(limits.cores))
        if self._groups is not None:
            with _measuring_instead():
                self._groups.add(kernel, limits, _tasks(limits))

    def started(self, kernel: str) -> None:
        """Give a kernel's processes their control group. Call it when they are new, and do no work yet."""
        pid = self._pid_of(kernel)
        if self._groups is not None and pid is not None:
            with _measuring_instead():
                self._groups.move(kernel, pid)

    def died(self, kernel: str) -> None:
        """Say why a kernel has ended, if the system has ended it at its limit of memory."""
        watched = self._watched.get(kernel)
        if watched is not None and self._groups is not None and self._groups.has_killed(kernel):
            ended = Ended(reason="memory", limit=watched.limits.memory_mb, capacity=watched.capacity)
            self._on_exceeded(kernel, ended)

    def remove(self, kernel: str) -> None:
        """Watch a kernel no more, which is about to end."""
        self._watched.pop(kernel, None)

    def ended(self, kernel: str) -> None:
        """Kill what is left of a kernel that has ended."""
        if self._groups is not None:
            self._groups.remove(kernel)

    def variables(self, kernel: str, *, boxed: bool) -> dict[str, str]:
        """Return the environment variables that make a kernel and its libraries keep to the limits."""
        watched = self._watched.get(kernel)
        if watched is None:
            return {}
        limits = watched.limits
        variables: dict[str, str] = {}
        own: dict[str, object] = {"cores": watched.cores}
        if limits.memory_mb and (limits.gpus == "none" or not _has_gpus()):  # drivers of GPUs reserve far more
            own["data_bytes"] = 2 * limits.memory_bytes + DATA_MARGIN_BYTES
        if limits.processes and boxed:  # the system counts per user, and only a box has users of its own
            own["tasks"] = _tasks(limits)
        if watched.cores:
            variables |= dict.fromkeys(_THREAD_VARIABLES, str(len(watched.cores)))
        if limits.gpus != "all":
            variables |= dict.fromkeys(_GPU_VARIABLES, "" if limits.gpus == "none" else limits.gpus)
        return variables | {VARIABLE: json.dumps(own)}

    def start(self) -> None:
        """Begin to measure; call on the event loop."""
        if self._task is None:
            self._task = asyncio.ensure_future(supervised_task("limit-watch", self._measure, asyncio.sleep))

    def _choose_cores(self, count: int) -> tuple[int, ...]:
        """Choose the cores that the fewest kernels have; none where there is no limit or the system cannot set one."""
        if sys.platform != "linux":
            return ()
        available = sorted(os.sched_getaffinity(0))
        if not 0 < count < len(available):
            return ()
        used = Counter(core for watched in self._watched.values() for core in watched.cores)
        return tuple(sorted(sorted(available, key=lambda core: used[core])[:count]))

    async def _measure(self) -> bool:
        await asyncio.sleep(MEASURE_SECONDS)
        roots = {kernel: pid for kernel in self._watched if (pid := self._pid_of(kernel)) is not None}
        if not roots:
            return True
        every = await asyncio.to_thread(snapshot)
        for kernel, root in roots.items():
            watched = self._watched.get(kernel)
            if watched is None or root not in every:
                continue
            watched.known = members(root, every, watched.known)
            measured = self._groups is None or not self._groups.has(kernel)
            ended = await asyncio.to_thread(_exceeded, watched, memory=measured)
            if ended is not None:
                self._on_exceeded(kernel, ended)
                await asyncio.to_thread(kill, root, watched.known)
                watched.known = []
        return True


@cache
def _has_gpus() -> bool:
    return any(name.startswith(("nvidia", "kfd", "dri")) for name in os.listdir("/dev"))  # noqa: PTH208 - names only


def _tasks(limits: Limits) -> int:
    """Return how many processes and threads a kernel may have; 0 means no limit."""
    return limits.processes * THREADS_PER_PROCESS + THREAD_MARGIN if limits.processes else 0


@contextlib.contextmanager
def _measuring_instead() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.warning("A kernel has no control group, so its limits are measured: %s.", error)


def _exceeded(watched: _Watched, *, memory: bool) -> Ended | None:
    """Return which limit a kernel exceeds, after moving its processes back to their cores. `memory`: measure it."""
    limits, known = watched.limits, watched.known
    if watched.cores:
        _keep_cores(known, frozenset(watched.cores))
    if limits.processes and len(known) > limits.processes:
        return Ended(reason="processes", limit=limits.processes, capacity=watched.capacity)
    if not memory or not limits.memory_mb:
        return None
    resident = sum(facts.resident_bytes for facts in known)  # quick to read, and never less than the share
    if resident > limits.memory_bytes and memory_of(known) > limits.memory_bytes:
        return Ended(reason="memory", limit=limits.memory_mb, capacity=watched.capacity)
    return None


def _keep_cores(processes: list[ProcessFacts], cores: frozenset[int]) -> None:
    if sys.platform != "linux":
        return
    for facts in processes:
        with contextlib.suppress(OSError):  # it has ended
            if not os.sched_getaffinity(facts.pid) <= cores:
                os.sched_setaffinity(facts.pid, cores)
