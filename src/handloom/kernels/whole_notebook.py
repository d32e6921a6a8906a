"""Execute the cells of a notebook in a session without a page, through the kernel's WebSocket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import websockets

from handloom.domain.cell_outputs import OutputCollector, Ran, decoded, died, ends, execution, request, why_it_died
from handloom.domain.errors import Unavailable
from handloom.kernels.jupyter import BASE, Jupyter


class CellRunner:
    """Executes cells in one kernel, one after the other."""

    def __init__(self, connection: websockets.ClientConnection, client: str) -> None:
        self._connection = connection
        self._client = client

    async def run(self, code: str, cell: str, into: Ran) -> None:
        """Execute a cell and add its outputs to `into` as they arrive. Raises Unavailable if the kernel ends."""
        asked = request(self._client, "execute_request", execution(code), cell=cell)
        collector, wanted = OutputCollector(into), {"reply", "idle"}
        try:
            await self._connection.send(json.dumps(asked))
            while wanted:
                message = decoded(await self._connection.recv())
                if died(message):
                    raise Unavailable(why_it_died(into))
                if message["parent_header"].get("msg_id") == asked["header"]["msg_id"]:
                    wanted -= ends(message)
                    collector.take(message)
        except websockets.ConnectionClosed as error:
            raise Unavailable("The session was stopped.") from error


@asynccontextmanager
async def connected(jupyter: Jupyter, kernel: str) -> AsyncIterator[CellRunner]:
    """Connect to a kernel as its only page. Raises Unavailable."""
    client = uuid4().hex
    try:
        async with jupyter.connect(f"{BASE}/api/kernels/{kernel}/channels?session_id={client}", []) as connection:
            yield CellRunner(connection, client)
    except (OSError, TimeoutError, websockets.InvalidHandshake) as error:
        raise Unavailable(f"The kernel cannot be reached: {error}") from error
