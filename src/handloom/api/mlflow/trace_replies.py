"""Traces in the shapes of MLflow's protocol: what clients of MLflow 3 send and get, and those of MLflow 2."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from handloom.api.mlflow.codec import missing, wrong
from handloom.api.mlflow.encoding import Entry, Reply, entries
from handloom.domain import traces as rules
from handloom.domain.traces import Trace

_SECONDS = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s").fullmatch
_FARTHEST = 253_402_300_799_000  # the last second of the year 9999, which ends the protocol's own times


class ExperimentPlace(msgspec.Struct):
    experiment_id: str = ""


class Place(msgspec.Struct, omit_defaults=True):
    """Where a trace is kept: always an experiment here."""

    type: str | int = ""
    mlflow_experiment: ExperimentPlace | None = None

    @property
    def experiment_id(self) -> str:
        return self.mlflow_experiment.experiment_id if self.mlflow_experiment else ""


class InfoIn(msgspec.Struct):
    trace_id: str = ""
    client_request_id: str | None = None
    trace_location: Place | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    request_time: str = ""
    execution_duration: str | None = None
    state: str | int = ""
    trace_metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    assessments: list[dict[str, Any]] = []


class TraceIn(msgspec.Struct):
    trace_info: InfoIn = msgspec.field(default_factory=InfoIn)


class InfoReply(Reply):
    trace_id: str
    trace_location: Place
    request_time: str
    state: str
    execution_duration: str | UnsetType = UNSET
    client_request_id: str | UnsetType = UNSET
    request_preview: str | UnsetType = UNSET
    response_preview: str | UnsetType = UNSET
    trace_metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    assessments: msgspec.Raw | UnsetType = UNSET


class WholeReply(Reply):
    trace_info: InfoReply
    spans: list[msgspec.Raw] = []


class OneReply(Reply):
    trace: WholeReply


class OldInfoReply(Reply):
    """A trace as MLflow 2 knows it."""

    request_id: str
    experiment_id: str
    timestamp_ms: int
    execution_time_ms: int
    status: str
    request_metadata: list[Entry] = []
    tags: list[Entry] = []


class OldReply(Reply):
    trace_info: OldInfoReply


def told(given: TraceIn) -> Trace:
    """The trace that a client of MLflow 3 tells; raise Invalid, naming the field, where it cannot be one."""
    info = given.trace_info
    path = "trace.trace_info"
    if not info.trace_id:
        raise missing(f"{path}.trace_id")
    if info.trace_location is None or not info.trace_location.experiment_id:
        raise missing(f"{path}.trace_location.mlflow_experiment.experiment_id")
    assessments = [{"assessment_id": f"a-{n}", **each} for n, each in enumerate(info.assessments)]
    return Trace(
        trace_id=info.trace_id,
        experiment_id=info.trace_location.experiment_id,
        request_time=_time(info.request_time, f"{path}.request_time"),
        duration=None if info.execution_duration is None else _duration(info.execution_duration, path),
        state=rules.state_of(info.state),
        client_request_id=info.client_request_id,
        request_preview=info.request_preview,
        response_preview=info.response_preview,
        assessments=msgspec.json.encode(assessments).decode() if assessments else None,
        tags=info.tags,
        metadata=info.trace_metadata,
    )


def _time(text: str, path: str) -> int:
    """Milliseconds since 1970 UTC of an RFC 3339 time."""
    if not text:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise wrong(path, text, "It must be a time such as 2026-01-31T12:00:00.5Z.") from error
    since = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000


def _duration(text: str, path: str) -> int:
    found = _SECONDS(text)
    if found is None:
        raise wrong(f"{path}.execution_duration", text, "It must be a number of seconds such as 1.5s.")
    sign, seconds, fraction = found.groups()
    ms = int(seconds) * 1_000 + int((fraction or "").ljust(3, "0")[:3])
    return -ms if sign else ms


def info_reply(trace: Trace) -> InfoReply:
    return InfoReply(
        trace_id=trace.trace_id,
        trace_location=Place("MLFLOW_EXPERIMENT", ExperimentPlace(trace.experiment_id)),
        request_time=_shown_time(trace.request_time),
        state=trace.state,
        execution_duration=UNSET if trace.duration is None else _shown_duration(trace.duration),
        client_request_id=_or_unset(trace.client_request_id),
        request_preview=_or_unset(trace.request_preview),
        response_preview=_or_unset(trace.response_preview),
        trace_metadata=trace.metadata,
        tags=trace.tags,
        assessments=msgspec.Raw(trace.assessments.encode()) if trace.assessments else UNSET,
    )


def whole_reply(trace: Trace, spans: list[str]) -> WholeReply:
    return WholeReply(info_reply(trace), [msgspec.Raw(span.encode()) for span in spans])


def old_reply(trace: Trace) -> OldInfoReply:
    return OldInfoReply(
        request_id=trace.trace_id,
        experiment_id=trace.experiment_id,
        timestamp_ms=trace.request_time,
        execution_time_ms=trace.duration or 0,
        status="TRACE_STATUS_UNSPECIFIED" if trace.state == rules.STATES[0] else trace.state,
        request_metadata=entries(trace.metadata),
        tags=entries(trace.tags),
    )


def _shown_time(ms: int) -> str:
    within = min(max(ms, 0), _FARTHEST)
    at = datetime.fromtimestamp(within // 1_000, tz=UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{within % 1_000:03d}Z"


def _shown_duration(ms: int) -> str:
    sign = "-" if ms < 0 else ""
    return f"{sign}{abs(ms) // 1_000}.{abs(ms) % 1_000:03d}s"


def _or_unset(value: str | None) -> str | UnsetType:
    return UNSET if value is None else value
