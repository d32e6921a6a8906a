"""Endless headers, headers that never arrive and thousands of connections are refused while others are served."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import Handloom, environment

SERVE = """
import resource, socket, sys
import uvicorn
from handloom.api.http_server import HttpServer, LimitedHttp

descriptors, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
if descriptors:
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

listener = socket.create_server(("127.0.0.1", 0), backlog=512)
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, http=LimitedHttp, lifespan="off", log_config=None)
HttpServer(config, connections, seconds).run(sockets=[listener])
"""


@contextlib.contextmanager
def serving(*, descriptors: int = 0, connections: int = 1_000, seconds: float = 30) -> Iterator[int]:
    """The port of a server with these limits, in a process of its own."""
    child = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(descriptors), str(connections), str(seconds)],
        stdout=subprocess.PIPE,
        env=environment(),
    )
    try:
        assert child.stdout is not None
        yield int(child.stdout.readline())
    finally:
        child.kill()
        child.wait()
        child.stdout.close() if child.stdout else None


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def answer(raw: socket.socket) -> bytes:
    """Read until the server closes or has answered one request, in any number of pieces."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := raw.recv(65_536):
            said += chunk
            head, end, body = said.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            if end and length and len(body) >= int(length[1]):
                break
    return said


def get(port: int) -> bytes:
    with connect(port) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return answer(raw)


def pour(server: Handloom, begin: bytes, piece: bytes) -> tuple[bytes, int]:
    """Send `begin` and then `piece` endlessly; return the server's response and the number of accepted bytes."""
    port = int(server.url.rpartition(":")[2])
    sent = 0
    with connect(port) as raw:
        raw.sendall(begin)
        raw.settimeout(0.05)
        said = b""
        while not said and sent < 64 * 1024 * 1024:
            with contextlib.suppress(TimeoutError, ConnectionError):
                sent += raw.send(piece)
            raw.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                said = raw.recv(65_536)
            raw.settimeout(0.05)
    return said, sent


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Endless: ", b"a" * 65_536),
        (b"GET /", b"a" * 65_536),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\n", b"a: b\r\n" * 10_000),
        (b"", b"\r\n" * 32_768),
    ],
    ids=["a header", "a path", "headers", "empty lines"],
)
def test_a_head_without_end_is_refused_early_and_harms_nobody(server: Handloom, begin: bytes, piece: bytes) -> None:
    said, sent = pour(server, begin, piece)
    assert said.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))
    assert sent < 16 * 1024 * 1024  # what the system's own buffers hold
    with server.client() as client:
        assert client.get("/health").text == "OK"


def test_a_hundred_headers_are_enough_for_everybody(server: Handloom) -> None:
    with server.client() as client:
        few = {f"x-{number}": "v" for number in range(90)}
        assert client.get("/health", headers=few).status_code == 200
        refused = client.get("/health", headers=few | {f"y-{number}": "v" for number in range(20)})
        assert (refused.status_code, "100 headers" in refused.text) == (431, True)
        long = client.get("/health", headers={"x-long": "v" * 70_000})
        assert (long.status_code, "64 KB" in long.text) == (431, True)
        assert client.get("/health", headers={"x-long": "v" * 60_000}).status_code == 200


def test_a_large_body_in_small_pieces_is_no_large_head(server: Handloom) -> None:
    port = int(server.url.rpartition(":")[2])
    head = f"POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n"
    with connect(port) as raw:
        for _ in range(3):
            content = b'{"name": "' + b"n" * 200_000 + b'"}'
            raw.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(content))
            for at in range(0, len(content), 50_000):
                raw.sendall(content[at : at + 50_000])
            assert answer(raw).startswith(b"HTTP/1.1 400")  # the name is too long, which the handler says


def test_a_request_that_never_arrives_is_given_up() -> None:
    with serving(seconds=0.5) as port:
        with connect(port) as silent, connect(port) as slow, connect(port) as second:
            slow.sendall(b"GET / HTTP/1.1\r\nHost: local")
            second.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert answer(second).endswith(b"ok")
            second.sendall(b"GET / HTTP/1.1\r\nHost")
            for raw in (silent, slow, second):
                assert answer(raw).startswith(b"HTTP/1.1 408")
        assert get(port).endswith(b"ok")


def test_more_connections_than_allowed_are_told_so() -> None:
    with serving(connections=10) as port:
        held = [connect(port) for _ in range(10)]
        for raw in held:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert answer(raw).endswith(b"ok")
        with connect(port) as refused:
            said = answer(refused)
            assert said.startswith(b"HTTP/1.1 503")
            assert b"10 connections" in said
        for raw in held:
            raw.close()
        end = time.monotonic() + 20
        while b"200 OK" not in (said := get(port)) and time.monotonic() < end:
            time.sleep(0.05)
        assert said.endswith(b"ok")


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs Linux's limits")
def test_without_file_descriptors_new_connections_wait_instead_of_being_reset() -> None:
    with serving(descriptors=40) as port:
        held = [connect(port) for _ in range(60)]
        time.sleep(0.5)
        for raw in held[:50]:
            raw.close()  # some of these were never accepted
        for raw in held[50:]:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert answer(raw).endswith(b"ok")
            raw.close()
