"""Execute the cells of a notebook in a session without a page, through the kernel's WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import websockets

from handloom.domain.cell_outputs import Following, Message, Ran, decoded, execution, request
from handloom.domain.errors import Unavailable
from handloom.domain.widget_states import keep_states, shown_in
from handloom.kernels.jupyter import BASE, Jupyter

WIDGETS_SECONDS = 20


class CellRunner:
    """Executes cells in one kernel, one after the other."""

    def __init__(
        self, connection: websockets.ClientConnection, client: str, states: Callable[[], Awaitable[Any]]
    ) -> None:
        """`states` asks for the states of the kernel's widgets."""
        self._connection = connection
        self._client = client
        self._states = states

    def request(self, code: str, cell: str) -> Message:
        """Return the request that executes a cell."""
        return request(self._client, "execute_request", execution(code), cell=cell)

    async def run(self, asked: Message, into: Ran, *, again: bool = False) -> None:
        """Execute a cell and add its outputs to `into` as they arrive. Raises Unavailable if the kernel ends.

        `again`: an earlier connection of this client may have sent the request; then it is not sent twice, and `into`
        gets the outputs from the first on.
        """
        following = Following(asked, into, again=again)
        try:
            if not again:
                await self._connection.send(json.dumps(asked))
            while not following.ended:
                if following.take(decoded(await self._connection.recv())):
                    await self._connection.send(json.dumps(asked))
        except websockets.ConnectionClosed as error:
            raise Unavailable("The session was stopped.") from error

    async def keep_widgets(self, document: dict[str, Any]) -> None:
        """Put the states of the widgets that the notebook's outputs show into it, if they can be had."""
        if any(shown_in(document["cells"])):
            with contextlib.suppress(Unavailable, TimeoutError):
                keep_states(document, await asyncio.wait_for(self._states(), WIDGETS_SECONDS))


@asynccontextmanager
async def connected(jupyter: Jupyter, kernel: str, client: str) -> AsyncIterator[CellRunner]:
    """Connect to a kernel as its only page. `client` is any id: by it, the kernel's channels know a page that comes
    back. Raises Unavailable.
    """
    try:
        async with jupyter.connect(f"{BASE}/api/kernels/{kernel}/channels?session_id={client}", []) as connection:
            yield CellRunner(connection, client, partial(jupyter.ask, "GET", f"/api/kernels/{kernel}/widgets"))
    except (OSError, TimeoutError, websockets.InvalidHandshake) as error:
        raise Unavailable(f"The kernel cannot be reached: {error}") from error
