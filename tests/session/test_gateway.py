"""The loopback proxy to Azure's blob storage, with a server that closes connections early."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from handloom.session.gateway import Gateway
from handloom.session.mounts import Blob


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    yield gateway
    gateway.close()


def _serve_once(reply: bytes) -> tuple[socket.socket, threading.Thread]:
    """A server that gives one reply and hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    return listening, thread


def _asked(gateway: Gateway, reply: bytes) -> bytes:
    """All bytes that come back for one blob."""
    listening, thread = _serve_once(reply)
    with listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}/account/container"
        bucket = gateway.uri(Blob("account", "container", base, "a.parquet")).split("/")[2]
        url = urlsplit(gateway.endpoint)
        with socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=30) as asking:
            asking.sendall(f"GET {url.path}/{bucket}/a.parquet HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            asking.shutdown(socket.SHUT_WR)
            got = b""
            while piece := asking.recv(65536):
                got += piece
        thread.join()
    return got


def test_a_storage_that_breaks_off_half_way_adds_nothing_to_the_bytes_of_the_file(gateway: Gateway) -> None:
    got = _asked(gateway, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
    assert got.count(b"HTTP/1.1") == 1
    assert b"0123456789".startswith(got.partition(b"\r\n\r\n")[2])  # the file's own bytes, and none but those


def test_a_storage_that_does_not_answer_is_a_bad_gateway(gateway: Gateway) -> None:
    assert _asked(gateway, b"").startswith(b"HTTP/1.1 502")
