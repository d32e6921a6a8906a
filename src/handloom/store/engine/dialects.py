"""The two database dialects: how to open each, how transactions begin, and how errors are explained to users.

Other modules do not need to know which database is used.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from handloom.domain.errors import HandloomError, Invalid, Unavailable
from handloom.store.engine.driver import Driver
from handloom.store.engine.like import matches
from handloom.store.engine.numbers_sql import Percentile, find_number

POSTGRES = "postgresql"

WRITER_LOCK = 0x48616E646C6F6F6D
"""The advisory lock of PostgreSQL that whoever writes holds: one transaction writes at a time, as on SQLite."""

LOCK_TIMEOUT_SECONDS = 10
"""How long a write waits for the write of another server process before it is refused."""

_IDLE_WRITER_SECONDS = 8
"""PostgreSQL ends a write whose process sends nothing for so long (it was stopped, its machine is asleep) and frees the
lock; less than LOCK_TIMEOUT_SECONDS, so that those who wait go on instead of being refused."""


@dataclass(frozen=True, slots=True)
class BeginStatements:
    """The statements that begin a transaction. A read transaction sees one snapshot."""

    read: tuple[str, ...]
    write: tuple[str, ...]


_BEGIN = {
    "sqlite": BeginStatements(("BEGIN",), ("BEGIN IMMEDIATE",)),
    POSTGRES: BeginStatements(
        ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",),
        (
            "BEGIN",
            f"SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_WRITER_SECONDS}s'",
            f"SELECT pg_advisory_xact_lock({WRITER_LOCK})",
        ),
    ),
}


def open_engine(url: str, size: int) -> Engine:
    """Return an engine for the database at `url`, with a pool of `size` connections. Transactions need `begin`."""
    if url.startswith(POSTGRES):
        return _open_postgres(url, size)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": 30},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.execute("PRAGMA cache_size=-32000")
    cursor.close()
    connection.create_function("regexp", 2, matches, deterministic=True)
    connection.create_function("number_after", 2, find_number, deterministic=True)
    connection.create_aggregate("percentile_of", 2, Percentile)  # type: ignore[arg-type]  # it has two arguments


def _open_postgres(url: str, size: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        isolation_level="AUTOCOMMIT",
        use_native_hstore=False,
        # Detect a dead peer after ten seconds instead of the operating system's two hours.
        connect_args={
            "application_name": "handloom",
            "connect_timeout": 10,
            "keepalives_idle": 4,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    )
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: Any, _: object) -> None:
    """Set the session up so that it behaves the same on every server, whatever its configuration."""
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.execute("SET idle_in_transaction_session_timeout = '2min'")  # for readers; see _IDLE_WRITER_SECONDS
    cursor.execute("SET tcp_keepalives_idle = 4")
    cursor.execute("SET tcp_keepalives_interval = 2")
    cursor.execute("SET tcp_keepalives_count = 3")
    cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
    cursor.execute("SET client_encoding = 'UTF8'")
    cursor.close()


def begun(engine: Engine, *, write: bool, kept: Driver | None = None) -> Driver:
    """Return a connection inside a transaction: `kept`, which the calling thread used before, or else one of the pool.

    A connection that the database closed meanwhile (after a restart) is replaced silently.
    """
    driver = kept or Driver(engine.connect(), engine.connect)
    kind = _BEGIN[engine.dialect.name]
    try:
        driver.begin(kind.write if write else kind.read)
    except BaseException:
        driver.close()
        raise
    return driver


def begin(connection: Connection, *, write: bool = True) -> None:
    kind = _BEGIN[connection.dialect.name]
    for statement in kind.write if write else kind.read:
        connection.exec_driver_sql(statement)


@contextmanager
def translated() -> Iterator[None]:
    """Translate errors of the disk and the database into errors that tell the user what to do."""
    try:
        yield
    except OSError as error:  # of a file that belongs to the row
        if error.errno in NO_DESCRIPTORS:
            raise Unavailable(OUT_OF_DESCRIPTORS) from error
        if error.errno in _DISK:
            raise Unavailable(_cannot_write(error.strerror or "disk error")) from error
        raise
    except DBAPIError as error:
        if translation := _of_sqlite(error) or _of_postgres(error):
            raise translation from error
        raise
    except UnicodeEncodeError as error:
        raise Invalid("A text holds half of a character (a lone surrogate), which cannot be kept.") from error
    except OverflowError as error:
        if "SQLite INTEGER" in str(error):
            raise Invalid(_TOO_LARGE) from error
        raise


NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
OUT_OF_DESCRIPTORS = (
    "The server has no free file descriptors (EMFILE); the same request may work in a moment. "
    "Whoever runs the server can raise the limit: ulimit -n 4096."
)
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG})
_TOO_LARGE = "A number is too large to be stored: integers go up to 9223372036854775807."


def _cannot_write(reason: str) -> str:
    return f"The data folder cannot be written ({reason}). Free some space; what was saved before is safe."


def _of_sqlite(error: DBAPIError) -> HandloomError | None:
    text = str(error.orig)
    if is_damaged(error):
        return Unavailable(
            f"The database file is damaged ({text}). Stop the server and restore the newest backup: handloom restore."
        )
    if isinstance(error.orig, sqlite3.OperationalError) and "unable to open database file" in text:
        return Unavailable(OUT_OF_DESCRIPTORS if _descriptors_are_exhausted() else f"The database: {text}.")
    if isinstance(error.orig, sqlite3.OperationalError) and ("full" in text or "I/O" in text or "readonly" in text):
        return Unavailable(_cannot_write(text))
    return None


def is_damaged(error: BaseException | None) -> bool:
    """Return whether SQLite reports that the file is not a database, or is damaged."""
    text = str(error.orig) if isinstance(error, DBAPIError) else ""
    return "malformed" in text or "file is not a database" in text


def _descriptors_are_exhausted() -> bool:
    """Return whether no file can be opened, since SQLite does not report why opening failed."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in NO_DESCRIPTORS
    return False


def _of_postgres(error: DBAPIError) -> HandloomError | None:
    """Translate an error by its SQLSTATE, which does not depend on the server's language."""
    if not type(error.orig).__module__.startswith("psycopg"):
        return None
    text = str(error.orig).strip().partition("\n")[0]
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or (state is None and isinstance(error, OperationalError)):
        state = "08000"
    elif state is None and "NUL" in text:  # detected before sending
        state = "22021"
    for states, kind, message in _STATES:
        if state in states:
            return kind(message.format(text))
    return None


_STATES: tuple[tuple[frozenset[str | None], type[HandloomError], str], ...] = (
    (  # stopping or starting, no connections left, idle timeout, read-only server
        frozenset({"08000", "08001", "08003", "08004", "08006", "25006", "25P03", "53300", "57P01", "57P02", "57P03"}),
        Unavailable,
        "The database cannot be reached ({}). What was confirmed is safe; try again in a moment.",
    ),
    (
        frozenset({"53000", "53100", "53200", "53400", "58030"}),
        Unavailable,
        "The database cannot be written ({}). What was confirmed is safe; try again later.",
    ),
    (
        frozenset({"55P03"}),
        Unavailable,
        f"Another server process has been writing for {LOCK_TIMEOUT_SECONDS} seconds. Try again.",
    ),
    (
        frozenset({"22021"}),
        Invalid,
        "A text holds the character NUL (U+0000), which cannot be kept. Leave it out.",
    ),
    (frozenset({"22003"}), Invalid, _TOO_LARGE),
    (frozenset({"2201B"}), Invalid, "The pattern of RLIKE cannot be used: {}."),
    (frozenset({"54000"}), Invalid, "A name is too long to be kept. Shorten it."),
)


def shown(url: str) -> str:
    """Return the database's address without its password, for messages and logs."""
    return make_url(url).set(drivername=POSTGRES).render_as_string(hide_password=True)
