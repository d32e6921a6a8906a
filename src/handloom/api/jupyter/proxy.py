"""HTTP reverse proxy for the Jupyter server under `/jupyter/`: authorize each request, then stream it both ways.

Credentials are not forwarded: the Jupyter server sees only its own token, and the browser none of its cookies.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any
from urllib.parse import quote, unquote
from weakref import WeakValueDictionary

import httpx
import msgspec
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute

from handloom.api import errors, quotas
from handloom.api.authenticator import Authenticator
from handloom.api.jupyter.kernel_socket import Bridge, without_token
from handloom.api.jupyter.rules import Rules, own_kernels
from handloom.api.notebook_saves import after_save, before_save
from handloom.api.routing import body, catch_errors, streamed_body
from handloom.api.server import Server
from handloom.domain.errors import Invalid, Unavailable
from handloom.domain.members import Caller
from handloom.kernels.jupyter import BASE
from handloom.store.capacities import rows as capacity_store
from handloom.store.notebooks import rows as notebook_store

NOT_SENT = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade host "
    b"authorization cookie origin referer x-xsrftoken".split()
)
_NOT_RETURNED = frozenset(
    b"connection keep-alive transfer-encoding set-cookie server date content-security-policy "
    b"access-control-allow-origin access-control-allow-credentials".split()
)
_SANDBOX = (b"content-security-policy", b"sandbox; default-src 'self' data: 'unsafe-inline'")
MAX_SMALL_BODY = 1024 * 1024
"""Maximum bytes of a request's body, except for saving a file."""

MAX_NOTEBOOK = 256 * 1024 * 1024
"""Maximum bytes of a saved notebook or file. The Jupyter server holds all of it in memory."""

LARGE_SAVE = 16 * 1024 * 1024
"""Bytes from which a save counts as large: each person has one of them at a time."""

LARGE_SAVE_WAIT_SECONDS = 60.0

_BY_ID = re.compile(r"/notebooks/([\w-]+)/([\w-]+)")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_JSON = "application/json"
_FULL_DISK = ("No space left", "Disk quota exceeded", "Errno 28", "Errno 122", "File too large", "Errno 27")


class Proxy:
    """Routes below `/jupyter/`."""

    def __init__(self, server: Server, authenticator: Authenticator) -> None:
        self._server = server
        self._authenticator = authenticator
        self._rules = Rules(server, authenticator)
        self._bridge = Bridge(server, authenticator, self._rules)
        self._large_saves: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by user id

    @property
    def connections(self) -> int:
        """The open WebSockets to kernels."""
        return self._bridge.connections

    def routes(self) -> list[BaseRoute]:
        return [
            Route(BASE + "/{path:path}", self.handle, methods=_METHODS),
            WebSocketRoute(BASE + "/{path:path}", self._bridge.serve),
        ]

    async def handle(self, request: Request) -> Response:
        return await catch_errors(request, self._handle(request), refused)

    async def _handle(self, request: Request) -> Response:
        caller = await self._authenticator.caller(request.headers)
        raw = request.scope["raw_path"].decode("ascii").partition("?")[0]
        path = raw.removeprefix(BASE)
        streamed = request.method == "PUT" and path.startswith("/api/contents/")
        content = None if streamed else await body(request, MAX_SMALL_BODY)
        if request.method == "GET" and (match := _BY_ID.fullmatch(path)):
            return await self._notebook(request, caller, match[1], match[2])
        permission = await self._rules.authorize(caller, request.method, path, content or b"")
        if path.startswith("/api/contents/") and request.method == "GET":
            await self._warm(unquote(path.removeprefix("/api/contents/")))
        if permission.action == "restart" and permission.session is not None:
            await self._server.sessions.restart(permission.session.id)
            return await self._forward(request, "GET", raw.removesuffix("/restart"), b"")
        if permission.action == "filter":
            return await self._list_own(caller, path, request)
        query = without_token(request.scope["query_string"].decode("latin-1"))
        target = f"{raw}?{query}" if query else raw
        if permission.action == "saved":
            await before_save(self._server, permission.workspace, permission.notebook)
        elif permission.workspace and request.method in ("PUT", "POST"):  # a notebook is saved also where it is full
            announced = request.headers.get("content-length", "")
            size = int(announced) if announced.isdecimal() else 0
            await quotas.require_file_room(self._server, permission.workspace, size)
            self._server.folder_sizes.added(permission.workspace, size)
        async with self._large_save(request, caller) if streamed else nullcontext():
            response = await self._forward(request, request.method, target, content)
        if permission.action == "saved" and response.status_code < 300:
            await after_save(self._server, caller, permission.workspace, permission.notebook)
        return response

    async def _notebook(self, request: Request, caller: Caller, workspace: str, notebook: str) -> Response:
        """Return a notebook as Jupyter's contents API does, by its id: what a page can ask for before it knows the name
        of the file."""
        await self._authenticator.member(caller, workspace)
        name = (await self._server.read(lambda tx: notebook_store.get(tx, workspace, notebook))).name
        path = f"/api/contents/{workspace}/{quote(name, safe='')}.ipynb"
        await self._rules.authorize(caller, "GET", path, b"")
        await self._warm(unquote(path.removeprefix("/api/contents/")))
        response = await self._forward(request, "GET", f"{BASE}{path}?type=notebook&content=1&hash=0", b"")
        response.headers["cache-control"] = "no-store"
        return response

    async def _warm(self, path: str) -> None:
        """Start a kernel that waits, because a notebook is being opened and will likely need one soon."""
        workspace, _, rest = path.partition("/")
        fixed, name = self._server.session_capacities, rest.removesuffix(".ipynb")
        with suppress(Invalid):  # the start of a session reports a capacity that is gone
            capacity = await self._server.read(lambda tx: capacity_store.of_notebook(tx, fixed, workspace, name))
            self._server.sessions.warm(workspace, capacity)

    async def _forward(self, request: Request, method: str, target: str, given: bytes | None) -> Response:
        """Send a request to the Jupyter server and stream its reply. `given` is the body; None streams the
        request's.
        """
        headers = [(k, v) for k, v in request.headers.raw if k.lower() not in NOT_SENT]
        content: bytes | AsyncIterator[bytes] = given or b""
        if given is None:
            content = _json_object(streamed_body(request, MAX_NOTEBOOK))
        else:
            headers = [(k, v) for k, v in headers if k.lower() != b"content-length"]
        reply = await self._server.sessions.jupyter.send(method, target, headers, content)
        response = StreamingResponse(reply.aiter_raw(), reply.status_code, background=BackgroundTask(reply.aclose))
        response.raw_headers = [(k.lower(), v) for k, v in reply.headers.raw if k.lower() not in _NOT_RETURNED]
        if target.startswith(BASE + "/files/"):
            response.raw_headers.append(_SANDBOX)
        if reply.status_code == 500 and "/api/contents/" in target:
            return await _contents_error(reply)
        return response

    @asynccontextmanager
    async def _large_save(self, request: Request, caller: Caller) -> AsyncIterator[None]:
        """Hold the caller's turn while a large file is saved, since the Jupyter server keeps all of it in memory.

        Raises Unavailable after LARGE_SAVE_WAIT_SECONDS.
        """
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) < LARGE_SAVE:
            yield
            return
        turn = self._large_saves.setdefault(caller.user.id, asyncio.Lock())
        try:
            await asyncio.wait_for(turn.acquire(), LARGE_SAVE_WAIT_SECONDS)
        except TimeoutError as error:
            raise Unavailable("Another large file of yours is being saved. Save this one again afterwards.") from error
        try:
            yield
        finally:
            turn.release()

    async def _list_own(self, caller: Caller, path: str, request: Request) -> Response:
        """Return Jupyter's list of kernels or sessions, without other users' and without kernels of the pool."""
        mine = own_kernels(self._server, caller)
        items: list[dict[str, Any]] = []
        if mine and self._server.sessions.jupyter.running:
            items = await self._server.sessions.jupyter.ask("GET", path)
        own = [item for item in items if item.get("kernel", item)["id"] in mine]
        kind = list[dict[str, Any]]
        asked = await self._server.peers.ask_all(caller, request, BASE + path, kind, user=caller.user.id)
        return Response(msgspec.json.encode([*own, *(item for one in asked for item in one)]), media_type=_JSON)


async def _json_object(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass a body on. Raises Invalid as soon as it cannot be a JSON object, for which Jupyter has only a 500."""
    begun = False
    async for block in blocks:
        first = block.lstrip()[:1]
        if not begun and first:
            begun = True
            if first != b"{":
                raise Invalid("The body must be a JSON object.")
        yield block


def refused(error: BaseException) -> Response:
    """Return our error body with `message` at the top level as well, where JupyterLab looks for it."""
    response = errors.failure(error)
    failure = msgspec.json.decode(response.body)
    content = {"message": failure["error"]["message"], "reason": None, **failure}
    return Response(msgspec.json.encode(content), response.status_code, media_type=_JSON)


async def _contents_error(reply: httpx.Response) -> Response:
    """Translate a 500 of Jupyter's contents API into a message that says what to do; a full disk becomes 507."""
    content = await reply.aread()
    await reply.aclose()
    try:
        reason = str(msgspec.json.decode(content, type=dict[str, Any]).get("message") or "")
    except msgspec.DecodeError:
        reason = ""
    full = any(sign in reason for sign in _FULL_DISK)
    message = (
        "The disk is full, so this was not saved. What was saved before is safe. Free some space and save again."
        if full
        else reason or "The file could not be read or written. The log of the notebook server says why."
    )
    code = "unavailable" if full else "internal"
    shape = {"message": message, "reason": None, "error": {"code": code, "message": message, "field": None}}
    return Response(msgspec.json.encode(shape), 507 if full else 500, media_type=_JSON)
