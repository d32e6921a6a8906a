"""SQL statements that the quick engine has not, or has by another name: USE, SET, CACHE, schemas with a place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from handloom.session.quick.names import Names, quote, split, tokens

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
NOTHING = "SELECT CAST(NULL AS STRING) AS nothing WHERE false"

After = Callable[[], None]
"""What is done once the statement has succeeded."""


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _nothing() -> None:
    pass


def translate(  # noqa: PLR0911 - one line per statement
    sql: str, names: Names, conf: Callable[[str, str | None], str], current: Callable[[], str]
) -> tuple[str, After]:
    """The statement for the engine, and what follows it. `conf` sets a value, or with None gives it."""
    if match := _USE.fullmatch(sql):
        return f"USE DATABASE {quote([names.schema(match[1])])}", _nothing
    if (match := _SET.fullmatch(sql)) and match[1] != "-v":
        return f"SELECT {text(match[1])} AS key, {text(conf(match[1], match[2]))} AS value", _nothing
    if match := _CREATE_SCHEMA.fullmatch(sql):
        return _create_schema(match, names), _nothing
    if match := _DROP_SCHEMA.fullmatch(sql):
        folder = names.tables / names.schema(match[1])
        made = sql.replace(match[1], quote([names.schema(match[1])]), 1)
        return made, lambda: _remove_schema(folder, (match[2] or "").upper() == "CASCADE")
    if match := _DROP_TABLE.fullmatch(sql):
        folder = names.folder(names.canonical(split(match[1])), current())
        return names.rewrite(sql), lambda: _remove_table(folder)
    if match := _CACHE.fullmatch(sql):
        if not match[2]:
            return NOTHING, _nothing
        return f"CREATE OR REPLACE TEMPORARY VIEW {names.text(match[1])} AS {names.rewrite(match[2])}", _nothing
    if _UNCACHE.fullmatch(sql):
        return NOTHING, _nothing
    return names.rewrite(sql), _nothing


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
