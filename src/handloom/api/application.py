"""The HTTP side of the server as one ASGI application: a request goes straight to the API that owns its path.

Starlette has the rest: pages, sign-in, the Jupyter proxy, WebSockets and the lifespan. The APIs, which answer most
requests, do without its layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from handloom.api.routing import raw_path


class Application:
    """`apis` are pairs of "does this path belong to it?" and the ASGI application that answers it."""

    def __init__(self, apis: Sequence[tuple[Callable[[str], bool], ASGIApp]], rest: ASGIApp) -> None:
        self._apis = apis
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = raw_path(scope)
            for owns, api in self._apis:
                if owns(path):
                    await api(scope, receive, send)
                    return
        await self._rest(scope, receive, send)
