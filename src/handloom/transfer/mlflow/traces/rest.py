"""Read the traces of a running MLflow server: one search per experiment, and a file of spans per trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from handloom.api.mlflow.trace_replies import TraceIn, trace_of
from handloom.domain.errors import HandloomError, Unavailable
from handloom.domain.records import ExperimentRecord, TraceRecord
from handloom.transfer.mlflow.traces.spans import MALFORMED, content_of

SEARCH = "/api/3.0/mlflow/traces/search"
SPANS = "/ajax-api/2.0/mlflow/get-trace-artifact"
PAGE = 100


class TraceServer(Protocol):
    """The methods of RestServer that this module uses."""

    def get(self, path: str, /, **params: Any) -> dict[str, Any]: ...

    def pages(self, path: str, body: dict[str, Any], field: str) -> Iterator[dict[str, Any]]: ...

    def mapped(self, path: str) -> AbstractContextManager[None]: ...


def search(experiment_id: str) -> dict[str, Any]:
    """The body of a search of one experiment's traces."""
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}}
    return {"locations": [where], "max_results": PAGE}


def traces(
    server: TraceServer, experiments: Sequence[ExperimentRecord], skip: Callable[[str, str], object]
) -> Iterator[TraceRecord]:
    """Yield the traces of experiments; `skip` is told what cannot be read, as reason and name."""
    for experiment in experiments:
        try:
            for info in server.pages(SEARCH, search(experiment.id), "traces"):
                with server.mapped(SEARCH):
                    name = f"trace {info['trace_id']}"
                if (record := _record(server, experiment.id, info, name, skip)) is not None:
                    yield record
        except Unavailable as error:
            skip(error.message, f"traces of the experiment {experiment.name}")


def _record(
    server: TraceServer, experiment_id: str, info: dict[str, Any], name: str, skip: Callable[[str, str], object]
) -> TraceRecord | None:
    try:
        found = trace_of(msgspec.convert({"trace_info": info}, TraceIn))
    except (HandloomError, msgspec.ValidationError) as error:
        skip(f"it cannot be read ({str(error)[:200]})", name)
        return None
    return TraceRecord(
        trace_id=found.trace_id,
        experiment_id=experiment_id,
        request_time=found.request_time,
        duration=found.duration,
        state=found.state,
        client_request_id=found.client_request_id,
        request_preview=found.request_preview,
        response_preview=found.response_preview,
        tags=found.tags,
        metadata=found.metadata,
        assessments=found.assessments,
        spans=_spans(server, found.trace_id, name, skip),
    )


def _spans(server: TraceServer, trace_id: str, name: str, skip: Callable[[str, str], object]) -> list[str]:
    try:
        return [content_of(span) for span in server.get(SPANS, request_id=trace_id).get("spans") or ()]
    except (Unavailable, *MALFORMED) as error:
        skip(f"its spans cannot be read ({str(error)[:200]})", name)
        return []
