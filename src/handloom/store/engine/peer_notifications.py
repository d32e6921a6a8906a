"""Notifications between server processes that share one PostgreSQL database (LISTEN / NOTIFY).

A notification is part of the transaction that it reports: peers receive it after the commit, and only if it commits.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from handloom.domain.changes import ANYTHING, Change, packed, unpacked
from handloom.store.engine.dialects import open_engine, translated
from handloom.store.engine.driver import Driver
from handloom.supervision import supervised

log = logging.getLogger("handloom.store")

CHANNEL = "handloom"
_PAYLOAD_BYTES = 7_900  # PostgreSQL's limit for payloads is 8,000 bytes; each begins with the sender's id
_MAX_PAYLOADS = 8
_CHECK_SECONDS = 15.0  # idle seconds after which the connection is checked
_RECONNECT_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)


class PeerNotifications:
    """The notifications of one process. `received` is called on the listening thread with the changes that peers
    committed.

    While disconnected, `in_sync` is false: treat every cached read as stale. After a reconnection `received` gets
    ANYTHING, because the changes committed meanwhile are unknown.
    """

    def __init__(self, url: str, received: Callable[[Sequence[Change]], None]) -> None:
        self._own_id = uuid4().hex
        self._received = received
        self._engine: Engine = open_engine(url, 1)
        self._pooled: PoolProxiedConnection | None = None
        self._connection: Any = None
        self._closing = threading.Event()
        arguments = ("peer-notifications", self._step, self._closing.wait)
        self._thread = threading.Thread(target=supervised, args=arguments, name="peer-notifications", daemon=True)
        self.in_sync = False

    def send(self, driver: Driver, changes: list[Change]) -> None:
        """Notify peers of the changes, inside the transaction that makes them."""
        for text in packed(changes, _PAYLOAD_BYTES - len(self._own_id) - 1, _MAX_PAYLOADS):
            driver.queue(f"SELECT pg_notify('{CHANNEL}', %s)", (f"{self._own_id} {text.decode()}",))

    def start(self) -> None:
        """Start listening: every later commit of a peer is received. Raise Unavailable if the database does not
        respond.
        """
        if self._connection is None:
            with translated():
                self._connect()
            self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.ident is not None:
            self._wake()
            self._thread.join(2)
        self._engine.dispose()

    def _wake(self) -> None:
        """Wake the listening thread by a notification from this process."""
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(f"NOTIFY {CHANNEL}, '{self._own_id}'")
        except SQLAlchemyError:
            log.debug("the database was closed before the listening thread was", exc_info=True)

    def _connect(self) -> None:
        self._pooled = self._engine.raw_connection()
        self._connection = self._pooled.driver_connection
        self._connection.execute(f"LISTEN {CHANNEL}")
        self.in_sync = True

    def _disconnect(self) -> None:
        self.in_sync = False
        if self._pooled is not None:
            self._pooled.invalidate()

    def _step(self) -> bool:
        """Listen until the connection is lost or `close` is called; reconnect first if needed."""
        if not self.in_sync and not self._reconnect():
            return False
        try:
            while not self._closing.is_set():
                self._listen()
        except self._driver_error as error:
            if not self._closing.is_set():
                reason = str(error).strip().partition("\n")[0]
                log.warning("The database does not answer any more (%s); trying again.", reason)
        finally:
            self._disconnect()
        return not self._closing.is_set()

    def _listen(self) -> None:
        for notification in self._connection.notifies(timeout=_CHECK_SECONDS):
            self._receive(notification.payload)
            if self._closing.is_set():
                return
        self._connection.execute("SELECT 1")

    @property
    def _driver_error(self) -> type[Exception]:
        found: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        return found

    def _receive(self, payload: str) -> None:
        sender, _, text = payload.partition(" ")
        if sender == self._own_id or not text:
            return
        try:
            changes = unpacked(text.encode())
        except ValueError:  # not from a Handloom server: any program may notify on the channel
            changes = [ANYTHING]
        self._received(changes)

    def _reconnect(self) -> bool:
        """Reconnect, however long it takes; return False if `close` was called meanwhile."""
        self._received([ANYTHING])
        turn = 0
        while not self._closing.wait(_RECONNECT_PAUSES[min(turn, len(_RECONNECT_PAUSES) - 1)]):
            turn += 1
            try:
                self._connect()
            except (DBAPIError, self._driver_error):
                continue
            log.warning("The database answers again.")
            self._received([ANYTHING])
            return True
        return False
