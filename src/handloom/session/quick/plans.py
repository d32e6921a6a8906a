"""Plans on their way to the quick engine: paths become what it can open, and its known faults are mended.

Only messages that hold paths are touched; a literal such as lit("wasbs://...") stays as it is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql.connect.conf import RuntimeConf
from pyspark.sql.connect.proto import base_pb2

from handloom.session import overwrite, writes
from handloom.session.quick import build, self_reads, writing
from handloom.session.quick.names import Names, UnknownLakehouse, rename, split
from handloom.session.quick.reading import options
from handloom.session.quick.reading.source import FORMATS, Reader
from handloom.session.quick.statements import translate

Open = Callable[[str, bool], str]
"""From a path as the user wrote it, and whether it must exist, to the path for the engine."""

FILE_FORMATS = frozenset({"", "parquet", "csv", "json", "text", "orc", "avro", "delta", "binaryfile"})
_SQL_URL = re.compile(r"(?:wasbs?|abfss?)://[^\s'\"`]+")
_WRITES = frozenset({"spark.connect.WriteOperation", "spark.connect.WriteStreamOperationStart"})
_SQL = frozenset({"spark.connect.SQL", "spark.connect.SqlCommand"})
_STATISTICS = ("count", "mean", "stddev", "min", "25%", "50%", "75%", "max")
_PATHS = frozenset({"spark.connect.CreateTable", "spark.connect.CreateExternalTable", "spark.connect.RefreshByPath"})


class QuickPlans:
    """The plans of one session."""

    def __init__(self, open_path: Open, names: Names) -> None:
        self._open_path = open_path
        self._names = names
        self._after: list[Callable[[], None]] = []
        self._warned: set[str] = set()
        self._reader = Reader(self._warn, self._parse_ddl)
        self._client: Any = None
        self.conf: dict[str, str] = {}
        """What the user set with spark.conf."""

    def connected(self, client: Any) -> None:
        """Take the client with which to ask the engine."""
        self._client = client

    def _parse_ddl(self, text: str) -> Any:
        return self._client._analyze("ddl_parse", ddl_string=text).parsed

    def _warn(self, text: str) -> None:
        """Show a warning under the cell, each text once per session."""
        if text not in self._warned:
            self._warned.add(text)
            print(f"Warning: {text}", file=sys.stderr)

    def _zone(self) -> str:
        """The session's time zone."""
        key = "spark.sql.session.timeZone"
        if key not in self.conf:
            self.conf[key] = self._client.get_configs(key)[0] or "UTC"
        return self.conf[key]

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
        self._after = []
        self._rewrite(plan)
        after = self._after
        if plan.WhichOneof("op_type") != "command" or not plan.command.HasField("write_operation"):
            yield
            for act in after:
                act()
            return
        write = plan.command.write_operation
        writes.require_absent(write)
        if write.mode == write.SAVE_MODE_OVERWRITE and write.WhichOneof("save_type") == "table":
            self_reads.check_write(write, self._names, self._current())
        if write.mode == write.SAVE_MODE_OVERWRITE and self._is_dynamic(write) and not writes.is_local_files(write):
            raise AnalysisException(
                "The quick engine would replace the whole table and not only the partitions of the new data. "
                f'Name what is replaced with option("replaceWhere", ...). {options.WAY_OUT}'
            )
        with writes.guarded(write, self._is_dynamic(write), self._finish(write)):
            yield

    def _finish(self, write: Any) -> overwrite.Finish:
        """Check a write's options, and say what is done to the files before they take their place."""
        form = write.source.lower()
        if not writes.is_local_files(write) or form not in options.WRITING:
            return overwrite.name_null_partitions
        query = base_pb2.Plan()
        query.root.CopyFrom(write.input)
        partitioned = bool(write.partitioning_columns)
        try:
            given = options.checked(form, write.options, True, self._warn)
            writing.check(form, given)
        except ValueError as error:
            raise AnalysisException(str(error)) from error
        if form in writing.FORMATS:
            write.source = "parquet"
            write.ClearField("options")
        zone = self._zone()

        def finish(folder: Path) -> None:
            overwrite.name_null_partitions(folder)
            if not partitioned and form != "text" and not any(folder.iterdir()):
                writing.write_empty(folder, self._client.schema(query))
            try:
                if form in writing.FORMATS:
                    writing.convert(folder, form, given, zone)
            except ValueError as error:
                raise AnalysisException(str(error)) from error

        return finish

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
        try:
            rename(message, self._names)
        except UnknownLakehouse as error:
            raise AnalysisException(str(error)) from error
        if name == "spark.connect.Relation" and message.WhichOneof("rel_type") == "read":
            if message.read.WhichOneof("read_type") == "data_source":
                self._source(message)
            else:
                rename(message.read.named_table, self._names)
            return
        if name in _WRITES:
            self._write(message)
        elif name in _SQL:
            self._sql(message)
        elif name in _PATHS and message.path:
            message.path = self._open_path(message.path, False)
        for child in _children(message):
            self._rewrite(child)
        if name == "spark.connect.Relation" and message.WhichOneof("rel_type") in ("describe", "summary"):
            asked = list(message.summary.statistics) if message.HasField("summary") else []
            message.CopyFrom(build.ordered_by(message, "summary", asked or _STATISTICS))

    def _source(self, relation: Any) -> None:
        """Resolve the paths, and let the reader prepare what the engine would read differently."""
        source = relation.read.data_source
        given = [key for key in source.options if key.lower() == "path"]
        for key in given:
            if not source.paths:
                source.paths.append(source.options[key])
            del source.options[key]
        if "basePath" in source.options:
            source.options["basePath"] = self._open_path(source.options["basePath"], False)
        form = source.format.lower()
        if form not in FILE_FORMATS and not source.paths:
            return
        for index, path in enumerate(source.paths):
            source.paths[index] = self._open_path(path, form in FILE_FORMATS)
        if relation.read.is_streaming or form not in FORMATS or not all(path[:1] == "/" for path in source.paths):
            return
        prepared = self._reader.prepare(source, self._zone())
        source.ClearField("paths")
        source.ClearField("options")
        source.paths.extend(prepared.paths)
        source.format = prepared.form
        source.schema = prepared.schema.json()
        if prepared.casts:
            relation.CopyFrom(build.cast_partitions(relation, prepared.casts))

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
            table = self._names.folder(self._names.canonical(split(message.table.table_name)), self._current())
            if (table / "_delta_log").is_dir():
                message.source = "delta"
                message.path = str(table)

    def _sql(self, message: Any) -> None:
        """Translate the statement. URLs in it are resolved, those in string literals too."""
        for field in ("query", "sql"):
            if field in message.DESCRIPTOR.fields_by_name and (sql := getattr(message, field)):
                if "://" in sql:
                    sql = _SQL_URL.sub(lambda match: self._open_path(match[0], False), sql)
                try:
                    made, after = translate(sql, self._names, self._configure, self._current)
                except UnknownLakehouse as error:
                    raise AnalysisException(str(error)) from error
                if "overwrite" in made.lower():
                    self_reads.check_sql(made, self._names, self._current())
                setattr(message, field, made)
                self._after.append(after)

    def _configure(self, key: str, value: str | None) -> str:
        """Set a value of the configuration, or give it."""
        conf = RuntimeConf(self._client)
        if value is not None:
            conf.set(key, value.strip("'\""))
        return str(conf.get(key, "<undefined>"))

    def _current(self) -> str:
        """The current schema."""
        plan = base_pb2.Plan()
        plan.root.catalog.current_database.SetInParent()
        return str(self._client.to_table(plan, {})[0].column(0)[0].as_py())


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
