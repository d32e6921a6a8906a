"""Shorten error messages of Apache Spark by removing JVM stack traces and plans of queries, and name the way out."""

from __future__ import annotations

import re
from typing import Any

_STACK = re.compile(r"\n+(?:JVM stacktrace:|Driver stacktrace:|\s+at [\w.$]+\().*", re.S)
_PLAN = re.compile(r"(SQLSTATE: \w+(?:; line \d+ pos \d+)?);\n.*", re.S)
"""The plan of a query that was not understood, after what is wrong with it."""
_RAISED_HERE = re.compile(r"^\[USER_RAISED_EXCEPTION\] (?=\[DELTA_)")
"""What Spark puts before the words of a constraint of a Delta table, which a query of this session raises."""
_STREAM = re.compile(r"\n=== Streaming Query ===\n.*", re.S)
"""What a streaming query was doing, after why it failed."""
_TRACEBACK = re.compile(
    r"(?<=terminated with exception: )\[.*Traceback \(most recent call last\):\n.*\n(?=[\w.]+: )", re.S
)
"""Where a Python function of a streaming query failed, before why."""
_LOST_TASK = re.compile(r"^Job aborted due to stage failure:.*?(?:Exception|Error): (?P<words>.*)", re.S)

_WAYS_OUT = (
    (
        re.compile(r"UNSUPPORTED_FILE_SYSTEM|No FileSystem for scheme"),
        "Apache Spark here reads files of this machine. Way out: upload a copy to Files/, add a mount for the address "
        "(workspace settings, Mounts), or run this cell on the quick engine.",
    ),
    (
        re.compile(r"PARQUET_TYPE_ILLEGAL.*NANOS", re.S),
        "Apache Spark has no nanoseconds. Way out: run this cell on the quick engine, which reads them to the "
        "microsecond, or write the file with pandas.to_parquet(..., coerce_timestamps='us').",
    ),
    (
        re.compile(r"ClassNotFoundException|DATA_SOURCE_NOT_FOUND|Failed to find (?:the )?data source"),
        "Way out: use Parquet, CSV, JSON or ORC, read Avro on the quick engine, or read the file with a Python package "
        "and spark.createDataFrame.",
    ),
)


def fold(error: Any) -> Any:
    """Shorten the message in place; the error keeps its class, condition and parameters."""
    message = getattr(error, "_message", None)
    if isinstance(message, str):
        short = _PLAN.sub(r"\1", _STACK.sub("", message)).rstrip()
        if lost := _LOST_TASK.match(short):
            short = lost["words"].strip()
        short = _TRACEBACK.sub("", _STREAM.sub("", short))
        short = _RAISED_HERE.sub("", short)
        error._message = " ".join([short, *(words for pattern, words in _WAYS_OUT if pattern.search(short))])
    if getattr(error, "_display_stacktrace", False):
        error._display_stacktrace = False
    return error
