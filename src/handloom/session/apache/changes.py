"""INSERT, UPDATE and DELETE of Delta tables for Apache Spark without Delta Lake.

Each becomes a query for the rows that the table has afterwards, or that are added; Spark writes them, and delta-rs
commits them. An UPDATE and a DELETE write the whole table anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql.types import StructType

from handloom.session.column_sql import quoted
from handloom.session.quick import expressions

_NAME = r"(?P<table>(?:`(?:[^`]|``)*`|[\w.])+)"
_ALIAS = r"(?:\s+(?:AS\s+)?(?P<alias>(?!SET\b|WHERE\b)(?:`[^`]*`|\w+)))?"
_INSERT = re.compile(
    rf"\s*INSERT\s+(?P<how>INTO|OVERWRITE)\s+(?:TABLE\s+)?{_NAME}\s*"
    r"(?:PARTITION\s*\((?P<partition>(?:'(?:[^'\\]|\\.|'')*'|[^()'])*)\)\s*)?(?P<columns>\((?!\s*(?:SELECT|WITH|VALUES)\b)[^()]*\))?"
    r"(?P<query>\s*\(?\s*(?:SELECT|WITH|VALUES|TABLE|FROM)\b.*)",
    re.I | re.S,
)
_UPDATE = re.compile(rf"\s*UPDATE\s+{_NAME}{_ALIAS}\s+SET\s(?P<rest>.*)", re.I | re.S)
_TRUNCATE = re.compile(rf"\s*TRUNCATE\s+TABLE\s+{_NAME}\s*\Z", re.I)
_DELETE = re.compile(rf"\s*DELETE\s+FROM\s+{_NAME}{_ALIAS}(?:\s+WHERE\s(?P<where>.*))?\s*\Z", re.I | re.S)
CHANGES = (_INSERT, _UPDATE, _DELETE, _TRUNCATE)


@dataclass(frozen=True, slots=True)
class TableChange:
    """The rows to write, as a query, and whether they take the place of others: of all, or of those of a condition."""

    query: str
    replaces: bool
    reads: bool
    """Whether the rows were computed from those of the table, so that it must not change meanwhile."""
    where: str = ""


def table_of(sql: str) -> str | None:
    """The name of the table that a statement changes; None for other statements."""
    for pattern in CHANGES:
        if match := pattern.match(sql.strip().rstrip(";")):
            return match["table"]
    return None


def change(sql: str, view: str, schema: str) -> TableChange:
    """What a statement writes into the table that `view` reads. `schema` is the JSON text of the table's columns."""
    sql = sql.strip().rstrip(";")
    columns = [(field["name"], field["type"]) for field in json.loads(schema)["fields"]]
    if match := _INSERT.match(sql):
        return _insert(match, columns)
    if match := _UPDATE.match(sql):
        return _update(match, view, columns)
    if _TRUNCATE.match(sql):
        return TableChange(f"SELECT * FROM {view} WHERE false", replaces=True, reads=True)
    match = _DELETE.match(sql)
    assert match is not None
    kept = f"NOT coalesce(({match['where']}), false)" if match["where"] else "false"
    return TableChange(f"SELECT * FROM {view} AS {_alias(match)} WHERE {kept}", replaces=True, reads=True)


def _insert(match: re.Match[str], columns: Sequence[tuple[str, Any]]) -> TableChange:
    named = [part.strip().strip("`").lower() for part in (match["columns"] or "").strip("() \n").split(",")]
    fixed = _fixed(match["partition"] or "")
    order = named if match["columns"] else [name.lower() for name, _ in columns if name.lower() not in fixed]
    known = {name.lower() for name, _ in columns}
    if unknown := [name for name in (*order, *fixed) if name not in known]:
        raise AnalysisException(
            f"[UNRESOLVED_COLUMN] The table {match['table']} has no column {unknown[0]}. It has: "
            f"{', '.join(name for name, _ in columns)}. SQLSTATE: 42703"
        )
    names = [f"handloom_{number}" for number in range(len(order))]
    at = dict(zip(order, names, strict=True)) | fixed
    items = [
        f"{cast_to(at[name.lower()], kind) if name.lower() in at else null_of(kind)} AS {quoted(name)}"
        for name, kind in columns
    ]
    query = f"SELECT {', '.join(items)} FROM ({match['query'].strip()}) AS handloom_rows({', '.join(names)})"
    kinds = {name.lower(): (name, kind) for name, kind in columns}
    where = " AND ".join(
        f"{quoted(kinds[name][0])} <=> {cast_to(value, kinds[name][1])}" for name, value in fixed.items()
    )
    return TableChange(query, replaces=match["how"].upper() == "OVERWRITE", reads=False, where=where)


def _fixed(partition: str) -> dict[str, str]:
    """The values of a PARTITION clause by the names of their columns; those without one come from the query."""
    sides = (part.partition("=") for part in expressions.commas(partition))
    return {name.strip().strip("`").lower(): value.strip() for name, sign, value in sides if sign}


def _update(match: re.Match[str], view: str, columns: Sequence[tuple[str, Any]]) -> TableChange:
    text = match["rest"]
    parts, where = _assignments(text)
    condition = "true" if where is None else f"coalesce(({where}), false)"
    values: dict[str, str] = {}
    for part in parts:
        name, sign, value = part.partition("=")
        key = name.strip().rpartition(".")[2].strip("`").lower()
        if not sign or key not in {column.lower() for column, _ in columns}:
            raise AnalysisException(
                f"[UNRESOLVED_COLUMN] UPDATE sets columns of the table: {', '.join(name for name, _ in columns)}. "
                f"{name.strip()} is none of them. SQLSTATE: 42703"
            )
        values[key] = value.strip()
    items = []
    for name, kind in columns:
        item = quoted(name)
        if name.lower() in values:
            changed = cast_to(f"({values[name.lower()]})", kind)
            item = f"CASE WHEN {condition} THEN {changed} ELSE {item} END AS {item}"
        items.append(item)
    return TableChange(f"SELECT {', '.join(items)} FROM {view} AS {_alias(match)}", replaces=True, reads=True)


def _assignments(text: str) -> tuple[list[str], str | None]:
    """The assignments of an UPDATE, and its condition."""
    depth, where = 0, None
    for token in expressions.tokens(text):
        depth += expressions.depth_of(token)
        if depth == 0 and token.upper == "WHERE":
            text, where = text[: token.start], text[token.end :]
            break
    parts = expressions.commas(text)
    if not parts[-1].strip():
        raise ParseException("[PARSE_SYNTAX_ERROR] UPDATE ... SET needs column = value. SQLSTATE: 42601")
    return parts, where


def _alias(match: re.Match[str]) -> str:
    return match["alias"] or quoted(match["table"].rpartition(".")[2].strip("`"))


def cast_to(value: str, kind: Any) -> str:
    """The value with a column's type; types with parts are left to Spark, which compares them when it writes."""
    return f"CAST({value} AS {kind})" if isinstance(kind, str) else value


def null_of(kind: Any) -> str:
    """NULL with a column's type, as the schema of a Delta table has it."""
    if not isinstance(kind, str):
        field = {"name": "value", "type": kind, "nullable": True, "metadata": {}}
        kind = StructType.fromJson({"type": "struct", "fields": [field]})["value"].dataType.simpleString()
    return f"CAST(NULL AS {kind})"
