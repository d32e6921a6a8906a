"""Parse requests of our own API, strict JSON or a query string, into a route's Struct. Errors name the field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect
from starlette.datastructures import QueryParams

from handloom.api import text_check
from handloom.domain.errors import Invalid

_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")
_MISSING = re.compile(r"missing required field `(\w+)`")


class UiReader:
    """Parser of one route's requests, created once per route."""

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        self._struct = struct
        info: Any = inspect.type_info(struct)
        self._types = {field.encode_name: field.type for field in info.fields}
        self._hints = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}

    def body(self, content: bytes, path: Mapping[str, str]) -> Any:
        """Parse a body. The router has checked the texts of the path, and a body without escapes needs no check."""
        return self._converted(_object(content), path, checked=not text_check.has_escapes(content))

    def query(self, params: QueryParams, path: Mapping[str, str]) -> Any:
        given: dict[str, Any] = {}
        for name in params.keys() & self._types.keys():
            many = isinstance(self._types[name], inspect.ListType)
            given[name] = params.getlist(name) if many else self._from_text(name, params[name])
        return self._converted(given, path, checked=False)

    def _converted(self, given: dict[str, Any], path: Mapping[str, str], *, checked: bool) -> Any:
        for name, text in path.items():
            if name in self._types:
                given[name] = self._from_text(name, text)
        if not checked:
            text_check.check(given)
        try:
            return msgspec.convert(given, self._struct)
        except msgspec.ValidationError as error:
            raise _invalid(error) from error

    def _from_text(self, name: str, text: str) -> Any:
        try:
            return msgspec.convert(text, self._hints[name], strict=False)
        except msgspec.ValidationError as error:
            raise Invalid(f"{name}: {error}.", field=name) from error


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
