"""Shorten tracebacks: of Spark's errors to the user's own frames, of interrupts to what is quickly drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType, TracebackType
from typing import Any

NOTE = "(Frames inside pyspark are left out; %xmode Verbose shows them.)"
QUICKLY_PARSED = 300
"""Lines of a file up to which an interrupt's traceback shows which part of the line ran."""
_SENDING = frozenset({"ipykernel", "handloom"})
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


def hasten_interrupts(shell: Any) -> None:
    """Render the traceback of an interrupt quickly, because someone has pressed Stop and waits: without the frames that
    only sent an output, and without parsing long files of libraries. That took seconds in a loop of log messages."""
    from IPython.core import ultratb

    tracebacks = shell.InteractiveTB
    render = tracebacks.structured_traceback

    def quickly(kind: Any, error: Any, tb: Any = None, *rest: Any, **options: Any) -> Any:
        if not isinstance(error, KeyboardInterrupt) or tracebacks.mode == "Verbose":
            return render(kind, error, tb, *rest, **options)
        usual, ultratb.FAST_THRESHOLD = ultratb.FAST_THRESHOLD, QUICKLY_PARSED
        try:
            return render(kind, error, _without_sending(tb), *rest, **options)
        finally:
            ultratb.FAST_THRESHOLD = usual

    tracebacks.structured_traceback = quickly


def _without_sending(tb: TracebackType | None) -> TracebackType | None:
    """Return the traceback without the frames, below the last one of a cell, in which the kernel sends an output."""
    frames = _frames(tb)
    packages = [one.tb_frame.f_globals.get("__name__", "").partition(".")[0] for one in frames]
    cell = max((n for n, package in enumerate(packages) if package == "__main__"), default=None)
    if cell is None:
        return tb
    end = next((n for n in range(cell, len(frames)) if packages[n] in _SENDING), len(frames))
    return _linked(frames[:end])


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
    frames = _frames(tb)
    packages = [one.tb_frame.f_globals.get("__name__", "").partition(".")[0] for one in frames]
    # whole names: a person's own may begin alike
    return _linked([one for one, package in zip(frames, packages, strict=True) if package not in _INSIDE])


def _frames(tb: TracebackType | None) -> list[TracebackType]:
    frames = []
    while tb is not None:
        frames.append(tb)
        tb = tb.tb_next
    return frames


def _linked(frames: list[TracebackType]) -> TracebackType | None:
    tb: TracebackType | None = None
    for at in reversed(frames):
        tb = TracebackType(tb, at.tb_frame, at.tb_lasti, at.tb_lineno)
    return tb
