"""Shorten tracebacks of Spark's errors, and of interrupted queries, to the user's own frames and the message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType, TracebackType
from typing import Any

NOTE = "(Frames inside pyspark are left out; %xmode Verbose shows them.)"
_INSIDE = frozenset({"pyspark", "grpc", "handloom", "IPython"})


def shorten(module: ModuleType) -> None:
    """Add `_render_traceback_`, which IPython calls, to the errors of `pyspark.errors`."""
    module.PySparkException._render_traceback_ = _render


@contextmanager
def shorten_interrupts() -> Iterator[None]:
    """Shorten the traceback of an interrupt that arrives meanwhile: rendering the frames of pyspark takes seconds."""
    try:
        yield
    except KeyboardInterrupt as error:
        error._render_traceback_ = partial(_render, error)  # type: ignore[attr-defined]  # looked up by IPython
        error.__suppress_context__ = True
        raise


def own_lines(error: BaseException) -> list[str]:
    """The traceback of an error whose words say everything: the person's own frames, without what it came from."""
    from IPython.core.interactiveshell import InteractiveShell

    tracebacks: Any = InteractiveShell.instance().InteractiveTB
    if tracebacks.mode != "Verbose":
        error.__cause__, error.__suppress_context__ = None, True
        return _lines(tracebacks, error, _own(error.__traceback__))
    return _lines(tracebacks, error, error.__traceback__)


def _render(error: BaseException) -> list[str]:
    from IPython.core.interactiveshell import InteractiveShell

    tracebacks: Any = InteractiveShell.instance().InteractiveTB
    if tracebacks.mode == "Verbose":
        return _lines(tracebacks, error, error.__traceback__)
    return [*_lines(tracebacks, error, _own(error.__traceback__)), NOTE]


def _lines(tracebacks: Any, error: BaseException, tb: TracebackType | None) -> list[str]:
    lines: list[str] = tracebacks.structured_traceback(type(error), error, tb, tb_offset=0)
    return lines


def _own(tb: TracebackType | None) -> TracebackType | None:
    """Return the traceback without IPython's frames above the cell and the client's frames below it."""
    frames = []
    while tb is not None:
        frames.append(tb)
        tb = tb.tb_next
    own: TracebackType | None = None
    for at in reversed(frames):
        package = at.tb_frame.f_globals.get("__name__", "").partition(".")[0]  # whole: a person's own may begin alike
        if package not in _INSIDE:
            own = TracebackType(own, at.tb_frame, at.tb_lasti, at.tb_lineno)
    return own
