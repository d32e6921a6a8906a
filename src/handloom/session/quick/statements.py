"""SQL statements that the quick engine has not, or has by another name: USE, SET, CACHE, schemas with a place.

A command gives the rows that Apache Spark gives, which are none for most of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pyspark.errors import AnalysisException, UnsupportedOperationException

from handloom.session import dropping, lake_views, lakehouse, refusals
from handloom.session.lake_views import LakeView
from handloom.session.quick import inserts
from handloom.session.quick.names import Names, quote, replace_read_tables, split, table_names, tokens
from handloom.session.quick.reading.options import WAY_OUT

_NAME = r"((?:`(?:[^`]|``)*`|[\w.])+)"
_USE = re.compile(rf"\s*USE\s+(?:DATABASE\s+|SCHEMA\s+|NAMESPACE\s+)?{_NAME}\s*;?\s*", re.IGNORECASE)
_SET = re.compile(r"\s*SET\s+(?!TIME\b|CATALOG\b|ROLE\b|VAR)([\w.\-]+)(?:\s*=\s*(.*?))?\s*;?\s*", re.I | re.S)
_CREATE_SCHEMA = re.compile(rf"\s*CREATE\s+(?:DATABASE|SCHEMA)\s+(IF\s+NOT\s+EXISTS\s+)?{_NAME}(.*)", re.I | re.S)
_DROP_SCHEMA = re.compile(
    rf"\s*DROP\s+(?:DATABASE|SCHEMA)\s+(?:IF\s+EXISTS\s+)?{_NAME}\s*(CASCADE|RESTRICT)?\s*;?\s*", re.IGNORECASE
)
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
"""What is done before a statement is sent, or once it has succeeded."""


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
    before: After = _nothing


class StatementSession(Protocol):
    """What a statement asks of its session."""

    def configure(self, key: str, value: str | None) -> str: ...
    def reset(self, key: str | None) -> None: ...
    def current(self) -> str: ...
    def columns_of(self, query: str) -> Sequence[tuple[str, str]]: ...
    def has_temporary_view(self, name: str) -> bool: ...
    def keep_view(self, name: Sequence[str], view: LakeView) -> None: ...


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def translate(sql: str, names: Names, session: StatementSession) -> EngineStatement:
    """The statement for the engine. Raises AnalysisException for what it would do differently."""
    for pattern, refusal in _REFUSED:
        if pattern.match(sql):
            raise UnsupportedOperationException(f"The quick engine does not have {refusal}")
    if refusal := refusals.of(sql):
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
        name = names.schema(match[1])
        cascade = (match[2] or "").upper() == "CASCADE"
        lake_views.require_droppable(names.tables, name, cascade=cascade)
        made = sql.replace(match[1], quote([name]), 1)
        return EngineStatement(made, lambda: _remove_schema(names.tables, name, cascade))
    if match := dropping.DROP.fullmatch(sql):
        return _drop(match, names, session)
    if match := lake_views.CREATE.fullmatch(sql):
        return _define_view(match, names, session)
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
    made = names.rewrite(inserts.without_partition(sql, session.columns_of))
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


def _drop(match: re.Match[str], names: Names, session: StatementSession) -> EngineStatement:
    """Move what is dropped to the bin, and take it out of the engine's catalog."""
    given = split(match["name"])
    sql = names.rewrite(match[0])
    if len(given) == 1 and session.has_temporary_view(given[0].lower()):
        return EngineStatement(sql)
    parts = _full(names.canonical(given), session)
    view = lake_views.file_of(names.tables, *parts)
    folder = names.folder(parts, "")
    if match["kind"].upper() == "VIEW":
        if not view.exists():
            return EngineStatement(sql)
        return EngineStatement(
            f"DROP VIEW IF EXISTS {quote(parts)}", before=lambda: lake_views.drop(names.tables, *parts)
        )
    if view.exists():
        raise lake_views.no_table(".".join(parts))
    if not dropping.is_table(lakehouse.existing(folder)):
        return EngineStatement(sql)
    is_purged = bool(match["purge"])
    return EngineStatement(
        f"DROP TABLE IF EXISTS {quote(parts)}",
        before=lambda: dropping.drop_table(names.tables, folder, purge=is_purged),
    )


def _define_view(match: re.Match[str], names: Names, session: StatementSession) -> EngineStatement:
    """Create a view that lasts, whose file is written once the engine has taken its query."""
    current = session.current()
    view = lake_views.defined(match["rest"], current)
    if view is None:
        return EngineStatement(names.rewrite(match[0]))
    parts = _full(names.canonical(split(match["name"] or match["altered"])), session)
    file, name = lake_views.file_of(names.tables, *parts), ".".join(parts)
    is_table = dropping.is_table(lakehouse.existing(names.folder(parts, "")))
    if not lake_views.is_needed(match, file, name, is_table=is_table):
        return EngineStatement(NOTHING, columns=())
    for used in table_names(view.query):
        if len(used) == 1 and session.has_temporary_view(used[0].lower()):
            raise AnalysisException(
                f"[INVALID_TEMP_OBJ_REFERENCE] The view {name} lasts, and {used[0]} is a temporary view of this "
                f"session. Write CREATE TEMPORARY VIEW, or save {used[0]} as a table. SQLSTATE: 42K0F"
            )
    return EngineStatement(sql_of_view(parts, view, names), lambda: session.keep_view(parts, view), columns=())


def sql_of_view(name: list[str], view: LakeView, names: Names) -> str:
    """The definition for the engine, which takes names without a schema for those of the schema of each query."""

    def full(used: list[str]) -> list[str] | None:
        return [view.current, *used] if len(used) == 1 else None

    query = names.rewrite(replace_read_tables(view.query, full))
    return f"CREATE OR REPLACE VIEW {quote(name)}{view.head} AS {query}"


def _full(parts: list[str], session: StatementSession) -> list[str]:
    return parts if len(parts) == 2 else [session.current(), parts[-1]]


def _remove_schema(tables: Path, name: str, cascade: bool) -> None:
    folder = tables / name
    if cascade:
        lake_views.drop_schema(tables, name)
    elif folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
