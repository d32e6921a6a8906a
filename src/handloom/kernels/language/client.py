"""Speaks the language server protocol with one process over its standard input and output."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from handloom.domain.errors import Unavailable

MAX_MESSAGE = 32_000_000
"""Bytes of one message."""
MAX_HEADER = 4_000


class LanguageClient:
    """One language server. Ask one question at a time; notifications are read with the next reply and dropped."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._asked = 0

    def notify(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    async def ask(self, method: str, params: dict[str, Any]) -> Any:
        """Return the result. Raises Unavailable if the server refuses the question, and EOFError when it has ended."""
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        await self._stdin.drain()
        while True:
            message = await self._receive()
            if "method" in message:
                if "id" in message:  # it waits for an answer, but there is nothing that it has to know
                    self._send({"id": message["id"], "result": None})
            elif message.get("id") == self._asked:
                if "error" in message:
                    raise Unavailable("The analyser of code has refused the question.")
                return message.get("result")

    def _send(self, message: dict[str, Any]) -> None:
        body = msgspec.json.encode({"jsonrpc": "2.0", **message})
        self._stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def _receive(self) -> dict[str, Any]:
        header = await self._stdout.readuntil(b"\r\n\r\n")
        length = 0
        for line in header[:MAX_HEADER].split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
        if not 0 < length <= MAX_MESSAGE:
            raise EOFError("a message is too large")
        message = msgspec.json.decode(await self._stdout.readexactly(length))
        return message if isinstance(message, dict) else {}
