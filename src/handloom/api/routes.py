"""Routes as data: one Route is a method, a path, a request and a reply Struct, a role and a handler.

The router, the validation, the role check, the OpenAPI file and the docs page all come from these.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from handloom.domain.members import Caller, Role
from handloom.store.engine.database import Read, Write

ReadHandler = Callable[[Read, Caller, Any], Any]
WriteHandler = Callable[[Write, Caller, Any], Any]
LiveHandler = Callable[[Any, Caller, Any], Awaitable[Any]]  # the first argument is an api.server.Server


class Empty(msgspec.Struct, frozen=True):
    """No fields: the request or the reply of a route that needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`request`'s fields come from the path where it names them, else from the query (GET, DELETE) or the JSON body.

    `role` is needed in the workspace that the path's `{workspace}` names; None asks only for a known caller.
    A `read` or `write` handler gets a transaction of its own and returns the reply; a `live` handler is async,
    gets the Server, and opens the transactions it needs.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    summary: str
    request: type[msgspec.Struct]
    reply: type[Any]
    role: Role | None
    kind: Literal["read", "write", "live"]
    handler: ReadHandler | WriteHandler | LiveHandler
    raw: bool = False
    """Whether a live handler returns a ready Starlette response (files, streams)."""


def read(
    method: Any,
    path: str,
    request: Any,
    reply: Any,
    handler: ReadHandler,
    *,
    role: Role | None = Role.VIEWER,
    summary: str,
) -> Route:
    return Route(
        method=method, path=path, summary=summary, request=request, reply=reply, role=role, kind="read", handler=handler
    )


def write(
    method: Any,
    path: str,
    request: Any,
    reply: Any,
    handler: WriteHandler,
    *,
    role: Role | None = Role.CONTRIBUTOR,
    summary: str,
) -> Route:
    return Route(
        method=method,
        path=path,
        summary=summary,
        request=request,
        reply=reply,
        role=role,
        kind="write",
        handler=handler,
    )


def live(
    method: Any,
    path: str,
    request: Any,
    reply: Any,
    handler: LiveHandler,
    *,
    role: Role | None = Role.VIEWER,
    summary: str,
    raw: bool = False,
) -> Route:
    return Route(
        method=method,
        path=path,
        summary=summary,
        request=request,
        reply=reply,
        role=role,
        kind="live",
        handler=handler,
        raw=raw,
    )
