"""Plays a script of requests against a server and gives its answers without what differs from one play to the next.

A script (`golden/*.requests`) has one request a line: method, path with query, JSON body, and after `=>` the parts of
the answer that later lines name as `$name`; `$$` is a dollar sign.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

GOLDEN = Path(__file__).parent / "golden"
ROOT = "/api/2.0/mlflow/"

_LINE = re.compile(r"(?P<method>GET|POST|PUT|PATCH|DELETE) (?P<path>\S+)(?: (?P<body>.+?))??(?: => (?P<kept>.+))?")
_REPEATED = re.compile(r"%(.)\*(\d+)%")
_TIMES = frozenset(
    {"creation_time", "last_update_time", "creation_timestamp", "last_updated_timestamp", "creation_timestamp_ms"}
    | {"last_updated_timestamp_ms", "created_time"}
)
_UNORDERED = frozenset({"tags", "params", "aliases", "latest_versions"})


@dataclass(frozen=True, slots=True)
class Request:
    """One line: `text` is the line itself, and what the answers are kept under."""

    text: str
    method: str
    path: str
    body: str | None
    kept: dict[str, str]


@dataclass(slots=True)
class Known:
    """Values from earlier replies that later requests need."""

    values: dict[str, str] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        return re.sub(r"\$(\$|\w+)", lambda found: "$" if found[1] == "$" else self.values[found[1]], text)

    def hide(self, text: str) -> str:
        for name, value in self.values.items():
            if len(value) > 8:  # small numbers are the same in each play
                text = text.replace(value, f"${name}")
        return text


def scripts() -> list[str]:
    return sorted(path.stem for path in GOLDEN.glob("*.requests"))


def requests(script: str) -> Iterator[Request]:
    for line in (GOLDEN / f"{script}.requests").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        assert found, f"{script}: {line}"
        kept = dict(part.split("=", 1) for part in (found["kept"] or "").split())
        yield Request(line, found["method"], found["path"], found["body"], kept)


def play(client: httpx.Client, prefix: str, script: str) -> Iterator[tuple[Request, dict[str, Any]]]:
    """Each request of the script with its answer: status and body."""
    known = Known()
    for request in requests(script):
        path = known.fill(request.path)
        url = prefix + (path if path.startswith("/") else ROOT + path)
        content = expanded(known.fill(request.body)) if request.body is not None else None
        headers = {} if content is None else {"Content-Type": "application/json"}
        answer = client.request(request.method, url, content=content, headers=headers)
        body = said(answer)
        for name, place in request.kept.items():
            known.values[name] = str(part(body, place))
        yield request, {"status": answer.status_code, "body": shown(body, known)}


def expanded(body: str) -> str:
    """A body with its shorthands expanded: `%x*300%` is 300 times x, and one item of a list with `%times` many."""
    text = _REPEATED.sub(lambda found: found[1] * int(found[2]), body)
    if "%times" not in text:
        return text
    return json.dumps({name: several(value) for name, value in json.loads(text).items()})


def several(value: Any) -> Any:
    if not (isinstance(value, dict) and "%times" in value):
        return value
    return [json.loads(json.dumps(value["%of"]).replace("%n", str(n))) for n in range(value["%times"])]


def said(answer: httpx.Response) -> Any:
    if answer.headers.get("content-type", "").startswith("application/json") and answer.content:
        return answer.json()
    return answer.text if answer.status_code == 200 else "no JSON"


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Each part of an answer that is no object and no list, with its place: `body.run.info.status`."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{place}.{number}")
    else:
        yield place, value


def part(body: Any, place: str) -> Any:
    for step in place.split("."):
        body = body[int(step)] if step.isdigit() else body[step]
    return body


def shown(value: Any, known: Known, name: str = "") -> Any:
    """A body without its ids and times, sorted where the protocol promises no order."""
    if isinstance(value, dict):
        return {key: shown(inner, known, key) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        inside = [shown(inner, known) for inner in value]
        sortable = name in _UNORDERED or (name == "metrics" and all("key" in v for v in inside if isinstance(v, dict)))
        return sorted(inside, key=_order) if sortable else inside
    if name in _TIMES and isinstance(value, int) and value > 10**12:
        return "a time"
    if name == "next_page_token" and value:
        return "a token"  # clients send it back as it is
    return cleaned(known.hide(value)) if isinstance(value, str) else value


def _order(value: Any) -> str:
    """Points of one metric stand in the order in which they came: `sorted` keeps it."""
    if not isinstance(value, dict):
        return str(value)
    return str(next((value[name] for name in ("key", "alias", "version") if name in value), ""))


_CLEANED = (
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b[0-9a-f]{32}\b"), "an id"),
    (re.compile(r"^[a-z]+-[a-z]+-\d{1,3}$"), "a name"),
    (re.compile(r"^[0-9a-f]{8}$"), "a digest"),
    (re.compile(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"), "a time"),
    (re.compile(r"\(?\b(?:sqlite3|psycopg2?|sqlalchemy)\.[\s\S]*"), "words of the database"),
    (re.compile(r"(?:/[\w.\-]+)+/(?:site-packages|mlruns|artifacts-root)[\w./\-]*"), "a path"),
)


def cleaned(text: str) -> str:
    for pattern, word in _CLEANED:
        text = pattern.sub(word, text)
    return text
