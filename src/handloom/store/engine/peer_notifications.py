"""Other server processes on the same PostgreSQL: their commits are heard here, and ours are told to them.

A message is part of the transaction that it tells of: it arrives if and only if that is committed, and after it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from handloom.domain.changes import ANYTHING, Change, packed, unpacked
from handloom.store.engine.dialects import open_engine, translated

log = logging.getLogger("handloom.store")

CHANNEL = "handloom"
_BYTES = 7_900  # PostgreSQL takes messages below 8,000; each begins with its sender
_MESSAGES = 8
_QUIET_SECONDS = 15.0  # after so long without a message the connection is asked whether it still stands
_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)


class Neighbours:
    """Ears and mouth of one process. `hear` is called on the listening thread."""

    def __init__(self, url: str, hear: Callable[[Sequence[Change]], None]) -> None:
        self._me = uuid4().hex
        self._hear = hear
        self._engine: Engine = open_engine(url, 1)
        self._held: PoolProxiedConnection | None = None
        self._connection: Any = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="store-hear", daemon=True)
        self.hears = False

    def tell(self, connection: Connection, changes: list[Change]) -> None:
        """Say, inside the transaction that makes them, what changes."""
        for text in packed(changes, _BYTES - len(self._me) - 1, _MESSAGES):
            connection.exec_driver_sql(f"SELECT pg_notify('{CHANNEL}', %s)", (f"{self._me} {text.decode()}",))

    def start(self) -> None:
        """Begin to hear; whatever is committed after this is heard. Raise Unavailable where nothing answers."""
        if self._connection is None:
            with translated():
                self._connect()
            self._thread.start()

    def close(self) -> None:
        self._ending.set()
        if self._thread.ident is not None:
            self._wake()
            self._thread.join(2)
        self._engine.dispose()

    def _wake(self) -> None:
        """The listening thread waits for a message, so it gets one."""
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(f"NOTIFY {CHANNEL}, '{self._me}'")
        except SQLAlchemyError:
            log.debug("the database is gone before the listening thread is", exc_info=True)

    def _connect(self) -> None:
        self._held = self._engine.raw_connection()
        self._connection = self._held.driver_connection
        self._connection.execute(f"LISTEN {CHANNEL}")
        self.hears = True

    def _listen(self) -> None:
        while not self._ending.is_set():
            try:
                for message in self._connection.notifies(timeout=_QUIET_SECONDS):
                    self._take(message.payload)
                    if self._ending.is_set():
                        break
                else:
                    self._connection.execute("SELECT 1")
            except self._error as error:
                self._lost(error)
        self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.invalidate()

    @property
    def _error(self) -> type[Exception]:
        found: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        return found

    def _take(self, payload: str) -> None:
        sender, _, text = payload.partition(" ")
        if sender == self._me or not text:
            return
        try:
            changes = unpacked(text.encode())
        except ValueError:  # not ours: anyone may speak on a channel
            changes = [ANYTHING]
        self._hear(changes)

    def _lost(self, error: Exception) -> None:
        """Until it hears again, and for what it did not hear, nothing that was read before holds."""
        self.hears = False
        self._let_go()
        if self._ending.is_set():
            return
        log.warning("The database does not answer any more (%s); trying again.", str(error).strip().partition("\n")[0])
        self._hear([ANYTHING])
        turn = 0
        while not self._ending.wait(_PAUSES[min(turn, len(_PAUSES) - 1)]):
            turn += 1
            try:
                self._connect()
            except (DBAPIError, self._error):
                continue
            log.warning("The database answers again.")
            self._hear([ANYTHING])
            return
