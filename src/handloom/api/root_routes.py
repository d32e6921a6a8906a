"""Routes outside of the two APIs: health and readiness, sign-in, and the pages of the UI."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from handloom.api import errors, html_pages, static
from handloom.api.authenticator import Authenticator
from handloom.api.mlflow.about import PROTOCOL
from handloom.api.readiness import readiness
from handloom.api.routing import JsonReply, body, catch_errors
from handloom.api.server import Server
from handloom.domain.errors import Unauthenticated
from handloom.domain.members import Caller
from handloom.store.tokens import rows as token_store

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_FORM_BYTES = 4_096
_NO_PAGES = ("/api/", "/ajax-api/", "/graphql", "/jupyter")


class Rest(Convertor[str]):
    """Path convertor for the rest of a path, line breaks included; Starlette's own `path` stops at a line break."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("rest", Rest())


class RootRoutes:
    """Handlers and route table of the server's root, for Starlette."""

    def __init__(self, server: Server, authenticator: Authenticator) -> None:
        self.server = server
        self.authenticator = authenticator

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/health", self.health),
            Route("/ready", self.ready),
            Route("/version", self.version),
            Route("/sign-in", self.sign_in, methods=["GET", "HEAD", "POST"]),
            Route("/{path:rest}", self.page, methods=_METHODS),
        ]

    async def health(self, request: Request) -> Response:
        """Liveness: answer 200 while the process runs, even if its database or disk fails."""
        return PlainTextResponse("OK")

    async def ready(self, request: Request) -> Response:
        return await catch_errors(request, self._ready(), errors.failure)

    async def _ready(self) -> Response:
        found = await readiness(self.server)
        return JsonReply(found, 200 if found.ready else 503)

    async def version(self, request: Request) -> Response:
        return PlainTextResponse(PROTOCOL)

    async def page(self, request: Request) -> Response:
        path = request.scope["path"]
        if path.startswith(_NO_PAGES):
            return errors.refusal(404, "not_found", f"Nothing is served at {path}.")
        return static.answer(request)

    async def sign_in(self, request: Request) -> Response:
        work = self._sign_in(request) if request.method == "POST" else self._sign_in_page(request)
        return await catch_errors(request, work, errors.failure)

    async def _sign_in_page(self, request: Request) -> Response:
        """Show the user of a sign-in link and a button that redeems it. Opening alone redeems nothing, because mail
        scanners open links.

        A browser in which the same user is signed in already is redirected home, and the link stays unused.
        """
        text = request.query_params.get("token", "")
        user = await self.server.read(lambda tx: token_store.sign_in_user(tx, text))
        caller = await self._caller(request)
        if caller is not None and (user is None or user.id == caller.user.id):
            return _home()
        if user is None:
            return self._refused(request)
        return html_pages.sign_in_form(request, text, user.display_name)

    async def _sign_in(self, request: Request) -> Response:
        """Redeem the link's token, which the page's form posts, and set the session cookie."""
        form = parse_qs((await body(request, _FORM_BYTES)).decode("utf-8", "replace"))
        text = form.get("token", [""])[0]
        browser = request.headers.get("user-agent", "a browser")
        try:
            opened = await self.server.write(lambda tx: token_store.redeem(tx, text, browser))
        except Unauthenticated:
            return _home() if await self._caller(request) else self._refused(request)
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

    def _refused(self, request: Request) -> Response:
        return html_pages.page(request, "sign-in", 401, minutes=token_store.SIGN_IN_MINUTES)

    async def _caller(self, request: Request) -> Caller | None:
        """The user who is signed in already, or None."""
        try:
            return await self.authenticator.caller(request.headers)
        except Unauthenticated:
            return None


def _home() -> RedirectResponse:
    return RedirectResponse("/", status_code=303, headers={"cache-control": "no-store"})
