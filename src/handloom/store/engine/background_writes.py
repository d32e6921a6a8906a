"""Background writes: work that only makes later reads faster, done one at a time between the writes of requests."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

from handloom.domain.errors import HandloomError
from handloom.supervision import supervised

log = logging.getLogger("handloom.store")

MAX_QUEUED = 2_000
"""Queued writes. One beyond this is dropped; the next read that would profit asks for it again."""


class BackgroundWrites:
    """A queue with one thread, started with the first entry. After each write it pauses as long as the write took."""

    def __init__(self, write: Callable[[Callable[[Any], object]], Future[Any]]) -> None:
        self._write = write
        self._queued: set[Hashable] = set()
        self._queue: queue.SimpleQueue[tuple[Hashable, Callable[[Any], object]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def add(self, key: Hashable, work: Callable[[Any], object]) -> None:
        """Queue `work` for a transaction of its own, unless an entry with the same key is queued."""
        with self._lock:
            if self._closing.is_set() or key in self._queued or len(self._queued) >= MAX_QUEUED:
                return
            self._queued.add(key)
            if self._thread is None:
                arguments = ("background-writes", self._step, self._closing.wait)
                self._thread = threading.Thread(
                    target=supervised, args=arguments, name="background-writes", daemon=True
                )
                self._thread.start()
        self._queue.put((key, work))

    def drain(self) -> None:
        """Wait until the queue is empty."""
        while self._queued and not self._closing.is_set():
            time.sleep(0.005)

    def close(self) -> None:
        """Stop after the current write, and drop the queue."""
        with self._lock:
            self._closing.set()
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def _step(self) -> bool:
        entry = self._queue.get()
        if entry is None or self._closing.is_set():
            return False
        key, work = entry
        start = time.perf_counter()
        try:
            self._write(work).result()
        except HandloomError as error:
            log.warning("A background write was dropped: %s", error)
        finally:
            with self._lock:
                self._queued.discard(key)
        self._closing.wait(min(time.perf_counter() - start, 1.0))
        return True
