"""Compares an engine's answers with the recorded ones of Apache Spark, and knows the differences that are listed."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Literal

from conformance import cases
from conformance.cases import Case

Answer = dict[str, Any]
Outcome = Literal["equal", "refused", "different", "fails"]
WAY_OUT = ("Apache Spark", "Way out")
"""Words by which a refusal names the way out."""
CLOSE = 1e-12
_LONG_DOUBLE = re.compile(r"-?\d+\.\d{12,}\Z")
"""A double written as text, as `describe` gives it, whose last digit depends on the order of a sum."""


@dataclass(frozen=True, slots=True)
class Played:
    """One case on one engine. `refused` names the way out, `fails` does not; both are errors where Spark answers."""

    case: Case
    expected: Answer
    given: Answer
    outcome: Outcome

    @property
    def report(self) -> str:
        return f"{self.case.id}\n    Apache Spark {_short(self.expected)}\n    this engine  {_short(self.given)}"


def recorded(group: str) -> dict[str, Answer]:
    """Apache Spark's answers by the names of the cases."""
    answers = json.loads((cases.ANSWERS / f"{group}.json").read_text(encoding="utf-8"))
    return {answer["case"]: answer for answer in answers}


def compare(group: str, given: list[Answer], step: int = 1) -> list[Played]:
    """The answers of an engine beside the recorded ones; of a sample, each `step`th case was played."""
    expected = recorded(group)
    found = []
    for case, answer in zip(cases.load(group)[::step], given, strict=True):
        found.append(Played(case, expected[case.name], answer, judge(expected[case.name], answer)))
    return found


def judge(expected: Answer, given: Answer) -> Outcome:
    """An error is equal to an error: which words an engine finds for it is not compared."""
    if "error" in expected:
        return "equal" if "error" in given else "different"
    if "error" in given:
        return "refused" if any(words in given.get("message", "") for words in WAY_OUT) else "fails"
    parts = ("columns", "pandas", "value", "rows")
    return "equal" if all(_same(expected.get(part), given.get(part)) for part in parts) else "different"


def listed(engine: str, *, intended: bool | None = None) -> dict[str, str]:
    """The reason of each known difference of an engine, by the case's id. `intended` asks for one sort of them."""
    tables = tomllib.loads((cases.HERE / "known_differences.toml").read_text(encoding="utf-8"))
    rows = [row for row in tables.get(engine, []) if intended in (None, row.get("intended", False))]
    return {case: row["reason"] for row in rows for case in row["cases"]}


def counts(played: list[Played], intended: Container[str] = ()) -> str:
    """How many of each outcome; differences that are intended are counted apart."""
    number = Counter("different on purpose" if one.case.id in intended else one.outcome for one in played)
    kinds = ("equal", "refused", "different on purpose", "different", "fails")
    return f"{len(played)} cases: " + ", ".join(f"{number[kind]} {kind}" for kind in kinds)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, str) and isinstance(other, str) and _LONG_DOUBLE.match(one) and _LONG_DOUBLE.match(other):
        return math.isclose(float(one), float(other), rel_tol=CLOSE)
    return type(one) is type(other) and bool(one == other)


def _short(answer: Answer) -> str:
    shown = {key: value for key, value in answer.items() if key not in ("case", "code")}
    return json.dumps(shown, ensure_ascii=False)[:400]
