"""The Jupyter child behind our own door: HTTP under `/jupyter/`, streamed both ways, after our session and role checks.

Credentials are dropped in both directions: the child sees only its own token, the browser none of the child's cookies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute

from handloom.api import errors
from handloom.api.authenticator import Authenticator
from handloom.api.jupyter.kernel_socket import Bridge
from handloom.api.jupyter.rules import Leave, Rules, own_kernels
from handloom.api.routing import body, catch_errors, streamed_body
from handloom.api.server import Server
from handloom.domain.members import Caller
from handloom.kernels.jupyter import BASE

_NOT_SENT = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade host "
    b"authorization cookie origin referer x-xsrftoken".split()
)
_NOT_RETURNED = frozenset(
    b"connection keep-alive transfer-encoding set-cookie server date content-security-policy "
    b"access-control-allow-origin access-control-allow-credentials".split()
)
_SANDBOX = (b"content-security-policy", b"sandbox; default-src 'self' data: 'unsafe-inline'")
MAX_SMALL_BODY = 1024 * 1024
"""Bytes of every request but the saving of a file."""

MAX_NOTEBOOK = 256 * 1024 * 1024
"""Bytes of a saved notebook or file. The Jupyter server holds all of it in memory."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_FULL_DISK = ("No space left", "Disk quota exceeded", "Errno 28", "Errno 122", "File too large", "Errno 27")


class Proxy:
    """`/jupyter/...` of one server."""

    def __init__(self, server: Server, authenticator: Authenticator) -> None:
        self._server = server
        self._authenticator = authenticator
        self._rules = Rules(server, authenticator)
        self._bridge = Bridge(server, authenticator, self._rules)

    def routes(self) -> list[BaseRoute]:
        return [
            Route(BASE + "/{path:path}", self.answer, methods=_METHODS),
            WebSocketRoute(BASE + "/{path:path}", self._bridge.serve),
        ]

    async def answer(self, request: Request) -> Response:
        return await catch_errors(request, self._answer(request), _refused)

    async def _answer(self, request: Request) -> Response:
        caller = await self._authenticator.caller(request.headers)
        raw = request.scope["raw_path"].decode("ascii").partition("?")[0]
        path = raw.removeprefix(BASE)
        streamed = request.method == "PUT" and path.startswith("/api/contents/")
        content = None if streamed else await body(request, MAX_SMALL_BODY)
        leave = await self._rules.judge(caller, request.method, path, content or b"")
        if path.startswith("/api/contents/"):
            self._server.sessions.warm()  # a notebook is being opened: its session will be wanted soon
        if leave.then == "restart" and leave.session is not None:
            await self._server.sessions.restart(leave.session.id)
            return await self._pass(request, "GET", raw.removesuffix("/restart"), b"")
        if leave.then == "filter":
            return await self._own(caller, path)
        query = _without_token(request.scope["query_string"].decode("latin-1"))
        target = f"{raw}?{query}" if query else raw
        response = await self._pass(request, request.method, target, content)
        if leave.then == "saved":
            return await self._saved(leave, response)
        return response

    async def _pass(self, request: Request, method: str, target: str, given: bytes | None) -> Response:
        headers = [(k, v) for k, v in request.headers.raw if k.lower() not in _NOT_SENT]
        content: bytes | AsyncIterator[bytes] = given or b""
        if given is None:
            content = streamed_body(request, MAX_NOTEBOOK)
        else:
            headers = [(k, v) for k, v in headers if k.lower() != b"content-length"]
        reply = await self._server.sessions.jupyter.send(method, target, headers, content)
        response = StreamingResponse(reply.aiter_raw(), reply.status_code, background=BackgroundTask(reply.aclose))
        response.raw_headers = [(k.lower(), v) for k, v in reply.headers.raw if k.lower() not in _NOT_RETURNED]
        if target.startswith(BASE + "/files/"):
            response.raw_headers.append(_SANDBOX)
        if reply.status_code == 500 and "/api/contents/" in target:
            return await _explained(reply)
        return response

    async def _own(self, caller: Caller, path: str) -> Response:
        """A list of kernels or Jupyter sessions, without those of other people and those that only wait."""
        mine = own_kernels(self._server, caller)
        if not mine or not self._server.sessions.jupyter.running:
            return Response(b"[]", media_type="application/json")
        items: list[dict[str, Any]] = await self._server.sessions.jupyter.ask("GET", path)
        own = [item for item in items if item.get("kernel", item)["id"] in mine]
        return Response(msgspec.json.encode(own), media_type="application/json")

    async def _saved(self, leave: Leave, response: Response) -> Response:
        if response.status_code < 300:
            # the file's own time says when: there is no row to change, but pages must hear of it
            await self._server.write(lambda tx: tx.changed("notebooks", leave.workspace, leave.notebook))
        return response


def _without_token(query: str) -> str:
    return "&".join(part for part in query.split("&") if part and not part.startswith("token="))


def _refused(error: BaseException) -> Response:
    """Our error, also in the shape that JupyterLab shows to people: a `message` at the top."""
    answer = errors.failure(error)
    told = msgspec.json.decode(answer.body)
    content = {"message": told["error"]["message"], "reason": None, **told}
    return Response(msgspec.json.encode(content), answer.status_code, media_type="application/json")


async def _explained(reply: httpx.Response) -> Response:
    """A failure to read or write a file, told so that a person can act on it."""
    content = await reply.aread()
    await reply.aclose()
    try:
        said = str(msgspec.json.decode(content, type=dict[str, Any]).get("message") or "")
    except msgspec.DecodeError:
        said = ""
    full = any(sign in said for sign in _FULL_DISK)
    message = (
        "The disk is full, so this was not saved. What was saved before is safe. Free some space and save again."
        if full
        else said or "The file could not be read or written. The log of the notebook server says why."
    )
    code = "unavailable" if full else "internal"
    shape = {"message": message, "reason": None, "error": {"code": code, "message": message, "field": None}}
    return Response(msgspec.json.encode(shape), 507 if full else 500, media_type="application/json")
