"""uvicorn with limits on the size and duration of a request's head and on the number of open connections.

Its own accept loop leaves new connections in the backlog while the process is out of file descriptors; uvicorn's would
reset them.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import sys
from asyncio import TimerHandle
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

if sys.platform != "win32":
    import resource

log = logging.getLogger("handloom.http")

MAX_HEAD = 64 * 1024
"""Maximum bytes of a request's first line and headers together."""

MAX_HEADERS = 100
HEAD_SECONDS = 30
KEEP_ALIVE_SECONDS = 75
MAX_CONNECTIONS = 10_000
DESCRIPTORS = 65_536
"""File descriptors that the process requests from the system (RLIMIT_NOFILE)."""

_LINGER = 1.0  # seconds that a refused connection stays open for the client to read why; its input is dropped
_ACCEPTED_AT_ONCE = 64
_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_FULL_PAUSE = 0.2
_TOO_LARGE = f"The request's first line and headers are larger than {MAX_HEAD // 1024} KB."
_TOO_MANY = f"The request has more than {MAX_HEADERS} headers."


class LimitedHttp(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits: counts the bytes and time of each request's head and refuses it early."""

    max_connections = MAX_CONNECTIONS
    head_seconds: float = HEAD_SECONDS
    _in_head = True  # also between requests: the next byte begins a head
    _heads = 0
    _head_bytes = 0
    _refused = False
    _refusal: tuple[int, str] | None = None
    _head_timer: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            self._refuse(503, f"This server has {self.max_connections} connections open, its limit. Try again later.")
            return
        self._head_timer = self.loop.call_later(self.head_seconds, self._on_head_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        began, heads = self._in_head, self._heads
        super().data_received(data)
        if self._refused or not self._in_head:
            return
        if not began or heads != self._heads:  # the previous request ended within these bytes
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD:
            self._refuse(431, _TOO_LARGE)
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._on_head_timeout)

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= MAX_HEADERS:
            self._refusal = (431, _TOO_MANY)
            raise ValueError(_TOO_MANY)  # ends the parsing of these bytes
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._in_head = False
        self._heads += 1
        self._head_bytes = 0
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MAX_HEAD:
            self._refusal = (431, _TOO_LARGE)
            raise ValueError(_TOO_LARGE)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that the parser rejected. uvicorn calls this, also after `on_header` raised for a limit."""
        self._refuse(*(self._refusal or (400, msg)))

    def _on_head_timeout(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self._refuse(408, f"The head of the request did not arrive within {self.head_seconds:g} seconds.")

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, status: int, why: str) -> None:
        """Send an error response and close the connection; only close it while an earlier request is being answered."""
        self._refused = True
        self._stop_timer()
        self._unset_keepalive_if_required()
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()
            return
        body = why.encode()
        head = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)


class HttpServer(uvicorn.Server):
    """Accept connections with `Acceptor`, so that clients wait rather than fail when file descriptors run out."""

    keeps_listening = False
    """Whether the sockets stay open after the shutdown: connections wait in them for the next program."""
    _acceptors: tuple[Acceptor, ...] = ()

    def __init__(
        self, config: uvicorn.Config, max_connections: int = MAX_CONNECTIONS, head_seconds: float = HEAD_SECONDS
    ) -> None:
        super().__init__(config)
        self.max_connections = max_connections
        self.head_seconds = head_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if os.name != "posix" or sockets is None:
            await super().startup(sockets)
            return
        await super().startup([])
        if self.should_exit:
            return
        self._acceptors = tuple(Acceptor(listener, self._protocol) for listener in sockets)
        for acceptor in self._acceptors:
            acceptor.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for acceptor in self._acceptors:
            acceptor.stop()
        await super().shutdown([] if self.keeps_listening else sockets)

    def _protocol(self) -> asyncio.Protocol:
        made = LimitedHttp(self.config, self.server_state, self.lifespan.state)
        made.max_connections = self.max_connections
        made.head_seconds = self.head_seconds
        return made


class Acceptor:
    """Accepts the connections of one listening socket."""

    def __init__(self, listener: socket.socket, make: Any) -> None:
        self._listener = listener
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._paused: TimerHandle | None = None
        self._told = False

    def start(self) -> None:
        self._paused = None
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def stop(self) -> None:
        if self._paused is not None:
            self._paused.cancel()
        self._loop.remove_reader(self._listener.fileno())

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                self._pause(error)
                return
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = self._loop.create_task(self._serve(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make, connection)
        except OSError:
            connection.close()  # the client has disconnected already

    def _pause(self, error: OSError) -> None:
        """Stop accepting for a moment, which leaves new connections in the backlog until others have closed."""
        if not self._told:
            self._told = True
            log.warning("New connections must wait: %s. Raise the limit (ulimit -n) or close clients.", error.strerror)
        self._loop.remove_reader(self._listener.fileno())
        self._paused = self._loop.call_later(_FULL_PAUSE, self.start)


def raise_descriptor_limit() -> int:
    """Raise the limit of file descriptors as far as the system allows; return how many connections it is enough for."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if wanted > soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return min(MAX_CONNECTIONS, max(32, soft // 2)) if soft != resource.RLIM_INFINITY else MAX_CONNECTIONS
