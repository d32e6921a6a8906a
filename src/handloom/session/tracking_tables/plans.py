"""Let plans read the server's runs, metrics, params, tags and models as tables, on any engine.

The short name (`runs`) is the user's own table or view if there is one; `handloom.runs` is always the server's. Each
execution reads the rows anew; analysis needs the columns only.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import AnalysisException
from pyspark.sql.connect.proto import base_pb2, relations_pb2

from handloom.session.quick import build
from handloom.session.quick.build import children
from handloom.session.quick.names import replace_read_tables, split, tokens
from handloom.session.quick.reading.stage import Stage
from handloom.session.tracking_tables import tables

SCHEMA = "handloom"
LARGEST_MESSAGE = 16 << 20
"""Bytes of rows that travel within a plan; more go through a file, or an upload to the engine."""
LARGEST_UPLOAD = 256 << 20
_KEPT_FILES = 8
_TYPE_NAMES = {
    pa.string(): "STRING",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP",
    pa.list_(pa.string()): "ARRAY<STRING>",
}
_plan_ids = itertools.count(1 << 40)
"""Far above those that the client counts."""
_CREATE_VIEW = ("VIEW", "TEMPORARY", "TEMP", "OR", "REPLACE", "GLOBAL", "IF", "NOT", "EXISTS")


class TrackingPlans:
    """Replacement of these names in the plans of one session."""

    def __init__(self, *, reads_files: bool) -> None:
        self._reads_files = reads_files
        self._client: Any = None
        self._stage = Stage()
        self._numbers = itertools.count()
        self._files: list[Path] = []
        self._original: Any = None
        self._is_asking = False

    def connected(self, client: Any) -> None:
        """Take the client with which to ask whether a name is the user's own."""
        self._client = client

    def analyzing(self, plan: Any) -> None:
        """Replace the names in a plan of which only the columns are asked."""
        if not self._is_asking:
            self._replace(plan, self._columns_of)

    def executing(self, plan: Any) -> None:
        """Replace the names in a plan that is executed next."""
        if self._is_asking:
            return
        command = plan.command if plan.WhichOneof("op_type") == "command" else None
        if command is not None:  # other plans may run meanwhile, which ask about this one
            self._original = None
        if command is not None and command.HasField("sql_command") and _is_query(text := _sql_of(command.sql_command)):
            original = relations_pb2.Relation()
            original.CopyFrom(command.sql_command.input if command.sql_command.HasField("input") else build.query(text))
            if self._replace(plan, self._columns_of):  # rows are read when the frame is used
                self._original = original
            return
        is_view = command is not None and command.HasField("create_dataframe_view")
        self._replace(plan, self._kept_rows_of if is_view else self._rows_of)

    def answered(self, properties: dict[str, Any]) -> None:
        """Return the query as the user wrote it, so that each use of the frame reads the rows of that time."""
        original, self._original = self._original, None
        if original is not None:
            properties["sql_command_result"] = original

    def _replace(self, message: Any, rows_of: Callable[[str], Any]) -> bool:
        if message.DESCRIPTOR.full_name == "spark.connect.Relation":
            kind = message.WhichOneof("rel_type")
            if kind == "read" and message.read.WhichOneof("read_type") == "named_table":
                return self._replace_table(message, rows_of)
            if kind == "sql":
                return self._replace_sql(message, message, rows_of)
            if kind == "with_relations" and message.with_relations.root.WhichOneof("rel_type") == "sql":
                among = [self._replace(each, rows_of) for each in message.with_relations.references]
                return self._replace_sql(message, message.with_relations.root, rows_of) or any(among)
        if message.DESCRIPTOR.full_name == "spark.connect.SqlCommand" and message.sql and not message.HasField("input"):
            if not self._mentions(message.sql):
                return False
            message.input.sql.query = message.sql
            message.ClearField("sql")
        changed = False
        for child in children(message):
            changed |= self._replace(child, rows_of)
        return changed

    def _replace_table(self, relation: Any, rows_of: Callable[[str], Any]) -> bool:
        found = self._chosen([part.lower() for part in split(relation.read.named_table.unparsed_identifier)])
        if found is None or relation.read.is_streaming:
            return False
        made = _named(found[0], rows_of(found[1]))
        if relation.HasField("common"):
            made.common.CopyFrom(relation.common)
        relation.CopyFrom(made)
        return True

    def _replace_sql(self, relation: Any, root: Any, rows_of: Callable[[str], Any]) -> bool:
        """Replace the names in the statement of `root`, which is `relation` itself or what it has relations for."""
        if not self._mentions(root.sql.query):
            return False
        named: dict[str, str] = {}

        def chosen(parts: list[str]) -> str | None:
            found = self._chosen(parts)
            if found is None:
                return None
            named[found[0]] = found[1]
            return found[0]

        changed = replace_read_tables(root.sql.query, chosen)
        if not named:
            return False
        _require_no_view(changed, next(iter(named.values())))
        root.sql.query = changed
        if root is relation:
            made = relations_pb2.Relation()
            made.common.CopyFrom(relation.common)
            relation.ClearField("common")
            made.with_relations.root.CopyFrom(relation)
            relation.CopyFrom(made)
        for name, table in named.items():
            relation.with_relations.references.add().CopyFrom(_named(name, rows_of(table)))
        return True

    @staticmethod
    def _mentions(sql: str) -> bool:
        lower = sql.lower()
        return any(name in lower for name in tables.SCHEMAS)

    def _chosen(self, parts: list[str]) -> tuple[str, str] | None:
        """Return a name for the rows and the table that they are of; None for any other name, or the user's own."""
        if parts[-1] not in tables.SCHEMAS or parts[:-1] not in ([], [SCHEMA]):
            return None
        if self._is_users(".".join(parts)):
            return None
        return "_".join(parts), parts[-1]

    def _is_users(self, name: str) -> bool:
        plan = base_pb2.Plan()
        plan.root.catalog.table_exists.table_name = name
        self._is_asking = True
        try:
            return bool(self._client.to_table(plan, {})[0].column(0)[0].as_py())
        finally:
            self._is_asking = False

    @staticmethod
    def _columns_of(table: str) -> Any:
        return _local(table, pa.Table.from_batches([_no_rows(table)]))

    def _rows_of(self, table: str) -> Any:
        while len(self._files) > _KEPT_FILES:
            self._files.pop(0).unlink(missing_ok=True)
        return self._relation(table, self._files)

    def _kept_rows_of(self, table: str) -> Any:
        """Return rows for a view, which keeps them for the session."""
        return self._relation(table, [])

    def _relation(self, table: str, files: list[Path]) -> Any:
        """Make the relation of a table's rows. Many rows go through a file, of which only a batch is in memory."""
        reader = tables.read(table)
        batches = [_no_rows(table)]  # a stream without a batch has no columns for the quick engine
        for batch in reader:
            batches.append(batch)
            if sum(each.nbytes for each in batches) <= LARGEST_MESSAGE:
                continue
            if self._reads_files:
                return self._file(table, batches, reader, files)
            if sum(each.nbytes for each in batches) > LARGEST_UPLOAD:
                raise AnalysisException(
                    f"The table {table} has more than {LARGEST_UPLOAD >> 20} MB, which is more than this engine gets "
                    f"from a session. Way out: use the quick engine, or handloom.{table}() as a pandas DataFrame."
                )
        rows = pa.Table.from_batches(batches, tables.SCHEMAS[table])
        return _local(table, rows) if rows.nbytes <= LARGEST_MESSAGE else self._uploaded(rows)

    def _file(self, table: str, first: list[pa.RecordBatch], rest: pa.RecordBatchReader, files: list[Path]) -> Any:
        path = self._stage.folder(f"{table}-{next(self._numbers)}.parquet")
        path.parent.mkdir(exist_ok=True)
        with pq.ParquetWriter(path, tables.SCHEMAS[table]) as writer:
            for batch in itertools.chain(first, rest):
                writer.write_batch(batch)
        files.append(path)
        made = relations_pb2.Relation()
        made.read.data_source.format = "parquet"
        made.read.data_source.paths.append(str(path))
        return made

    def _uploaded(self, rows: pa.Table) -> Any:
        from pyspark.sql.connect.session import SparkSession

        session: Any = SparkSession.active()
        return session.createDataFrame(rows)._plan.to_proto(self._client).root


def _named(name: str, rows: Any) -> Any:
    made = relations_pb2.Relation()
    made.subquery_alias.input.CopyFrom(rows)
    made.subquery_alias.alias = name
    made.common.plan_id = next(_plan_ids)
    return made


def _no_rows(table: str) -> pa.RecordBatch:
    schema = tables.SCHEMAS[table]
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _local(table: str, rows: pa.Table) -> Any:
    """Make a relation of rows, with the names of their types, of which alone the quick engine asks sometimes."""
    made = build.rows(rows)
    made.local_relation.schema = ", ".join(
        f"`{field.name}` {_TYPE_NAMES[field.type]}" for field in tables.SCHEMAS[table]
    )
    return made


def _sql_of(command: Any) -> str:
    """The statement of a command, also where other frames are named in it."""
    given = command.input
    if given.WhichOneof("rel_type") == "with_relations":
        given = given.with_relations.root
    return str(given.sql.query or command.sql)


def _is_query(sql: str) -> bool:
    words = [token.upper for token in tokens(sql) if token.kind not in ("space", "comment")]
    return bool(words) and words[0] in ("SELECT", "WITH", "FROM", "(") and "INSERT" not in words


def _require_no_view(sql: str, table: str) -> None:
    words = [token.upper for token in tokens(sql) if token.kind not in ("space", "comment")]
    if words[0] == "CREATE" and "VIEW" in list(itertools.takewhile(lambda word: word in _CREATE_VIEW, words[1:])):
        raise AnalysisException(
            f"A view in SQL cannot keep a query of {table}, which is read from the server when a statement runs. "
            'Way out: spark.sql("SELECT ...").createOrReplaceTempView("name"), which keeps its rows of now.'
        )
