"""Routes outside of the two APIs: health and readiness, sign-in, and the pages of the UI."""

from __future__ import annotations

import re

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from handloom.api import errors, output_frame, static
from handloom.api.authenticator import Authenticator
from handloom.api.mlflow.about import PROTOCOL
from handloom.api.monitoring import Monitoring
from handloom.api.readiness import readiness
from handloom.api.routing import JsonReply, catch_errors
from handloom.api.server import Server
from handloom.api.sign_in import SignIn
from handloom.domain.errors import HandloomError
from handloom.store.notebooks import pictures as picture_store

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_NOTEBOOK = re.compile(r"/workspaces/[^/]+/notebooks/([0-9a-f]{32})/?")
_NO_PAGES = ("/api/", "/ajax-api/", "/jupyter")


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

    def __init__(self, server: Server, authenticator: Authenticator, monitoring: Monitoring) -> None:
        self.server = server
        self.authenticator = authenticator
        self.monitoring = monitoring
        self.sign_in = SignIn(server, authenticator)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/health", self.health),
            Route("/ready", self.ready),
            Route("/version", self.version),
            Route("/metrics", self.metrics),
            *self.sign_in.routes(),
            Route("/output-frame", self.output_frame),
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

    async def metrics(self, request: Request) -> Response:
        return await catch_errors(request, self.monitoring.answer(request), errors.failure)

    async def version(self, request: Request) -> Response:
        return PlainTextResponse(PROTOCOL)

    async def output_frame(self, request: Request) -> Response:
        return output_frame.answer(network=request.query_params.get("network") == "allowed")

    async def page(self, request: Request) -> Response:
        path = request.scope["path"]
        if path.startswith(_NO_PAGES):
            return errors.refusal(404, "not_found", f"Nothing is served at {path}.")
        match = _NOTEBOOK.fullmatch(path)
        if match is not None and await self._shows_pictures(request, match[1]):
            return static.answer(request, pictures=match[1])
        return static.answer(request)

    async def _shows_pictures(self, request: Request, notebook: str) -> bool:
        """Whether the user who opens this notebook allowed its pictures from other addresses."""
        try:
            caller = await self.authenticator.caller(request.headers)
            if caller.workspace is not None:
                return False
            return await self.server.read(lambda tx: picture_store.allowed(tx, caller.user.id, notebook))
        except HandloomError:  # signed out, or the database is away: the page reports that itself
            return False
