"""The table of MLflow's endpoints, and the answer to a request for one of them.

For the router: send it every request whose path, without a `/mlflow/<workspace>` prefix, `owns(path)`. Find the
workspace and the caller's role there, then `await answer(server, caller, workspace_id, role, path, request)`, where
`path` is that rest of the path, percent-decoded once. It checks the role, parses, runs the handler in one
transaction and shapes every HandloomError; what goes wrong before it (no token, unknown workspace) and any other
exception becomes MLflow's shape through `errors.failure(error)`.
For a noun: write handlers `(tx, caller, workspace_id, request) -> Reply`, an ENDPOINTS list, and name it below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handloom.api.mlflow import (
    about,
    artifacts,
    direct,
    experiments,
    inputs,
    logged_models,
    metrics,
    model_versions,
    models,
    runs,
    trace_page,
    traces,
    webhooks,
    workspaces,
)
from handloom.api.mlflow.beyond import area_of
from handloom.api.mlflow.endpoints import Endpoint, LiveHandler, ReadHandler, WriteHandler
from handloom.api.mlflow.errors import failure, refusal
from handloom.api.mlflow.parsing import Reader
from handloom.api.reading import body
from handloom.api.server import Server
from handloom.domain.errors import HandloomError, Invalid
from handloom.domain.members import Caller, Role, require

ENDPOINTS: list[Endpoint] = [
    *about.ENDPOINTS,
    *experiments.ENDPOINTS,
    *runs.ENDPOINTS,
    *metrics.ENDPOINTS,
    *inputs.ENDPOINTS,
    *artifacts.ENDPOINTS,
    *direct.ENDPOINTS,
    *logged_models.ENDPOINTS,
    *models.ENDPOINTS,
    *model_versions.ENDPOINTS,
    *traces.ENDPOINTS,
    *trace_page.ENDPOINTS,
    *workspaces.ENDPOINTS,
    *webhooks.ENDPOINTS,
]

FRAMES = frozenset({trace_page.PATH})
"""Pages that MLflow's client frames; their addresses name the workspace where its header would."""
ROOTS = ("/api/2.0/", "/api/3.0/", "/ajax-api/2.0/", "/ajax-api/3.0/")
_OWNED = re.compile(r"/(ajax-)?api/[23]\.0/?mlflow(-artifacts)?/")


@dataclass(frozen=True, slots=True)
class _Entry:
    endpoint: Endpoint
    reader: Reader


@dataclass(frozen=True, slots=True)
class _Table:
    plain: dict[tuple[str, str], _Entry]
    patterns: list[tuple[re.Pattern[str], _Entry]]
    absolute: frozenset[str]


def _table(endpoints: list[Endpoint]) -> _Table:
    plain: dict[tuple[str, str], _Entry] = {}
    patterns: list[tuple[re.Pattern[str], _Entry]] = []
    for endpoint in endpoints:
        entry = _Entry(endpoint, Reader(endpoint.request, endpoint.required))
        for path in [endpoint.path] if endpoint.path.startswith("/") else [root + endpoint.path for root in ROOTS]:
            if "{" not in path:
                plain[endpoint.method, path] = entry
                continue
            pattern = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
            pattern = re.sub(r"{(\w+):path}", r"(?P<\1>(?s:.+))", pattern)
            patterns.append((re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", pattern)), entry))
    return _Table(plain, patterns, frozenset(path for _, path in plain if not path.startswith(ROOTS)))


_TABLE = _table(ENDPOINTS)


def everywhere(method: str, path: str) -> bool:
    """Whether the endpoint is about no workspace in particular."""
    found = _find("GET" if method == "HEAD" else method, path)
    return found is not None and found[0].endpoint.role is None


def owns(path: str) -> bool:
    """Whether `path`, without a workspace prefix, belongs to MLflow's API."""
    return _OWNED.match(path) is not None or path in _TABLE.absolute


def _find(method: str, path: str) -> tuple[_Entry, dict[str, str]] | None:
    if (entry := _TABLE.plain.get((method, path))) is not None:
        return entry, {}
    for pattern, entry in _TABLE.patterns:
        if entry.endpoint.method == method and (match := pattern.fullmatch(path)):
            return entry, match.groupdict()
    return None


async def answer(
    server: Server, caller: Caller, workspace: str, role: Role | None, path: str, request: Request
) -> Response:
    """Answer a request of a known caller to the workspace (an id) in which they have `role`.

    For a request that goes `everywhere` both may be missing.
    """
    method = "GET" if request.method == "HEAD" else request.method
    if method == "GET" and path == "/":
        # The links that clients print (`<tracking URI>/#/experiments/1/runs/...`); browsers keep what follows the #.
        return RedirectResponse(f"/workspaces/{workspace}")
    found = _find(method, path)
    if found is None:
        if (area := area_of(path)) is not None:
            return refusal("NOT_IMPLEMENTED", 501, f"This server does not have MLflow's {area}.")
        if any(_find(other, path) for other in ("GET", "POST", "PUT", "PATCH", "DELETE")):
            return refusal("BAD_REQUEST", 405, f"{request.method} is not a method of {path}.")
        return refusal("ENDPOINT_NOT_FOUND", 404, f"There is no endpoint {path} here.")
    entry, params = found
    try:
        if entry.endpoint.role is not None:
            require(role, entry.endpoint.role)
        return await _run(server, caller, workspace, entry, params, request)
    except HandloomError as error:
        return failure(error)


async def _run(
    server: Server, caller: Caller, workspace: str, entry: _Entry, params: dict[str, str], request: Request
) -> Response:
    endpoint = entry.endpoint
    if endpoint.kind == "live":
        parsed = entry.reader.query(request.query_params, params)
        return await cast(LiveHandler, endpoint.handler)(server, caller, workspace, parsed, request)
    if request.method in ("GET", "HEAD"):
        parsed = entry.reader.query(request.query_params, params)
    else:
        _check_content_type(request)
        if "include" in entry.reader.names and "include" in request.query_params:
            params = params | {"include": request.query_params["include"]}
        parsed = entry.reader.body(await body(request, server.settings.max_request_bytes), params)
    if endpoint.kind == "read":
        reader = cast(ReadHandler, endpoint.handler)
        content = await server.read(lambda tx: _encoded(reader(tx, caller, workspace, parsed)))  # long replies: there
    else:
        writer = cast(WriteHandler, endpoint.handler)
        content = _encoded(await server.write(lambda tx: writer(tx, caller, workspace, parsed)))
    return Response(content, media_type="application/json")


def _encoded(reply: Any) -> bytes:
    return b"{}" if reply is None else msgspec.json.encode(reply)


def _check_content_type(request: Request) -> None:
    """Only JSON: a form on a foreign page cannot send that."""
    kind = request.headers.get("content-type")
    if kind is None and request.method in ("DELETE", "PATCH"):
        return
    if kind is None:
        raise Invalid("Bad Request. Content-Type header is missing.")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise Invalid("Bad Request. Content-Type must be one of ['application/json'].")
