"""Supervision of background threads and tasks: an unexpected error is logged with its traceback, counted, and retried.

A worker hands its step to `supervised` (threads) or `supervised_task` (asyncio); work that is done only once goes
through `attempt` or `attempt_task`. `failures` is what /metrics and /ready report.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

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
    """The unexpected errors of each worker that met any, by its name."""
    with _lock:
        return dict(_failures)


def supervised(name: str, step: Callable[[], bool], pause: Callable[[float], bool]) -> None:
    """Call `step` until it returns False; after an error wait and call it again. Run this as a thread's target.

    `pause` waits so many seconds at most and returns whether the worker was told to end: the `wait` of the
    threading.Event that its `close` sets.
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


async def supervised_task(
    name: str, step: Callable[[], Awaitable[bool]], pause: Callable[[float], Awaitable[object]]
) -> None:
    """Await `step` until it returns False; after an error wait and await it again. Cancelling the task ends it.

    `pause` is asyncio.sleep, or a wait that something may cut short.
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
    """Call `act` once, where nobody waits for its result: its error is logged and counted. Return whether it worked."""
    try:
        act()
    except Exception as error:  # noqa: BLE001 - nobody waits for the result, so the log must have it
        _record(name, error, "it is not tried again")
        return False
    return True


async def attempt_task(name: str, act: Callable[[], Awaitable[object]]) -> bool:
    """As `attempt`, for a coroutine function."""
    try:
        await act()
    except Exception as error:  # noqa: BLE001 - nobody waits for the result, so the log must have it
        _record(name, error, "it is not tried again")
        return False
    return True


def _record(name: str, error: Exception, outlook: str) -> None:
    with _lock:
        count = _failures[name].count + 1 if name in _failures else 1
        _failures[name] = Failures(count, f"{type(error).__name__}: {error}", time.time())
    log.error("Unexpected error in the background worker %s; %s.", name, outlook, exc_info=error)
