"""Plans on their way to the quick engine: paths become what it can open, and its known faults are mended.

Only messages that hold paths are touched; a literal such as lit("wasbs://...") stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException, PySparkException, UnsupportedOperationException
from pyspark.sql.connect.conf import RuntimeConf
from pyspark.sql.connect.proto import base_pb2

from handloom.session import delta_statements, lake_views, overwrite, writes
from handloom.session.lake_views import LakeView
from handloom.session.notes import Warnings
from handloom.session.quick import (
    build,
    errors,
    functions,
    inserts,
    observing,
    progress,
    rewriting,
    self_reads,
    statistics,
    tables,
    writing,
)
from handloom.session.quick.build import children
from handloom.session.quick.discovery import Discovery
from handloom.session.quick.local_rows import clear_null_structs
from handloom.session.quick.names import FORMATS as PATH_FORMATS
from handloom.session.quick.names import Names, UnknownLakehouse, quote, rename, split, table_names
from handloom.session.quick.numbers.queries import Typing, name_parameters
from handloom.session.quick.reading import options
from handloom.session.quick.reading.source import FORMATS, QuickReader
from handloom.session.quick.statements import NOTHING, EngineStatement, translate
from handloom.session.tracking_tables.plans import TrackingPlans

Open = Callable[[str, bool], str]
"""From a path as the user wrote it, and whether it must exist, to the path for the engine."""

FILE_FORMATS = frozenset({"", "parquet", "csv", "json", "text", "orc", "avro", "delta", "binaryfile"})
_SQL_URL = re.compile(r"(?:wasbs?|abfss?)://[^\s'\"`]+")
_LOCATION = re.compile(r"(\A\s*CREATE\b[^']*?\bLOCATION\s+)'((?!/|[A-Za-z][\w+.-]*:)[^']+)'", re.I | re.S)
"""A table's place relative to the workspace's folder."""
_WRITES = frozenset({"spark.connect.WriteOperation", "spark.connect.WriteStreamOperationStart"})
_SQL = frozenset({"spark.connect.SQL", "spark.connect.SqlCommand"})
_STREAMS = (
    "The quick engine does not have streaming queries. Read the new files or rows with spark.read and append them with "
    f'write.mode("append"). For memory, console, file and foreachBatch sinks: {options.WAY_OUT}'
)
_REMEMBERED = 1000
_PATHS = frozenset({"spark.connect.CreateTable", "spark.connect.CreateExternalTable", "spark.connect.RefreshByPath"})


class QuickPlans:
    """The plans of one session."""

    def __init__(self, open_path: Open, names: Names) -> None:
        self._open_path = open_path
        self._names = names
        self._tracking = TrackingPlans(reads_files=True)
        self._after: list[Callable[[], None]] = []
        self.warn = Warnings()
        self._reader = QuickReader(self.warn, self._parse_ddl)
        self._client: Any = None
        self._plan: Any = None
        self._explaining = False
        self._typing = Typing(self._for_engine)
        self._as_it_is = False
        self._asking = False
        self._statement: EngineStatement | None = None
        self._rows: Any = None
        self._cached: set[str] = set()
        self._discovery = Discovery(names, self)
        self._made: dict[str, None] = {}
        """Statements as they were sent: the engine gives them back as the plan of their result."""
        self.conf: dict[str, str] = {}
        """What the user set with spark.conf."""

    def connected(self, client: Any) -> None:
        """Take the client with which to ask the engine."""
        self._client = client
        self._typing.client = client
        self._tracking.connected(client)

    def _for_engine(self, message: Any) -> None:
        """As `_rewrite`, for a plan by which only the types of expressions are asked for."""
        kept = self._after, self._statement, self._asking
        self._asking = True
        try:
            self._rewrite(message)
        finally:
            self._after, self._statement, self._asking = kept

    def _parse_ddl(self, text: str) -> Any:
        return self._client._analyze("ddl_parse", ddl_string=text).parsed

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

    def observed(self, plan: Any, observations: Any) -> list[tuple[str, Any]]:
        """Take the observations out of the plan, each with the query for its measures."""
        found = list(observing.take_out(plan))
        for name, _ in found:
            observing.require_observation(name, observations)
        return found

    def analyzing(self, plan: Any) -> None:
        list(observing.take_out(plan))
        self._tracking.analyzing(plan)
        self._typing.plan(plan)
        self._rewrite(plan)
        self._plan = plan

    @contextmanager
    def executing(self, plan: Any) -> Iterator[None]:
        if self._as_it_is:
            yield
            return
        self._tracking.executing(plan)
        self._after, self._statement, self._rows = [], None, None
        rows = None
        if plan.WhichOneof("op_type") == "command" and plan.command.HasField("sql_command"):
            rows = self._maintenance(plan.command.sql_command)
        self._typing.plan(plan)
        self._rewrite(plan)
        after, statement = self._after, self._statement
        if statement is not None:
            statement.before()
        if statement is not None and statement.replaces is not None:
            self._replace_table(plan.command, statement)
        with self._writing(plan), progress.shown():
            self._plan = plan
            yield
        if plan.WhichOneof("op_type") == "command":
            self._typing.forget()
            self._discovery.forget()
        for act in after:
            act()
        self._statement, self._rows = statement, rows

    @contextmanager
    def _writing(self, plan: Any) -> Iterator[None]:
        """What belongs around a plan that writes; nothing around any other."""
        if plan.WhichOneof("op_type") != "command" or not plan.command.HasField("write_operation"):
            yield
            return
        write = plan.command.write_operation
        writes.require_absent(write)
        if write.mode == write.SAVE_MODE_OVERWRITE and write.WhichOneof("save_type") == "table":
            self_reads.check_write(write, self._names, self.current())
        if write.mode == write.SAVE_MODE_OVERWRITE and self._is_dynamic(write) and not writes.is_local_files(write):
            raise AnalysisException(
                "The quick engine would replace the whole table and not only the partitions of the new data. "
                f'Name what is replaced with option("replaceWhere", ...). {options.WAY_OUT}'
            )
        if write.partitioning_columns and write.source.lower() not in ("", "delta"):
            writing.keep_null_partitions(write, self._client.to_schema, self._asked)
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
            given = options.checked(form, write.options, True, self.warn)
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
                (folder / overwrite.MARK).touch()
            except ValueError as error:
                raise AnalysisException(str(error)) from error

        return finish

    def answered(self, command: Any, properties: dict[str, Any]) -> None:
        """Give the rows that Apache Spark gives for a statement, which are none for most commands."""
        if self._as_it_is:
            return
        statement, rows = self._statement, self._rows
        self._statement, self._rows = None, None
        if rows is not None:
            properties["sql_command_result"] = build.rows(rows) if rows.num_columns else build.no_rows()
        elif statement is not None and statement.columns is not None:
            given = properties.get("sql_command_result")
            if not statement.columns:
                properties["sql_command_result"] = build.no_rows()
            elif given is not None:
                properties["sql_command_result"] = build.selected(given, statement.columns, statement.where)
        self._tracking.answered(properties)

    def source_of(self, name: str) -> dict[str, Any] | None:
        """Names in plans are the user's."""
        return None

    def explain(self, error: Any) -> Any:
        return errors.explain(error, self._columns, "" if self._plan is None else _sql_text(self._plan))

    def _columns(self, name: str) -> list[str]:
        """The columns where the engine looked for `name`: those of the inputs of the relation that names it."""
        if self._explaining or self._plan is None:
            return []
        self._explaining = True
        try:
            return [column for relation in _inputs_of(self._plan, name) for column in self._names_of(relation)]
        finally:
            self._explaining = False

    def _names_of(self, relation: Any) -> list[str]:
        plan = base_pb2.Plan()
        plan.root.CopyFrom(relation)
        plan_before = self._plan
        try:
            return list(self._client.schema(plan).names)
        except PySparkException:
            return []
        finally:
            self._plan = plan_before

    def _maintenance(self, command: Any) -> Any:
        """The rows of a statement about a Delta table that the package `deltalake` runs; None for any other."""
        sql = command.input.sql.query if command.HasField("input") else command.sql
        try:
            changed = tables.alter(
                sql, self._names, self._parse_ddl, self.current, lambda path: Path(self._open_path(path, True))
            )
            rows = (
                changed.rows if changed else delta_statements.run(sql, self._folder, lambda key: self.conf.get(key, ""))
            )
        except UnknownLakehouse as error:
            raise AnalysisException(str(error)) from error
        if changed is None and rows is not None and (restored := delta_statements.RESTORED.match(sql)):
            changed = tables.again(restored["name"], self._names, self.current())
        for each in changed.statements if changed else ():
            self.run_as_it_is(each)
        if rows is not None:
            command.Clear()
            command.input.sql.query = NOTHING
        return rows

    def run_as_it_is(self, sql: str) -> None:
        """Run a statement of our own, which needs no translation."""
        plan = base_pb2.Plan()
        plan.command.sql_command.input.sql.query = sql
        self._as_it_is = True
        try:
            self._client.execute_command(plan.command)
        finally:
            self._as_it_is = False

    def _folder(self, name: str) -> Path:
        """The folder of a table as SQL names it, by a path too."""
        parts = split(name)
        if len(parts) == 2 and parts[0].lower() in PATH_FORMATS and "/" in parts[1]:
            return Path(self._open_path(parts[1], True))
        try:
            return self._names.folder(self._names.canonical(parts), self.current())
        except UnknownLakehouse as error:
            raise AnalysisException(str(error)) from error

    def _replace_table(self, command: Any, statement: EngineStatement) -> None:
        """Turn `CREATE OR REPLACE TABLE ... AS` into a write, because the engine's own keeps the old columns."""
        given = type(command.sql_command.input)()
        given.CopyFrom(command.sql_command.input if command.sql_command.HasField("input") else build.query(""))
        if given.WhichOneof("rel_type") == "sql":
            given.sql.query = given.sql.query or command.sql_command.sql
        assert statement.replaces is not None
        command.Clear()
        write = command.write_operation
        write.input.CopyFrom(given)
        write.mode = write.SAVE_MODE_OVERWRITE
        write.source = "delta"
        write.options["overwriteSchema"] = "true"
        write.table.table_name = quote(statement.replaces)
        write.table.save_method = write.table.TABLE_SAVE_METHOD_SAVE_AS_TABLE

    def _is_dynamic(self, write: Any) -> bool:
        given = {key.lower(): value for key, value in write.options.items()}
        mode = given.get("partitionoverwritemode") or self.conf.get(
            "spark.sql.sources.partitionOverwriteMode", "static"
        )
        return mode.lower() == "dynamic"

    def _rewrite(self, message: Any) -> None:  # noqa: PLR0912 - one for each kind of message
        name = message.DESCRIPTOR.full_name
        try:
            rename(message, self._names)
        except UnknownLakehouse as error:
            raise AnalysisException(str(error)) from error
        if name == "spark.connect.Relation" and message.WhichOneof("rel_type") == "catalog":
            self._catalog(message)
        if name == "spark.connect.Relation" and message.WhichOneof("rel_type") == "read":
            if message.read.WhichOneof("read_type") == "data_source":
                self._source(message)
            else:
                rename(message.read.named_table, self._names)
                self._check_delta(message.read.named_table.options, False)
                self._discovery.discover([split(message.read.named_table.unparsed_identifier)])
            return
        if name == "spark.connect.CommonInlineUserDefinedFunction":
            functions.register(message.function_name)
        if name == "spark.connect.WriteStreamOperationStart":
            raise UnsupportedOperationException(_STREAMS)
        if name in _WRITES:
            self._write(message)
        elif name in _SQL:
            self._sql(message)
        elif name in _PATHS and message.path:
            message.path = self._open_path(message.path, False)
        among = self._typing.among(message.references) if name == "spark.connect.WithRelations" else nullcontext()
        with rewriting.keeping_names(message), among:
            for child in children(message):
                self._rewrite(child)
        if name == "spark.connect.Expression":
            rewriting.of_expression(message)
        kind = message.WhichOneof("rel_type") if name == "spark.connect.Relation" else ""
        if kind == "describe":
            message.CopyFrom(build.ordered_by(message, "summary", statistics.ALL))
        elif kind == "summary":
            message.CopyFrom(statistics.summary(message, self._typing.fields(message.summary.input)))
        elif kind == "approx_quantile":
            message.CopyFrom(statistics.quantiles(message))
        elif kind == "freq_items":
            message.CopyFrom(statistics.frequent_items(message))
        elif kind == "crosstab":
            message.CopyFrom(build.crosstab(message))
            self._rewrite(message)
        elif kind in ("corr", "cov"):
            asked = message.corr if kind == "corr" else message.cov
            asked.input.CopyFrom(build.zeros_for_nulls(asked.input, list(dict.fromkeys((asked.col1, asked.col2)))))
        elif name == "spark.connect.LocalRelation":
            clear_null_structs(message)
        elif name == "spark.connect.SetOperation" and message.by_name and message.allow_missing_columns:
            self._add_missing(message)

    def _add_missing(self, union: Any) -> None:
        """Add the columns that one side of a union by name does not have, with the type of the other side."""
        sides = (union.left_input, union.right_input)
        fields = [self._typing.fields(side) for side in sides]
        for side, own, other in zip(sides, fields, reversed(fields), strict=True):
            known = {name.lower() for name, _ in own}
            missing = [(name, kind) for name, kind in other if name.lower() not in known]
            if missing:
                side.CopyFrom(build.with_nulls(side, missing))

    def _catalog(self, relation: Any) -> None:
        """Answer here what the engine has no answer to. It keeps nothing in memory, so that caching is a name only."""
        catalog = relation.catalog
        kind = catalog.WhichOneof("cat_type")
        if kind in ("list_tables", "table_exists", "get_table", "list_columns"):
            self._discovery.discover_all()
        if kind == "cache_table":
            self._cached.add(catalog.cache_table.table_name)
        elif kind == "uncache_table":
            self._cached.discard(catalog.uncache_table.table_name)
        elif kind == "clear_cache":
            self._cached.clear()
        elif kind == "is_cached":
            answer = "true" if catalog.is_cached.table_name in self._cached else "false"
            relation.CopyFrom(build.query(f"SELECT {answer} AS value"))
            return
        elif kind == "current_catalog":
            relation.CopyFrom(build.query("SELECT 'spark_catalog' AS value"))
            return
        elif kind == "drop_temp_view" and not self.has_temporary_view(catalog.drop_temp_view.view_name):
            relation.CopyFrom(build.query("SELECT false AS value"))
            return
        if kind in ("cache_table", "uncache_table", "clear_cache", "refresh_table", "refresh_by_path"):
            relation.CopyFrom(build.query(NOTHING))

    def _check_delta(self, given: Any, writing: bool) -> None:
        try:
            options.check_delta(given, writing, self.warn)
        except options.RefusedOption as error:
            raise AnalysisException(str(error)) from error

    def run_within(self, sql: str) -> None:
        """Run a statement of a user while another plan is on its way."""
        kept = self._after, self._statement, self._rows, self._plan, self._asking
        plan = base_pb2.Plan()
        plan.command.sql_command.input.sql.query = sql
        self._asking = False
        try:
            self._client.execute_command(plan.command)
        finally:
            self._after, self._statement, self._rows, self._plan, self._asking = kept

    def keep_view(self, name: Sequence[str], view: LakeView) -> None:
        self._discovery.keep_view(name, view)

    def has_temporary_view(self, name: str) -> bool:
        """Whether this session has a temporary view of the name."""
        plan = base_pb2.Plan()
        plan.root.catalog.list_tables.SetInParent()
        table = self._asked(plan)
        names, temporary = table.column(0).to_pylist(), table.column(table.num_columns - 1).to_pylist()
        return any(one == name and is_temporary for one, is_temporary in zip(names, temporary, strict=True))

    def _asked(self, plan: Any) -> Any:
        """The rows of a plan that is sent as it is."""
        before, self._as_it_is = self._as_it_is, True
        try:
            return self._client.to_table(plan, {})[0]
        finally:
            self._as_it_is = before

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
        if not form:
            local = [Path(self._open_path(path, True)) for path in source.paths]
            form = "delta" if local and all((path / "_delta_log").is_dir() for path in local) else "parquet"
            source.format = form
        if form == "delta":
            self._check_delta(source.options, False)
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
        if is_batch and (message.source.lower() or "delta") == "delta":
            self._check_delta(message.options, True)
        if not is_batch or message.WhichOneof("save_type") != "table":
            return
        self._discovery.discover([split(message.table.table_name)])
        if message.mode == message.SAVE_MODE_APPEND:
            table = self._names.folder(self._names.canonical(split(message.table.table_name)), self.current())
            if (table / "_delta_log").is_dir():
                message.source = "delta"
                message.path = str(table)

    def _sql(self, message: Any) -> None:
        """Translate the statement. URLs in it are resolved, those in string literals too."""
        for field in ("query", "sql"):
            if field in message.DESCRIPTOR.fields_by_name and (sql := getattr(message, field)):
                if "://" in sql:
                    sql = _SQL_URL.sub(lambda match: self._open_path(match[0], False), sql)
                sql = _LOCATION.sub(lambda match: f"{match[1]}'{self._open_path(match[2], False)}'", sql)
                try:
                    is_known = self._discovery.is_registering and lake_views.CREATE.fullmatch(sql)
                    statement = EngineStatement(sql) if is_known else translate(sql, self._names, self)
                except UnknownLakehouse as error:
                    raise AnalysisException(str(error)) from error
                if "overwrite" in statement.sql.lower():
                    self_reads.check_sql(statement.sql, self._names, self.current())
                self._require_paths(statement.sql)
                self._discovery.discover_in(statement.sql)
                if not self._asking and sql not in self._made:
                    inserts.check(statement.sql, self.columns_of)
                if sql not in self._made:
                    before = statement.sql
                    if not self._asking:
                        statement.sql = self._typing.statement(name_parameters(message, statement.sql), message)
                    statement.sql = rewriting.of_statement(statement.sql)
                    if statement.sql != before:
                        self._made[statement.sql] = None
                    if len(self._made) > _REMEMBERED:
                        self._made.pop(next(iter(self._made)))
                setattr(message, field, statement.sql)
                self._statement = statement
                self._after.append(statement.after)

    def _require_paths(self, sql: str) -> None:
        """Raise where a query reads files by a path that does not exist; the engine would give no rows."""
        if "/" in sql and re.match(r"\s*(?:SELECT|WITH|FROM)\b", sql, re.I):
            for parts in table_names(sql):
                if len(parts) == 2 and parts[0].lower() in PATH_FORMATS and "/" in parts[1]:
                    self._open_path(parts[1], True)

    def configure(self, key: str, value: str | None) -> str:
        """Set a value of the configuration, or give it."""
        conf = RuntimeConf(self._client)
        if value is not None:
            conf.set(key, value.strip("'\""))
        return str(conf.get(key, "<undefined>"))

    def reset(self, key: str | None) -> None:
        """Take back what the user set for a key, or for all."""
        for each in [key] if key else list(self.conf):
            RuntimeConf(self._client).unset(each)

    def current(self) -> str:
        """The current schema."""
        plan = base_pb2.Plan()
        plan.root.catalog.current_database.SetInParent()
        return str(self._client.to_table(plan, {})[0].column(0)[0].as_py())

    def columns_of(self, query: str) -> list[tuple[str, str]]:
        """The columns of a query and their types."""
        plan = base_pb2.Plan()
        plan.root.sql.query = query
        return [(field.name, field.dataType.simpleString()) for field in self._client.schema(plan)]


def _sql_text(message: Any) -> str:
    """The SQL text in a plan."""
    if message.DESCRIPTOR.full_name in _SQL:
        return str(message.query if message.DESCRIPTOR.name == "SQL" else message.sql or message.input.sql.query)
    return " ".join(filter(None, map(_sql_text, children(message))))


def _inputs_of(message: Any, name: str) -> list[Any]:
    """The inputs of the innermost relation that names a column, or the tables of the SQL text that does."""
    for child in children(message):
        if found := _inputs_of(child, name):
            return found
    kind = message.DESCRIPTOR.full_name
    if kind in _SQL:
        tables = table_names(message.query or getattr(message, "sql", ""))
        return [_read(parts) for parts in tables]
    inputs = [value for field, value in message.ListFields() if field.name in ("input", "left", "right")]
    if inputs and kind.startswith("spark.connect.") and _names_column(message, name):
        return inputs
    return []


def _read(parts: list[str]) -> Any:
    relation = base_pb2.Plan().root
    relation.read.named_table.unparsed_identifier = quote(parts)
    return relation


def _names_column(message: Any, name: str) -> bool:
    """Whether an expression in the message, apart from relations below it, is this column."""
    if message.DESCRIPTOR.name == "UnresolvedAttribute":
        return ".".join(split(message.unparsed_identifier)) == name
    if message.DESCRIPTOR.name == "ExpressionString":
        return name in message.expression
    return any(_names_column(child, name) for child in children(message) if child.DESCRIPTOR.name != "Relation")
