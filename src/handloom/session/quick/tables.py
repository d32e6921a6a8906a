"""Tables in the engine's catalog after a change that the engine does not have: new columns, another name, a restore.

The engine keeps the columns of a table from its registration, so that a changed table is registered again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException

from handloom.session import renaming
from handloom.session.delta_tables import DeltaTableError, convert
from handloom.session.quick.names import Names, quote, split
from handloom.session.quick.statements import text

_NAME = r"(?:`(?:[^`]|``)*`|[\w.])+"
_ADD = re.compile(
    rf"\s*ALTER\s+TABLE\s+(?P<name>{_NAME})\s+ADD\s+COLUMNS?\s*\(?(?P<columns>.*?)\)?\s*;?\s*", re.I | re.S
)
_PROPERTIES = re.compile(
    rf"\s*SHOW\s+TBLPROPERTIES\s+(?P<name>{_NAME})\s*(?:\(\s*'(?P<key>[^']*)'\s*\))?\s*;?\s*", re.I
)
_CONVERT = re.compile(
    r"\s*CONVERT\s+TO\s+DELTA\s+parquet\s*\.\s*`(?P<path>[^`]+)`(?:\s+NO\s+STATISTICS)?"
    r"(?:\s+PARTITIONED\s+BY\s*\((?P<columns>[^)]*)\))?\s*;?\s*",
    re.I,
)
_COMMENT = re.compile(
    rf"\s*COMMENT\s+ON\s+TABLE\s+(?P<name>{_NAME})\s+IS\s+(?P<text>NULL|'(?:[^'\\]|\\.|'')*')\s*;?\s*", re.I | re.S
)
_PARTITIONS = re.compile(rf"\s*SHOW\s+PARTITIONS\s+(?P<name>{_NAME})\s*;?\s*", re.I)


@dataclass(slots=True)
class Changed:
    """What a statement gives, and what the engine's catalog must be told."""

    rows: pa.Table = field(default_factory=lambda: pa.table({}))
    statements: list[str] = field(default_factory=list)


def alter(  # noqa: PLR0911 - one line per kind of statement
    sql: str, names: Names, parse_ddl: Callable[[str], Any], current: Callable[[], str], resolve: Callable[[str], Path]
) -> Changed | None:
    """Run the statement on a Delta table of the lakehouse; None where it is none of these."""
    if match := _ADD.fullmatch(sql):
        parts = names.canonical(split(match["name"]))
        table = _delta(names, parts, current())
        from deltalake import Schema

        table.alter.add_columns(Schema.from_json(parse_ddl(match["columns"]).json()).fields)
        return again(match["name"], names, current())
    if match := renaming.RENAME.fullmatch(sql):
        return _rename(names.canonical(split(match["name"])), names.canonical(split(match["new"])), names, current())
    if match := _CONVERT.fullmatch(sql):
        columns = parse_ddl(match["columns"]) if match["columns"] else None
        try:
            convert(resolve(match["path"]), columns)
        except DeltaTableError as error:
            raise AnalysisException(str(error)) from error
        return Changed()
    if match := _PROPERTIES.fullmatch(sql):
        found = _delta(names, names.canonical(split(match["name"])), current()).metadata().configuration
        shown = {key: value for key, value in sorted(found.items()) if match["key"] in (None, key)}
        return Changed(pa.table({"key": pa.array(shown, pa.string()), "value": pa.array(shown.values(), pa.string())}))
    if match := _COMMENT.fullmatch(sql):
        said = "" if match["text"].upper() == "NULL" else match["text"][1:-1].replace("\\'", "'").replace("''", "'")
        _delta(names, names.canonical(split(match["name"])), current()).alter.set_table_description(said)
        return Changed()
    if match := _PARTITIONS.fullmatch(sql):
        table = _delta(names, names.canonical(split(match["name"])), current())
        columns = table.metadata().partition_columns
        places = ["/".join(f"{column}={one[column]}" for column in columns) for one in table.partitions()]
        return Changed(pa.table({"partition": pa.array(sorted(places), pa.string())}))
    return None


def again(name: str, names: Names, current: str) -> Changed:
    """Register a table again, so that the engine reads its columns; nothing for a path."""
    parts = split(name)
    if "/" in name:
        return Changed()
    parts = names.canonical(parts)
    return Changed(statements=[_forget(parts), _register(names, parts, current)])


def _rename(old: list[str], new: list[str], names: Names, current: str) -> Changed:
    _delta(names, old, current)
    new = new if len(new) == 2 else [*(old[:-1] or [current]), new[-1]]
    renaming.rename(names.tables, names.folder(old, current), *new)
    return Changed(statements=[_forget(old), _register(names, new, current)])


def _forget(parts: list[str]) -> str:
    """Take the table out of the catalog; its files stay."""
    return f"DROP TABLE IF EXISTS {quote(parts)}"


def _register(names: Names, parts: list[str], current: str) -> str:
    return f"CREATE TABLE {quote(parts)} USING delta LOCATION {text(str(names.folder(parts, current)))}"


def _delta(names: Names, parts: list[str], current: str) -> Any:
    import deltalake

    folder = names.folder(parts, current)
    if not (folder / "_delta_log").is_dir():
        raise AnalysisException(
            f"[TABLE_OR_VIEW_NOT_FOUND] {'.'.join(parts)} is not a Delta table of this workspace. "
            "This statement works on Delta tables, which is what saveAsTable makes."
        )
    return deltalake.DeltaTable(str(folder))
