"""Copies of the database: SQLite's through its online backup, PostgreSQL's through pg_dump and pg_restore."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from handloom.domain.errors import Conflict, Invalid, NotFound, Unavailable
from handloom.store.backup.layout import POSTGRES_DUMP, SQLITE
from handloom.store.engine.dialects import shown

TOKENS = "tokens"
"""A table whose rows are in no copy, so that nobody can sign in with a stolen backup."""


def copy_sqlite(source: Path, folder: Path) -> None:
    """Copy the database as of one moment, while others write to it."""
    if not source.is_file():
        raise NotFound(f"There is no data of Handloom in {source.parent}. Start it first: handloom up")
    target = folder / SQLITE
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=60)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)  # in one step: the copy is consistent, and writers are not blocked
            copy.execute("PRAGMA journal_mode=DELETE")
            copy.execute("PRAGMA secure_delete=ON")
            copy.execute(f"DELETE FROM {TOKENS}")
            copy.commit()
            copy.execute("VACUUM")
    except sqlite3.Error as error:
        raise Unavailable(f"The database {source} could not be copied: {error}.") from error
    if problems := check_sqlite(target):
        raise Unavailable(f"The copy of the database {source} is damaged: {problems[0]}.")


def check_sqlite(path: Path) -> list[str]:
    """Return the problems that SQLite finds in a database; empty if there are none."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            found = [str(problem) for (problem,) in database.execute("PRAGMA integrity_check(5)")]
    except sqlite3.Error as error:
        return [str(error)]
    return [] if found == ["ok"] else found


def dump_postgres(url: str, folder: Path) -> None:
    """Dump the database without the rows of tokens."""
    dump = folder / POSTGRES_DUMP
    _run(
        ["pg_dump", "--format=custom", "--no-owner", f"--exclude-table-data={TOKENS}", f"--file={dump}"],
        url,
        "Install it (Debian and Ubuntu: apt install postgresql-client), or see docs/backup.md for a backup without it.",
    )


def restore_postgres(url: str, folder: Path) -> None:
    """Restore a dump into an empty database. Raises Conflict if it has tables."""
    if not (folder / POSTGRES_DUMP).is_file():
        raise Invalid("This backup has a SQLite database; restore it without --database.")
    try:
        engine = create_engine(url)
        tables = inspect(engine).get_table_names()
        engine.dispose()
    except SQLAlchemyError as error:
        raise Unavailable(f"The database {shown(url)} cannot be reached: {str(error).splitlines()[0]}") from error
    if tables:
        raise Conflict(f"The database {shown(url)} has tables. A backup is restored into an empty database only.")
    command = ["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(folder / POSTGRES_DUMP)]
    _run(command, url, "It comes with PostgreSQL's client.")


def _run(command: Sequence[str], url: str, without: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise Unavailable(f"{command[0]} of PostgreSQL's client is needed and was not found on PATH. {without}")
    words = [program, *command[1:], f"--dbname={_conninfo(url)}"]
    done = subprocess.run(words, env=_environment(url, os.environ), capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(f"{command[0]} of {shown(url)} failed: {reason}")


def _conninfo(url: str) -> str:
    """Return the connection string without the password, which other accounts could read in the process list."""
    parsed = make_url(url)
    parts: dict[str, object] = {
        "host": parsed.host,
        "port": parsed.port,
        "user": parsed.username,
        "dbname": parsed.database,
    }
    parts |= {key: value for key, value in parsed.query.items() if key != "password"}
    return " ".join(f"{key}='{_quoted(str(value))}'" for key, value in parts.items() if value is not None)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _environment(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    password = make_url(url).password
    return dict(environ) | ({"PGPASSWORD": str(password)} if password else {})
