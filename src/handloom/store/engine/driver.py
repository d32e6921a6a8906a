"""Statements through the driver's own cursor, since SQLAlchemy's objects cost more than SQLite's work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


class Driver:
    """A connection with its driver's connection. Errors are SQLAlchemy's, as those of `connection` are."""

    __slots__ = ("_error", "_raw", "connection")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._raw: Any = connection.connection.driver_connection
        self._error: type[Exception] = connection.dialect.loaded_dbapi.Error

    def run(self, text: str) -> None:
        """Execute a text without values, which on PostgreSQL may hold several statements in one round trip."""
        try:
            self._raw.execute(text)
        except self._error as error:
            raise self._explained(text, (), error) from error

    def execute(self, text: str, values: tuple[Any, ...]) -> Any:
        """Execute a statement and return the driver's cursor."""
        try:
            return self._raw.execute(text, values)
        except self._error as error:
            raise self._explained(text, values, error) from error

    def execute_many(self, text: str, rows: Sequence[tuple[Any, ...]]) -> int:
        """Execute a statement for each row and return the number of rows added or changed by all of them."""
        try:
            if len(rows) == 1:
                return int(self._raw.execute(text, rows[0]).rowcount)
            cursor = self._raw.cursor()
            cursor.executemany(text, rows)
            return int(cursor.rowcount)
        except self._error as error:
            raise self._explained(text, rows[0], error) from error

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        """Send the statements of the block without waiting for their results, where the driver can (PostgreSQL's): one
        round trip for all. Cursors have their results after the block.
        """
        if not hasattr(self._raw, "pipeline"):
            yield
            return
        try:
            with self._raw.pipeline():
                yield
        except self._error as error:
            raise self._explained("", (), error) from error

    def close(self) -> None:
        """Give the connection back to the pool, which rolls back an open transaction."""
        self.connection.close()

    def _explained(self, text: str, values: tuple[Any, ...], error: Exception) -> BaseException:
        """Return the error as SQLAlchemy raises it. A lost connection is marked as such, so that it is replaced."""
        dialect = self.connection.dialect
        lost = isinstance(error, dialect.loaded_dbapi.Error) and dialect.is_disconnect(error, self._raw, None)
        if lost and not self.connection.invalidated:
            self.connection.invalidate(error)
        return DBAPIError.instance(
            text, values, error, self._error, connection_invalidated=lost, dialect=dialect, hide_parameters=True
        )
