"""Bodies of OpenTelemetry's exporters: read completely or refused."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from handloom.api.mlflow import otlp
from handloom.domain.errors import Invalid

FLOATS = st.floats().map(lambda value: math.nan if math.isnan(value) else value)
"""JSON, in which spans are kept, has one NaN; the bits of others are not kept."""
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | FLOATS | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def any_value(value: Any) -> AnyValue:
    made = AnyValue()
    match value:
        case None:
            pass
        case bool():
            made.bool_value = value
        case int():
            made.int_value = value
        case float():
            made.double_value = value
        case str():
            made.string_value = value
        case bytes():
            made.bytes_value = value
        case list():
            made.array_value.CopyFrom(made.array_value)
            made.array_value.values.extend(any_value(each) for each in value)
        case dict():
            made.kvlist_value.CopyFrom(made.kvlist_value)
            for key, each in value.items():
                made.kvlist_value.values.add(key=key, value=any_value(each))
    return made


def export(attributes: dict[str, Any], **fields: Any) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, **fields)
    for key, value in attributes.items():
        span.attributes.add(key=key, value=any_value(value))
    return request


@settings(max_examples=150, deadline=None)
@given(
    attributes=st.dictionaries(
        st.text() | st.sampled_from(["mlflow.spanInputs", "mlflow.spanType", "session.id", "mlflow.traceTag.a"]),
        VALUES,
        max_size=4,
    ),
    name=st.text(),
    start=st.integers(0, 2**64 - 1),
    code=st.integers(0, 9),
)
def test_a_span_comes_back_as_it_was(attributes: dict[str, Any], name: str, start: int, code: int) -> None:
    request = export(attributes, name=name, start_time_unix_nano=start)
    sent = request.resource_spans[0].scope_spans[0].spans[0]
    sent.status.code = code  # releases to come may know more
    try:
        (kept,), _ = otlp.parse(request.SerializeToString(), otlp.PROTOBUF)
    except Invalid:
        assert start >= 2**63
        return
    read = json_format.ParseDict(json.loads(kept.content), Span())
    assert read.SerializeToString(deterministic=True) == sent.SerializeToString(deterministic=True)  # NaN too
    assert "\0" not in kept.name + kept.type + "".join([*kept.tags.values(), *kept.metadata.values()])


def test_the_type_of_a_span_may_come_as_json() -> None:
    for sent in ("TOOL", '"TOOL"'):
        (kept,), _ = otlp.parse(export({"mlflow.spanType": sent}, name="n").SerializeToString(), otlp.PROTOBUF)
        assert kept.type == "TOOL"


@settings(max_examples=300, deadline=None)
@given(body=st.binary(), media=st.sampled_from([otlp.PROTOBUF, otlp.JSON]), encoding=st.sampled_from(["", "gzip"]))
def test_any_bytes_are_read_or_refused(body: bytes, media: str, encoding: str) -> None:
    with contextlib.suppress(Invalid):
        otlp.parse(otlp.plain(body, encoding, 1_000), media)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 200), byte=st.integers(0, 255))
def test_a_damaged_export_is_read_or_refused(place: int, byte: int) -> None:
    body = bytearray(export({"a": {"b": [1, "x"]}}, name="n", start_time_unix_nano=5).SerializeToString())
    body[place % len(body)] = byte
    with contextlib.suppress(Invalid):
        otlp.parse(bytes(body), otlp.PROTOBUF)


JSONS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["resourceSpans", "scopeSpans", "spans", "traceId", "links", "attributes", "value"]),
            inner,
            max_size=3,
        )
    ),
)


@settings(max_examples=300, deadline=None)
@given(body=JSONS)
def test_any_json_is_read_or_refused(body: Any) -> None:
    with contextlib.suppress(Invalid):
        otlp.parse(json.dumps(body).encode(), otlp.JSON)
