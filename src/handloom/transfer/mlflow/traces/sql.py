"""Read the traces of an MLflow store: with tags, metadata, assessments, linked runs, and spans from tables or files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from sqlalchemy import select

from handloom.domain.assessments import Assessment, ScorerFailure, source_type
from handloom.domain.errors import HandloomError
from handloom.domain.records import TraceRecord
from handloom.domain.trace_metrics import COST_KEYS, TOKEN_KEYS
from handloom.domain.traces import LOCATION_TAG, NAME_TAG, SESSION_KEY, TOKENS_KEY
from handloom.transfer.mlflow.mapping import to_int
from handloom.transfer.mlflow.sql_models import Rows
from handloom.transfer.mlflow.traces.spans import MALFORMED, content_of, spans_in
from handloom.transfer.source import FileSet, UnreadableError

PAGE = 50  # traces
_PROMOTED = {
    TOKENS_KEY: (*TOKEN_KEYS, "cache_creation_input_tokens_above_1hr"),
    "mlflow.trace.cost": COST_KEYS,
}


def traces(
    store: Rows, files_at: Callable[[str], FileSet], skip: Callable[[str, str], object]
) -> Iterator[TraceRecord]:
    """Yield all traces. `files_at` opens the files at a URI; `skip` is told what cannot be read, as reason and name."""
    own = {row["experiment_id"] for row in store.of("experiments")}
    table = store.table("trace_info")
    if table is None:
        return
    last = ""
    while True:
        query = select(table).where(table.c.request_id > last).order_by(table.c.request_id).limit(PAGE)
        page = list(store.rows(query))
        rows = [row for row in page if row["experiment_id"] in own]
        ids = [row["request_id"] for row in rows]
        tags = store.grouped("trace_tags", "request_id", ids)
        metadata = store.grouped("trace_request_metadata", "request_id", ids)
        assessments = store.grouped("assessments", "trace_id", ids)
        spans = store.grouped("spans", "trace_id", ids)
        links = store.grouped("entity_associations", "source_id", ids)
        for row in rows:
            trace_id = row["request_id"]
            pairs = {tag["key"]: tag["value"] or "" for tag in tags[trace_id]}
            if row.get("trace_name") is not None:
                pairs[NAME_TAG] = row["trace_name"]
            try:
                stored = [content_of(msgspec.json.decode(span["content"])) for span in spans[trace_id]]
                yield TraceRecord(
                    trace_id=trace_id,
                    experiment_id=str(row["experiment_id"]),
                    request_time=row["timestamp_ms"],
                    duration=to_int(row.get("execution_time_ms")),
                    state=str(row["status"]).replace("TRACE_STATUS_UNSPECIFIED", "STATE_UNSPECIFIED"),
                    client_request_id=row.get("client_request_id"),
                    request_preview=row.get("request_preview"),
                    response_preview=row.get("response_preview"),
                    tags=pairs,
                    metadata={pair["key"]: pair["value"] or "" for pair in metadata[trace_id]} | _of_columns(row),
                    run_ids=[
                        link["destination_id"]
                        for link in links[trace_id]
                        if (link["source_type"], link["destination_type"]) == ("trace", "run")
                    ],
                    assessments=[_assessment(each) for each in assessments[trace_id]],
                    spans=stored or _of_file(files_at, pairs.get(LOCATION_TAG, ""), trace_id, skip),
                )
            except (*MALFORMED, HandloomError) as error:
                skip(f"it cannot be read ({str(error)[:200]})", f"trace {trace_id}")
        if len(page) < PAGE:
            return
        last = page[-1]["request_id"]


def _of_columns(row: dict[str, Any]) -> dict[str, str]:
    """The metadata that newer releases store in columns of the trace."""
    found = {} if row.get("session_id") is None else {SESSION_KEY: row["session_id"]}
    for key, columns in _PROMOTED.items():
        if values := {name: row[name] for name in columns if row.get(name) is not None}:
            found[key] = json.dumps(values)
    return found


def _of_file(
    files_at: Callable[[str], FileSet], uri: str, trace_id: str, skip: Callable[[str, str], object]
) -> list[str]:
    """The spans of a trace whose client uploaded them as a file; none if there is no file."""
    if not uri:
        return []
    try:
        return spans_in(files_at(uri))
    except (UnreadableError, *MALFORMED) as error:
        skip(f"its spans cannot be read ({str(error)[:200]})", f"trace {trace_id}")
        return []


def _assessment(row: dict[str, Any]) -> Assessment:
    failure = row.get("error")
    metadata = msgspec.json.decode(row.get("assessment_metadata") or "{}", type=dict[str, Any])
    value = row["value"] or "null"
    msgspec.json.decode(value)
    return Assessment(
        assessment_id=row["assessment_id"],
        trace_id=row["trace_id"],
        kind=msgspec.convert(row["assessment_type"], Any),
        name=row["name"],
        value=value,
        failure=msgspec.json.decode(failure, type=ScorerFailure) if failure else None,
        source_type=source_type(row["source_type"]),
        source_id=row.get("source_id") or "",
        span_id=row.get("span_id") or "",
        rationale=row.get("rationale") or "",
        metadata={key: text if isinstance(text, str) else str(text) for key, text in metadata.items()},
        overrides=row.get("overrides") or "",
        valid=bool(row.get("valid", True)),
        created_at=row["created_timestamp"],
        modified_at=row["last_updated_timestamp"],
    )
