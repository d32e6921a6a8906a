"""Statements through the driver's own cursor, since SQLAlchemy's objects cost more than SQLite's work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Statements = Sequence[tuple[str, tuple[Any, ...] | None]]
"""Texts with their values; None for a text without parameters."""

_ATTEMPTS = 3  # connections that are tried for the beginning of a transaction


class Driver:
    """A connection with its driver's connection. Errors are SQLAlchemy's, as those of `connection` are.

    Where each statement is a round trip to a server (`is_remote`), statements whose results nobody waits for are queued
    and sent with the next one, in one round trip.
    """

    __slots__ = ("_beginning", "_error", "_has_begun", "_queued", "_raw", "_replacement", "connection", "is_remote")

    connection: Connection

    def __init__(self, connection: Connection, replacement: Callable[[], Connection]) -> None:
        self._replacement = replacement
        self._queued: list[tuple[str, tuple[Any, ...] | None]] = []
        self._has_begun = True
        self._beginning = 0
        self._use(connection)

    def _use(self, connection: Connection) -> None:
        self.connection = connection
        self._raw: Any = connection.connection.driver_connection
        self._error: type[Exception] = connection.dialect.loaded_dbapi.Error
        self.is_remote = hasattr(self._raw, "pipeline")

    def begin(self, statements: Sequence[str]) -> None:
        """Begin a transaction. A server gets these statements with the first one that follows; if it closed the
        connection meanwhile (after a restart), another connection takes its place.
        """
        if self.is_remote:
            self._queued = [(text, None) for text in statements]
            self._beginning = len(statements)
            self._has_begun = False
        else:
            for text in statements:
                self.run(text)

    def end(self, text: str) -> None:
        """End the transaction: by COMMIT, with what is queued, or by ROLLBACK, without it."""
        if text == "ROLLBACK" or (not self._has_begun and len(self._queued) == self._beginning):
            self._queued = []
        elif not self._has_begun:  # a commit is never sent a second time
            self.flush()
        if self._has_begun:
            self.run(text)

    def queue(self, text: str, values: tuple[Any, ...] | None = None) -> None:
        """Execute a statement without waiting for it. Its error is raised with a later statement, at the latest by the
        commit.
        """
        if self.is_remote:
            self._queued.append((text, values))
        else:
            self._sent([(text, values)])

    def flush(self) -> None:
        """Wait for the queued statements."""
        if self._queued:
            self._sent_with_queued([])

    def run(self, text: str) -> None:
        """Execute a text without parameters."""
        self._sent_with_queued([(text, None)])

    def execute(self, text: str, values: tuple[Any, ...]) -> Any:
        """Execute a statement and return the driver's cursor."""
        if self._queued:
            return self._sent_with_queued([(text, values)])[0]
        try:
            return self._raw.execute(text, values)
        except self._error as error:
            raise self._explained(text, values, error) from error

    def execute_many(self, text: str, rows: Sequence[tuple[Any, ...]]) -> int:
        """Execute a statement for each row and return the number of rows added or changed by all of them."""
        if self.is_remote:
            return sum([int(cursor.rowcount) for cursor in self._sent_with_queued([(text, row) for row in rows])])
        try:
            if len(rows) == 1:
                return int(self._raw.execute(text, rows[0]).rowcount)
            cursor = self._raw.cursor()
            cursor.executemany(text, rows)
            return int(cursor.rowcount)
        except self._error as error:
            raise self._explained(text, rows[0], error) from error

    def savepoint(self) -> object:
        """Begin a part of the transaction that `undo` can undo. Returns what `settle`, `undo` and `release` take."""
        self.queue("SAVEPOINT job")
        return self._queued[-1] if self._queued else None

    def settle(self, savepoint: object) -> None:
        """Wait for what the part has queued, so that its errors are its own."""
        if self._queued and self._queued[-1] is not savepoint:
            self.flush()

    def undo(self, savepoint: object) -> None:
        """Undo the statements since the savepoint."""
        places = [at for at, queued in enumerate(self._queued) if queued is savepoint]
        del self._queued[places[0] if places else 0 :]
        if not places:
            self.run("ROLLBACK TO job")

    def release(self, savepoint: object) -> None:
        """End the part and keep its statements."""
        if self._queued and self._queued[-1] is savepoint:  # it has none
            self._queued.pop()
        else:
            self.queue("RELEASE job")

    def close(self) -> None:
        """Give the connection back to the pool, which rolls back an open transaction."""
        self._queued = []
        self.connection.close()

    def _sent_with_queued(self, statements: Statements) -> list[Any]:
        """Execute the queued statements, then these; return the cursors of these."""
        queued, self._queued = self._queued, []
        together = [*queued, *statements] if queued else statements
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                cursors = self._sent(together)
                self._has_begun = True
                return cursors[len(queued) :]
            except DBAPIError as error:
                if self._has_begun or not error.connection_invalidated or attempt == _ATTEMPTS:
                    raise
                self.connection.close()
                self._use(self._replacement())
        raise AssertionError("an attempt returns or raises")

    def _sent(self, statements: Statements) -> list[Any]:
        """Execute statements in one round trip and return their cursors."""
        try:
            if len(statements) == 1:
                text, values = statements[0]
                return [self._raw.execute(text) if values is None else self._raw.execute(text, values)]
            with self._raw.pipeline():
                return [self._raw.execute(text, values) for text, values in statements]
        except self._error as error:
            text, values = statements[-1]
            raise self._explained(text, values or (), error) from error

    def _explained(self, text: str, values: tuple[Any, ...], error: Exception) -> BaseException:
        """Return the error as SQLAlchemy raises it. A lost connection is marked as such, so that it is replaced."""
        dialect = self.connection.dialect
        lost = isinstance(error, dialect.loaded_dbapi.Error) and dialect.is_disconnect(error, self._raw, None)
        if lost and not self.connection.invalidated:
            self.connection.invalidate(error)
        return DBAPIError.instance(
            text, values, error, self._error, connection_invalidated=lost, dialect=dialect, hide_parameters=True
        )
