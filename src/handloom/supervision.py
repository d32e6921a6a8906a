"""Supervision of background threads and tasks: an unexpected error is logged with its traceback, counted, and retried.
One that says that a part of the server is away (`Unavailable`) is logged in its own words, and retried.

A worker passes its step to `supervised` (threads) or `supervised_task` (asyncio); one-time work uses `attempt` or
`attempt_task`. /metrics and /ready report `failures`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from handloom.domain.errors import Unavailable

log = logging.getLogger("handloom.supervision")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds between a failed step and the next try: doubled with each failure in a row."""


@dataclass(frozen=True, slots=True)
class Failures:
    """The unexpected errors of one worker since the process started. `at` is in seconds since 1970 UTC."""

    count: int
    error: str
    at: float


_failures: dict[str, Failures] = {}
_lock = threading.Lock()


def failures() -> dict[str, Failures]:
    """Return the unexpected errors by worker, for workers that had any."""
    with _lock:
        return dict(_failures)


def supervised(name: str, step: Callable[[], bool], pause: Callable[[float], bool]) -> None:
    """Call `step` until it returns False; after an error wait and call it again. Run this as a thread's target.

    `pause` waits at most this many seconds and returns whether the worker must end: usually the `wait` of a
    threading.Event that `close` sets.
    """
    seconds = FIRST_PAUSE
    while True:
        try:
            if not step():
                return
            seconds = FIRST_PAUSE
        except Exception as error:  # noqa: BLE001 - a worker must survive any error of its step
            _record(name, error, f"trying again in {seconds:g} s")
            if pause(seconds):
                return
            seconds = min(seconds * 2, LONGEST_PAUSE)


class SupervisedThread:
    """A thread that calls `step` again and again between `start` and `close`. `step` returns the seconds until the next
    call, and may watch `closing` in long work.
    """

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self.closing = threading.Event()
        self._step = step
        self._thread = threading.Thread(
            target=supervised, args=(name, self._once, self.closing.wait), name=name, daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """End after the running step, and wait at most 5 seconds for it."""
        self.closing.set()
        self._thread.join(5)

    def _once(self) -> bool:
        return not self.closing.wait(self._step())


async def supervised_task(
    name: str, step: Callable[[], Awaitable[bool]], pause: Callable[[float], Awaitable[object]]
) -> None:
    """Await `step` until it returns False; after an error wait and await it again. Cancelling the task ends it.

    `pause` is asyncio.sleep or an interruptible wait.
    """
    seconds = FIRST_PAUSE
    while True:
        try:
            if not await step():
                return
            seconds = FIRST_PAUSE
        except Exception as error:  # noqa: BLE001 - a worker must survive any error of its step
            _record(name, error, f"trying again in {seconds:g} s")
            await pause(seconds)
            seconds = min(seconds * 2, LONGEST_PAUSE)


def attempt(name: str, act: Callable[[], object]) -> bool:
    """Call `act` once and log and count its error, for work whose result nobody awaits. Returns whether it
    succeeded.
    """
    try:
        act()
    except Exception as error:  # noqa: BLE001 - nobody waits for the result, so the log must have it
        _record(name, error, "it is not tried again")
        return False
    return True


async def attempt_task(name: str, act: Callable[[], Awaitable[object]]) -> bool:
    """Like `attempt`, for a coroutine function."""
    try:
        await act()
    except Exception as error:  # noqa: BLE001 - nobody waits for the result, so the log must have it
        _record(name, error, "it is not tried again")
        return False
    return True


def _record(name: str, error: Exception, outlook: str) -> None:
    if isinstance(error, Unavailable):
        log.warning("The background worker %s could not work: %s (%s)", name, error, outlook)
        return
    with _lock:
        count = _failures[name].count + 1 if name in _failures else 1
        _failures[name] = Failures(count, f"{type(error).__name__}: {error}", time.time())
    log.error("Unexpected error in the background worker %s; %s.", name, outlook, exc_info=error)
