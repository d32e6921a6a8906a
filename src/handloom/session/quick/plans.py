"""Plans on their way to the quick engine: paths become what it can open, and its known faults are mended.

Only messages that hold paths are touched; a literal such as lit("wasbs://...") stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from handloom.session import overwrite, writes

Open = Callable[[str, bool], str]
"""From a path as the user wrote it, and whether it must exist, to the path for the engine."""

FILE_FORMATS = frozenset({"", "parquet", "csv", "json", "text", "orc", "avro", "delta", "binaryfile"})
_SQL_URL = re.compile(r"(?:wasbs?|abfss?)://[^\s'\"`]+")
_WRITES = frozenset({"spark.connect.WriteOperation", "spark.connect.WriteStreamOperationStart"})
_SQL = frozenset({"spark.connect.SQL", "spark.connect.SqlCommand"})
_PATHS = frozenset({"spark.connect.CreateTable", "spark.connect.CreateExternalTable", "spark.connect.RefreshByPath"})


class QuickPlans:
    """The plans of one session. `lake` is the folder of the tables, `Tables`."""

    def __init__(self, open_path: Open, lake: Path) -> None:
        self._open_path = open_path
        self._lake = lake
        self.conf: dict[str, str] = {}
        """What the user set with spark.conf."""

    def configured(self, key: str, value: str | None) -> None:
        """Note spark.conf.set, or with None spark.conf.unset."""
        if value is None:
            self.conf.pop(key, None)
        else:
            self.conf[key] = value

    def analyzing(self, plan: Any) -> None:
        self._rewrite(plan)

    @contextmanager
    def executing(self, plan: Any) -> Iterator[None]:
        self._rewrite(plan)
        if plan.WhichOneof("op_type") != "command" or not plan.command.HasField("write_operation"):
            yield
            return
        write = plan.command.write_operation
        writes.require_absent(write)
        with writes.guarded(write, self._is_dynamic(write), overwrite.name_null_partitions):
            yield

    def explain(self, error: Any) -> Any:
        return error

    def _is_dynamic(self, write: Any) -> bool:
        given = {key.lower(): value for key, value in write.options.items()}
        mode = given.get("partitionoverwritemode") or self.conf.get(
            "spark.sql.sources.partitionOverwriteMode", "static"
        )
        return mode.lower() == "dynamic"

    def _rewrite(self, message: Any) -> None:
        name = message.DESCRIPTOR.full_name
        if name == "spark.connect.Read.DataSource":
            self._source(message)
        elif name in _WRITES:
            self._write(message)
        elif name in _SQL:
            self._sql(message)
        elif name in _PATHS and message.path:
            message.path = self._open_path(message.path, False)
        for child in _children(message):
            self._rewrite(child)

    def _source(self, message: Any) -> None:
        """Mend what the engine does with option("path"), which it ignores, and with a missing path, which it reads."""
        for key in [key for key in message.options if key.lower() == "path"]:
            if not message.paths:
                message.paths.append(message.options[key])
            del message.options[key]
        exists = message.format.lower() in FILE_FORMATS
        if exists or message.paths:
            for index, path in enumerate(message.paths):
                message.paths[index] = self._open_path(path, exists)

    def _write(self, message: Any) -> None:
        """Resolve the path, and append to a table by its path: by name it fails where a column has a capital letter."""
        is_batch = message.DESCRIPTOR.name == "WriteOperation"
        for key in [key for key in message.options if key.lower() == "path"]:
            if is_batch and message.WhichOneof("save_type") is None:
                message.path = message.options[key]
                del message.options[key]
            else:
                message.options[key] = self._open_path(message.options[key], False)
        if message.path:
            message.path = self._open_path(message.path, False)
        if not is_batch or message.WhichOneof("save_type") != "table":
            return
        if message.mode == message.SAVE_MODE_APPEND:
            table = self._lake / message.table.table_name.split(".")[-1].strip("`")
            if (table / "_delta_log").is_dir():
                message.source = "delta"
                message.path = str(table)

    def _sql(self, message: Any) -> None:
        """Resolve URLs in SQL text, as in SELECT * FROM parquet.`wasbs://...`; those in string literals change, too."""
        for field in ("query", "sql"):
            if field in message.DESCRIPTOR.fields_by_name and (text := getattr(message, field)) and "://" in text:
                setattr(message, field, _SQL_URL.sub(lambda match: self._open_path(match[0], False), text))


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
