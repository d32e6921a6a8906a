"""ASGI middleware for a public URL with a path: take the path off requests, and add it to redirects and cookies.

The handlers know paths of the server's root only, whether the reverse proxy keeps the path in requests or strips it.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PREFIX = "handloom.path_prefix"
"""Key of the prefix in the scope. Not ASGI's root_path, which Starlette would take off the path once more."""


class PathPrefix:
    """Translate paths between the public URL and the server. Used only if the public URL has a path.

    A request whose path does not begin with the prefix is served as well: a proxy stripped it, or the client is on this
    machine, as kernels and the command line are. No path of the server begins with it, which settings.py checks.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        """`prefix` is the path of the public URL, such as /lab, without a trailing slash."""
        self._app = app
        self._prefix = prefix
        self._raw = prefix.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope[_PREFIX] = self._prefix
        raw: bytes = scope["raw_path"]
        if raw.startswith(self._raw) and raw[len(self._raw) : len(self._raw) + 1] in (b"", b"/"):
            scope["raw_path"] = raw[len(self._raw) :] or b"/"
            scope["path"] = scope["path"][len(self._prefix) :] or "/"

        async def translate(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [self._translated(name, value) for name, value in message.get("headers", ())]
            await send(message)

        await self._app(scope, receive, translate)

    def _translated(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        if name == b"location" and value.startswith(b"/") and not value.startswith(b"//"):
            return name, self._raw + value
        if name == b"set-cookie":
            return name, b"; ".join(self._cookie_part(part.strip()) for part in value.split(b";"))
        return name, value

    def _cookie_part(self, part: bytes) -> bytes:
        key, _, path = part.partition(b"=")
        return part if key.lower() != b"path" else key + b"=" + self._raw + (b"" if path == b"/" else path)


def public_path(request: Request, path: str) -> str:
    """The path by which a browser reaches `path` of this server, for links in pages."""
    return f"{request.scope.get(_PREFIX, '')}{path}"
