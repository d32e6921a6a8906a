"""Rewrite plans before Apache Spark executes them: resolve paths, and read and write Delta tables through delta-rs.

For a remote engine, paths of this machine's files are refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql.connect.proto import base_pb2, commands_pb2, relations_pb2

from handloom.session import delta_statements, dropping, lake_views, refusals, renaming, writes
from handloom.session.apache import changes, creating, delta_source, errors, merging, properties, streams
from handloom.session.apache.catalog import LakeCatalog
from handloom.session.apache.creating import NewTable
from handloom.session.apache.delta import DeltaTables, escape
from handloom.session.apache.engine import Wrap
from handloom.session.apache.log import is_delta
from handloom.session.apache.schemas import Schemas
from handloom.session.column_sql import literal
from handloom.session.overwrite import name_null_partitions
from handloom.session.quick import build
from handloom.session.quick.build import children
from handloom.session.quick.names import FORMATS as PATH_FORMATS
from handloom.session.quick.names import (
    quote,
    rename_tables,
    replace_read_tables,
    shorten_columns,
    split,
    table_names,
)
from handloom.session.quick.statements import NOTHING
from handloom.session.tracking_tables.plans import TrackingPlans

Open = Callable[[str, bool], str]
FILE_FORMATS = frozenset({"", "parquet", "csv", "json", "text", "orc", "avro", "delta", "binaryfile", "xml"})
GLOB = re.compile(r"[\[\]{}*?]")
ENCODINGS = "spark.sql.legacy.javaCharsets"
SPARKS_ENCODINGS = frozenset({"iso-8859-1", "us-ascii", "utf-16", "utf-16be", "utf-16le", "utf-32", "utf-8"})
_WRITES = frozenset({"spark.connect.WriteOperation", "spark.connect.WriteStreamOperationStart"})
_SQL = frozenset({"spark.connect.SQL", "spark.connect.SqlCommand"})
_PATHS = frozenset({"spark.connect.CreateTable", "spark.connect.CreateExternalTable", "spark.connect.RefreshByPath"})
_SQL_PATH = re.compile(r"\b(?P<format>parquet|csv|json|text|orc|delta)\.`(?P<path>[^`]+)`", re.I)
_TIME_TRAVEL = re.compile(
    r"(?P<before>\b(?:FROM|JOIN)\s+)(?P<table>(?:`(?:[^`]|``)*`|[\w.])+)\s+(?:FOR\s+)?(?:SYSTEM_)?"
    r"(?P<kind>VERSION|TIMESTAMP|TIME)\s+AS\s+OF\s+(?P<at>\d+|'[^']*'|\"[^\"]*\")"
    r"(?P<alias>\s+AS\b|\s+(?!(?:WHERE|GROUP|ORDER|HAVING|LIMIT|JOIN|INNER|LEFT|RIGHT|FULL|CROSS|UNION|ON|USING|EXCEPT"
    r"|INTERSECT|MINUS|LATERAL|PIVOT|WINDOW|ANTI|SEMI|NATURAL)\b)(?=[`\w]))?",
    re.I,
)
"""Matches a table's version in a query, and whether another name for it follows."""
_ABOUT = re.compile(
    r"\s*(?:DESC(?:RIBE)?\s+(?!FUNCTION|QUERY|DATABASE|SCHEMA)(?:TABLE\s+)?(?:EXTENDED\s+|FORMATTED\s+)?"
    r"|SHOW\s+COLUMNS\s+(?:IN|FROM)\s+|(?:UN)?CACHE\s+(?:LAZY\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?"
    r"|REFRESH\s+(?:TABLE\s+)?|TABLE\s+)(?P<table>(?:`(?:[^`]|``)*`|[\w.])+)\s*;?\s*",
    re.I,
)
"""Matches statements about one table that read none."""
_CHANGES = re.compile(
    r"^\s*(?P<verb>INSERT\s+(?:INTO|OVERWRITE)(?:\s+TABLE)?|UPDATE|DELETE\s+FROM|MERGE\s+(?:WITH\s+SCHEMA\s+EVOLUTION\s+)?INTO|TRUNCATE\s+TABLE|OPTIMIZE"
    r"|VACUUM|RESTORE(?:\s+TABLE)?|ALTER\s+TABLE|SHOW\s+CREATE\s+TABLE|(?:MSCK\s+)?REPAIR\s+TABLE|COMMENT\s+ON\s+COLUMN"
    r"|LOAD\s+DATA\s+(?:LOCAL\s+)?INPATH\s+\S+\s+(?:OVERWRITE\s+)?INTO\s+TABLE)\s+(?P<table>[`\w.]+)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Done:
    """A statement that was carried out or translated here, with the rows of its answer; None for those of Spark."""

    rows: Any
    version: int | None
    """The version of the table that its new rows were computed from."""


class ApachePlans:
    """Plan rewriting of one session. `delta` is None if the engine has Delta Lake or cannot read our files."""

    def __init__(self, open_path: Open, delta: DeltaTables | None) -> None:
        self._open_path = open_path
        self._delta = delta
        self._schemas = None if delta is None else Schemas(delta)
        self._catalog = None if delta is None or self._schemas is None else LakeCatalog(delta, self._schemas)
        self._is_plain = False
        self._has_source = False
        """Whether Spark knows the source of streams from Delta tables."""
        self._tracking = TrackingPlans(reads_files=False)
        self._client: Any = None
        self._rows: Any = None
        """The answer of a statement that was carried out here."""
        self.wrap: Wrap | None = None
        """Gives functions of foreachBatch a session where they run; None where they run, which start no streams."""
        self.conf: dict[str, str] = {}
        """Settings that the user set with spark.conf."""

    def configured(self, key: str, value: str | None) -> None:
        """Record a spark.conf.set, or with None a spark.conf.unset."""
        if value is None:
            self.conf.pop(key, None)
        else:
            self.conf[key] = value

    def take(self, conf: dict[str, str], schema: str) -> None:
        """Go on with the settings and the current schema of another process's session."""
        self.conf.update(conf)
        if self._delta is not None:
            self._delta.current = schema

    def connected(self, client: Any) -> None:
        """Take the client with which to ask the engine."""
        self._client = client
        if self._catalog is not None and self._delta is not None and self._schemas is not None:
            self._catalog.connected(client)
            self._delta.has_view = self._catalog.has_view
            self._delta.execute = client.execute_command
            self._delta.columns_of = self._columns_of
            self._schemas.run = self.run
        self._tracking.connected(client)

    def open_lake(self) -> None:
        """Create the databases of the lakehouse's schemas in Spark."""
        assert self._schemas is not None
        for problem in self._schemas.open():
            print(problem, file=sys.stderr)

    def _columns_of(self, relation: Any) -> dict[str, Any]:
        plan = base_pb2.Plan()
        plan.root.CopyFrom(relation)
        return {field["name"]: field["type"] for field in self._client.to_schema(plan).jsonValue()["fields"]}

    def _parse_ddl(self, text: str) -> Any:
        return self._client._analyze("ddl_parse", ddl_string=text).parsed

    def run(self, sql: str) -> None:
        """Run a statement as it is, while another plan may be on its way."""
        command = commands_pb2.Command()
        command.sql_command.input.sql.query = sql
        kept, self._is_plain = (self._is_plain, self._rows), True
        try:
            self._client.execute_command(command)
        finally:
            self._is_plain, self._rows = kept

    def analyzing(self, plan: Any) -> None:
        if self._is_plain:
            return
        self._tracking.analyzing(plan)
        self._rewrite(plan)

    @contextmanager
    def executing(self, plan: Any) -> Iterator[None]:
        if self._is_plain or (self._catalog is not None and self._catalog.is_asking):
            yield
            return
        done = None
        if self._delta is not None and plan.WhichOneof("op_type") == "command" and plan.command.HasField("sql_command"):
            done = self._statement(plan.command)
        self._tracking.executing(plan)
        with self._writing(plan, None if done is None else done.version):
            yield
        self._rows = None if done is None else done.rows

    def _statement(self, command: Any) -> _Done | None:  # noqa: PLR0911 - one line per kind of statement
        """Carry out a statement about a Delta table, or change it to the write of its rows; None for any other."""
        given = command.sql_command
        sql = given.input.sql.query if given.HasField("input") else given.sql
        rows = delta_statements.run(sql, self._folder, lambda key: self.conf.get(key, ""))
        if rows is None and self._catalog is not None:
            rows = self._catalog.shown(sql)
        if rows is None and self._delta is not None:
            rows = properties.run(sql, self._delta, self._parse_ddl)
        if rows is not None:
            command.Clear()
            command.sql_command.input.sql.query = NOTHING
            return _Done(rows, None)
        if self._delta is None or self._schemas is None:
            return None
        if match := lake_views.CREATE.fullmatch(sql):
            return self._define_view(command, match, self._delta)
        if match := dropping.DROP.fullmatch(sql):
            return self._drop(command, match, self._delta)
        if match := renaming.RENAME.fullmatch(sql):
            return self._rename(command, match, self._delta)
        if (statement := self._schemas.statement(sql)) is not None:
            command.Clear()
            command.sql_command.input.sql.query = statement
            return _Done(None, None)
        if new := creating.parse(sql):
            return self._create_table(command, new, self._delta)
        return self._change(command, sql, self._delta)

    def _create_table(self, command: Any, new: NewTable, delta: DeltaTables) -> _Done:
        """Create a Delta table, or change the statement to the write of its query's rows."""
        folder = creating.create(new, delta, self._parse_ddl)
        if folder is None:
            command.Clear()
            command.sql_command.input.sql.query = NOTHING
            return _Done(pa.table({}), None)
        relation = _query_of(command, new.query)
        command.Clear()
        write = command.write_operation
        write.input.CopyFrom(relation)
        write.source, write.path = "delta", str(folder)
        write.mode = write.SAVE_MODE_OVERWRITE if new.is_replaced else write.SAVE_MODE_ERROR_IF_EXISTS
        if new.is_replaced:
            write.options["overwriteSchema"] = "true"
        write.partitioning_columns.extend(new.partitions)
        return _Done(pa.table({}), None)

    def _change(self, command: Any, sql: str, delta: DeltaTables) -> _Done | None:
        """Change an INSERT, UPDATE, DELETE or MERGE to the write of its rows."""
        merge = merging.parse(sql)
        name = merge.table if merge else changes.table_of(sql)
        if name is None or not is_delta(place := self._folder(name)):
            return None
        if len(parts := split(name)) > 1:
            sql = shorten_columns(sql, parts)
            merge = merging.parse(sql)
        view = delta.view_of(place)
        version, schema = delta.state(place)
        made = merging.change(merge, view, schema) if merge else changes.change(sql, view, schema)
        relation = _query_of(command, made.query)
        command.Clear()
        write = command.write_operation
        write.input.CopyFrom(relation)
        write.mode = write.SAVE_MODE_OVERWRITE if made.replaces else write.SAVE_MODE_APPEND
        write.source, write.path = "delta", str(place)
        if made.where and not self._is_dynamic(write):
            write.options["replaceWhere"] = made.where
        return _Done(pa.table({}), version if made.reads else None)

    def _define_view(self, command: Any, match: re.Match[str], delta: DeltaTables) -> _Done | None:
        """Write the file of a view that lasts, once Apache Spark has accepted its query."""
        name = match["name"] or match["altered"]
        view = lake_views.defined(match["rest"], delta.current)
        if view is None:
            return None
        schema, table = delta.resolve(name)
        if not delta.home(schema).is_dir():
            raise AnalysisException(
                f"[SCHEMA_NOT_FOUND] There is no schema {schema} in this workspace. Write CREATE SCHEMA {schema} "
                "before the view. SQLSTATE: 42704"
            )
        file, name = delta.view_file(name), f"{schema}.{table}"
        place = delta.folder(name)
        is_table = place is not None and dropping.is_table(place)
        for used in table_names(view.query):
            if len(used) == 1 and delta.has_view(used[0].lower()):
                raise AnalysisException(
                    f"[INVALID_TEMP_OBJ_REFERENCE] The view {name} lasts, and {used[0]} is a temporary view of this "
                    f"session. Write CREATE TEMPORARY VIEW, or save {used[0]} as a table. SQLSTATE: 42K0F"
                )
        if lake_views.is_needed(match, file, name, is_table=is_table):
            plan = base_pb2.Plan()
            plan.root.sql.query = view.query
            found = [[field.name, field.dataType.simpleString()] for field in self._client.schema(plan).fields]
            if view.names and len(view.names) != len(found):
                raise AnalysisException(
                    f"[CREATE_VIEW_COLUMN_ARITY_MISMATCH] The view {name} names {len(view.names)} columns, and "
                    f"its query has {len(found)}. SQLSTATE: 21S01"
                )
            names = view.names or [column for column, _ in found]
            columns = [[column, kind] for column, (_, kind) in zip(names, found, strict=True)]
            lake_views.write(file, replace(view, columns=columns))
        command.Clear()
        command.sql_command.input.sql.query = NOTHING
        return _Done(pa.table({}), None)

    def _drop(self, command: Any, match: re.Match[str], delta: DeltaTables) -> _Done | None:
        """Move a table or view of the lakehouse to the bin; None for what only Apache Spark knows."""
        name, file = match["name"], delta.view_file(match["name"])
        parts = split(name)
        if len(parts) == 1 and delta.has_view(parts[0].lower()):
            return None
        schema, table = delta.resolve(name)
        if match["kind"].upper() == "VIEW":
            if not file.exists():
                return None
            lake_views.drop(delta.lake, schema, file.stem)
            command.Clear()
            command.sql_command.input.sql.query = NOTHING
            return _Done(pa.table({}), None)
        if file.exists():
            raise lake_views.no_table(f"{schema}.{file.stem}")
        place = delta.folder(name)
        if place is None or not dropping.is_table(place):
            return None
        had_log = is_delta(place)
        dropping.drop_table(delta.lake, place, purge=bool(match["purge"]))
        gone = f"VIEW IF EXISTS `{delta.forget(place)}`" if had_log else f"TABLE IF EXISTS {quote([schema, table])}"
        command.Clear()
        command.sql_command.input.sql.query = f"DROP {gone}"
        return _Done(pa.table({}), None)

    def _rename(self, command: Any, match: re.Match[str], delta: DeltaTables) -> _Done | None:
        """Give a table of the lakehouse another name; None for what only Apache Spark knows."""
        place = delta.folder(match["name"])
        if place is None or not dropping.is_table(place):
            return None
        old = list(delta.resolve(match["name"]))
        given = split(match["new"])
        new = list(delta.resolve(match["new"])) if len(given) > 1 else [old[0], given[0]]
        gone = f"VIEW IF EXISTS `{delta.forget(place)}`" if is_delta(place) else f"TABLE IF EXISTS {quote(old)}"
        renaming.rename(delta.lake, place, *new)
        self.run(f"DROP {gone}")
        moved = delta.folder(quote(new))
        command.Clear()
        command.sql_command.input.sql.query = (
            NOTHING
            if moved is None or is_delta(moved)
            else f"CREATE TABLE {quote(new)} USING parquet LOCATION {literal(str(moved))}"
        )
        return _Done(pa.table({}), None)

    def _folder(self, name: str) -> Path:
        """The folder of a table as SQL names it, by a path too."""
        parts = split(name)
        if len(parts) == 2 and parts[0].lower() == "delta" and "/" in parts[1]:
            return Path(self._open_path(parts[1], True))
        assert self._delta is not None
        return self._delta.folder(name) or self._delta.lake / parts[-1]

    @contextmanager
    def _writing(self, plan: Any, version: int | None) -> Iterator[None]:
        self._rewrite(plan)
        if plan.WhichOneof("op_type") != "command":
            yield
            return
        command = plan.command
        if self._delta is not None and command.HasField("write_operation_v2"):
            self._delta.to_first_version(command)
        if not command.HasField("write_operation"):
            yield
            return
        write = command.write_operation
        if self._delta is not None and (target := self._delta.target(write)):
            with self._delta.writing(write, target, version, is_dynamic=self._is_dynamic(write)):
                yield
            return
        writes.require_absent(write)
        with writes.guarded(write, self._is_dynamic(write), name_null_partitions):
            yield

    def observed(self, plan: Any, observations: Any) -> list[tuple[str, Any]]:
        """Apache Spark makes all observations itself."""
        return []

    def answered(self, command: Any, properties: dict[str, Any]) -> None:
        """Give the rows of a statement that was carried out here; changes of tables have none."""
        rows, self._rows = self._rows, None
        if rows is not None:
            properties["sql_command_result"] = build.rows(rows) if rows.num_columns else build.no_rows()
        self._tracking.answered(properties)

    def explain(self, error: Any) -> Any:
        return errors.fold(error)

    def source_of(self, name: str) -> dict[str, Any] | None:
        """Return what a temporary view made here reads: the plan of `spark.sql` has it in place of the table."""
        return None if self._delta is None else self._delta.source_of(name)

    def _is_dynamic(self, write: Any) -> bool:
        given = {key.lower(): value for key, value in write.options.items()}
        key = "spark.sql.sources.partitionOverwriteMode"
        return (given.get("partitionoverwritemode") or self.conf.get(key, "static")).lower() == "dynamic"

    def _rewrite(self, message: Any) -> None:
        name = message.DESCRIPTOR.full_name
        if name == "spark.connect.Relation" and message.WhichOneof("rel_type") == "read":
            self._read(message)
            return
        if name == "spark.connect.Relation" and message.WhichOneof("rel_type") == "catalog":
            if self._catalog is not None:
                self._catalog.rewrite(message)
            return
        if name in _WRITES:
            self._write(message)
        elif name in _SQL:
            self._sql(message)
        elif name in _PATHS and message.path:
            message.path = self._open_path(message.path, False)
        for child in children(message):
            self._rewrite(child)

    def _read(self, relation: Any) -> None:
        read = relation.read
        if read.WhichOneof("read_type") == "named_table":
            if self._delta is not None and not read.is_streaming:
                self._delta.read_table(relation)
            elif self._delta is not None and (place := self._delta.folder(read.named_table.unparsed_identifier)):
                self._read_stream(relation, place, dict(read.named_table.options))
            return
        source = read.data_source
        form = source.format.lower()
        self._accept_encoding(form, source.options)
        if form in FILE_FORMATS or source.paths:
            self._resolve(source.paths, form in FILE_FORMATS)
        for key in source.options:
            if key.lower() in ("path", "basepath"):
                source.options[key] = self._open_path(source.options[key], form in FILE_FORMATS)
        if form == "delta" and self._delta is not None:
            if read.is_streaming:
                place = source.paths[0] if source.paths else source.options.get("path", "")
                self._read_stream(relation, Path(place), dict(source.options))
            else:
                self._delta.read_path(relation)

    def _read_stream(self, relation: Any, place: Path, options: dict[str, str]) -> None:
        """Read the rows that are added to a Delta table; tables of other formats are left to Spark."""
        if relation.read.WhichOneof("read_type") == "named_table" and not is_delta(place):
            return
        delta_source.check(place, options)
        if not self._has_source:
            self._client.register_data_source(delta_source.DeltaSource)
            self._has_source = True
        source = relation.read.data_source
        source.Clear()
        source.format = delta_source.NAME
        for key, value in {**options, "path": str(place)}.items():
            source.options[key] = value

    def _resolve(self, paths: Any, exists: bool) -> None:
        for index, path in enumerate(paths):
            place = self._open_path(path, exists)
            is_file = exists and self._delta is not None and GLOB.search(place) and Path(place).exists()
            paths[index] = escape(place) if is_file else place

    def _accept_encoding(self, form: str, options: Any) -> None:
        """Allow every encoding of Java, such as cp949, from the first read or write on that asks for one."""
        encoding = next((options[key] for key in options if key.lower() in ("encoding", "charset")), "")
        if (
            form not in ("csv", "json", "text", "xml")
            or encoding.lower() in ("", "utf-8", "utf8")
            or self._delta is None
        ):
            return
        if form == "json" and not any(key.lower() in ("linesep", "multiline") for key in options):
            options["lineSep"] = "\n"
        if self.conf.get(ENCODINGS) is None and encoding.lower() not in SPARKS_ENCODINGS:
            self.conf[ENCODINGS] = "true"
            self.run(f"SET {ENCODINGS}=true")

    def _write(self, message: Any) -> None:
        is_batch = message.DESCRIPTOR.name == "WriteOperation"
        self._accept_encoding((message.source if is_batch else message.format).lower(), message.options)
        for key in [key for key in message.options if key.lower() in ("path", "checkpointlocation")]:
            place = self._open_path(message.options[key], False)
            if is_batch and key.lower() == "path" and message.WhichOneof("save_type") is None:
                message.path = place
                del message.options[key]
            else:
                message.options[key] = place
        if message.path and message.path not in message.options.values():
            message.path = self._open_path(message.path, False)
        if not is_batch and self._delta is not None and self.wrap is not None:
            self._rewrite(message.input)
            streams.start(message, self._delta, self.conf, self.wrap)

    def _sql(self, message: Any) -> None:
        for field in ("query", "sql"):
            if field in message.DESCRIPTOR.fields_by_name and (text := getattr(message, field)):
                setattr(message, field, self._sql_text(text))

    def _sql_text(self, text: str) -> str:
        if self._delta is not None and self._schemas is not None:
            if (change := _CHANGES.match(text)) and self._delta.is_table(change["table"]):
                if refusal := refusals.of(text):
                    raise AnalysisException(f"[UNSUPPORTED_FEATURE.DELTA] Delta tables here do not have {refusal}")
                raise _no_delta(" ".join(change["verb"].split()).upper() + f" of the Delta table {change['table']}")
            self._schemas.find()
            self._delta.refresh()
            text = _TIME_TRAVEL.sub(self._version_of, text)
            text = rename_tables(text, self._canonical)
            text = replace_read_tables(text, self._view_of)
            if match := _ABOUT.fullmatch(text):
                start, end = match.span("table")
                if (known := self._view_of(split(match["table"]))) is not None:
                    text = text[:start] + quote(known) + text[end:]

        def opened(match: re.Match[str]) -> str:
            place = self._open_path(match["path"], True)
            if match["format"].lower() == "delta" and self._delta is not None:
                return self._delta.view_of(Path(place))
            return f"{match['format']}.`{place}`"

        return _SQL_PATH.sub(opened, text)

    def _version_of(self, match: re.Match[str]) -> str:
        """Return the temporary view of a version of a Delta table, under the table's name."""
        assert self._delta is not None
        place = self._folder(match["table"])
        if not is_delta(place):
            return match[0]
        at = match["at"].strip("'\"")
        is_version = match["kind"].upper() == "VERSION"
        view = self._delta.view_at(place, at if is_version else None, None if is_version else at)
        own = " AS " + quote(split(match["table"])[-1:])
        return f"{match['before']}{quote([view])}{match['alias'] or own}"

    def _canonical(self, name: list[str]) -> list[str] | None:
        """Return the name that Spark knows, without a lakehouse in front; None where it is that already."""
        if len(name) < 2 or (name[0].lower() in PATH_FORMATS and "/" in name[1]):
            return None
        assert self._delta is not None
        made = self._delta.canonical(quote(name))
        return None if made == name else made

    def _view_of(self, name: list[str]) -> list[str] | None:
        """Return the temporary view by which Spark reads a table or view of the lakehouse; None for other names."""
        assert self._delta is not None
        if len(name) == 2 and name[0].lower() in PATH_FORMATS and "/" in name[1]:
            return None
        known = self._delta.known(quote(name))
        return None if known is None else [known]


def _query_of(command: Any, query: str) -> Any:
    """A relation of this query in place of the command's own, with what the command has for its parameters."""
    relation = relations_pb2.Relation()
    if command.sql_command.HasField("input"):
        relation.CopyFrom(command.sql_command.input)
    (relation.with_relations.root if relation.HasField("with_relations") else relation).sql.query = query
    return relation


def _no_delta(what: str) -> AnalysisException:
    return AnalysisException(
        f"[UNSUPPORTED_FEATURE.DELTA] {what} needs Delta Lake, which Apache Spark here does not have: it reads and "
        "writes Delta tables, with INSERT, UPDATE and DELETE in SQL. Way out: run this cell on the quick engine "
        "(notebook settings, Engine), or use the package deltalake."
    )
