"""A pool of started kernels, so that a session begins without waiting for a process to start."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial

from handloom.domain.errors import Unavailable
from handloom.kernels.jupyter import Event, Jupyter
from handloom.supervision import attempt_task

READY_SECONDS = 60


class KernelPool:
    """Keeps up to `size` started kernels. Starts none before the first `refill`."""

    def __init__(self, jupyter: Jupyter, size: int) -> None:
        self._jupyter = jupyter
        self._size = size
        self._waiting: list[str] = []  # ids of the kernels that no session has taken yet
        self._ready: dict[str, asyncio.Future[int]] = {}  # kernel id -> its pid, once it responds
        self._tasks: set[asyncio.Task[bool]] = set()

    def refill(self, *, after_seconds: float = 0) -> None:
        """Start the missing kernels in the background."""
        if len(self._waiting) < self._size:
            filling = attempt_task("kernel-pool", partial(self._fill, after_seconds))
            self._tasks.add(task := asyncio.create_task(filling, name="kernel-pool"))
            task.add_done_callback(self._tasks.discard)

    async def take(self) -> tuple[str, int] | None:
        """Take a kernel out of the pool: its id and pid, after waiting for it if it is still starting; None if the pool
        is empty."""
        while self._waiting:
            kernel = self._waiting.pop(0)
            ready = self._ready[kernel]
            await asyncio.wait({ready}, timeout=READY_SECONDS)
            self._ready.pop(kernel, None)
            if ready.done() and not ready.cancelled():
                return kernel, ready.result()
        return None

    def on_event(self, event: Event) -> None:
        ready = self._ready.get(event.kernel)
        if ready is None:
            return
        if event.state == "dead":
            self._drop(event.kernel)
        elif event.ready and event.pid and not ready.done():
            ready.set_result(event.pid)

    def clear(self) -> None:
        """Forget all kernels, because the child that ran them has ended."""
        for ready in self._ready.values():
            ready.cancel()
        self._ready.clear()
        self._waiting.clear()

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.clear()

    async def _fill(self, after_seconds: float) -> None:
        try:
            await asyncio.sleep(after_seconds)
            await self._jupyter.start()
            for _ in range(self._size - len(self._waiting)):
                if len(self._waiting) >= self._size:  # a concurrent refill has filled the pool
                    return
                kernel = str(uuid.uuid4())
                self._ready[kernel] = asyncio.get_running_loop().create_future()
                self._waiting.append(kernel)
                try:
                    await self._jupyter.start_kernel(kernel)
                except BaseException:
                    self._drop(kernel)  # else a session would wait for it
                    raise
        except Unavailable:
            pass  # the next session that starts reports the reason

    def _drop(self, kernel: str) -> None:
        if kernel in self._waiting:
            self._waiting.remove(kernel)
        if ready := self._ready.pop(kernel, None):
            ready.cancel()
