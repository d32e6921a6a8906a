"""A pool of started kernels, so that a session begins without waiting for a process to start.

A kernel in a box belongs to a workspace from its start, since what a box shows cannot be changed later. The pool then
keeps kernels for the few workspaces that were used last.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from handloom.domain.errors import Unavailable
from handloom.kernels.jupyter import ChildEvent, Jupyter
from handloom.kernels.places import Launch
from handloom.supervision import attempt_task

READY_SECONDS = 60
KINDS = 3
"""Number of workspaces for which kernels wait. Each waiting kernel takes some 300 MB."""


class HandedKernel(msgspec.Struct, frozen=True, kw_only=True):
    """A waiting kernel as one server hands it to the next. `pid` is None while it starts."""

    kernel: str
    launch: Launch
    pid: int | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A kernel that no session has taken yet. `ready` becomes its pid once it responds."""

    kernel: str
    launch: Launch
    ready: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class KernelPool:
    """Keeps up to `size` started kernels of each kind. Starts none before the first `refill`."""

    def __init__(self, jupyter: Jupyter, size: int) -> None:
        self._jupyter = jupyter
        self._size = size
        self._waiting: dict[str, _Waiting] = {}  # by the kernel's id, oldest first
        self._taken: dict[str, _Waiting] = {}  # those that a session waits for
        self._kinds: list[Launch] = []  # most recently used last
        self._tasks: set[asyncio.Task[bool]] = set()

    def prepare(self) -> None:
        """Start Jupyter in the background, with the process that kernels are forked from, but no kernel yet."""
        if self._size > 0:
            self._run(self._jupyter.start)

    def refill(self, launch: Launch, *, after_seconds: float = 0) -> None:
        """Start the missing kernels of this kind in the background, and stop those of kinds that were not used for
        long."""
        if self._size == 0:
            return
        others = [kind for kind in self._kinds if kind != launch]
        self._kinds = [*others[-(KINDS - 1) :], launch]
        for one in [one for one in self._waiting.values() if one.launch not in self._kinds]:
            self._run(partial(self._stop, one.kernel))
        if self._missing(launch) > 0:
            self._run(partial(self._fill, launch, after_seconds))

    async def take(self, launch: Launch) -> tuple[str, int] | None:
        """Take a kernel of this kind out of the pool: its id and pid, after waiting for it if it is still starting;
        None if there is none."""
        while (one := next((one for one in self._waiting.values() if one.launch == launch), None)) is not None:
            self._taken[one.kernel] = self._waiting.pop(one.kernel)
            await asyncio.wait({one.ready}, timeout=READY_SECONDS)
            self._taken.pop(one.kernel, None)
            if one.ready.done() and not one.ready.cancelled():
                return one.kernel, one.ready.result()
        return None

    def on_event(self, event: ChildEvent) -> None:
        one = self._waiting.get(event.kernel) or self._taken.get(event.kernel)
        if one is None:
            return
        if event.state == "dead":
            self._drop(event.kernel)
        elif event.ready and event.pid and not one.ready.done():
            one.ready.set_result(event.pid)

    def clear(self) -> None:
        """Forget all kernels, because the child that ran them has ended."""
        for kernel in [*self._waiting, *self._taken]:
            self._drop(kernel)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.clear()

    def hand_over(self) -> list[HandedKernel]:
        """Let go of the waiting kernels for the next server, which this process becomes."""
        found = []
        for one in self._waiting.values():
            pid = one.ready.result() if one.ready.done() and not one.ready.cancelled() else None
            found.append(HandedKernel(kernel=one.kernel, launch=one.launch, pid=pid))
        self.close()
        return found

    def take_over(self, handed: Sequence[HandedKernel]) -> None:
        """Continue with the waiting kernels of the server before."""
        for one in handed:
            self._waiting[one.kernel] = waiting = _Waiting(one.kernel, one.launch)
            if one.pid is not None:
                waiting.ready.set_result(one.pid)
            if one.launch not in self._kinds:
                self._kinds.append(one.launch)

    def end_strangers(self, known: Callable[[str], bool]) -> None:
        """End, in the background, the kernels that neither wait here nor are `known`: the server before was starting
        them when it let go."""

        async def end() -> None:
            for kernel in await self._jupyter.ask("GET", "/api/kernels"):
                if kernel["id"] not in self._waiting and kernel["id"] not in self._taken and not known(kernel["id"]):
                    await self._jupyter.ask("DELETE", f"/api/kernels/{kernel['id']}")

        self._run(end)

    async def stop_workspace(self, folder: str) -> None:
        """Stop the waiting kernels of the workspace with this folder, because it is removed."""
        self._kinds = [kind for kind in self._kinds if kind.workspace != folder]
        for one in [one for one in self._waiting.values() if one.launch.workspace == folder]:
            await self._stop(one.kernel)

    def _run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.create_task(attempt_task("kernel-pool", work), name="kernel-pool")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _missing(self, launch: Launch) -> int:
        return self._size - sum(one.launch == launch for one in self._waiting.values())

    async def _fill(self, launch: Launch, after_seconds: float) -> None:
        try:
            await asyncio.sleep(after_seconds)
            await self._jupyter.start()
            await self._jupyter.await_template()
            for _ in range(self._missing(launch)):
                if launch not in self._kinds or self._missing(launch) <= 0:
                    return  # a concurrent refill has filled the pool
                kernel = str(uuid.uuid4())
                self._waiting[kernel] = _Waiting(kernel, launch)
                try:
                    await self._jupyter.start_kernel(kernel, launch)
                except BaseException:
                    self._drop(kernel)  # else a session would wait for it
                    raise
        except Unavailable:
            pass  # the next session that starts reports the reason

    async def _stop(self, kernel: str) -> None:
        if kernel in self._waiting:
            self._drop(kernel)
            with contextlib.suppress(Unavailable):  # it has ended already
                await self._jupyter.ask("DELETE", f"/api/kernels/{kernel}")

    def _drop(self, kernel: str) -> None:
        one = self._waiting.pop(kernel, None) or self._taken.pop(kernel, None)
        if one is not None:
            one.ready.cancel()
