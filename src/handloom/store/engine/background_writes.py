"""Writes that only make later reads quicker: done one at a time between the others, or left undone."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

from handloom.domain.errors import Unavailable

log = logging.getLogger("handloom.store")

MOST = 2_000  # works that wait; what comes beyond is asked for again by the next read


class Later:
    """A thread, started with the first work. After each work it rests as long as that took, so that others go first."""

    def __init__(self, write: Callable[[Callable[[Any], object]], Future[Any]]) -> None:
        self._write = write
        self._waiting: set[Hashable] = set()
        self._works: queue.SimpleQueue[tuple[Hashable, Callable[[Any], object]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def add(self, key: Hashable, work: Callable[[Any], object]) -> None:
        """Do `work` in a write of its own some time, unless one with the same key waits already."""
        with self._lock:
            if self._closed or key in self._waiting or len(self._waiting) >= MOST:
                return
            self._waiting.add(key)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="store-later", daemon=True)
                self._thread.start()
        self._works.put((key, work))

    def settle(self) -> None:
        """Wait until nothing waits any more."""
        while self._waiting and not self._closed:
            time.sleep(0.005)

    def close(self) -> None:
        """End after the work at hand; what waits is left undone."""
        with self._lock:
            self._closed = True
        self._works.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (found := self._works.get()) is not None and not self._closed:
            key, work = found
            start = time.perf_counter()
            try:
                error = self._write(work).exception()
            except Unavailable:  # the database is closing
                return
            if error is not None:
                log.warning("what would make later reads quicker could not be kept: %s", error)
            with self._lock:
                self._waiting.discard(key)
            time.sleep(min(time.perf_counter() - start, 1.0))
