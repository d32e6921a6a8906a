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
    ports = itertools.cycle([urlsplit(server.url).port or 0 for server in servers])
    listening, loops = threading.Event(), []

    async def serve() -> None:
        ended = asyncio.Event()
        loops.append((asyncio.get_running_loop(), ended))
        async with await asyncio.start_server(lambda *both: _pass_on(next(ports), *both), "127.0.0.1", port):
            listening.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="round-robin", daemon=True)
    thread.start()
    assert listening.wait(10)
    try:
        yield
    finally:
        loop, ended = loops[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)


async def _pass_on(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        upstream = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(_pump(reader, upstream[1]), _pump(upstream[0], writer), return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(1 << 16):
            writer.write(block)
            await writer.drain()
    finally:
        writer.close()
