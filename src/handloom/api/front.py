"""What the server answers at its own root: health, sign-in, and who gets every other path."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from handloom.api import errors, pages, static
from handloom.api.auth import Doors
from handloom.api.mlflow.about import PROTOCOL
from handloom.api.router import Mlflow, Router, answered
from handloom.api.server import Server
from handloom.domain.errors import Unauthenticated
from handloom.store.tokens import rows as token_store

_NO_PAGES = ("/api/", "/ajax-api/", "/graphql", "/jupyter")


class Rest(Convertor[str]):
    """The rest of a path, whatever it is; Starlette's own `path` ends at a line break."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("rest", Rest())


class Front:
    def __init__(self, server: Server, doors: Doors, router: Router, mlflow: Mlflow) -> None:
        self.server = server
        self.doors = doors
        self.router = router
        self.mlflow = mlflow

    async def health(self, request: Request) -> Response:
        return PlainTextResponse("OK")

    async def version(self, request: Request) -> Response:
        return PlainTextResponse(PROTOCOL)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/api/v1" or path.startswith("/api/v1/"):
            return await self.router.answer(request)
        if self.mlflow.owns(request):
            return await self.mlflow.answer(request)
        if path.startswith(_NO_PAGES):
            return errors.refusal(404, "not_found", f"There is nothing at {path}.")
        return static.answer(request)

    async def sign_in(self, request: Request) -> Response:
        return await answered(request, self._sign_in(request), errors.failure)

    async def _sign_in(self, request: Request) -> Response:
        """Trade the link's token for a cookie. A browser that is signed in already just goes on."""
        text = request.query_params.get("token", "")
        browser = request.headers.get("user-agent", "a browser")
        try:
            opened = await self.server.write(lambda tx: token_store.redeem(tx, text, browser))
        except Unauthenticated:
            return await self._refused(request)
        answer = _home()
        answer.set_cookie(
            self.doors.cookie,
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
            await self.doors.caller(request.headers)
        except Unauthenticated:
            return pages.page(request, "sign-in", 401, minutes=token_store.SIGN_IN_MINUTES)
        return _home()


def _home() -> RedirectResponse:
    return RedirectResponse("/", status_code=303, headers={"cache-control": "no-store"})
