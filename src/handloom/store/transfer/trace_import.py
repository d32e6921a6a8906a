"""Keep traces that came from another server, with their spans and assessments. What is here already does not change."""

import base64
import binascii
from typing import Any

import msgspec

from handloom.domain import traces as rules
from handloom.domain.errors import Invalid
from handloom.domain.records import ImportedTo, TraceRecord
from handloom.domain.spans import texts_of, values_of
from handloom.domain.traces import Span, Trace
from handloom.store.engine.database import Write
from handloom.store.traces import rows as traces
from handloom.store.transfer.ids import model_id_of, run_ids_of

MODEL_KEY = "mlflow.modelId"
_STATUSES = {"STATUS_CODE_OK": "OK", "STATUS_CODE_ERROR": "ERROR"}
_SPAN_ID_BYTES = 8


def keep(tx: Write, workspace: str, record: TraceRecord) -> ImportedTo:
    """Keep a trace, or more of one. Its runs and its model get the ids that they have here."""
    metadata = dict(record.metadata)
    run_id = metadata.get(rules.RUN_KEY, "")
    targets = run_ids_of(tx, workspace, [run_id, *record.run_ids])
    if run_id:
        metadata[rules.RUN_KEY] = targets[run_id]
    if model_id := metadata.get(MODEL_KEY, ""):
        metadata[MODEL_KEY] = model_id_of(tx, workspace, model_id)
    tags = {key: value for key, value in record.tags.items() if key not in (rules.LOCATION_TAG, rules.SPANS_TAG)}
    if record.spans:
        tags[rules.SPANS_TAG] = rules.SPANS_HERE
    trace = Trace(
        trace_id=record.trace_id,
        experiment_id=record.experiment_id,
        request_time=record.request_time,
        duration=record.duration,
        state=rules.state_of(record.state),
        client_request_id=record.client_request_id,
        request_preview=rules.preview(record.request_preview),
        response_preview=rules.preview(record.response_preview),
        assessments=record.assessments,
        tags=tags,
        metadata=metadata,
    )
    spans = {span.span_id: span for span in (_span(record.trace_id, content) for content in record.spans)}
    existed = traces.add(tx, workspace, trace, list(spans.values()), [targets[each] for each in record.run_ids])
    counts = traces.counts(tx, workspace, record.trace_id)
    return ImportedTo(kind="trace", id=record.trace_id, target=record.trace_id, uri="", existed=existed, counts=counts)


def _span(trace_id: str, content: str) -> Span:
    """A span with the fields that searches use, from its JSON. Raises Invalid."""
    try:
        given = msgspec.json.decode(content, type=dict[str, Any])
        values = values_of(given)
        status = given.get("status", {}).get("code", "")
        return Span(
            trace_id=trace_id,
            span_id=_hex(given["span_id"]),
            parent_id=_hex(given["parent_span_id"]) if given.get("parent_span_id") else None,
            name=_clean(given.get("name", "")),
            type=_clean(values.get("mlflow.spanType") or "") or "UNKNOWN",
            status=_STATUSES.get(status, "UNSET"),
            started_at=msgspec.convert(given["start_time_unix_nano"], int),
            ended_at=msgspec.convert(given.get("end_time_unix_nano"), int | None),
            content=_clean(content),
            texts=msgspec.json.encode(texts_of(given)).decode(),
        )
    except (msgspec.MsgspecError, LookupError, AttributeError, TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"A span of {trace_id} is not one that OpenTelemetry's JSON describes.", field="spans") from error


def _hex(given: Any) -> str:
    try:
        decoded = base64.b64decode(given, validate=True)
    except binascii.Error as error:
        raise ValueError from error
    if len(decoded) != _SPAN_ID_BYTES:
        raise ValueError
    return decoded.hex()


def _clean(text: Any) -> str:
    """The text without NUL, which PostgreSQL cannot store."""
    return str(text).replace("\0", "�")
