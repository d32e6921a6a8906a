"""The tables of the workspace in the engine's catalog: those that earlier sessions left in `Tables` and its schemas."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException

from handloom.session.quick.names import DEFAULT, quote
from handloom.session.quick.statements import text


def open_lake(session: Any, tables: Path) -> None:
    """Make the folder `Tables` the default schema, each folder of tables in it a schema, and register every table."""
    tables.mkdir(exist_ok=True)
    session.conf.set("spark.sql.sources.default", "delta")
    _register_schema(session, DEFAULT, tables)
    session.catalog.setCurrentDatabase(DEFAULT)
    for folder in sorted(tables.iterdir()):
        if not folder.is_dir() or folder.name.startswith((".", "_")) or "=" in folder.name:
            continue
        if folder.name.lower() != DEFAULT and _format(folder) is None:
            _register_schema(session, folder.name.lower(), folder)
        if _format(folder) is None:
            schema = folder.name.lower()
            for table in sorted(path for path in folder.iterdir() if path.is_dir()):
                _register_table(session, [schema, table.name.lower()], table)
        else:
            _register_table(session, [DEFAULT, folder.name.lower()], folder)


def _format(folder: Path) -> str | None:
    """The format of the table in a folder; None where it is none."""
    if (folder / "_delta_log").is_dir():
        return "delta"
    return "parquet" if any(folder.glob("*.parquet")) else None


def _register_schema(session: Any, name: str, folder: Path) -> None:
    _run(session, f"CREATE DATABASE IF NOT EXISTS {quote([name])} LOCATION {text(str(folder))}", folder)


def _register_table(session: Any, name: list[str], folder: Path) -> None:
    form = _format(folder)
    if form is not None and not folder.name.startswith("."):
        sql = f"CREATE TABLE IF NOT EXISTS {quote(name)} USING {form} LOCATION {text(str(folder))}"
        _run(session, sql, folder)


def _run(session: Any, sql: str, folder: Path) -> None:
    """Run a statement; a table that cannot be opened must not keep the session from starting."""
    try:
        session.sql(sql)
    except PySparkException as error:
        print(f"Warning: {folder} cannot be opened as a table: {str(error)[:300]}", file=sys.stderr)
