"""Statements about a Delta table's properties, comment, columns and partitions, for Apache Spark without Delta Lake."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException

from handloom.session.apache.creating import require_kept
from handloom.session.apache.delta import DeltaTables
from handloom.session.apache.log import is_delta

_TABLE = r"(?P<table>(?:`(?:[^`]|``)*`|[\w.])+)"
_TEXT = r"(?:'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\")"
_PROPERTIES = re.compile(rf"\s*SHOW\s+TBLPROPERTIES\s+{_TABLE}\s*(?:\(\s*(?P<key>{_TEXT}|[\w.]+)\s*\))?\s*;?\s*", re.I)
_SET_PROPERTIES = re.compile(
    rf"\s*ALTER\s+TABLE\s+{_TABLE}\s+SET\s+TBLPROPERTIES\s*\((?P<pairs>.+)\)\s*;?\s*", re.I | re.S
)
_PAIR = re.compile(rf"\s*(?P<key>{_TEXT}|[\w.]+)\s*(?:=|\s)\s*(?P<value>{_TEXT}|[\w.]+)\s*(?:,|\Z)", re.S)
_COMMENT = re.compile(rf"\s*COMMENT\s+ON\s+TABLE\s+{_TABLE}\s+IS\s+(?P<text>NULL|{_TEXT})\s*;?\s*", re.I | re.S)
_ADD = re.compile(rf"\s*ALTER\s+TABLE\s+{_TABLE}\s+ADD\s+COLUMNS?\s*(?P<columns>\(.*\)|[^(].*?)\s*;?\s*", re.I | re.S)
_ANALYZE = re.compile(
    rf"\s*ANALYZE\s+TABLE\s+{_TABLE}\s+(?:PARTITION\s*\(.*?\)\s+)?COMPUTE\s+STATISTICS\b.*", re.I | re.S
)
_PARTITIONS = re.compile(rf"\s*SHOW\s+PARTITIONS\s+{_TABLE}\s*;?\s*", re.I)

ParseDdl = Callable[[str], Any]


def run(sql: str, delta: DeltaTables, parse_ddl: ParseDdl) -> pa.Table | None:
    """Run one of these statements on a Delta table of the lakehouse; return its rows, None for any other statement.

    Raises AnalysisException.
    """
    ways: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Any], pa.Table]], ...] = (
        (_PROPERTIES, _show),
        (_SET_PROPERTIES, _set),
        (_COMMENT, _comment),
        (_ADD, lambda match, table: _add(match, table, parse_ddl)),
        (_ANALYZE, lambda match, table: pa.table({})),  # delta-rs writes the statistics with each file
        (_PARTITIONS, _partitions),
    )
    for pattern, act in ways:
        if match := pattern.fullmatch(sql):
            folder = delta.folder(match["table"])
            return None if folder is None or not is_delta(folder) else _worded(match, folder, act)
    return None


def _worded(match: re.Match[str], folder: Path, act: Callable[[re.Match[str], Any], pa.Table]) -> pa.Table:
    """Run `act`, and convert errors of `deltalake` to AnalysisException, which users of Spark catch."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        return act(match, DeltaTable(str(folder)))
    except DeltaError as error:
        raise AnalysisException(f"[DELTA] {error}") from error


def _show(match: re.Match[str], table: Any) -> pa.Table:
    found = {key: str(value) for key, value in sorted(table.metadata().configuration.items())}
    if match["key"]:
        key = _text(match["key"])
        found = {key: found.get(key, f"Table {match['table']} does not have property: {key}")}
    return pa.table({"key": pa.array(found, pa.string()), "value": pa.array(found.values(), pa.string())})


def _set(match: re.Match[str], table: Any) -> pa.Table:
    pairs, at = {}, 0
    while at < len(match["pairs"]):
        pair = _PAIR.match(match["pairs"], at)
        if pair is None:
            raise AnalysisException(
                f"[PARSE_SYNTAX_ERROR] Write properties as ('key' = 'value', ...), and not: {match['pairs'][at:]} "
                "SQLSTATE: 42601"
            )
        pairs[_text(pair["key"])] = _text(pair["value"])
        at = pair.end()
    table.alter.set_table_properties(pairs, raise_if_not_exists=False)
    return pa.table({})


def _comment(match: re.Match[str], table: Any) -> pa.Table:
    table.alter.set_table_description("" if match["text"].upper() == "NULL" else _text(match["text"]))
    return pa.table({})


def _add(match: re.Match[str], table: Any, parse_ddl: ParseDdl) -> pa.Table:
    from deltalake import Schema

    columns = match["columns"].strip()
    columns = columns[1:-1] if columns.startswith("(") else columns
    require_kept(columns, match["table"])
    table.alter.add_columns(Schema.from_json(parse_ddl(columns).json()).fields)
    return pa.table({})


def _partitions(match: re.Match[str], table: Any) -> pa.Table:
    columns = table.metadata().partition_columns
    if not columns:
        raise AnalysisException(
            f"[INVALID_PARTITION_OPERATION.PARTITION_SCHEMA_IS_EMPTY] The table {match['table']} is not partitioned. "
            "SQLSTATE: 42601"
        )
    places = ["/".join(f"{column}={one[column]}" for column in columns) for one in table.partitions()]
    return pa.table({"partition": pa.array(sorted(places), pa.string())})


def _text(literal: str) -> str:
    if literal[0] not in "'\"":
        return literal
    return re.sub(r"\\(.)", r"\1", literal[1:-1].replace("''", "'"))
