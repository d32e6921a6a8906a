"""Convert a trace of an mlruns folder: trace_info.yaml, folders of tags and metadata, assessments and traces.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from handloom.api.mlflow.trace_replies import TraceIn, trace_of
from handloom.domain.records import TraceRecord
from handloom.transfer.mlflow.mapping import to_int

INFO_FILE = "trace_info.yaml"


def record(
    info: Mapping[str, Any],
    *,
    tags: dict[str, str],
    metadata: dict[str, str],
    assessments: Sequence[Mapping[str, Any]],
    spans: list[str],
) -> TraceRecord:
    """The record of a trace that MLflow 2 or 3 wrote. Raises Invalid or msgspec.ValidationError."""
    if "trace_location" in info:
        given = {key: value for key, value in info.items() if key != "execution_duration_ms"}
        given |= {"tags": tags, "trace_metadata": metadata, "assessments": list(assessments)}
        found = trace_of(msgspec.convert({"trace_info": given}, TraceIn))
        return TraceRecord(
            trace_id=found.trace_id,
            experiment_id=found.experiment_id,
            request_time=found.request_time,
            duration=to_int(info.get("execution_duration_ms")),
            state=found.state,
            client_request_id=found.client_request_id,
            request_preview=found.request_preview,
            response_preview=found.response_preview,
            tags=tags,
            metadata=metadata,
            assessments=found.assessments,
            spans=spans,
        )
    return TraceRecord(
        trace_id=msgspec.convert(info["request_id"], str),
        experiment_id=str(info["experiment_id"]),
        request_time=to_int(info["timestamp_ms"]) or 0,
        duration=to_int(info.get("execution_time_ms")),
        state=str(info["status"]).replace("TRACE_STATUS_UNSPECIFIED", "STATE_UNSPECIFIED"),
        tags=tags,
        metadata=metadata,
        spans=spans,
    )
