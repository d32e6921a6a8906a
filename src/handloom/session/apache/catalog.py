"""Answers of `spark.catalog`, SHOW TABLES and SHOW VIEWS on Apache Spark, with the tables of the lakehouse.

Its own catalog does not have the Delta tables and the views that last: a session reads them by temporary views.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
from pyspark.sql.connect.proto import base_pb2

from handloom.session import lake_views
from handloom.session.apache.delta import DeltaTables
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


class LakeCatalog:
    """The catalog of one session."""

    def __init__(self, delta: DeltaTables) -> None:
        self._delta = delta
        self._client: Any = None
        self._is_asking = False

    def connected(self, client: Any) -> None:
        """Take the client with which to ask the engine for its own tables."""
        self._client = client

    def rewrite(self, relation: Any) -> None:
        """Change a call of `spark.catalog` that concerns tables of the lakehouse to its answer."""
        if self._is_asking:
            return
        kind = relation.catalog.WhichOneof("cat_type")
        if kind == "list_tables":
            given = relation.catalog.list_tables
            if self._is_lake(given.db_name):
                _become(relation, pa.Table.from_pylist(self._listed(given.pattern), schema=_LISTED))
        elif kind in ("table_exists", "get_table", "list_columns"):
            self._one(relation, kind)

    def shown(self, sql: str) -> pa.Table | None:
        """Return the answer of SHOW TABLES and SHOW VIEWS; None for another statement or schema."""
        match = _SHOW.fullmatch(sql)
        if match is None or not self._is_lake(match["schema"] or ""):
            return None
        is_views = match["what"].upper() == "VIEWS"
        found = [row for row in self._listed((match["text"] or "")[1:-1]) if not is_views or _is_view(row)]
        return pa.table(
            {
                "namespace": pa.array(["".join(row["namespace"] or []) for row in found], pa.string()),
                "viewName" if is_views else "tableName": pa.array([row["name"] for row in found], pa.string()),
                "isTemporary": pa.array([row["isTemporary"] for row in found], pa.bool_()),
            }
        )

    def _one(self, relation: Any, kind: str) -> None:
        given = getattr(relation.catalog, kind)
        name = f"{quote([given.db_name])}.{given.table_name}" if given.db_name else given.table_name
        known = self._delta.known(name)
        if known is None:
            return
        if kind == "table_exists":
            _become(relation, pa.table({"value": [True]}))
        elif kind == "get_table":
            row = next(row for row in self._own() if row["name"] == known)
            _become(relation, pa.Table.from_pylist([row], schema=_LISTED))
        else:
            self._delta.show_tables(quote([known]))
            given.table_name = quote([known])
            given.ClearField("db_name")

    def _is_lake(self, schema: str) -> bool:
        """Whether a schema is the lakehouse's default one; the current schema is meant by ""."""
        return self._delta.is_default(schema or self._ask("current_database").column(0)[0].as_py())

    def _listed(self, pattern: str) -> list[dict[str, Any]]:
        """Return the tables and views of the lakehouse and of the session, as `listTables` does."""
        own = self._own()
        known = {row["name"].lower() for row in own}
        hidden = known | self._delta.shown
        found = own + [
            row
            for row in self._ask("list_tables").to_pylist()
            if (row["name"] not in hidden if row["isTemporary"] else row["name"].lower() not in known)
        ]
        found.sort(key=lambda row: (row["isTemporary"], row["name"]))
        return [row for row in found if _fits(row["name"], pattern)]

    def _own(self) -> list[dict[str, Any]]:
        """Return the Delta tables and the views that last."""
        views = [name for schema, name in lake_views.all_of(self._delta.lake) if schema == "dbo"]
        kinds = [(name, "MANAGED") for name in self._delta.names()] + [(name, "VIEW") for name in views]
        return [
            {
                "name": name,
                "catalog": "spark_catalog",
                "namespace": [self._delta.database],
                "description": None,
                "tableType": kind,
                "isTemporary": False,
            }
            for name, kind in kinds
        ]

    def _ask(self, kind: str) -> pa.Table:
        """Ask the engine's own catalog."""
        plan = base_pb2.Plan()
        getattr(plan.root.catalog, kind).SetInParent()
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


def _is_view(row: dict[str, Any]) -> bool:
    return bool(row["isTemporary"]) or row["tableType"] == "VIEW"


def _fits(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern as Spark has them: `*` for anything, `|` between choices, without case."""
    choices = [choice.strip() for choice in pattern.split("|")] if pattern else ["*"]
    return any(re.fullmatch(choice.replace("*", ".*"), name, re.I) for choice in choices)
