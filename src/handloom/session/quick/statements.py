"""SQL statements that the quick engine has not, or has by another name: USE, SET, CACHE, schemas with a place.

A command gives the rows that Apache Spark gives, which are none for most of them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pyspark.errors import AnalysisException, UnsupportedOperationException

from handloom.session.quick.names import Names, quote, split, tokens
from handloom.session.quick.reading.options import WAY_OUT

_NAME = r"((?:`(?:[^`]|``)*`|[\w.])+)"
_USE = re.compile(rf"\s*USE\s+(?:DATABASE\s+|SCHEMA\s+|NAMESPACE\s+)?{_NAME}\s*;?\s*", re.IGNORECASE)
_SET = re.compile(r"\s*SET\s+(?!TIME\b|CATALOG\b|ROLE\b|VAR)([\w.\-]+)(?:\s*=\s*(.*?))?\s*;?\s*", re.I | re.S)
_CREATE_SCHEMA = re.compile(rf"\s*CREATE\s+(?:DATABASE|SCHEMA)\s+(IF\s+NOT\s+EXISTS\s+)?{_NAME}(.*)", re.I | re.S)
_DROP_SCHEMA = re.compile(
    rf"\s*DROP\s+(?:DATABASE|SCHEMA)\s+(?:IF\s+EXISTS\s+)?{_NAME}\s*(CASCADE|RESTRICT)?\s*;?\s*", re.IGNORECASE
)
_DROP_TABLE = re.compile(rf"\s*DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_NAME}(?:\s+PURGE)?\s*;?\s*", re.IGNORECASE)
_CACHE = re.compile(rf"\s*CACHE\s+(?:LAZY\s+)?TABLE\s+{_NAME}(?:\s+OPTIONS\s*\(.*?\))?(?:\s+AS\s+(.*))?", re.I | re.S)
_UNCACHE = re.compile(r"\s*(?:UNCACHE\s+TABLE\s+.*|CLEAR\s+CACHE)\s*;?\s*", re.I | re.S)
_RESET = re.compile(r"\s*RESET(?:\s+([\w.\-]+))?\s*;?\s*", re.I)
_NO_WORK = re.compile(
    r"\s*(?:REFRESH\s+(?:TABLE\s+|FUNCTION\s+)?|ANALYZE\s+TABLE\s+|MSCK\s+REPAIR\s+TABLE\s+).*", re.I | re.S
)
_TRUNCATE = re.compile(rf"\s*TRUNCATE\s+TABLE\s+{_NAME}\s*;?\s*", re.I)
_DESCRIBE_QUERY = re.compile(
    r"\s*DESC(?:RIBE)?\s+(?:QUERY\s+)?((?:SELECT|WITH|VALUES|FROM|TABLE\s+\S+\s*\|>)\b.*)", re.I | re.S
)
_DESCRIBE = re.compile(
    rf"\s*DESC(?:RIBE)?\s+(?!(?:FUNCTION|CATALOG|DATABASE|SCHEMA|NAMESPACE|QUERY|HISTORY|DETAIL)\b)"
    rf"(?:TABLE\s+)?((?:EXTENDED|FORMATTED)\s+)?{_NAME}\s*;?\s*",
    re.I,
)
_REPLACE = re.compile(
    rf"\s*(?:CREATE\s+OR\s+)?REPLACE\s+TABLE\s+{_NAME}\s*(?:USING\s+DELTA\s+)?AS\s+(.*?);?\s*", re.I | re.S
)
_SHOW = re.compile(r"\s*SHOW\s+(\w+)\b", re.I)
_RECURSIVE = re.compile(r"\s*WITH\s+RECURSIVE\b", re.I)
_NO_ROWS = re.compile(
    r"\s*(?:CREATE|DROP|ALTER|USE|TRUNCATE|INSERT|UPDATE|DELETE|MERGE|REPLACE|REFRESH|ANALYZE|MSCK|CACHE|UNCACHE|CLEAR"
    r"|RESET|COMMENT)\b",
    re.I,
)
_REFUSED = (
    (
        re.compile(r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?TABLE\b.*\b(?:SHALLOW\s+|DEEP\s+)?CLONE\s", re.I | re.S),
        "CLONE. Way out: CREATE TABLE new AS SELECT * FROM old copies a table, also VERSION AS OF n of it.",
    ),
    (
        re.compile(r"\s*COPY\s+INTO\b", re.I),
        "COPY INTO. Way out: read the files with spark.read, and append them with write.mode(...).saveAsTable(...).",
    ),
    (
        re.compile(r"\s*(?:GRANT|REVOKE|DENY)\b", re.I),
        "permissions of tables. Way out: share the workspace, with a role for each person.",
    ),
)
"""Statements of Fabric and Delta Lake that no engine here has."""
NOTHING = "SELECT CAST(NULL AS STRING) AS nothing WHERE false"
SHOWN: dict[str, tuple[str, ...]] = {
    "COLUMNS": ("name AS col_name",),
    "SCHEMAS": ("name AS namespace",),
    "DATABASES": ("name AS namespace",),
    "NAMESPACES": ("name AS namespace",),
    "TABLES": ("database AS namespace", "tableName", "isTemporary"),
    "VIEWS": ("array_join(namespace, '.') AS namespace", "tableName AS viewName", "isTemporary"),
    "CATALOGS": ("'spark_catalog' AS catalog",),
}
"""The columns of `SHOW` statements, from those of the engine."""

After = Callable[[], None]
"""What is done once the statement has succeeded."""


def _nothing() -> None:
    pass


@dataclass(slots=True)
class EngineStatement:
    """A statement for the engine, what follows it, and how its rows become those of Apache Spark."""

    sql: str
    after: After = _nothing
    columns: tuple[str, ...] | None = None
    """Expressions over the engine's columns; empty for a command without rows, None to keep the rows."""
    where: str = ""
    replaces: list[str] | None = None
    """The table that the query replaces, whatever its columns were."""


class StatementSession(Protocol):
    """What a statement asks of its session."""

    def configure(self, key: str, value: str | None) -> str: ...
    def reset(self, key: str | None) -> None: ...
    def current(self) -> str: ...
    def columns_of(self, query: str) -> Sequence[tuple[str, str]]: ...


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def translate(sql: str, names: Names, session: StatementSession) -> EngineStatement:
    """The statement for the engine. Raises AnalysisException for what it would do differently."""
    for pattern, refusal in _REFUSED:
        if pattern.match(sql):
            raise UnsupportedOperationException(f"The quick engine does not have {refusal}")
    if _RECURSIVE.match(sql):
        raise AnalysisException(f"The quick engine does not have WITH RECURSIVE. {WAY_OUT}")
    made = _translated(sql, names, session)
    if made.columns is None and _NO_ROWS.match(sql):
        made.columns = ()
    return made


def _translated(  # noqa: PLR0911, PLR0912 - one line per statement
    sql: str, names: Names, session: StatementSession
) -> EngineStatement:
    if match := _USE.fullmatch(sql):
        return EngineStatement(f"USE DATABASE {quote([names.schema(match[1])])}")
    if (match := _SET.fullmatch(sql)) and match[1] != "-v":
        value = session.configure(match[1], match[2])
        return EngineStatement(f"SELECT {text(match[1])} AS key, {text(value)} AS value")
    if match := _RESET.fullmatch(sql):
        session.reset(match[1])
        return EngineStatement(NOTHING)
    if match := _CREATE_SCHEMA.fullmatch(sql):
        return EngineStatement(_create_schema(match, names))
    if match := _DROP_SCHEMA.fullmatch(sql):
        folder = names.tables / names.schema(match[1])
        made = sql.replace(match[1], quote([names.schema(match[1])]), 1)
        cascade = (match[2] or "").upper() == "CASCADE"
        return EngineStatement(made, lambda: _remove_schema(folder, cascade))
    if match := _DROP_TABLE.fullmatch(sql):
        folder = names.folder(names.canonical(split(match[1])), session.current())
        return EngineStatement(names.rewrite(sql), lambda: _remove_table(folder))
    if match := _CACHE.fullmatch(sql):
        if not match[2]:
            return EngineStatement(NOTHING)
        return EngineStatement(f"CREATE OR REPLACE TEMPORARY VIEW {names.text(match[1])} AS {names.rewrite(match[2])}")
    if _UNCACHE.fullmatch(sql) or _NO_WORK.fullmatch(sql):
        return EngineStatement(NOTHING)
    if match := _TRUNCATE.fullmatch(sql):
        return EngineStatement(f"DELETE FROM {names.text(match[1])}")
    if match := _REPLACE.fullmatch(sql):
        return EngineStatement(names.rewrite(match[2]), columns=(), replaces=names.canonical(split(match[1])))
    if match := _DESCRIBE_QUERY.fullmatch(sql):
        rows = [f"({text(name)}, {text(kind)}, CAST(NULL AS STRING))" for name, kind in session.columns_of(match[1])]
        return EngineStatement(f"SELECT * FROM VALUES {', '.join(rows)} AS t(col_name, data_type, comment)")
    if match := _DESCRIBE.fullmatch(sql):
        return EngineStatement(f"DESCRIBE TABLE {match[1] or ''}{names.text(match[2])}")
    made = names.rewrite(sql)
    if (match := _SHOW.match(sql)) and match[1].upper() in SHOWN:
        where = "catalog <> 'system'" if match[1].upper() == "CATALOGS" else ""
        return EngineStatement(made, columns=SHOWN[match[1].upper()], where=where)
    return EngineStatement(made)


def _create_schema(match: re.Match[str], names: Names) -> str:
    """Give the schema a folder in `Tables`, where the next session finds its tables."""
    name = names.schema(match[2])
    rest = match[3].rstrip().removesuffix(";")
    if not any(token.upper == "LOCATION" for token in tokens(rest)):
        folder = names.tables / name
        folder.mkdir(parents=True, exist_ok=True)
        rest += f" LOCATION {text(str(folder))}"
    return f"CREATE DATABASE {match[1] or ''}{quote([name])}{rest}"


def _remove_table(folder: Path) -> None:
    """Remove what a dropped table leaves in `Tables`, which would come back in the next session."""
    if (folder / "_delta_log").is_dir() or any(folder.glob("*.parquet")):
        shutil.rmtree(folder, ignore_errors=True)


def _remove_schema(folder: Path, cascade: bool) -> None:
    if cascade:
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
