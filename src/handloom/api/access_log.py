"""The access log: a line for each request and WebSocket, with an id that the reply and other lines have too."""

from __future__ import annotations

import logging
import secrets
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handloom.api.routing import USER, raw_path
from handloom.log_setup import FIELDS, REQUEST

log = logging.getLogger("handloom.access")

REPLY_HEADER = b"x-request-id"
ABANDONED = 499
"""Status of a request whose client went away before the reply began, as nginx logs it."""


class AccessLog:
    """Log requests after their reply, and WebSockets after they are closed. Paths are logged without their query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request, began = secrets.token_hex(8), perf_counter()
        found: dict[str, Any] = {"status": ABANDONED if scope["type"] == "http" else 0, "bytes": 0}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                found["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), (REPLY_HEADER, request.encode())]
            elif message["type"] == "http.response.body":
                found["bytes"] += len(message.get("body", b""))
            elif message["type"] == "websocket.accept":
                found["status"] = 101
            await send(message)

        reset = REQUEST.set(request)
        try:
            await self._app(scope, receive, sending)
        finally:
            _write(scope, found["status"], found["bytes"], perf_counter() - began)
            REQUEST.reset(reset)


def _write(scope: Scope, status: int, size: int, seconds: float) -> None:
    client = scope.get("client")
    fields = {
        "method": scope.get("method", "WEBSOCKET"),
        "path": raw_path(scope),
        "status": status,
        "bytes": size,
        "ms": round(seconds * 1_000, 1),
        "client": client[0] if client else "",
        "user": scope.get(USER, ""),
    }
    message = "%(method)s %(path)s %(status)s %(bytes)s bytes %(ms)s ms from %(client)s %(user)s"
    log.info(message, fields, extra={FIELDS: fields})
