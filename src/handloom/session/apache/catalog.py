"""Answers of `spark.catalog`, SHOW TABLES and SHOW VIEWS on Apache Spark, with the tables of the lakehouse.

Its own catalog does not have the Delta tables and the views that last: a session reads them by temporary views.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
from pyspark.sql.connect.proto import base_pb2

from handloom.session import lake_views
from handloom.session.apache.creating import NewTable, create
from handloom.session.apache.delta import DeltaTables
from handloom.session.apache.schemas import Schemas
from handloom.session.quick import build
from handloom.session.quick.names import quote

_SHOW = re.compile(
    r"\s*SHOW\s+(?P<what>TABLES|VIEWS)(?:\s+(?:FROM|IN)\s+(?P<schema>(?:`[^`]+`|[\w.])+))?"
    r"(?:\s+(?:LIKE\s+)?(?P<text>'[^']*'|\"[^\"]*\"))?\s*;?\s*",
    re.I,
)
_LISTED = pa.schema(
    [
        ("name", pa.string()),
        ("catalog", pa.string()),
        ("namespace", pa.list_(pa.string())),
        ("description", pa.string()),
        ("tableType", pa.string()),
        ("isTemporary", pa.bool_()),
    ]
)
"""The columns of `spark.catalog.listTables` and `getTable`."""


_NAMED = ("cache_table", "uncache_table", "is_cached", "refresh_table")
"""Calls about one table by its name, which Spark answers for the temporary view of the table."""
_IN_SCHEMA = ("list_functions", "get_function", "function_exists", "get_database", "database_exists")


class LakeCatalog:
    """The catalog of one session."""

    def __init__(self, delta: DeltaTables, schemas: Schemas) -> None:
        self._delta = delta
        self._schemas = schemas
        self._client: Any = None
        self._is_asking = False
        self._created: set[int] = set()
        """The plans of `createTable` that were carried out: the frame that it returns is the same plan."""

    def connected(self, client: Any) -> None:
        """Take the client with which to ask the engine for its own tables."""
        self._client = client

    @property
    def is_asking(self) -> bool:
        """Whether the plan on its way is a question of this object, which is sent as it is."""
        return self._is_asking

    def rewrite(self, relation: Any) -> None:
        """Change a call of `spark.catalog` that concerns schemas, tables and views of the lakehouse."""
        kind = relation.catalog.WhichOneof("cat_type")
        if self._is_asking:
            return
        given = getattr(relation.catalog, kind)
        if kind == "list_tables":
            rows = self._listed(given.db_name, given.pattern)
            _become(relation, pa.Table.from_pylist(rows, schema=_LISTED))
        elif kind in ("table_exists", "get_table", "list_columns"):
            self._one(relation, kind)
        elif kind in _NAMED:
            given.table_name = self._readable(given.table_name)
        elif kind == "create_table":
            self._create(relation)
        elif kind == "set_current_database":
            given.db_name = self._schemas.use(given.db_name)
        elif kind == "list_databases":
            self._schemas.find()
        elif kind in _IN_SCHEMA and given.db_name:
            self._schemas.find()
            given.db_name = self._schemas.name(given.db_name)

    def shown(self, sql: str) -> pa.Table | None:
        """Return the answer of SHOW TABLES and SHOW VIEWS; None for another statement."""
        match = _SHOW.fullmatch(sql)
        if match is None:
            return None
        is_views = match["what"].upper() == "VIEWS"
        rows = self._listed(match["schema"] or "", (match["text"] or "")[1:-1])
        found = [row for row in rows if not is_views or _is_view(row)]
        return pa.table(
            {
                "namespace": pa.array(["".join(row["namespace"] or []) for row in found], pa.string()),
                "viewName" if is_views else "tableName": pa.array([row["name"] for row in found], pa.string()),
                "isTemporary": pa.array([row["isTemporary"] for row in found], pa.bool_()),
            }
        )

    def has_view(self, name: str) -> bool:
        """Whether the session has a temporary view of the name."""
        return any(row["isTemporary"] and row["name"].lower() == name for row in self._ask("list_tables").to_pylist())

    def _one(self, relation: Any, kind: str) -> None:
        given = getattr(relation.catalog, kind)
        name = f"{quote([given.db_name])}.{given.table_name}" if given.db_name else given.table_name
        known = self._delta.known(name)
        if known is None:
            given.table_name = quote(self._delta.canonical(name))
            given.ClearField("db_name")
        elif kind == "table_exists":
            _become(relation, pa.table({"value": [True]}))
        elif kind == "get_table":
            schema, table = self._delta.resolve(name)
            row = next(row for row in self._own(schema) if row["name"].lower() == table.lower())
            _become(relation, pa.Table.from_pylist([row], schema=_LISTED))
        else:
            given.table_name = quote([known])
            given.ClearField("db_name")

    def _readable(self, name: str) -> str:
        known = self._delta.known(name)
        return quote([known] if known else self._delta.canonical(name))

    def _create(self, relation: Any) -> None:
        """Make the Delta table of `createTable` with a schema and without a path."""
        given = relation.catalog.create_table
        if given.path or given.source.lower() not in ("", "delta") or "path" in given.options:
            given.table_name = quote(self._delta.canonical(given.table_name))
            return
        names = [field.name for field in given.schema.struct.fields]
        if not names:
            return
        from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

        if relation.common.plan_id not in self._created:
            new = NewTable(given.table_name, columns="-", comment=given.description, properties=dict(given.options))
            create(new, self._delta, lambda _: proto_schema_to_pyspark_data_type(given.schema))
            self._created.add(relation.common.plan_id)
        made = type(relation)()
        made.read.named_table.unparsed_identifier = given.table_name
        self._delta.read_table(made)
        made.common.CopyFrom(relation.common)
        relation.CopyFrom(made)

    def _listed(self, given: str, pattern: str) -> list[dict[str, Any]]:
        """Return the tables and views of a schema and of the session, as `listTables` does."""
        self._schemas.find()
        schema = self._schemas.name(given) if given else self._delta.current
        own = self._own(schema)
        known = {row["name"].lower() for row in own}
        found = own + [
            row
            for row in self._ask("list_tables", schema).to_pylist()
            if (not _is_ours(row["name"]) if row["isTemporary"] else row["name"].lower() not in known)
        ]
        found.sort(key=lambda row: (row["isTemporary"], row["name"]))
        return [row for row in found if _fits(row["name"], pattern)]

    def _own(self, schema: str) -> list[dict[str, Any]]:
        """Return the Delta tables and the views that last."""
        views = [name for of, name in lake_views.all_of(self._delta.lake) if of == schema]
        kinds = [(name, "MANAGED") for name in self._delta.tables(schema)] + [(name, "VIEW") for name in views]
        return [
            {
                "name": name,
                "catalog": "spark_catalog",
                "namespace": [schema],
                "description": None,
                "tableType": kind,
                "isTemporary": False,
            }
            for name, kind in kinds
        ]

    def _ask(self, kind: str, schema: str = "") -> pa.Table:
        """Ask the engine's own catalog."""
        plan = base_pb2.Plan()
        getattr(plan.root.catalog, kind).SetInParent()
        if schema:
            getattr(plan.root.catalog, kind).db_name = quote([schema])
        self._is_asking = True
        try:
            table: pa.Table = self._client.to_table(plan, {})[0]
            return table
        finally:
            self._is_asking = False


def _become(relation: Any, answer: pa.Table) -> None:
    common = type(relation.common)()
    common.CopyFrom(relation.common)
    relation.CopyFrom(build.rows(answer))
    relation.common.CopyFrom(common)


def _is_ours(name: str) -> bool:
    """Whether a temporary view is one by which Spark reads a table or view of the lakehouse."""
    return re.fullmatch(r"(?:delta|view)_[0-9a-f]{12}", name) is not None


def _is_view(row: dict[str, Any]) -> bool:
    return bool(row["isTemporary"]) or row["tableType"] == "VIEW"


def _fits(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern as Spark has them: `*` for anything, `|` between choices, without case."""
    choices = [choice.strip() for choice in pattern.split("|")] if pattern else ["*"]
    return any(re.fullmatch(choice.replace("*", ".*"), name, re.I) for choice in choices)
