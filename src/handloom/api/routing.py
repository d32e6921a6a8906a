"""Routing: routes as data, and the one ASGI application that finds, reads, authorizes, runs and encodes a request.

Both APIs use it. Each is an `Api`: its routes, where they are served, how its requests are read and its errors shaped.
Validation, role checks, the OpenAPI file, the TypeScript types and the docs come from the same routes.
"""

from __future__ import annotations

import inspect
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, get_type_hints
from urllib.parse import unquote

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from handloom.api import text_check
from handloom.api.authenticator import Authenticator
from handloom.api.server import Server
from handloom.domain.errors import HandloomError, Invalid
from handloom.domain.members import Caller, Role, require
from handloom.store.engine.database import Read, Write

log = logging.getLogger("handloom.api")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")
Shape = Callable[[BaseException], Response]
"""Turns an error into the reply that one API gives for it."""

Given = TypeVar("Given", bound=msgspec.Struct)


class Empty(msgspec.Struct, frozen=True):
    """No fields: the request or the reply of a route that needs none."""


@dataclass(frozen=True, slots=True)
class Context:
    """Who makes a request and where. `workspace` is an id, or "" where the route belongs to no workspace."""

    caller: Caller
    workspace: str
    http: Request
    """The HTTP request itself, for handlers that stream or look at headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path.

    `{name}` in the path is one percent-encoded segment, `{name:path}` is the rest; both fill the request's field of
    that name. The other fields come from the query or the JSON body.
    `role` is needed in the request's workspace; None asks only for a known caller, and the workspace is then "".
    A `read` or `write` handler runs in a transaction of its own; a `live` handler is async, gets the Server and opens
    the transactions it needs. A handler returns its reply Struct, None for an empty object, or a Starlette response.
    """

    method: Method
    path: str
    handler: Callable[[Any, Context, Any], Any]
    kind: Literal["read", "write", "live"]
    request: type[msgspec.Struct]
    reply: type[Any]
    role: Role | None
    summary: str = ""
    required: tuple[str, ...] = ()
    """Fields that are refused with 400 where they are missing or empty."""
    also_in_query: tuple[str, ...] = ()
    """Fields that the query may carry although the route has a body."""
    streams: bool = False
    """Whether the handler reads the body itself, from `context.http`."""
    status: int = 200

    @property
    def raw(self) -> bool:
        """Whether the handler returns a response of its own (a file, a stream) rather than a Struct."""
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
    handler: Callable[[Any, Context, Any], Any],
    kind: Literal["read", "write", "live"],
    role: Role | None,
    more: dict[str, Any],
) -> Route:
    """A route whose request and reply types are those that the handler's own signature names."""
    hints = get_type_hints(handler)
    reply = hints["return"]
    return Route(
        method=method,
        path=path,
        handler=handler,
        kind=kind,
        request=hints[list(inspect.signature(handler).parameters)[2]],
        reply=Empty if reply is type(None) else reply,
        role=role,
        **more,
    )


class Reader(Protocol):
    """Turns the parts of a request into a route's request Struct; raises Invalid, naming the field."""

    def body(self, content: bytes, path: Mapping[str, str]) -> Any: ...

    def query(self, params: QueryParams, path: Mapping[str, str]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A route made ready: its reader, and the pattern of a path that holds parameters."""

    route: Route
    reader: Reader
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Match:
    """What the path of a request leads to. `prefix` is the workspace that the path names in front, percent-decoded."""

    entry: Entry | None
    path: Mapping[str, str]
    rest: str
    """The path below the prefix, percent-encoded."""
    prefix: str | None = None


class Api(ABC):
    """One API as an ASGI application. A subclass says how its requests are read, and how its errors look."""

    roots: tuple[str, ...] = ()
    """Where routes whose path has no leading slash are served, each ending with a slash."""
    in_query: frozenset[Method] = frozenset()
    """Methods whose fields come from the query."""

    def __init__(self, server: Server, authenticator: Authenticator, routes: Iterable[Route]) -> None:
        self.server = server
        self.authenticator = authenticator
        self._limit = server.settings.max_request_bytes
        self._plain: dict[tuple[str, str], Entry] = {}
        self._patterns: dict[tuple[str, int], list[Entry]] = {}
        self._rests: dict[str, list[Entry]] = {}
        for route in routes:
            self._add(route)

    @abstractmethod
    def reader(self, route: Route) -> Reader:
        """The reader of a route's requests."""

    @abstractmethod
    def failure(self, error: BaseException) -> Response:
        """The reply to a request that an error ended."""

    @abstractmethod
    def missing(self, http: Request, match: Match, workspace: str) -> Response:
        """The reply where nothing takes this method and path."""

    @abstractmethod
    async def enter(self, caller: Caller, match: Match, http: Request) -> tuple[str, Role | None]:
        """The workspace of a request and the caller's role there."""

    def check_content_type(self, http: Request) -> None:
        """Raise Invalid where a body is not of a type that this API reads. By default every type is read as JSON."""
        return

    def split(self, path: str) -> tuple[str | None, str]:
        """The workspace that a path names in front of the API's own, percent-decoded, and the rest of the path."""
        return None, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = Request(scope, receive, send)
        response = await answered(http, self._answer(http), self.failure)
        await response(scope, receive, send)

    def find(self, method: str, path: str) -> Match:
        """What a method and a percent-encoded path lead to."""
        prefix, rest = self.split(path)
        entry, values = self._lookup(method, rest)
        return Match(entry, values, rest, prefix)

    def allowed(self, rest: str) -> list[Method]:
        """The methods that a path below the prefix takes."""
        return [method for method in METHODS if self._lookup(method, rest)[0] is not None]

    def _add(self, route: Route) -> None:
        if "{" not in route.path:
            self._plain[route.method, route.path] = Entry(route, self.reader(route), None)
            return
        pattern = re.sub(r"\\{(\w+):path\\}", r"(?P<\1>(?s:.+))", re.escape(route.path))
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)
        entry = Entry(route, self.reader(route), re.compile(pattern))
        if ":path}" in route.path:
            self._rests.setdefault(route.method, []).append(entry)
        else:
            self._patterns.setdefault((route.method, route.path.count("/")), []).append(entry)

    def _lookup(self, method: str, path: str) -> tuple[Entry | None, Mapping[str, str]]:
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
        match = self.find("GET" if http.method == "HEAD" else http.method, raw_path(http.scope))
        text_check.check(match.path)
        if match.prefix is not None:
            text_check.check(match.prefix, "workspace")
        workspace, role = await self.enter(caller, match, http)
        if match.entry is None:
            return self.missing(http, match, workspace)
        route = match.entry.route
        if route.role is not None:
            require(role, route.role)
        given = await self._read(match.entry, match.path, http)
        return await self._run(route, Context(caller, workspace, http), given)

    async def _read(self, entry: Entry, path: Mapping[str, str], http: Request) -> Any:
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
        if route.kind == "read":  # encoded on the reader's thread: a long list keeps no other request waiting
            reply = await self.server.read(lambda tx: _encoded(handler(tx, context, given)))
        elif route.kind == "write":
            reply = await self.server.write(lambda tx: handler(tx, context, given))
        else:
            reply = await handler(self.server, context, given)
        return reply if isinstance(reply, Response) else JsonReply(reply, route.status)


class JsonReply(Response):
    """JSON for one signed-in person, which no cache may keep. The usual reply, hence header bytes made in advance."""

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
    """A reply as JSON, or the response that a handler made itself."""
    if isinstance(reply, Response):
        return reply
    return b"{}" if reply is None else msgspec.json.encode(reply)


async def answered(http: Request, work: Awaitable[Response], shape: Shape) -> Response:
    """The response of `work`, or that of its error: the request boundary, where every exception is caught."""
    try:
        return await work
    except HandloomError as error:
        return shape(error)
    except RecursionError:
        return shape(Invalid("The request is nested too deeply."))
    except ClientDisconnect:
        return Response(status_code=499)  # nobody is there to read it
    except Exception as error:
        log.exception("%s %s failed", http.method, http.scope["path"])
        return shape(error)


def raw_path(scope: Scope) -> str:
    """The path as it was sent, percent-encoded, so that names may hold slashes."""
    raw: bytes = scope["raw_path"]
    return raw.decode("ascii", "replace")


async def body(http: Request, limit: int) -> bytes:
    """The whole body; raise Invalid as soon as it is known to be larger than `limit` bytes."""
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
    """The body piece by piece. Raise Invalid at once where its announced length is larger than `limit` bytes, else as
    soon as it is.
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
        f"The request is larger than {limit:,} bytes, the most that this path takes. "
        "--max-request-bytes raises it for the API."
    )
