"""Parse requests of MLflow's clients, lenient proto3 JSON or a query string, into a route's Struct.

Numbers may be strings, field names may be camelCase, unknown fields are ignored, an empty required string is missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

from handloom.api import text_check
from handloom.domain.errors import Invalid

_HINT = "See the API docs for more information about request parameters."
_PLACE = re.compile(r"at `\$\.?(.*)`$")


class MlflowReader:
    """Parser of one route's requests. Its decoder is built once, so that the usual request is a single typed decode."""

    def __init__(self, request: type[msgspec.Struct], required: tuple[str, ...]) -> None:
        self.request = request
        self.required = required
        self.decoder = msgspec.json.Decoder(request, strict=False)
        self.lists = {f.encode_name for f in msgspec.structs.fields(request) if "list[" in str(f.type)}
        self.names = frozenset(f.encode_name for f in msgspec.structs.fields(request))
        self.camel = {_camel(name): name for name in _all_names(request)}
        self.maps = frozenset(_all_maps(request))
        other = [re.escape(camel).encode() for camel, name in self.camel.items() if camel != name]
        self.has_camel = re.compile(rb'"(?:%s)"\s*:' % b"|".join(other)).search if other else _never

    def body(self, data: bytes, path: Mapping[str, str]) -> Any:
        """Parse a JSON body. Fields in `path` (the URL's parameters) take precedence."""
        if path or text_check.has_escapes(data) or self.has_camel(data):
            return self._lenient(data, path)
        try:
            request = self.decoder.decode(data)
        except msgspec.MsgspecError:
            return self._lenient(data, path)
        return self._complete(request)

    def query(self, params: QueryParams, path: Mapping[str, str]) -> Any:
        """Parse a query string. A list is a repeated parameter."""
        given: dict[str, Any] = {}
        for name in self.names & params.keys():
            given[name] = params.getlist(name) if name in self.lists else params[name]
        given |= path
        text_check.check(given)
        return self._convert(given)

    def _lenient(self, data: bytes, path: Mapping[str, str]) -> Any:
        """Parse a body that the typed decoder refused: camelCase names, numbers in strings, JSON inside a string."""
        given = _snake(_loads(data), self.camel, self.maps) | dict(path)
        if path or text_check.has_escapes(data):
            text_check.check(given)
        return self._convert(given)

    def _convert(self, given: dict[str, Any]) -> Any:
        try:
            request = msgspec.convert(given, self.request, strict=False)
        except msgspec.ValidationError as error:
            raise _wrong_type(str(error), given) from error
        return self._complete(request)

    def _complete(self, request: Any) -> Any:
        for name in self.required:
            value = getattr(request, name)
            if value is None or value == "":
                raise missing(name)
        return request


def missing(name: str) -> Invalid:
    return Invalid(f"Missing value for required parameter '{name}'. {_HINT}", field=name)


def wrong(name: str, value: Any, hint: str) -> Invalid:
    """MLflow's error for an invalid value; `hint` says which values are valid."""
    shown = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else value
    return Invalid(f"Invalid value {shown} for parameter '{name}' supplied: {hint} {_HINT}", field=name)


def _wrong_type(text: str, given: Any) -> Invalid:
    found = _PLACE.search(text)
    name = found[1] if found else ""
    value = given
    for step in re.findall(r"[^.\[\]]+", name):
        if isinstance(value, list):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value.get(step)
    return wrong(name, value, f" Hint: Value was of type '{type(value).__name__}'.")


def _loads(data: bytes) -> dict[str, Any]:
    """Decode a body to an object. Invalid JSON counts as empty, as in MLflow; old clients send JSON inside a string."""
    try:
        given = json.loads(data)
        if isinstance(given, str):
            given = json.loads(given)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _snake(given: Any, camel: Mapping[str, str], maps: frozenset[str]) -> Any:
    """Rename camelCase fields to snake_case. Keys of maps and values of any type are data and stay as they are."""
    if isinstance(given, list):
        return [_snake(item, camel, maps) for item in given]
    if not isinstance(given, dict):
        return given
    renamed: dict[str, Any] = {}
    for key, value in given.items():
        name = camel.get(key, key)
        if name != key and name in given:
            raise Invalid(f"Request specifies both '{name}' and '{key}'; provide only one of them.", field=name)
        renamed[name] = value if name in maps else _snake(value, camel, maps)
    return renamed


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _all_names(request: type[msgspec.Struct]) -> Iterable[str]:
    """Field names of a Struct and of all nested Structs."""
    for info in msgspec.inspect.multi_type_info([request]):
        yield from _names_in(info)


def _names_in(info: Any) -> Iterable[str]:
    if isinstance(info, msgspec.inspect.StructType):
        for field in info.fields:
            yield field.encode_name
            yield from _names_in(field.type)
    elif isinstance(info, msgspec.inspect.ListType):
        yield from _names_in(info.item_type)
    elif isinstance(info, msgspec.inspect.UnionType):
        for part in info.types:
            yield from _names_in(part)


def _all_maps(request: type[msgspec.Struct]) -> Iterable[str]:
    """Names of fields, in a Struct and all nested Structs, whose values are maps or of any type."""
    for info in msgspec.inspect.multi_type_info([request]):
        yield from _maps_in(info)


def _maps_in(info: Any) -> Iterable[str]:
    if isinstance(info, msgspec.inspect.StructType):
        for field in info.fields:
            if isinstance(field.type, msgspec.inspect.DictType | msgspec.inspect.AnyType):
                yield field.encode_name
            yield from _maps_in(field.type)
    elif isinstance(info, msgspec.inspect.ListType):
        yield from _maps_in(info.item_type)
    elif isinstance(info, msgspec.inspect.UnionType):
        for part in info.types:
            yield from _maps_in(part)


def _never(_: bytes) -> None:
    return None
