"""Inserts of many rows: described by table, columns and what happens on a conflict, the same on both databases.

PostgreSQL takes many rows as one array for each column, SQLite some dozens in one statement, both in about half the
time of row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Literal

from sqlalchemy import Dialect, Table

from handloom.store.engine.dialects import POSTGRES
from handloom.store.engine.driver import Driver

FEW = 8
"""Rows up to which PostgreSQL inserts them one by one just as fast."""
_STATEMENT_ROWS = (64, 16, 4)
"""Rows that one statement of SQLite inserts. Few sizes, so that the driver keeps the statements of all of them."""


class Insert:
    """An insert into `columns` of `table`. Make each once, as a constant: the statement's text is cached with it.

    `on_conflict` says what happens to a row whose primary key exists: "fail", "skip", or the columns of the existing
    row that get new values, each with its SQL; there `excluded` is the new row and `existing` the one in the table.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[str],
        on_conflict: Literal["fail", "skip"] | Mapping[str, str] = "fail",
    ) -> None:
        self.table = table
        self.columns = tuple(columns)
        self.on_conflict = on_conflict
        key = tuple(column.name for column in table.primary_key)
        self.updates = not isinstance(on_conflict, str)
        self._key = tuple(self.columns.index(name) for name in key) if self.updates else ()

    def repeats_a_key(self, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Return whether two rows have the same primary key, so that the second would update the first."""
        return self.updates and len({tuple(row[at] for at in self._key) for row in rows}) < len(rows)

    def text(self, dialect: Dialect, source: str) -> str:
        """Return the statement in the dialect's SQL, for the rows of `source`."""
        quote = dialect.identifier_preparer.quote
        columns = ", ".join(quote(name) for name in self.columns)
        head = f"INSERT INTO {quote(self.table.name)} AS existing ({columns}) {source}"
        if isinstance(self.on_conflict, str):
            return f"{head} ON CONFLICT DO NOTHING" if self.on_conflict == "skip" else head
        key = ", ".join(quote(column.name) for column in self.table.primary_key)
        changes = ", ".join(f"{quote(name)} = {value}" for name, value in self.on_conflict.items())
        return f"{head} ON CONFLICT ({key}) DO UPDATE SET {changes}"


def replacing(table: Table, columns: Sequence[str]) -> Insert:
    """An insert whose rows replace those with the same primary key."""
    key = {column.name for column in table.primary_key}
    return Insert(table, columns, {name: f'excluded."{name}"' for name in columns if name not in key} or "skip")


@lru_cache(maxsize=200)
def _row_by_row(insert: Insert, dialect: Dialect) -> str:
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    return insert.text(dialect, f"VALUES ({', '.join([mark] * len(insert.columns))})")


@lru_cache(maxsize=600)
def _grouped(insert: Insert, dialect: Dialect, size: int) -> str:
    row = f"({', '.join('?' * len(insert.columns))})"
    return insert.text(dialect, f"VALUES {', '.join([row] * size)}")


@lru_cache(maxsize=200)
def _with_arrays(insert: Insert, dialect: Dialect) -> str:
    types = [insert.table.c[name].type.compile(dialect) for name in insert.columns]
    arrays = ", ".join(f"CAST(%s AS {kind}[])" for kind in types)
    return insert.text(dialect, f"SELECT * FROM unnest({arrays})")


def execute(driver: Driver, insert: Insert, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert rows, given in the order of the columns; return the number of rows added or changed."""
    if not rows:
        return 0
    dialect = driver.connection.dialect
    if dialect.name == POSTGRES and len(rows) > FEW and not insert.repeats_a_key(rows):
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        return int(driver.execute(_with_arrays(insert, dialect), columns).rowcount)
    if dialect.name != POSTGRES:
        return _execute_grouped(driver, insert, rows)
    return driver.execute_many(_row_by_row(insert, dialect), rows)


def queue(driver: Driver, insert: Insert, rows: Sequence[tuple[Any, ...]]) -> None:
    """As `execute`, without waiting for the database where each statement is a round trip."""
    dialect = driver.connection.dialect
    if dialect.name != POSTGRES:
        execute(driver, insert, rows)
    elif len(rows) > FEW and not insert.repeats_a_key(rows):
        driver.queue(_with_arrays(insert, dialect), tuple(list(column) for column in zip(*rows, strict=True)))
    else:
        for row in rows:
            driver.queue(_row_by_row(insert, dialect), row)


def _execute_grouped(driver: Driver, insert: Insert, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert rows by statements of many rows each, and the rest one by one."""
    dialect = driver.connection.dialect
    changed = at = 0
    for size in _STATEMENT_ROWS:
        while len(rows) - at >= size:
            values = tuple(chain.from_iterable(rows[at : at + size]))
            changed += int(driver.execute(_grouped(insert, dialect, size), values).rowcount)
            at += size
    rest = rows[at:] if at else rows
    return changed + (driver.execute_many(_row_by_row(insert, dialect), rest) if rest else 0)
