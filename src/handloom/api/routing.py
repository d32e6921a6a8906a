"""Routing: routes as data, and the ASGI application that matches, parses, authorizes and runs a request.

Both APIs are subclasses of `Api`, which add their routes, path prefixes, request parsing and error bodies. Validation,
role checks, the OpenAPI file, the TypeScript types and the docs are derived from the same routes.
"""

from __future__ import annotations

import inspect
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal, Protocol, TypeVar, get_type_hints
from urllib.parse import unquote

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from handloom.api import audit, text_check
from handloom.api.authenticator import Authenticator
from handloom.api.server import Server
from handloom.domain.audit import Action
from handloom.domain.errors import HandloomError, Invalid
from handloom.domain.members import Caller, Role, require, require_admin, require_own_work
from handloom.store.engine.database import Read, Together, Write

log = logging.getLogger("handloom.api")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")
Kind = Literal["read", "write", "together", "live"]
Shape = Callable[[BaseException], Response]
"""Turns an error into the error response of one API."""

_ROUTE = "handloom.route"
"""Key of the ASGI scope for the path of the matched route."""

USER = "handloom.user"
"""Key of the ASGI scope for the name of the caller, for the access log."""

Given = TypeVar("Given", bound=msgspec.Struct)


class Empty(msgspec.Struct, frozen=True):
    """The request or reply of a route without fields."""


@dataclass(frozen=True, slots=True)
class Context:
    """The caller and workspace of a request. `workspace` is an id, or "" for a route outside of workspaces."""

    caller: Caller
    workspace: str
    http: Request
    """The HTTP request itself, for handlers that stream a body or read headers."""
    role: Role | None = None
    """The caller's role in that workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method and path with its handler.

    `{name}` in the path matches one percent-encoded segment, `{name:path}` the rest; both fill the request's field of
    that name. The other fields come from the query or the JSON body. `role` is the least role in the request's
    workspace; with None, any authenticated caller passes and the workspace is "". A `read` or `write` handler runs in
    its own transaction; a `live` handler is async, gets the Server and opens the transactions it needs; a `together`
    handler gets no transaction and returns what `together` then writes with others of its kind. Any other handler
    returns its reply Struct, None for an empty object, or a Starlette response.
    """

    method: Method
    path: str
    handler: Callable[..., Any]
    kind: Kind
    request: type[msgspec.Struct]
    reply: type[Any]
    role: Role | None
    admin: bool = False
    """Whether only an admin of the installation may call it."""
    summary: str = ""
    required: tuple[str, ...] = ()
    """Fields that must be present and not empty; otherwise the reply is 400."""
    also_in_query: tuple[str, ...] = ()
    """Fields that may be in the query although the route has a body."""
    streams: bool = False
    """Whether the handler reads the body itself, from `context.http`."""
    status: int = 200
    together: Together | None = None
    """The work of a `together` route."""
    audit: Action | None = None
    """What the audit log calls it, for what people must be able to look up later."""

    @property
    def raw(self) -> bool:
        """Whether the handler returns a Starlette response (a file, a stream) rather than a Struct."""
        return issubclass(self.reply, Response)

    @property
    def in_path(self) -> list[str]:
        return re.findall(r"{(\w+)(?::path)?}", self.path)


def read(
    method: Method,
    path: str,
    handler: Callable[[Read, Context, Given], object],
    *,
    role: Role | None = Role.VIEWER,
    **more: Any,
) -> Route:
    return _route(method, path, handler, "read", role, more)


def write(
    method: Method,
    path: str,
    handler: Callable[[Write, Context, Given], object],
    *,
    role: Role | None = Role.CONTRIBUTOR,
    **more: Any,
) -> Route:
    return _route(method, path, handler, "write", role, more)


def together(
    method: Method,
    path: str,
    handler: Callable[[Context, Given], object],
    work: Together,
    *,
    role: Role | None = Role.CONTRIBUTOR,
    **more: Any,
) -> Route:
    return _route(method, path, handler, "together", role, {**more, "together": work})


def live(
    method: Method,
    path: str,
    handler: Callable[[Server, Context, Given], Awaitable[object]],
    *,
    role: Role | None = Role.VIEWER,
    **more: Any,
) -> Route:
    return _route(method, path, handler, "live", role, more)


def _route(
    method: Method,
    path: str,
    handler: Callable[..., Any],
    kind: Kind,
    role: Role | None,
    more: dict[str, Any],
) -> Route:
    """Make a Route; its request and reply types are read from the handler's signature."""
    hints = get_type_hints(handler)
    reply = type(None) if kind == "together" else hints["return"]
    return Route(
        method=method,
        path=path,
        handler=handler,
        kind=kind,
        request=hints[list(inspect.signature(handler).parameters)[-1]],
        reply=Empty if reply is type(None) else reply,
        role=role,
        **more,
    )


class Reader(Protocol):
    """Parse the path, query and body of a request into the route's Struct. Raises Invalid with the field's name."""

    def body(self, content: bytes, path: Mapping[str, str]) -> Any: ...

    def query(self, params: QueryParams, path: Mapping[str, str]) -> Any: ...


@dataclass(frozen=True, slots=True)
class CompiledRoute:
    """A compiled route: its reader, and the regular expression of a path with parameters."""

    route: Route
    reader: Reader
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Match:
    """The route that a path matched, if any. `prefix` is the workspace in front of the path, percent-decoded."""

    entry: CompiledRoute | None
    path: Mapping[str, str]
    rest: str
    """The path below the prefix, percent-encoded."""
    prefix: str | None = None


class Api(ABC):
    """One API as an ASGI application. A subclass defines how requests are parsed and how errors look."""

    name: str
    """What the figures for monitoring call it."""
    roots: tuple[str, ...] = ()
    """Prefixes of routes whose path has no leading slash. Each ends with a slash."""
    in_query: frozenset[Method] = frozenset()
    """Methods whose fields come from the query."""

    def __init__(self, server: Server, authenticator: Authenticator, routes: Iterable[Route]) -> None:
        self.server = server
        self.authenticator = authenticator
        self._limit = server.settings.max_request_bytes
        self._plain: dict[tuple[str, str], CompiledRoute] = {}
        self._patterns: dict[tuple[str, int], list[CompiledRoute]] = {}
        self._rests: dict[str, list[CompiledRoute]] = {}
        for route in routes:
            self._add(route)

    @abstractmethod
    def reader(self, route: Route) -> Reader:
        """Return the parser of a route's requests."""

    @abstractmethod
    def failure(self, error: BaseException) -> Response:
        """Return the error response for an exception."""

    @abstractmethod
    def missing(self, http: Request, match: Match, workspace: str) -> Response:
        """Return the error response where no route matches the method and path."""

    @abstractmethod
    async def enter(self, caller: Caller, match: Match, http: Request) -> tuple[str, Role | None]:
        """Return the id of a request's workspace and the caller's role in it."""

    def check_content_type(self, http: Request) -> None:
        """Raise Invalid for a Content-Type that this API does not accept. By default, any body is parsed as JSON."""
        return

    def split(self, path: str) -> tuple[str | None, str]:
        """Split a path into its workspace prefix, percent-decoded, and the rest of the path. The default has no
        prefix.
        """
        return None, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = Request(scope, receive, send)
        began = perf_counter()
        response = await catch_errors(http, self._answer(http), self.failure)
        await response(scope, receive, send)
        route = scope.get(_ROUTE, "")
        self.server.requests.observe(self.name, http.method, route, response.status_code, perf_counter() - began)

    def find(self, method: str, path: str) -> Match:
        """Match a method and a percent-encoded path."""
        prefix, rest = self.split(path)
        entry, values = self._lookup(method, rest)
        return Match(entry, values, rest, prefix)

    def allowed(self, rest: str) -> list[Method]:
        """The methods that have a route for this path (without the workspace prefix)."""
        return [method for method in METHODS if self._lookup(method, rest)[0] is not None]

    def _add(self, route: Route) -> None:
        if "{" not in route.path:
            self._plain[route.method, route.path] = CompiledRoute(route, self.reader(route), None)
            return
        pattern = re.sub(r"\\{(\w+):path\\}", r"(?P<\1>(?s:.+))", re.escape(route.path))
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)
        entry = CompiledRoute(route, self.reader(route), re.compile(pattern))
        if ":path}" in route.path:
            self._rests.setdefault(route.method, []).append(entry)
        else:
            self._patterns.setdefault((route.method, route.path.count("/")), []).append(entry)

    def _lookup(self, method: str, path: str) -> tuple[CompiledRoute | None, Mapping[str, str]]:
        for root in self.roots:
            if path.startswith(root):
                path = path[len(root) :]
                break
        if (entry := self._plain.get((method, path))) is not None:
            return entry, {}
        for entry in (*self._patterns.get((method, path.count("/")), ()), *self._rests.get(method, ())):
            if entry.pattern is not None and (match := entry.pattern.fullmatch(path)):
                return entry, {name: unquote(value) for name, value in match.groupdict().items()}
        return None, {}

    async def _answer(self, http: Request) -> Response:
        caller = await self.authenticator.caller(http.headers)
        http.scope[USER] = caller.user.name
        match = self.find("GET" if http.method == "HEAD" else http.method, raw_path(http.scope))
        text_check.check(match.path)
        if match.prefix is not None:
            text_check.check(match.prefix, "workspace")
        workspace, role = await self.enter(caller, match, http)
        if match.entry is None:
            return self.missing(http, match, workspace)
        route = match.entry.route
        http.scope[_ROUTE] = route.path
        if route.role is not None:
            require(role, route.role)
        if route.admin:
            require_admin(caller.user)
        if route.role is None and route.method != "GET":
            require_own_work(caller)
        given = await self._read(match.entry, match.path, http)
        return await self._run(route, Context(caller, workspace, http, role), given)

    async def _read(self, entry: CompiledRoute, path: Mapping[str, str], http: Request) -> Any:
        route = entry.route
        if route.streams or route.method in self.in_query:
            return entry.reader.query(http.query_params, path)
        self.check_content_type(http)
        if route.also_in_query:
            query = http.query_params
            path = {**path, **{name: query[name] for name in route.also_in_query if name in query}}
        return entry.reader.body(await body(http, self._limit), path)

    async def _run(self, route: Route, context: Context, given: Any) -> Response:
        handler = route.handler
        if route.together is not None:
            await self.server.write_together(route.together, handler(context, given))
            return JsonReply(b"{}", route.status)
        if route.kind == "read":  # encode on the reader's thread, so that a long list does not block the event loop
            reply = await self.server.read(lambda tx: _encoded(handler(tx, context, given)))
        elif route.audit is not None:
            reply = await self._run_audited(route, route.audit, context, given)
        elif route.kind == "write":
            reply = await self.server.write(lambda tx: handler(tx, context, given))
        else:
            reply = await handler(self.server, context, given)
        return reply if isinstance(reply, Response) else JsonReply(reply, route.status)

    async def _run_audited(self, route: Route, action: Action, context: Context, given: Any) -> Any:
        """Run a handler and add its entry to the audit log: in its transaction, or in the first one of a live handler.
        A live handler that only acts on files or sessions has its entry added afterwards.
        """
        client = context.http.client
        who = audit.actor(context.caller, client.host if client else None)
        add = audit.entry(who, action, context.workspace, given)
        if route.kind == "write":

            def work(tx: Write) -> Any:
                add(tx)
                return route.handler(tx, context, given)

            return await self.server.write(work)
        pending = audit.PendingEntry(add)
        reply = await route.handler(self.server.auditing(pending), context, given)
        if not pending.added:
            await self.server.write(add)
        return reply


class JsonReply(Response):
    """A JSON response with `Cache-Control: no-store`. Nearly every reply is one, so its headers are prebuilt bytes."""

    def __init__(self, reply: Any, status: int = 200) -> None:
        content = b"" if status == 204 else reply if isinstance(reply, bytes) else _encoded(reply)
        assert isinstance(content, bytes)
        self.status_code = status
        self.body = content
        self.background = None
        self.raw_headers = [_JSON, _NO_STORE]
        if status != 204:
            self.raw_headers.append((b"content-length", b"%d" % len(content)))


_JSON = (b"content-type", b"application/json")
_NO_STORE = (b"cache-control", b"no-store")


def _encoded(reply: Any) -> Any:
    """Encode a reply as JSON, or return the response that the handler built itself."""
    if isinstance(reply, Response):
        return reply
    return b"{}" if reply is None else msgspec.json.encode(reply)


async def catch_errors(http: Request, work: Awaitable[Response], shape: Shape) -> Response:
    """Await `work` and turn any exception into an error response. This is the request boundary: the broad except."""
    try:
        return await work
    except HandloomError as error:
        return shape(error)
    except RecursionError:
        return shape(Invalid("The request is nested too deeply."))
    except ClientDisconnect:
        return Response(status_code=499)  # never sent: the client has disconnected
    except Exception as error:
        log.exception("%s %s failed", http.method, http.scope["path"])
        return shape(error)


def raw_path(scope: Scope) -> str:
    """The percent-encoded path as the client sent it, so that a name may contain an encoded slash."""
    raw: bytes = scope["raw_path"]
    return raw.decode("ascii", "replace")


async def body(http: Request, limit: int) -> bytes:
    """Read the body into memory. Raises Invalid as soon as it exceeds `limit` bytes."""
    announced = http.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await http.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def streamed_body(http: Request, limit: int) -> AsyncIterator[bytes]:
    """Iterate over the body's chunks. Raises Invalid at once if Content-Length exceeds `limit` bytes, else when the
    received bytes do.
    """
    announced = http.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    return _counted(http, limit)


async def _counted(http: Request, limit: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in http.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        yield chunk


def _too_large(limit: int) -> Invalid:
    return Invalid(
        f"The request is larger than {limit:,} bytes, the limit of this path. "
        "For the API, --max-request-bytes raises it."
    )
