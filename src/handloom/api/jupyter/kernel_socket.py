"""Proxy a kernel's WebSocket between the browser and the Jupyter server, and authorize it for as long as it is open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import websockets
from starlette.websockets import WebSocket, WebSocketDisconnect

from handloom.api.authenticator import Authenticator
from handloom.api.jupyter.rules import Rules
from handloom.api.server import Server
from handloom.domain.errors import HandloomError, Unauthenticated
from handloom.domain.members import Caller, Role, require
from handloom.kernels.jupyter import BASE

_CLOSED_BY_US = 1011
_NO_CODE = (1005, 1006, 1015)  # close codes that a library reports but an endpoint must not send (RFC 6455)


class Bridge:
    """Handler of `/jupyter/api/kernels/KERNEL/channels`, for kernels of the caller's own sessions."""

    def __init__(self, server: Server, authenticator: Authenticator, rules: Rules) -> None:
        self._server = server
        self._authenticator = authenticator
        self._rules = rules
        self.connections = 0

    async def serve(self, socket: WebSocket) -> None:
        path = socket.scope["raw_path"].decode("ascii").partition("?")[0].removeprefix(BASE)
        try:
            caller = await self._authenticator.caller(socket.headers)
            kernel = path.removeprefix("/api/kernels/").removesuffix("/channels")
            if path != f"/api/kernels/{kernel}/channels":
                await socket.close(4404, "There is no such WebSocket.")
                return
            await self._check(caller, kernel)
            query = without_token(socket.scope["query_string"].decode("latin-1"))
            target = f"{BASE}{path}?{query}" if query else f"{BASE}{path}"
            protocols = socket.scope.get("subprotocols") or []
            async with self._server.sessions.jupyter.connect(target, protocols) as upstream:
                await socket.accept(subprotocol=upstream.subprotocol)
                refused = self._authenticator.until_refused(socket.headers, lambda caller: self._check(caller, kernel))
                self.connections += 1
                self._server.sessions.reach(kernel)
                try:
                    await join(socket, upstream, refused)
                finally:
                    self.connections -= 1
        except HandloomError as error:
            await socket.close(_code_of(error), error.message[:100])
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            await socket.close(_CLOSED_BY_US, f"The kernel cannot be reached: {error}"[:120])

    async def _check(self, caller: Caller, kernel: str) -> None:
        """Raise NotFound or Forbidden unless the caller may currently run code in this kernel."""
        require(
            await self._authenticator.member(caller, self._rules.session(caller, kernel).workspace), Role.CONTRIBUTOR
        )


def without_token(query: str) -> str:
    """Return a query without the token that JupyterLab's client puts there."""
    return "&".join(part for part in query.split("&") if part and not part.startswith("token="))


async def join(
    socket: WebSocket, upstream: websockets.ClientConnection, refusal: Coroutine[Any, Any, HandloomError]
) -> None:
    """Forward messages both ways until either side closes or authorization fails; then close the other side."""
    refused = asyncio.create_task(refusal)
    tasks: set[asyncio.Task[Any]] = {
        refused,
        asyncio.create_task(_up(socket, upstream)),
        asyncio.create_task(_down(socket, upstream)),
    }
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    code = upstream.close_code
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        if refused in done and upstream.close_code is None:
            await socket.close(_code_of(refused.result()), refused.result().message[:100])
        else:
            await socket.close(code if code and code not in _NO_CODE else 1000)


def _code_of(error: HandloomError) -> int:
    return 4401 if isinstance(error, Unauthenticated) else 4404


async def _up(socket: WebSocket, upstream: websockets.ClientConnection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed, WebSocketDisconnect):
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            content = message.get("bytes")
            await upstream.send(content if content is not None else message["text"])


async def _down(socket: WebSocket, upstream: websockets.ClientConnection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed, WebSocketDisconnect, RuntimeError):
        async for message in upstream:
            await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(message))
