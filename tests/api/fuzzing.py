"""Requests for every endpoint, made from its Struct: mostly right, with one thing or another gone wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote_from_bytes

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from handloom.api.mlflow.api import ROUTES as MLFLOW_ROUTES
from handloom.api.ui.api import ROUTES

IN_QUERY = ("GET", "DELETE")
QUERY, BODY = "query", "body"


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint of either API. `place` is where its fields are sent, apart from those in the path."""

    api: Literal["mlflow", "ui"]
    method: str
    path: str
    struct: type[msgspec.Struct] = field(repr=False)
    place: str
    own_body: bool
    """Whether the handler reads the body itself, so that its Struct says nothing of it."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def fields(self) -> dict[str, Any]:
        info: Any = inspect.type_info(self.struct)
        return {f.encode_name: f.type for f in info.fields}

    @property
    def in_path(self) -> list[str]:
        return re.findall(r"{(\w+)(?::path)?}", self.path)


# What would leave nothing to ask afterwards: the token itself, the sign-in, kernels that start, the server's own end.
_LEFT_OUT = {
    "POST /api/v1/drain",
    "POST /api/v1/restart",
    "POST /api/v1/sign-out",
    "POST /api/v1/workspaces/{workspace}/sessions",
    "DELETE /api/v1/workspaces/{workspace}",
}


def targets() -> list[Target]:
    found = [
        Target("ui", r.method, r.path, r.request, QUERY if r.method in IN_QUERY else BODY, r.raw)
        for r in ROUTES
        if f"{r.method} {r.path}" not in _LEFT_OUT
    ]
    for e in MLFLOW_ROUTES:
        path = e.path if e.path.startswith("/") else f"/api/2.0/{e.path}"
        place = QUERY if e.method == "GET" or e.streams else BODY
        found.append(Target("mlflow", e.method, path, e.request, place, e.streams))
    return found


_HALVES = st.text(st.characters(exclude_categories=()), max_size=8)  # half pairs of UTF-16 and NUL too
_TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "0", "1", "m", "abc", "../x", "a/b", "a//b", "%00", "\x00", "null", "NaN", "키", "x" * 9_000]
    ),
    st.text(max_size=12),
    _HALVES,
)
_NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 10**30]), st.integers(-5, 2_000)
)
_FLOATS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), _NUMBERS)
_FILTERS = st.sampled_from(
    [
        "",
        "metrics.m > 1",
        "params.p = '1' OR NOT tags.t = 'x'",
        "name = 'm'",
        "attributes.status = 'x'",
        "a = 'b",
        "\x00",
        "metrics.`\x00` = 1",
        "tags.a LIKE '%\x00%'",
        "metrics.m = 1e400",
        "start_time > 1e30",
        "run_id IN ('a')",
        "version_number > 99999999999999999999",
        "creation_time < -99999999999999999999",
        "datasets.name ILIKE '\\'",
    ]
)
_ORDERS = st.sampled_from(
    ["metrics.m DESC", "name", "start_time", "tags.a", "nothing", "", "\x00", "params.` `", "max(metrics.m)"]
)
_TOKENS = st.sampled_from(
    [
        "",
        "nonsense",
        "eyJvZmZzZXQiOiAxfQ==",
        "eyJvZmZzZXQiOiAxZTMwfQ==",
        "eyJvZmZzZXQiOiA5OTk5OTk5OTk5OTk5OTk5OTk5OX0=",
        "e30=",
    ]
)
_JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _FLOATS, _TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)),
    max_leaves=6,
)


def _texts(name: str, known: dict[str, list[str]]) -> st.SearchStrategy[str]:
    if name in ("filter", "filter_string"):
        return _FILTERS
    if name == "page_token":
        return _TOKENS
    if name in known:
        return _often(st.sampled_from(known[name]), _TEXTS)
    return _TEXTS


def _often(usual: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Fifteen times the usual for each of the other."""
    return st.sampled_from([usual] * 15 + [other]).flatmap(lambda chosen: chosen)


def values(name: str, kind: Any, known: dict[str, list[str]]) -> st.SearchStrategy[Any]:  # noqa: PLR0911
    """Values that a field's type allows, some of them chosen by the field's name."""
    if name == "order_by" and isinstance(kind, inspect.ListType) and isinstance(kind.item_type, inspect.StrType):
        return st.lists(_ORDERS, max_size=2)
    if isinstance(kind, inspect.UnionType):
        return st.one_of([values(name, part, known) for part in kind.types if not isinstance(part, inspect.NoneType)])
    if isinstance(kind, inspect.StrType):
        return _texts(name, known)
    if isinstance(kind, inspect.BoolType):
        return st.booleans()
    if isinstance(kind, inspect.IntType):
        return _often(st.integers(1, 200), _NUMBERS) if name in ("max_results", "limit", "points") else _NUMBERS
    if isinstance(kind, inspect.FloatType):
        return _FLOATS
    if isinstance(kind, inspect.ListType):
        singular = {"run_ids": "run_id", "experiment_ids": "experiment_id"}.get(name, name)
        return st.lists(values(singular, kind.item_type, known), max_size=3)
    if isinstance(kind, inspect.StructType):
        return objects({f.encode_name: f.type for f in kind.fields}, known)
    if isinstance(kind, inspect.DictType):
        return st.dictionaries(_TEXTS, _TEXTS, max_size=3)
    if isinstance(kind, inspect.EnumType):
        return st.sampled_from([member.value for member in kind.cls])
    if isinstance(kind, inspect.LiteralType):
        return st.sampled_from(list(kind.values))
    return _JUNK


def objects(fields: dict[str, Any], known: dict[str, list[str]]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with most of the fields, occasionally with one of another type."""
    each = {name: _often(values(name, kind, known), st.one_of(st.just(...), _JUNK)) for name, kind in fields.items()}
    return st.fixed_dictionaries(each).map(lambda made: {k: v for k, v in made.items() if v is not ...})


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as sent over the network."""

    target: Target
    url: str
    body: bytes | None


def requests(known: dict[str, list[str]], prefix: str) -> st.SearchStrategy[Sent]:
    return st.sampled_from(targets()).flatmap(lambda target: _request(target, known, prefix))


def _request(target: Target, known: dict[str, list[str]], prefix: str) -> st.SearchStrategy[Sent]:
    path = st.fixed_dictionaries({name: _texts(name, known) for name in target.in_path})
    given = objects({n: k for n, k in target.fields.items() if n not in target.in_path}, known)
    raw = _often(
        given.map(_written), st.sampled_from([b"", b"[]", b"null", b"{", b'"{}"', b'{"a":' * 2_000, b"\xff\xfe"])
    )
    if target.own_body:
        return st.builds(lambda p, q, b: Sent(target, _url(target, prefix, p, q), b), path, given, raw)
    if target.place == QUERY:
        return st.builds(lambda p, q: Sent(target, _url(target, prefix, p, q), None), path, given)
    return st.builds(lambda p, b: Sent(target, _url(target, prefix, p, {}), b), path, raw)


def _written(value: Any) -> bytes:
    return json.dumps(value).encode()  # half pairs as \ud800, which JSON allows


def _url(target: Target, prefix: str, path: dict[str, str], query: dict[str, Any]) -> str:
    url = target.path
    for name, value in path.items():
        url = re.sub("{" + name + "(:path)?}", lambda _, value=value: _quoted(value) or "%20", url)  # type: ignore[misc]
    pairs = [(n, v) for n, many in query.items() for v in (many if isinstance(many, list) else [many])]
    text = "&".join(f"{_quoted(n)}={_quoted(v if isinstance(v, str) else json.dumps(v))}" for n, v in pairs)
    return (prefix if target.api == "mlflow" else "") + url + (f"?{text}" if text else "")


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")
