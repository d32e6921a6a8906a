"""Show under the cell that a query of the quick engine runs, which reports no stages: a moving bar and the time."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from handloom.session.notes import Note

AFTER_SECONDS = 2.0
STEP_SECONDS = 0.5
_WIDTH, _BLOCK = 20, 4


@contextmanager
def shown(note: Note | None = None, after: float = AFTER_SECONDS) -> Iterator[None]:
    """Show the line while the block runs, from `after` seconds on."""
    ended = threading.Event()
    run = contextvars.copy_context().run  # the output belongs to the cell whose thread runs the query
    given = (_show, ended, note or Note(), after)
    thread = threading.Thread(target=run, args=given, name="query-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(STEP_SECONDS)


def _show(ended: threading.Event, note: Note, after: float) -> None:
    began, step = time.monotonic(), 0
    try:
        if ended.wait(after):
            return
        while True:
            note.show(f"Spark {bar(step)} {time.monotonic() - began:.0f} s")
            step += 1
            if ended.wait(STEP_SECONDS):
                return
    finally:
        note.clear()


def bar(step: int) -> str:
    """A bar whose filled part moves to and fro."""
    free = _WIDTH - _BLOCK
    at = free - abs(step % (2 * free) - free)
    return "░" * at + "█" * _BLOCK + "░" * (free - at)
