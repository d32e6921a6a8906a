"""Shorten error messages of Apache Spark by removing JVM stack traces and plans of queries."""

from __future__ import annotations

import re
from typing import Any

_STACK = re.compile(r"\n+(?:JVM stacktrace:|Driver stacktrace:|\s+at [\w.$]+\().*", re.S)
_PLAN = re.compile(r"(SQLSTATE: \w+(?:; line \d+ pos \d+)?);\n.*", re.S)
"""The plan of a query that was not understood, after what is wrong with it."""
_LOST_TASK = re.compile(r"^Job aborted due to stage failure:.*?(?:Exception|Error): (?P<words>.*)", re.S)


def fold(error: Any) -> Any:
    """Shorten the message in place; the error keeps its class, condition and parameters."""
    message = getattr(error, "_message", None)
    if isinstance(message, str):
        short = _PLAN.sub(r"\1", _STACK.sub("", message)).rstrip()
        if lost := _LOST_TASK.match(short):
            short = lost["words"].strip()
        error._message = short
    if getattr(error, "_display_stacktrace", False):
        error._display_stacktrace = False
    return error
