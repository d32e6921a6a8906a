"""Plans on their way to the engine: paths become what the engine can open, and known faults of it are mended.

Only messages that hold paths are touched; a literal such as lit("wasbs://...") stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Open = Callable[[str, bool], str]
"""From a path as the user wrote it, and whether it must exist, to the path for the engine."""

FILE_FORMATS = frozenset({"", "parquet", "csv", "json", "text", "orc", "avro", "delta", "binaryfile"})
_SQL_URL = re.compile(r"(?:wasbs?|abfss?)://[^\s'\"`]+")
_WRITES = frozenset({"spark.connect.WriteOperation", "spark.connect.WriteStreamOperationStart"})
_SQL = frozenset({"spark.connect.SQL", "spark.connect.SqlCommand"})
_PATHS = frozenset({"spark.connect.CreateTable", "spark.connect.CreateExternalTable", "spark.connect.RefreshByPath"})


def rewrite(message: Any, open_path: Open, lake: Path) -> None:
    """Rewrite `message` in place. `lake` is the folder of the tables, `Tables`."""
    name = message.DESCRIPTOR.full_name
    if name == "spark.connect.Read.DataSource":
        _source(message, open_path)
    elif name in _WRITES:
        _write(message, open_path, lake)
    elif name in _SQL:
        _sql(message, open_path)
    elif name in _PATHS and message.path:
        message.path = open_path(message.path, False)
    for child in _children(message):
        rewrite(child, open_path, lake)


def _children(message: Any) -> list[Any]:
    found: list[Any] = []
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].type == field.TYPE_MESSAGE:
                found.extend(value.values())
        elif field.is_repeated:
            found.extend(value)
        else:
            found.append(value)
    return found


def _source(message: Any, open_path: Open) -> None:
    """The engine ignores option("path") and reads a missing path as an empty table: both are mended here."""
    for key in [key for key in message.options if key.lower() == "path"]:
        if not message.paths:
            message.paths.append(message.options[key])
        del message.options[key]
    exists = message.format.lower() in FILE_FORMATS
    if exists or message.paths:
        for index, path in enumerate(message.paths):
            message.paths[index] = open_path(path, exists)


def _write(message: Any, open_path: Open, lake: Path) -> None:
    """Appending by table name fails in the engine where a column has a capital letter; by path it works."""
    for key in [key for key in message.options if key.lower() == "path"]:
        message.options[key] = open_path(message.options[key], False)
    if message.path:
        message.path = open_path(message.path, False)
    if message.DESCRIPTOR.name != "WriteOperation" or message.WhichOneof("save_type") != "table":
        return
    if message.mode == message.SAVE_MODE_APPEND:
        table = lake / message.table.table_name.split(".")[-1].strip("`")
        if (table / "_delta_log").is_dir():
            message.source = "delta"
            message.path = str(table)


def _sql(message: Any, open_path: Open) -> None:
    """URLs in SQL text, e.g. SELECT * FROM parquet.`wasbs://...`. Such a URL in a string literal changes, too."""
    for field in ("query", "sql"):
        if field in message.DESCRIPTOR.fields_by_name and (text := getattr(message, field)) and "://" in text:
            setattr(message, field, _SQL_URL.sub(lambda match: open_path(match[0], False), text))
