"""MLflow's endpoints as data: one Endpoint is a method, a path below the API root, a request Struct, a role, a handler.

Each noun's module beside this one ends with an ENDPOINTS list; `routes` collects them and answers requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from handloom.api.server import Server
from handloom.domain.members import Caller, Role
from handloom.store.engine.database import Read, Write

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
ReadHandler = Callable[[Read, Caller, str, Any], Any]
WriteHandler = Callable[[Write, Caller, str, Any], Any]
LiveHandler = Callable[[Server, Caller, str, Any, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint.

    `path` is relative to an API root (`mlflow/runs/create` is served at `/api/2.0/mlflow/runs/create`, `/api/3.0/...`
    and `/ajax-api/...`) or, with a leading slash, absolute (`/get-artifact`). `{name}` is one segment, `{name:path}`
    the rest, percent-decoded; both fill the request's field of that name.
    A `read` or `write` handler is `(tx, caller, workspace id, request Struct) -> reply Struct | None` inside one
    transaction; None answers `{}`. A `live` handler is async, `(server, caller, workspace id, request Struct,
    Starlette request) -> Starlette response`, and reads the body itself: its Struct comes from path and query alone.
    `role` is needed in the workspace; None asks for a known caller only, whatever workspace the request names: the
    handler then gets "" for its id.
    `required` fields answer 400 where they are missing or empty.
    """

    method: Method
    path: str
    request: type[msgspec.Struct]
    handler: ReadHandler | WriteHandler | LiveHandler
    kind: Literal["read", "write", "live"]
    role: Role | None
    required: tuple[str, ...] = ()


def read(method: Method, path: str, request: type[msgspec.Struct], handler: ReadHandler, *required: str) -> Endpoint:
    return Endpoint(
        method=method, path=path, request=request, handler=handler, kind="read", role=Role.VIEWER, required=required
    )


def write(method: Method, path: str, request: type[msgspec.Struct], handler: WriteHandler, *required: str) -> Endpoint:
    return Endpoint(
        method=method,
        path=path,
        request=request,
        handler=handler,
        kind="write",
        role=Role.CONTRIBUTOR,
        required=required,
    )


def live(
    method: Method, path: str, request: type[msgspec.Struct], handler: LiveHandler, *required: str, role: Role | None
) -> Endpoint:
    return Endpoint(
        method=method, path=path, request=request, handler=handler, kind="live", role=role, required=required
    )
