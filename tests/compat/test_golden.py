"""Handloom's answers beside those of a real `mlflow server`, recorded in `golden/*.json` by `record_golden.py`.

Each difference is listed with its reason in docs/decisions/0025-differences-from-mlflow.md; an entry that describes
none any more fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from compat.golden_play import GOLDEN, leaves, play, requests, scripts
from running import ROOT, Handloom

TABLE = ROOT / "docs/decisions/0025-differences-from-mlflow.md"
ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the table: which requests, and which part of their answers, `*` standing for anything."""

    requests: str
    part: str

    def covers(self, request: str, part: str) -> bool:
        return _matches(self.requests, request) and _matches(self.part, part)


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(re.escape(piece) for piece in pattern.split("*")), text, re.S) is not None


def listed() -> list[Listed]:
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", TABLE.read_text(encoding="utf-8").replace("``", "\0"), re.M)
    return [Listed(requests.replace("\0", "`"), part) for requests, part in rows]


def recorded(script: str) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = json.loads((GOLDEN / f"{script}.json").read_text(encoding="utf-8"))
    return answers


def differences(server: Handloom, script: str) -> Iterator[tuple[str, str, Any, Any]]:
    """(request, part, MLflow's, ours) wherever a part of an answer differs."""
    with server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"golden {uuid4().hex}"}).json()["id"]
        for golden, (request, answer) in zip(recorded(script), play(client, f"/mlflow/{made}", script), strict=True):
            theirs = dict(leaves({key: golden[key] for key in ("status", "body")}))
            ours = dict(leaves(answer))
            for part in sorted(theirs.keys() | ours.keys()):
                one, other = theirs.get(part, ABSENT), ours.get(part, ABSENT)
                if one != other:
                    yield f"{script}: {request.text}", part, one, other


@pytest.fixture(scope="module")
def found(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> list[tuple[str, str, Any, Any]]:
    """All differences of a server whose webhooks may go to this machine, as the recorded one's."""
    url = "" if database_kind == "sqlite" else request.getfixturevalue("postgres").fresh()
    data = tmp_path_factory.mktemp("golden") / "data"
    with Handloom(data, "--webhook-networks", "127.0.0.0/8", database=url) as server:
        return [difference for script in scripts() for difference in differences(server, script)]


def test_the_answers_are_those_of_todays_scripts() -> None:
    for script in scripts():
        assert [answer["asked"] for answer in recorded(script)] == [r.text for r in requests(script)], script


def test_answers_are_mlflows_but_for_the_differences_that_are_listed(found: list[tuple[str, str, Any, Any]]) -> None:
    rows = listed()
    new = [d for d in found if not any(row.covers(d[0], d[1]) for row in rows)]
    assert not new, "\n".join(
        f"{request}\n  {part}\n    MLflow {one!r}\n    ours   {other!r}" for request, part, one, other in new
    )


def test_each_listed_difference_still_is_one(found: list[tuple[str, str, Any, Any]]) -> None:
    assert not [row for row in listed() if not any(row.covers(d[0], d[1]) for d in found)]
