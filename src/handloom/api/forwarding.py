"""ASGI layers between servers of one database: pass requests for a session on to the server that holds it.

`Forwarding` passes on what names a session or its kernel, and saves of a notebook that has a session there, since the
server that runs a kernel writes its outputs. The other server checks the caller's rights like those of anybody else.
"""

from __future__ import annotations

import asyncio
import re
from urllib.parse import unquote

import msgspec
import websockets
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from handloom.api.authenticator import Authenticator
from handloom.api.errors import failure
from handloom.api.jupyter.kernel_socket import join, without_token
from handloom.api.jupyter.proxy import MAX_SMALL_BODY, NOT_SENT, refused
from handloom.api.peers import CLIENT, SECRET, USER, Peers
from handloom.api.routing import body, raw_path
from handloom.api.server import Server
from handloom.domain.errors import HandloomError
from handloom.domain.members import Caller
from handloom.kernels.jupyter import BASE
from handloom.store.notebooks import rows as notebook_store

_SESSION = re.compile(r"/api/v1/(?:workspaces/[^/]+/)?sessions/([0-9a-f]{32})(?:/.*)?")
_KERNEL = re.compile(BASE + r"/api/kernels/([\w-]+)(?:/.*)?")
_BOUND = re.compile(BASE + r"/api/sessions/([\w-]+)")
_NOTEBOOK = re.compile(BASE + r"/api/contents/([^/]+)/([^/]+)\.ipynb")
_OWN = frozenset((SECRET, USER, CLIENT))
_NOT_PASSED_ON = NOT_SENT.union(
    (name.encode() for name in _OWN),
    b"x-handloom-proxy-secret forwarded x-forwarded-for x-forwarded-proto x-forwarded-host sec-fetch-site "
    b"sec-fetch-mode sec-fetch-dest sec-websocket-key sec-websocket-version sec-websocket-extensions "
    b"sec-websocket-protocol".split(),
)
_NOT_RETURNED = frozenset((b"connection", b"keep-alive", b"transfer-encoding", b"server", b"date"))
_GOING_AWAY = 1013


class _Kernel(msgspec.Struct):
    id: str = ""


class _Binding(msgspec.Struct):
    """What a page asks of Jupyter about its kernel, as far as it matters here."""

    kernel: _Kernel = msgspec.field(default_factory=_Kernel)


class PeerEntry:
    """Believe the headers of another server if it knows the secret of this one, and drop them otherwise."""

    def __init__(self, app: ASGIApp, peers: Peers) -> None:
        self._app = app
        self._peers = peers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and any(name.startswith(b"x-handloom-peer") for name, _ in scope["headers"]):
            headers = MutableHeaders(scope=scope)
            if not self._peers.opens(headers.get(SECRET, "")):
                for name in _OWN:
                    del headers[name]
            elif client := headers.get(CLIENT):
                scope["client"] = (client, 0)
        await self._app(scope, receive, send)


class Forwarding:
    """Passes requests on, or to `app` where this server holds the session, or none does."""

    def __init__(self, app: ASGIApp, server: Server, authenticator: Authenticator) -> None:
        self._app = app
        self._server = server
        self._peers = server.peers
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not self._peers.any:
            await self._app(scope, receive, send)
            return
        path = raw_path(scope)
        if not path.startswith(("/api/v1/", BASE)) or any(name == SECRET.encode() for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        try:
            if path == f"{BASE}/api/sessions" and scope.get("method") == "POST":
                receive, content = await _read_ahead(scope, receive)
                holder = await self._holder_of_kernel(_kernel_in(content))
            else:
                holder = await self._holder(scope, path)
        except HandloomError:
            holder = None  # the application answers with the error
        if holder is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._join(WebSocket(scope, receive, send), path, holder)
        else:
            await self._pass_on(scope, receive, send, path, holder)

    async def _holder(self, scope: Scope, path: str) -> str | None:
        """Return the id of the other server that a request is for."""
        sessions = self._server.sessions
        if match := _SESSION.fullmatch(path):
            return None if sessions.holds(match[1]) else await self._peers.holder(match[1])
        if match := _KERNEL.fullmatch(path):
            return await self._holder_of_kernel(match[1])
        if match := _BOUND.fullmatch(path):
            http = Request(scope)
            caller = await self._authenticator.caller(http.headers)
            return await self._peers.holder_of_bound(caller, http, match[1])
        if scope["type"] == "http" and scope["method"] == "PUT" and (match := _NOTEBOOK.fullmatch(path)):
            return await self._holder_of_file(scope, unquote(match[1]), unquote(match[2]))
        return None

    async def _holder_of_kernel(self, kernel: str) -> str | None:
        if not kernel or self._server.sessions.by_kernel(kernel) is not None:
            return None
        return await self._peers.holder(kernel)

    async def _holder_of_file(self, scope: Scope, workspace: str, name: str) -> str | None:
        caller = await self._authenticator.caller(Request(scope).headers)
        notebook = await self._server.read(lambda tx: notebook_store.find(tx, workspace, name))
        if notebook is None or self._server.sessions.find(caller.user, workspace, notebook.id) is not None:
            return None
        return await self._peers.holder_of_notebook(notebook.id, caller.user.id)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, path: str, holder: str) -> None:
        request = Request(scope, receive)
        shown = refused if path.startswith(BASE) else failure
        try:
            caller = await self._authenticator.caller(request.headers)
            headers = self._headers(request, caller, holder)
            given = request.stream() if request.method in ("POST", "PUT", "PATCH") else b""
            reply = await self._peers.send(holder, request.method, _target(path, request), headers, given)
        except HandloomError as error:
            await shown(error)(scope, receive, send)
            return
        try:
            kept = [(k.lower(), v) for k, v in reply.headers.raw if k.lower() not in _NOT_RETURNED]
            await send({"type": "http.response.start", "status": reply.status_code, "headers": kept})
            async for block in reply.aiter_raw():
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await reply.aclose()

    async def _join(self, socket: WebSocket, path: str, holder: str) -> None:
        """Join the page's WebSocket to the one of the other server, which checks the caller's rights all the time."""
        try:
            caller = await self._authenticator.caller(socket.headers)
            headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in self._headers(socket, caller, holder)]
            address = self._peers.address(holder).replace("http", "ws", 1) + _target(path, socket)
            protocols = [websockets.Subprotocol(one) for one in socket.scope.get("subprotocols") or []]
            async with websockets.connect(
                address,
                additional_headers=headers,
                subprotocols=protocols or None,
                max_size=None,
                compression=None,
                open_timeout=60,
                proxy=None,
            ) as upstream:
                await socket.accept(subprotocol=upstream.subprotocol)
                await join(socket, upstream, _never())
        except HandloomError as error:
            await socket.close(_GOING_AWAY, error.message[:100])
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            await socket.close(_GOING_AWAY, f"The server of this session cannot be reached: {error}"[:100])

    def _headers(self, http: Request | WebSocket, caller: Caller, holder: str) -> list[tuple[bytes, bytes]]:
        sent = [(k, v) for k, v in http.headers.raw if k.lower() not in _NOT_PASSED_ON]
        header = self._server.settings.sign_in_header.lower().encode("latin-1", "replace")
        own = self._peers.headers(holder, caller, http)
        return [(k, v) for k, v in sent if k.lower() != header] + [(k.encode(), v.encode()) for k, v in own.items()]


def _target(path: str, http: Request | WebSocket) -> str:
    query = without_token(http.scope["query_string"].decode("latin-1"))
    return f"{path}?{query}" if query else path


async def _read_ahead(scope: Scope, receive: Receive) -> tuple[Receive, bytes]:
    """Read a small body. Returns what gives it once more, and its content."""
    content = await body(Request(scope, receive), MAX_SMALL_BODY)
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": content, "more_body": False}

    return again, content


def _kernel_in(content: bytes) -> str:
    """Return the kernel that Jupyter is asked to bind to a path; empty for none."""
    try:
        return msgspec.json.decode(content, type=_Binding).kernel.id
    except msgspec.MsgspecError:
        return ""


async def _never() -> HandloomError:
    await asyncio.Event().wait()
    raise AssertionError
