"""Convert spans of MLflow's database and files to OpenTelemetry's JSON, in which Handloom stores them."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import msgspec

from handloom.transfer.source import FileSet

MALFORMED = (msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""Exceptions that converting something else than MLflow's spans raises."""
SPANS_FILE = "traces.json"
_CODES = {"OK": "STATUS_CODE_OK", "ERROR": "STATUS_CODE_ERROR"}
_LARGEST = 1 << 63


def spans_in(files: FileSet) -> list[str]:
    """The JSON of each span of a trace, if there is a file of them. Raises UnreadableError and MALFORMED."""
    if SPANS_FILE not in {file.path for file in files.walk()}:
        return []
    content = msgspec.json.decode(b"".join(files.read(SPANS_FILE)), type=dict[str, Any])
    return [content_of(span) for span in content.get("spans") or ()]


def content_of(span: Mapping[str, Any]) -> str:
    """The JSON of a span. Raises MALFORMED for anything else."""
    if "context" in span:
        span = _of_release_2(span)
    status = span.get("status") or {}
    content: dict[str, Any] = {"trace_id": span["trace_id"], "span_id": span["span_id"]}
    if span.get("parent_span_id"):
        content["parent_span_id"] = span["parent_span_id"]
    content["name"] = span.get("name") or ""
    content["start_time_unix_nano"] = int(span["start_time_unix_nano"])
    if span.get("end_time_unix_nano"):
        content["end_time_unix_nano"] = int(span["end_time_unix_nano"])
    content["attributes"] = _pairs({key: _decoded(value) for key, value in (span.get("attributes") or {}).items()})
    if events := [_event(event) for event in span.get("events") or ()]:
        content["events"] = events
    content["status"] = {
        key: text for key, text in (("message", status.get("message")), ("code", status.get("code"))) if text
    }
    return msgspec.json.encode(content).decode()


def _of_release_2(span: Mapping[str, Any]) -> dict[str, Any]:
    """A span of a file that MLflow 2 wrote, which has ids in hexadecimal, with the names of MLflow 3."""
    context = span["context"]
    return {
        "trace_id": _base64(context["trace_id"], 16),
        "span_id": _base64(context["span_id"], 8),
        "parent_span_id": _base64(span["parent_id"], 8) if span.get("parent_id") else None,
        "name": span.get("name"),
        "start_time_unix_nano": span["start_time"],
        "end_time_unix_nano": span.get("end_time"),
        "attributes": span.get("attributes"),
        "events": [
            {
                "name": event.get("name"),
                "time_unix_nano": int(event.get("timestamp") or 0) * 1_000,
                "attributes": event.get("attributes"),
            }
            for event in span.get("events") or ()
        ],
        "status": {
            "code": _CODES.get(str(span.get("status_code")).rpartition(".")[2], ""),
            "message": span.get("status_message") or "",
        },
    }


def _base64(given: str, length: int) -> str:
    return base64.b64encode(int(given.removeprefix("0x"), 16).to_bytes(length, "big")).decode()


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "time_unix_nano": int(event.get("time_unix_nano") or 0),
        "name": event.get("name") or "",
        "attributes": _pairs(event.get("attributes") or {}),
    }


def _decoded(value: Any) -> Any:
    """An attribute's value: MLflow's clients write it as a text of JSON."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.MsgspecError, RecursionError):
        return value


def _pairs(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": str(key), "value": _any_value(value)} for key, value in values.items()]


def _any_value(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"string_value": str(value)}
    match value:
        case None:
            found = {}
        case bool():
            found = {"bool_value": value}
        case int() if -_LARGEST <= value < _LARGEST:
            found = {"int_value": str(value)}
        case float() if math.isfinite(value):
            found = {"double_value": value}
        case list():
            found = {"array_value": {"values": [_any_value(each) for each in value]}}
        case dict():
            found = {"kvlist_value": {"values": _pairs(value)}}
    return found
