"""Convert assessments between MLflow's JSON and the domain."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from msgspec import UNSET, UnsetType

from handloom.api.mlflow.encoding import Reply
from handloom.api.mlflow.protocol_times import shown_time, time_of
from handloom.domain import assessments as rules
from handloom.domain.assessments import Assessment, AssessmentChange, Kind, ScorerFailure
from handloom.domain.clock import now
from handloom.domain.errors import Invalid

_SERIALIZED = "JSON_FORMAT"


class AssessmentSourceBody(msgspec.Struct, omit_defaults=True):
    source_type: str | int = ""
    source_id: str = ""


class Feedback(Reply):
    value: Any | UnsetType = UNSET
    error: ScorerFailure | None = None


class Serialized(Reply):
    serialization_format: str = ""
    value: str = ""


class Expectation(Reply):
    """An expectation: a string, number or boolean in `value`; lists and objects as JSON text in `serialized_value`."""

    value: Any | UnsetType = UNSET
    serialized_value: Serialized | None = None


class Issue(Reply):
    issue_name: str = ""


class AssessmentIn(msgspec.Struct):
    assessment_id: str = ""
    assessment_name: str = ""
    span_id: str = ""
    source: AssessmentSourceBody | None = None
    create_time: str = ""
    last_update_time: str = ""
    feedback: Feedback | None = None
    expectation: Expectation | None = None
    issue: Issue | None = None
    error: ScorerFailure | None = None
    rationale: str = ""
    metadata: dict[str, str] = {}
    overrides: str = ""
    valid: bool = True

    @property
    def kind(self) -> Kind | None:
        return next((kind for kind in get_args(Kind) if getattr(self, kind) is not None), None)


class AssessmentReply(Reply):
    assessment_id: str
    assessment_name: str
    trace_id: str
    source: AssessmentSourceBody
    create_time: str
    last_update_time: str
    valid: bool
    span_id: str = ""
    feedback: Feedback | UnsetType = UNSET
    expectation: Expectation | UnsetType = UNSET
    issue: Issue | UnsetType = UNSET
    rationale: str = ""
    metadata: dict[str, str] = {}
    overrides: str = ""


def assessment_of(given: AssessmentIn, trace_id: str, assessment_id: str) -> Assessment:
    """Convert and check a client's assessment. Raises Invalid unless it has exactly one of feedback, expectation,
    issue.
    """
    kind = given.kind
    if kind is None:
        raise Invalid("Unknown assessment type: None", field="assessment")
    source = given.source or AssessmentSourceBody()
    created = time_of(given.create_time, "assessment.create_time") or now()
    return Assessment(
        assessment_id=assessment_id,
        trace_id=trace_id,
        kind=kind,
        name=given.assessment_name,
        value=_value(given),
        failure=_failure(given),
        source_type=rules.source_type(source.source_type),
        source_id=source.source_id,
        span_id=given.span_id,
        rationale=given.rationale,
        metadata=given.metadata,
        overrides=given.overrides,
        valid=given.valid,
        created_at=created,
        modified_at=time_of(given.last_update_time, "assessment.last_update_time") or created,
    )


def assessments_of_trace(given: list[AssessmentIn], trace_id: str) -> list[Assessment]:
    """Convert the assessments inside a trace. One without an id gets a derived id, which is the same on a resend."""
    return [
        assessment_of(
            each, trace_id, each.assessment_id or rules.repeatable_id(trace_id, msgspec.json.encode([n, each]))
        )
        for n, each in enumerate(given)
    ]


def change(given: AssessmentIn, mask: str) -> AssessmentChange:
    """Convert an update: the given fields that are in the update mask. Raises Invalid."""
    paths = {_snake(path.strip()) for path in mask.split(",")}
    kinds = [kind for kind in get_args(Kind) if kind in paths and getattr(given, kind) is not None]
    if len(kinds) > 1:
        raise Invalid("Cannot specify both `expectation` and `feedback` parameters.", field="update_mask")
    said = msgspec.structs.replace(given, **{kind: None for kind in get_args(Kind) if kind not in kinds})
    return AssessmentChange(
        name=given.assessment_name if "assessment_name" in paths else None,
        kind=kinds[0] if kinds else None,
        value=_value(said) if kinds else "null",
        failure=_failure(said),
        rationale=given.rationale if "rationale" in paths else None,
        metadata=given.metadata if "metadata" in paths else {},
    )


def reply(of: Assessment) -> AssessmentReply:
    shown = AssessmentReply(
        assessment_id=of.assessment_id,
        assessment_name=of.name,
        trace_id=of.trace_id,
        source=AssessmentSourceBody(of.source_type, of.source_id),
        create_time=shown_time(of.created_at),
        last_update_time=shown_time(of.modified_at),
        valid=of.valid,
        span_id=of.span_id,
        rationale=of.rationale,
        metadata=of.metadata,
        overrides=of.overrides,
    )
    value = msgspec.Raw(of.value.encode())
    match of.kind:
        case "feedback":
            shown.feedback = Feedback(value, of.failure)
        case "expectation" if of.value[:1] in "[{" or of.value == "null":
            shown.expectation = Expectation(serialized_value=Serialized(_SERIALIZED, of.value))
        case "expectation":
            shown.expectation = Expectation(value)
        case "issue":
            shown.issue = msgspec.json.decode(of.value, type=Issue)
    return shown


def _value(given: AssessmentIn) -> str:
    """Return the value as JSON text. Raises Invalid if it is not JSON."""
    if given.issue is not None:
        return msgspec.json.encode(given.issue).decode()
    said = given.feedback or given.expectation
    assert said is not None
    value = None if said.value is UNSET else said.value
    if isinstance(said, Expectation) and (serialized := said.serialized_value) is not None:
        if serialized.serialization_format != _SERIALIZED:
            raise Invalid(
                f"Unknown serialization format: {serialized.serialization_format}. Only JSON_FORMAT is supported.",
                field="assessment.expectation",
            )
        _decoded(serialized.value)
        return serialized.value
    try:
        return msgspec.json.encode(value).decode()
    except (OverflowError, UnicodeEncodeError) as error:
        raise Invalid("The value of an assessment must be JSON.", field="assessment") from error


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise Invalid("The serialized value of an expectation must be JSON.", field="assessment.expectation") from error


def _failure(given: AssessmentIn) -> ScorerFailure | None:
    found = given.feedback.error if given.feedback is not None else None
    return found or (given.error if given.feedback is not None else None)


def _snake(path: str) -> str:
    """Convert a field of an update mask, which proto3 JSON has in camelCase, to snake_case."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in path)
