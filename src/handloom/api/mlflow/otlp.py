"""Parse OTLP trace exports (protobuf or JSON, optionally compressed) into our spans and trace tags."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from handloom.api.mlflow.errors import Unprocessable
from handloom.domain.errors import HandloomError, Invalid
from handloom.domain.keys import check_key
from handloom.domain.spans import texts_of
from handloom.domain.traces import MAX_TAG, SESSION_KEY, USER_KEY, Span

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_TAG_PREFIX = "mlflow.traceTag."
_NOT_TAGS = ("telemetry.sdk.", "mlflow.")
"""Prefixes of resource attributes that do not become tags: the exporter's own, and tags that only the server sets."""
_IDS = ("traceId", "spanId", "parentSpanId")
_TIMES = frozenset({"start_time_unix_nano", "end_time_unix_nano", "time_unix_nano"})
_NOT_OTLP = (
    DecodeError,
    json_format.Error,
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)
_WINDOWS = {"gzip": (zlib.MAX_WBITS | 16,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}


def plain(body: bytes, encoding: str, limit: int) -> bytes:
    """Decompress a body. Raises Invalid for an unknown or broken encoding, or more than `limit` decompressed bytes."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    for window in _WINDOWS.get(encoding, ()):
        unpacker = zlib.decompressobj(window)
        try:
            found = unpacker.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(found) > limit:
            raise Invalid(f"The decompressed request is larger than {limit:,} bytes; send fewer spans at once.")
        if unpacker.eof:
            return found
    if encoding not in _WINDOWS:
        raise Invalid(f"Unsupported Content-Encoding: {encoding}. Use gzip, deflate or none.")
    raise Invalid(f"Failed to decompress {encoding} payload")


def parse(body: bytes, media: str) -> tuple[list[Span], dict[str, str]]:
    """Parse an export into its spans and the trace tags from its resource attributes. Raises Invalid."""
    request = ExportTraceServiceRequest()
    try:
        if media == JSON:
            json_format.ParseDict(_with_base64_ids(body), request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except _NOT_OTLP as error:
        raise Invalid("Invalid OpenTelemetry format: the body is not an ExportTraceServiceRequest.") from error
    spans: list[Span] = []
    tags: dict[str, str] = {}
    for resource in request.resource_spans:
        tags |= _resource_tags(_values(resource.resource.attributes))
        spans += [_span(span) for scope in resource.scope_spans for span in scope.spans]
    if not spans:
        raise Invalid("Invalid OpenTelemetry format - no spans found")
    return spans, tags


def _with_base64_ids(body: bytes) -> Any:
    """Convert ids from hex (OTLP/JSON) to base64, which protobuf's JSON parser expects."""
    given = msgspec.json.decode(body, type=dict[str, Any])
    for resource in given.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for span in scope.get("spans", []):
                for part in (span, *span.get("links", [])):
                    for name in _IDS:
                        if part.get(name):
                            part[name] = base64.b64encode(bytes.fromhex(part[name])).decode()
    return given


def _span(span: trace_pb2.Span) -> Span:
    if len(span.trace_id) != 16 or len(span.span_id) != 8 or len(span.parent_span_id) not in (0, 8):
        raise Unprocessable("Cannot convert OpenTelemetry span: a trace ID must have 16 bytes, a span ID 8.")
    if max(span.start_time_unix_nano, span.end_time_unix_nano) >= 1 << 63:
        raise Unprocessable("Cannot convert OpenTelemetry span: its time is after the year 2262.")
    values = _values(span.attributes)
    root = not span.parent_span_id
    span_json = _span_json(span)
    return Span(
        trace_id=f"tr-{span.trace_id.hex()}",
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        name=_clean(span.name),
        type=_clean(_text(values.get("mlflow.spanType")).strip('"')) or "UNKNOWN",  # some exporters send it as JSON
        status={1: "OK", 2: "ERROR"}.get(span.status.code, "UNSET"),
        started_at=span.start_time_unix_nano,
        ended_at=span.end_time_unix_nano or None,
        content=msgspec.json.encode(span_json).decode(),
        texts=msgspec.json.encode(texts_of(span_json)).decode(),
        request=_preview(values.get("mlflow.spanInputs")) if root else None,
        response=_preview(values.get("mlflow.spanOutputs")) if root else None,
        tags=_user_tags(values) if root else {},
        metadata=_metadata(values) if root else {},
    )


def _span_json(span: trace_pb2.Span) -> dict[str, Any]:
    """Convert a span to protobuf JSON with snake_case field names, the format that MLflow's clients read."""
    fields: dict[str, Any] = json_format.MessageToDict(span, preserving_proto_field_name=True)
    for part in (fields, *fields.get("events", ())):
        for name in _TIMES & part.keys():
            part[name] = int(part[name])  # protobuf's JSON has 64-bit integers as strings; MLflow's server has numbers
    return fields


def _values(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    return {attribute.key: _value(attribute.value) for attribute in attributes}


def _value(given: AnyValue) -> Any:
    kind = given.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in given.array_value.values]
    if kind == "kvlist_value":
        return _values(given.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(given.bytes_value).decode()
    return getattr(given, kind) if kind else None


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _clean(text: str) -> str:
    """Remove NUL characters, which PostgreSQL cannot store."""
    return text.replace("\0", "�")


def _preview(value: Any) -> str | None:
    return None if value is None else _clean(_text(value))


def _resource_tags(resource: Mapping[str, Any]) -> dict[str, str]:
    """Select the resource attributes that become tags of its traces."""
    return _valid_tags({key: _text(value) for key, value in resource.items() if not key.startswith(_NOT_TAGS)})


def _user_tags(values: Mapping[str, Any]) -> dict[str, str]:
    """Extract trace tags, which MLflow's exporter sends as attributes of the root span."""
    named = {key: value for key, value in values.items() if key.startswith(_TAG_PREFIX)}
    return _valid_tags({key.removeprefix(_TAG_PREFIX): _text(value) for key, value in named.items()})


def _metadata(values: Mapping[str, Any]) -> dict[str, str]:
    session = values.get("session.id") or values.get("gen_ai.conversation.id")
    found = {SESSION_KEY: session, USER_KEY: values.get("user.id")}
    return {key: _clean(_text(value))[:MAX_TAG] for key, value in found.items() if value}


def _valid_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Drop tags with an invalid key, rather than refuse the trace because of one attribute."""
    kept: dict[str, str] = {}
    for key, value in tags.items():
        try:
            check_key(key, path="key", what="key")
        except HandloomError:
            continue
        kept[key] = _clean(value)[:MAX_TAG]
    return kept
