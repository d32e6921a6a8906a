"""Artifact files through a server, and one copy of the same bytes over loopback to disk: what no server can beat.

All read a file, send it over loopback, and end with the bytes on disk (fsync), in blocks of 1 MiB.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.servers import Server
from bench.wire import median

BYTES = 256 * 1024 * 1024
BLOCK = 1024 * 1024
TIMES = 5
WORK = Path(__file__).parent / "work" / "artifacts"
_PATH = "/api/2.0/mlflow-artifacts/artifacts/bench"


async def upload(server: Server) -> float:
    """Bytes a second of one large file on its way in, each time in the place of the last, as the copy is.

    No two are alike: the same bytes would be stored once.
    """
    place = _file()
    return BYTES / await median(lambda _: asyncio.to_thread(_put, server, place, "in.bin"), TIMES)


async def download(server: Server) -> float:
    """Bytes a second of one large file on its way out."""
    _put(server, _file(), "out.bin")

    def get(_: int) -> None:
        with _opened(server) as connection:
            connection.sendall(f"GET {_PATH}/out.bin HTTP/1.1\r\n".encode() + _ending(server))
            _keep(connection, _expect_ok(connection))

    return BYTES / await median(lambda number: asyncio.to_thread(get, number), TIMES)


async def copy() -> float:
    """Bytes a second of one copy over loopback, without any protocol."""
    place = _file()

    def once(_: int) -> None:
        with _serving(lambda connection: _give(connection, place)) as connection:
            _keep(connection, b"")

    return BYTES / await median(lambda number: asyncio.to_thread(once, number), TIMES)


def _file() -> Path:
    WORK.mkdir(parents=True, exist_ok=True)
    place = WORK / "sent.bin"
    if not place.exists():
        place.write_bytes(os.urandom(BYTES - 16))
    return place


def _put(server: Server, place: Path, name: str) -> None:
    with _opened(server) as connection:
        head = f"PUT {_PATH}/{name} HTTP/1.1\r\nContent-Length: {BYTES}\r\n"
        connection.sendall(head.encode() + _ending(server) + os.urandom(16))
        _give(connection, place)
        _expect_ok(connection)


def _give(connection: socket.socket, place: Path) -> None:
    with place.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            connection.sendall(block)


def _keep(connection: socket.socket, first: bytes) -> None:
    """Write what comes to disk."""
    buffer = bytearray(BLOCK)
    with (WORK / "kept.bin").open("wb", buffering=0) as file:
        total = file.write(first)
        while size := connection.recv_into(buffer):
            total += file.write(memoryview(buffer)[:size])
        os.fsync(file.fileno())
    if total < BYTES - 16:
        raise RuntimeError(f"only {total} bytes came")


def _opened(server: Server) -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80), timeout=300)


def _ending(server: Server) -> bytes:
    auth = f"Authorization: Bearer {server.token}\r\n" if server.token else ""
    return f"Host: {urlsplit(server.url).netloc}\r\n{auth}Connection: close\r\n\r\n".encode()


def _expect_ok(connection: socket.socket) -> bytes:
    """Read the head of an answer; return what came after it."""
    said = b""
    while b"\r\n\r\n" not in said and (more := connection.recv(65_536)):
        said += more
    head, _, body = said.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise RuntimeError(said[:300].decode(errors="replace"))
    return body


@contextmanager
def _serving(work: Callable[[socket.socket], None]) -> Iterator[socket.socket]:
    """A connection whose other end `work` serves on a thread of its own, as a server would."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                work(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(listener.getsockname()) as connection:
            yield connection
        thread.join()
