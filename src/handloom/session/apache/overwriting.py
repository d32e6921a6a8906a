"""Overwrites of a part of a Delta table for Apache Spark without Delta Lake: `replaceWhere`, and dynamic ones, which
replace the partitions that the new rows have. The rows that stay are written again beside the new ones.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException

from handloom.session.column_sql import literal, quoted

_NEW = "handloom_new"
OPTIONS = frozenset({"replacewhere", "partitionoverwritemode"})


def keep_rest(rows: Any, view: str, table: Any, where: str, columns: Collection[str]) -> None:
    """Add to a relation the rows of `table`, which `view` reads, that its rows do not replace.

    They replace those of the condition `where`, or without one those of their partitions; all rows of a table without
    partitions. `columns` are the relation's. Raises AnalysisException where they are not those of the table.
    """
    partitions = table.metadata().partition_columns
    if not where and not partitions:
        return
    name = Path(table.table_uri).name
    names = [column["name"] for column in json.loads(table.schema().to_json())["fields"]]
    if {column.lower() for column in columns} != {column.lower() for column in names}:
        raise AnalysisException(
            f"[DELTA_SCHEMA_MISMATCH] The data that replaces a part of {name} has other columns than the table: "
            f"({', '.join(columns)}) in place of ({', '.join(names)}). SQLSTATE: 42KDG"
        )
    listed = ", ".join(map(quoted, names))
    if where:
        kept = f"NOT coalesce(({where}), false)"
    else:
        same = " AND ".join(f"{_NEW}.{quoted(column)} <=> handloom_old.{quoted(column)}" for column in partitions)
        kept = f"NOT EXISTS (SELECT 1 FROM {_NEW} WHERE {same})"
    given = type(rows)()
    given.CopyFrom(rows)
    rows.Clear()
    rows.with_relations.root.sql.query = (
        f"SELECT {listed} FROM {view} AS handloom_old WHERE {kept} "
        f"UNION ALL SELECT {listed} FROM {_NEW}{_checked(where, name)}"
    )
    reference = rows.with_relations.references.add().subquery_alias
    reference.input.CopyFrom(given)
    reference.alias = _NEW


def _checked(where: str, name: str) -> str:
    """A condition that fails for a new row that is not in the part which is replaced."""
    if not where:
        return ""
    message = f"[DELTA_REPLACE_WHERE_MISMATCH] A new row of {name} is not where {where}, and nothing was written."
    return f" WHERE if(({where}), true, cast(raise_error({literal(message)}) AS boolean))"
