"""The top ASGI application: dispatch each request to the API that owns its path, or else to Starlette.

Starlette serves pages, sign-in, the Jupyter proxy, WebSockets and the lifespan. The two APIs answer most requests and
bypass Starlette's middleware for speed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from handloom.api.routing import raw_path


class Application:
    """Dispatch by path. `apis` holds pairs of a predicate on the path and the ASGI application to call where it is
    true.
    """

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
