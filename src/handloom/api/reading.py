"""Reads a request into the Struct of its Route: path, then query or JSON body. Its errors name the field."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import inspect
from starlette.requests import Request

from handloom.api import texts
from handloom.api.routes import Route
from handloom.domain.errors import Invalid

_IN_QUERY = frozenset({"GET", "DELETE"})
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")
_MISSING = re.compile(r"missing required field `(\w+)`")


class Reader:
    """Made once for each Route."""

    def __init__(self, route: Route) -> None:
        self._struct = route.request
        self._in_query = route.method in _IN_QUERY
        info: Any = inspect.type_info(route.request)
        self._types = {field.encode_name: field.type for field in info.fields}
        self._hints = {field.encode_name: field.type for field in msgspec.structs.fields(route.request)}

    async def read(self, request: Request, path: dict[str, str], limit: int) -> Any:
        """The request as its Struct; raise Invalid."""
        content = b"" if self._in_query else await body(request, limit)
        given = self._query(request) if self._in_query else _object(content)
        for name, text in path.items():
            if name in self._types:
                given[name] = self._from_text(name, text)
        if self._in_query or path or texts.ESCAPED in content:
            texts.check(given)
        try:
            return msgspec.convert(given, self._struct)
        except msgspec.ValidationError as error:
            raise _invalid(error) from error

    def _query(self, request: Request) -> dict[str, Any]:
        given: dict[str, Any] = {}
        params = request.query_params
        for name in params.keys() & self._types.keys():
            many = isinstance(self._types[name], inspect.ListType)
            given[name] = params.getlist(name) if many else self._from_text(name, params[name])
        return given

    def _from_text(self, name: str, text: str) -> Any:
        try:
            return msgspec.convert(text, self._hints[name], strict=False)
        except msgspec.ValidationError as error:
            raise Invalid(f"{name}: {error}.", field=name) from error


async def body(request: Request, limit: int) -> bytes:
    """The whole body; raise Invalid as soon as it is known to be larger than `limit` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> Invalid:
    return Invalid(f"The request is larger than {limit:,} bytes, the most this server takes (--max-request-bytes).")


def _object(content: bytes) -> dict[str, Any]:
    if not content:
        return {}
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.ValidationError as error:
        raise Invalid("The body must be a JSON object.") from error
    except msgspec.DecodeError as error:
        raise Invalid(f"The body is not JSON: {error}.") from error


def _invalid(error: msgspec.ValidationError) -> Invalid:
    text = str(error)
    place = _PLACE.search(text)
    name = place[1] if place else ""
    if missing := _MISSING.search(text):
        field = f"{name}.{missing[1]}" if name else missing[1]
        return Invalid(f"{field} is missing.", field=field)
    message = _PLACE.sub("", text)
    return Invalid(f"{name}: {message}." if name else f"{message}.", field=re.split(r"\W", name)[0] or None)
