"""A proxy that passes each new connection to the next of several servers, as one without sticky sessions does."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from running import Handloom


class Proxied(Handloom):
    """A server whose `url` is the proxy's, for people. The test's own requests, by its local token, go to it alone."""

    direct = ""

    def new_sign_in_url(self) -> str:
        shown, self.url = self.url, self.direct
        try:
            return super().new_sign_in_url()
        finally:
            self.url = shown


@contextlib.contextmanager
def in_turn(port: int, servers: Sequence[Handloom]) -> Iterator[None]:
    """Listen on the port, and pass connections on to these servers in turn."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="round-robin", daemon=True)
    thread.start()
    ports = itertools.cycle([urlsplit(server.url).port or 0 for server in servers])
    listening = asyncio.run_coroutine_threadsafe(_listen(port, ports), loop).result(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _listen(port: int, ports: Iterator[int]) -> asyncio.Server:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream = await asyncio.open_connection("127.0.0.1", next(ports))
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, upstream[1]), _pump(upstream[0], writer), return_exceptions=True)

    return await asyncio.start_server(accept, "127.0.0.1", port)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(1 << 16):
            writer.write(block)
            await writer.drain()
    finally:
        writer.close()
