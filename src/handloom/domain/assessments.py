"""Assessments of traces by people, code or LLM judges: feedback, expectations and issues."""

import hashlib
import math
import secrets
from typing import Any, Literal

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.keys import MAX_KEY, too_long

Kind = Literal["feedback", "expectation", "issue"]
SOURCES = ("SOURCE_TYPE_UNSPECIFIED", "HUMAN", "LLM_JUDGE", "CODE")
"""MLflow's enum, in the order of its numbers."""
_OLD_SOURCE = "AI_JUDGE"
MAX_ID = 50
_WORDS = {"yes": 1.0, "no": 0.0}


class ScorerFailure(msgspec.Struct, frozen=True, omit_defaults=True):
    """The error of a scorer that returned no value."""

    error_code: str = ""
    error_message: str = ""
    stack_trace: str = ""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """One assessment of one trace. `value` is JSON; times are ms since 1970 UTC.

    `valid` is False once another assessment of the trace overrides it.
    """

    assessment_id: str
    trace_id: str
    kind: Kind
    name: str
    value: str
    failure: ScorerFailure | None = None
    source_type: str = SOURCES[0]
    source_id: str = ""
    span_id: str = ""
    rationale: str = ""
    metadata: dict[str, str] = {}
    overrides: str = ""
    valid: bool = True
    created_at: int = 0
    modified_at: int = 0


class AssessmentChange(msgspec.Struct, frozen=True, kw_only=True):
    """An update of an assessment: fields that are None do not change. `metadata` is merged into the existing."""

    name: str | None = None
    kind: Kind | None = None
    value: str = "null"
    failure: ScorerFailure | None = None
    rationale: str | None = None
    metadata: dict[str, str] = {}


def new_id() -> str:
    return f"a-{secrets.token_hex(16)}"


def repeatable_id(trace_id: str, content: bytes) -> str:
    """Derive the id of an assessment that was sent in its trace without an id, so that resending the trace gives the
    same one.
    """
    return f"a-{hashlib.blake2b(trace_id.encode() + content, digest_size=16).hexdigest()}"


def check(assessment: Assessment) -> None:
    """Raise Invalid for a name or an id that is missing or too long."""
    if not assessment.name:
        raise Invalid("An assessment needs a name.", field="assessment.assessment_name")
    if len(assessment.name) > MAX_KEY:
        raise too_long("assessment_name", MAX_KEY)
    if not 0 < len(assessment.assessment_id) <= MAX_ID:
        raise too_long("assessment_id", MAX_ID)


def source_type(given: str | int) -> str:
    """Convert a source type, given by name or by MLflow's number. Raises Invalid for any other."""
    text = str(given).upper() or SOURCES[0]
    if text.isascii() and text.isdigit() and int(text) < len(SOURCES):
        return SOURCES[int(text)]
    text = "LLM_JUDGE" if text == _OLD_SOURCE else text
    if text not in SOURCES:
        raise Invalid(
            f"Invalid assessment source type: {given}. It must be one of {', '.join(SOURCES)}.",
            field="assessment.source.source_type",
        )
    return text


def check_change(assessment: Assessment, change: AssessmentChange) -> None:
    """Raise Invalid if a change has a value of another kind than the assessment."""
    if change.kind is not None and change.kind != assessment.kind:
        article = "an" if assessment.kind in ("expectation", "issue") else "a"
        raise Invalid(f"Cannot update {change.kind} value on {article} {assessment.kind.capitalize()} assessment.")


def number(value: Any) -> tuple[float | None, bool]:
    """Return the number that a value counts as in averages (None if it has none), and whether the value is a number."""
    if isinstance(value, bool):
        return float(value), False
    if isinstance(value, int | float):
        found = float(value) if abs(value) < 1 << 1023 else math.inf
        return (found, True) if math.isfinite(found) else (None, False)
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower()), False
    return None, False
