"""Convert traces between the domain and the JSON of MLflow 3 and MLflow 2."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from handloom.api.mlflow.assessment_replies import AssessmentIn, AssessmentReply, assessments_of_trace, reply
from handloom.api.mlflow.codec import missing
from handloom.api.mlflow.encoding import Entry, Reply, entries
from handloom.api.mlflow.protocol_times import duration_of, shown_duration, shown_time, time_of
from handloom.domain import traces as rules
from handloom.domain.traces import Trace


class ExperimentLocation(msgspec.Struct):
    experiment_id: str = ""


class TraceLocation(msgspec.Struct, omit_defaults=True):
    """MLflow's location of a trace, which is always an experiment here."""

    type: str | int = ""
    mlflow_experiment: ExperimentLocation | None = None

    @property
    def experiment_id(self) -> str:
        return self.mlflow_experiment.experiment_id if self.mlflow_experiment else ""


class InfoIn(msgspec.Struct):
    trace_id: str = ""
    client_request_id: str | None = None
    trace_location: TraceLocation | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    request_time: str = ""
    execution_duration: str | None = None
    state: str | int = ""
    trace_metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    assessments: list[AssessmentIn] = []


class TraceIn(msgspec.Struct):
    trace_info: InfoIn = msgspec.field(default_factory=InfoIn)


class TraceInfoBody(Reply):
    trace_id: str
    trace_location: TraceLocation
    request_time: str
    state: str
    execution_duration: str | UnsetType = UNSET
    client_request_id: str | UnsetType = UNSET
    request_preview: str | UnsetType = UNSET
    response_preview: str | UnsetType = UNSET
    trace_metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    assessments: list[AssessmentReply] = []


class FullTraceReply(Reply):
    trace_info: TraceInfoBody
    spans: list[msgspec.Raw] = []


class TraceReply(Reply):
    trace: FullTraceReply


class OldInfoReply(Reply):
    """A trace in MLflow 2's API."""

    request_id: str
    experiment_id: str
    timestamp_ms: int
    execution_time_ms: int
    status: str
    request_metadata: list[Entry] = []
    tags: list[Entry] = []


class OldReply(Reply):
    trace_info: OldInfoReply


def trace_of(given: TraceIn) -> Trace:
    """Convert and check a trace of an MLflow 3 client. Raises Invalid with the field's name."""
    info = given.trace_info
    path = "trace.trace_info"
    if not info.trace_id:
        raise missing(f"{path}.trace_id")
    if info.trace_location is None or not info.trace_location.experiment_id:
        raise missing(f"{path}.trace_location.mlflow_experiment.experiment_id")
    return Trace(
        trace_id=info.trace_id,
        experiment_id=info.trace_location.experiment_id,
        request_time=time_of(info.request_time, f"{path}.request_time"),
        duration=_duration(info.execution_duration, f"{path}.execution_duration"),
        state=rules.state_of(info.state),
        client_request_id=info.client_request_id,
        request_preview=info.request_preview,
        response_preview=info.response_preview,
        assessments=assessments_of_trace(info.assessments, info.trace_id),
        tags=info.tags,
        metadata=info.trace_metadata,
    )


def _duration(text: str | None, path: str) -> int | None:
    return None if text is None else duration_of(text, path)


def info_reply(trace: Trace) -> TraceInfoBody:
    return TraceInfoBody(
        trace_id=trace.trace_id,
        trace_location=TraceLocation("MLFLOW_EXPERIMENT", ExperimentLocation(trace.experiment_id)),
        request_time=shown_time(trace.request_time),
        state=trace.state,
        execution_duration=UNSET if trace.duration is None else shown_duration(trace.duration),
        client_request_id=_or_unset(trace.client_request_id),
        request_preview=_or_unset(trace.request_preview),
        response_preview=_or_unset(trace.response_preview),
        trace_metadata=trace.metadata,
        tags=trace.tags,
        assessments=[reply(each) for each in trace.assessments],
    )


def full_reply(trace: Trace, spans: list[str]) -> FullTraceReply:
    return FullTraceReply(info_reply(trace), [msgspec.Raw(span.encode()) for span in spans])


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


def _or_unset(value: str | None) -> str | UnsetType:
    return UNSET if value is None else value
