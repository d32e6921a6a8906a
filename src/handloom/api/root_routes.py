"""Everything the server answers outside of its two APIs: health, sign-in, and the pages of the UI."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from handloom.api import errors, html_pages, static
from handloom.api.authenticator import Authenticator
from handloom.api.mlflow.about import PROTOCOL
from handloom.api.readiness import readiness
from handloom.api.routing import JsonReply, answered
from handloom.api.server import Server
from handloom.domain.errors import Unauthenticated
from handloom.store.tokens import rows as token_store

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_NO_PAGES = ("/api/", "/ajax-api/", "/graphql", "/jupyter")


class Rest(Convertor[str]):
    """The rest of a path, whatever it is; Starlette's own `path` ends at a line break."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("rest", Rest())


class RootRoutes:
    """The routes at the root of the server, for Starlette."""

    def __init__(self, server: Server, authenticator: Authenticator) -> None:
        self.server = server
        self.authenticator = authenticator

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/health", self.health),
            Route("/ready", self.ready),
            Route("/version", self.version),
            Route("/sign-in", self.sign_in),
            Route("/{path:rest}", self.page, methods=_METHODS),
        ]

    async def health(self, request: Request) -> Response:
        """Say that the process is alive, whatever else is wrong."""
        return PlainTextResponse("OK")

    async def ready(self, request: Request) -> Response:
        return await answered(request, self._ready(), errors.failure)

    async def _ready(self) -> Response:
        found = await readiness(self.server)
        return JsonReply(found, 200 if found.ready else 503)

    async def version(self, request: Request) -> Response:
        return PlainTextResponse(PROTOCOL)

    async def page(self, request: Request) -> Response:
        path = request.scope["path"]
        if path.startswith(_NO_PAGES):
            return errors.refusal(404, "not_found", f"There is nothing at {path}.")
        return static.answer(request)

    async def sign_in(self, request: Request) -> Response:
        return await answered(request, self._sign_in(request), errors.failure)

    async def _sign_in(self, request: Request) -> Response:
        """Trade the link's token for a cookie. A browser that is signed in already goes to the start page."""
        if request.method == "HEAD":  # scanners of mail look at links so: it must not use this one up
            return Response(headers={"cache-control": "no-store"})
        text = request.query_params.get("token", "")
        browser = request.headers.get("user-agent", "a browser")
        try:
            opened = await self.server.write(lambda tx: token_store.redeem(tx, text, browser))
        except Unauthenticated:
            return await self._refused(request)
        answer = _home()
        answer.set_cookie(
            self.authenticator.cookie,
            opened,
            max_age=token_store.BROWSER_DAYS * 86_400,
            path="/",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    async def _refused(self, request: Request) -> Response:
        try:
            await self.authenticator.caller(request.headers)
        except Unauthenticated:
            return html_pages.page(request, "sign-in", 401, minutes=token_store.SIGN_IN_MINUTES)
        return _home()


def _home() -> RedirectResponse:
    return RedirectResponse("/", status_code=303, headers={"cache-control": "no-store"})
