"""From a request to a handler and back: finds the Route, reads the request, checks the role, encodes the reply.

MLflow's paths are handed to `api.mlflow.routes`; what goes wrong is told in the shape of the API that was asked.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from handloom.api import errors
from handloom.api.auth import Doors, everywhere
from handloom.api.mlflow import errors as mlflow_errors
from handloom.api.mlflow import routes as mlflow
from handloom.api.reading import Reader
from handloom.api.routes import Route
from handloom.api.server import Server
from handloom.domain.errors import HandloomError, Invalid, NotFound
from handloom.domain.members import Caller, Role, require
from handloom.domain.workspaces import DEFAULT_NAME

log = logging.getLogger("handloom.api")

Shape = Callable[[BaseException], Response]
WORKSPACE_HEADER = "X-MLFLOW-WORKSPACE"
_WORKSPACE_PREFIX = re.compile(r"/mlflow/([^/]+)(/.*)?")


async def answered(request: Request, work: Awaitable[Response], shape: Shape) -> Response:
    """The answer of `work`, or its error's. One of the two places of the house that catch every exception."""
    try:
        return await work
    except HandloomError as error:
        return shape(error)
    except RecursionError:
        return shape(Invalid("The request is nested more deeply than anything here can be."))
    except ClientDisconnect:
        return Response(status_code=499)  # nobody is there to read it
    except Exception as error:
        log.exception("%s %s failed", request.method, request.url.path)
        return shape(error)


@dataclass(frozen=True, slots=True)
class _Entry:
    route: Route
    reader: Reader
    pattern: re.Pattern[str]


class Router:
    """The routes of our own API, ready to be matched on the percent-encoded path, so that names may hold slashes."""

    def __init__(self, server: Server, doors: Doors, routes: list[Route]) -> None:
        self.server = server
        self.doors = doors
        self._plain: dict[str, dict[str, _Entry]] = {}
        self._patterns: dict[int, list[_Entry]] = {}
        for route in routes:
            entry = _Entry(route, Reader(route), _pattern(route.path))
            if "{" in route.path:
                self._patterns.setdefault(route.path.count("/"), []).append(entry)
            else:
                self._plain.setdefault(route.path, {})[route.method] = entry

    async def answer(self, request: Request) -> Response:
        return await answered(request, self._answer(request), errors.failure)

    async def _answer(self, request: Request) -> Response:
        caller = await self.doors.caller(request.headers)
        method = "GET" if request.method == "HEAD" else request.method
        found = self._find(method, raw_path(request))
        if found is None:
            return self._missing(request)
        entry, path = found
        route = entry.route
        if "workspace" in path:
            role = await self.doors.member(caller, path["workspace"])
            if route.role is not None:
                require(role, route.role)
        else:
            everywhere(caller)
        limit = self.server.settings.max_request_bytes
        parsed = await entry.reader.read(request, path, limit)
        return await self._run(route, caller, parsed, request)

    def _find(self, method: str, path: str) -> tuple[_Entry, dict[str, str]] | None:
        plain = self._plain.get(path)
        if plain is not None and (entry := plain.get(method)) is not None:
            return entry, {}
        for entry in self._patterns.get(path.count("/"), ()):
            if entry.route.method == method and (match := entry.pattern.fullmatch(path)):
                return entry, {name: unquote(value) for name, value in match.groupdict().items()}
        return None

    def _missing(self, request: Request) -> Response:
        path = raw_path(request)
        methods = [method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if self._find(method, path)]
        if not methods:
            raise NotFound(f"There is nothing at {unquote(path)}.")
        answer = errors.refusal(405, "invalid", f"{path} takes {', '.join(methods)}, not {request.method}.")
        answer.headers["allow"] = ", ".join(methods)
        return answer

    async def _run(self, route: Route, caller: Caller, parsed: Any, request: Request) -> Response:
        handler = cast(Callable[[Any, Caller, Any], Any], route.handler)
        if route.kind == "read":  # encoded there, too: a long list keeps no other request waiting
            content = await self.server.read(lambda tx: msgspec.json.encode(handler(tx, caller, parsed)))
            return Response(content, media_type="application/json")
        if route.kind == "write":
            reply = await self.server.write(lambda tx: handler(tx, caller, parsed))
        else:
            reply = await handler(self.server, caller, parsed)
            if route.raw:
                return cast(Response, reply)
        content = b"{}" if reply is None else msgspec.json.encode(reply)
        return Response(content, media_type="application/json")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def raw_path(request: Request) -> str:
    """The path as it was sent, percent-encoded."""
    raw: bytes = request.scope["raw_path"]
    return raw.decode("ascii", "replace")


class Mlflow:
    """MLflow's API of each workspace: the one that the path names by `/mlflow/<id or name>`, or else MLflow's header.

    A request that names none goes to the default one.
    """

    def __init__(self, server: Server, doors: Doors) -> None:
        self.server = server
        self.doors = doors

    def owns(self, request: Request) -> bool:
        path = raw_path(request)
        return _WORKSPACE_PREFIX.fullmatch(path) is not None or mlflow.owns(unquote(path))

    async def answer(self, request: Request) -> Response:
        return await answered(request, self._answer(request), mlflow_errors.failure)

    async def _answer(self, request: Request) -> Response:
        caller = await self.doors.caller(request.headers)
        path = raw_path(request)
        match = _WORKSPACE_PREFIX.fullmatch(path)
        rest = unquote(match[2] or "/") if match else unquote(path)
        named = "" if mlflow.everywhere(request.method, rest) else _named(request, rest)
        if match:
            reference = unquote(match[1])
            workspace, role = await self._entered(caller, reference, f"There is no workspace “{reference}”.")
            if named and (await self._entered(caller, named, _unknown(named)))[0] != workspace:
                raise Invalid(
                    f"The path names the workspace “{reference}”, but the header {WORKSPACE_HEADER} names “{named}”. "
                    "Name one of them only."
                )
        elif mlflow.everywhere(request.method, rest):
            workspace, role = "", None
        else:
            workspace, role = await self._entered(caller, named or DEFAULT_NAME, _unknown(named or DEFAULT_NAME))
        return await mlflow.answer(self.server, caller, workspace, role, rest, request)

    async def _entered(self, caller: Caller, reference: str, unknown: str) -> tuple[str, Role]:
        """The workspace's id and the caller's role there; raise NotFound where they may not know that it exists."""
        try:
            workspace = await self.doors.workspace(reference)
        except NotFound as error:
            raise NotFound(unknown) from error
        role = await self.doors.role(caller, workspace)
        if role is None:
            raise NotFound(unknown)
        return workspace, role


def _named(request: Request, path: str) -> str:
    """The workspace in MLflow's header, or in the address of a frame, which has none. UTF-8 stands in it as it is."""
    value = request.headers.get(WORKSPACE_HEADER, "").strip()
    if not value and path in mlflow.FRAMES:
        return request.query_params.get("workspace", "")
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _unknown(name: str) -> str:
    return f"Workspace '{name}' not found"
