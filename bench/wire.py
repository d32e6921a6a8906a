"""The lightest HTTP client there is: one socket, bytes out, bytes in, so that the figure is the server's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

ROOT = "/api/2.0/mlflow"


class RefusedError(Exception):
    """The server answered with an error."""


class Wire:
    """A connection to an MLflow server. `fresh` opens a new one for each request, as some clients do."""

    def __init__(self, url: str, token: str = "", *, fresh: bool = False) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._fresh = fresh
        self._auth = f"Authorization: Bearer {token}\r\n" if token else ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        return msgspec.json.decode(await self.bytes(method, path, body))

    async def bytes(self, method: str, path: str, body: Any = None) -> bytes:
        """As `send`, the reply as it came: decoding a long one would be the client's time."""
        data = msgspec.json.encode(body) if body is not None else b""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=2**26)
        reader, writer = self._streams
        ending = "close" if self._fresh else "keep-alive"
        head = (
            f"{method} {ROOT}{path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nConnection: {ending}\r\n{self._auth}"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        writer.write(head.encode() + data)
        status, reply = await _read(reader)
        if self._fresh:
            self.close()
        if status != 200:
            raise RefusedError(f"{method} {path}: {status} {reply[:300].decode(errors='replace')}")
        return reply

    async def post(self, path: str, **body: Any) -> Any:
        return await self.send("POST", path, body)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    status = int(head[0].split()[1])
    if "content-length" in fields:
        return status, await reader.readexactly(int(fields["content-length"]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return status, body


async def median(work: Callable[[int], Awaitable[Any]], times: int) -> float:
    """Seconds that one call takes: the middle of `times` calls after two that warm up."""
    taken = []
    for number in range(times + 2):
        start = time.perf_counter()
        await work(number)
        taken.append(time.perf_counter() - start)
    return sorted(taken[2:])[times // 2]


async def best(work: Callable[[int], Awaitable[Any]], times: int) -> float:
    """As `median`, the shortest of `times` calls: what the work costs where the machine has other work as well."""
    taken = []
    for number in range(times + 2):
        start = time.perf_counter()
        await work(number)
        taken.append(time.perf_counter() - start)
    return min(taken[2:])


class Rate(float):
    """Things a second; `cpu` is the seconds of the server's CPU for each of them."""

    cpu: float


async def rate(
    workers: list[Callable[[], Awaitable[int]]], seconds: float, server_cpu: Callable[[], float] | None = None
) -> Rate:
    """What all workers together finish in a second; each call of a worker says how much it did."""
    end = time.perf_counter() + seconds
    used = server_cpu() if server_cpu else 0.0

    async def loop(work: Callable[[], Awaitable[int]]) -> int:
        done = 0
        while time.perf_counter() < end:
            done += await work()
        return done

    start = time.perf_counter()
    done = sum(await asyncio.gather(*(loop(work) for work in workers)))
    found = Rate(done / (time.perf_counter() - start))
    found.cpu = (server_cpu() - used) / max(done, 1) if server_cpu else 0.0
    return found
