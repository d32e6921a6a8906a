"""Spans that OpenTelemetry's exporters send to a running server, and how a notebook shows them."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from uuid import uuid4

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from running import Handloom
from tracing import SECOND, START, Api, exported, id_of, told


@pytest.fixture
def api(server: Handloom) -> Iterator[Api]:
    with server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"traces {uuid4().hex}"}).json()["id"]
        yield Api(client, made)


def test_spans_of_an_exporter_make_a_trace(api: Api) -> None:
    answer = api.export(exported().SerializeToString())
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"
    trace = api.done("GET", "traces/get", trace_id=id_of("a1"))["trace"]
    info = trace["trace_info"]
    assert (info["state"], info["request_time"], info["execution_duration"]) == (
        "OK",
        "2023-11-14T22:13:20Z",
        "3s",
    )
    assert (info["request_preview"], info["response_preview"]) == ('{"q":"why?"}', "because")
    assert info["tags"].items() >= {"service.name": "shop", "team": "blue", "mlflow.traceName": "root"}.items()
    assert info["tags"]["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    assert "telemetry.sdk.name" not in info["tags"]
    assert info["trace_metadata"] == {"mlflow.trace.session": "s-1"}
    root, child = trace["spans"]
    assert (root["name"], root["start_time_unix_nano"]) == ("root", START)
    assert (child["name"], child["parent_span_id"]) == ("child ‘ü’", root["span_id"])
    assert child["events"][0]["attributes"] == [{"key": "n", "value": {"int_value": "7"}}]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity"])
def test_an_export_may_be_compressed(api: Api, encoding: str) -> None:
    content = exported().SerializeToString()
    packed = {"gzip": gzip.compress(content), "deflate": zlib.compress(content), "identity": content}
    assert api.export(packed[encoding], content_encoding=encoding).status_code == 200
    assert api.search() == [id_of("a1")]


def test_an_export_may_be_json_with_ids_in_hex(api: Api) -> None:
    span = {
        "traceId": "ab" * 16,
        "spanId": "cd" * 8,
        "name": "json",
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": START + SECOND,
        "status": {"code": 2, "message": "broke"},
        "attributes": [{"key": "list", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"boolValue": True}]}}}],
        "aFieldOfTheFuture": 1,
    }
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    answer = api.export(json.dumps(body).encode(), content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {})
    trace = api.done("GET", "traces/get", trace_id="tr-" + "ab" * 16)["trace"]
    assert trace["trace_info"]["state"] == "ERROR"
    assert trace["spans"][0]["status"] == {"message": "broke", "code": "STATUS_CODE_ERROR"}


def test_bad_exports_are_refused_whole(api: Api) -> None:
    invalid = (400, "INVALID_PARAMETER_VALUE")
    good = exported().SerializeToString()
    short = exported()
    short.resource_spans[0].scope_spans[0].spans[1].trace_id = b"short"
    late = exported()
    late.resource_spans[0].scope_spans[0].spans[1].end_time_unix_nano = 2**64 - 1
    for content, headers, message in (
        (b"no protobuf", {}, "Invalid OpenTelemetry format"),
        (b"", {}, "no spans found"),
        (good, {"content_type": "text/plain"}, "Invalid Content-Type: text/plain"),
        (good, {"x_mlflow_experiment_id": "abc"}, "Invalid experiment ID 'abc'"),
        (good, {"content_encoding": "gzip"}, "Failed to decompress gzip payload"),
        (good, {"content_encoding": "br"}, "Unsupported Content-Encoding: br"),
        (b'{"resourceSpans": 5}', {"content_type": "application/json"}, "Invalid OpenTelemetry format"),
        (b"[" * 100_000, {"content_type": "application/json"}, "Invalid OpenTelemetry format"),
    ):
        api.refused(api.export(content, **headers), *invalid, message)
    for content, headers, message in (
        (good, {"x_mlflow_experiment_id": ""}, "The header x-mlflow-experiment-id is missing"),
        (short.SerializeToString(), {}, "a trace ID must have 16 bytes"),
        (late.SerializeToString(), {}, "after the year 2262"),
    ):
        api.refused(api.export(content, **headers), 422, "INVALID_PARAMETER_VALUE", message)
    assert api.search() == []
    gone = api.export(good, x_mlflow_experiment_id="99")
    api.refused(gone, 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=99 exists")


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(api: Api) -> None:
    bomb = gzip.compress(b"\0" * (65 * 1024 * 1024))
    api.refused(
        api.export(bomb, content_encoding="gzip"), 400, "INVALID_PARAMETER_VALUE", "decompressed request is larger than"
    )


def test_spans_and_their_trace_may_come_in_any_order(api: Api) -> None:
    whole = exported()
    root, child = whole.resource_spans[0].scope_spans[0].spans
    for span in (child, root):
        part = ExportTraceServiceRequest()
        part.resource_spans.add().scope_spans.add().spans.append(span)
        assert api.export(part.SerializeToString()).status_code == 200
        state = api.done("GET", f"traces/{id_of('a1')}")["trace"]["trace_info"]["state"]
        assert state == ("IN_PROGRESS" if span is child else "OK")
    api.done("POST", "traces", told(id_of("a1")))
    assert api.export(whole.SerializeToString()).status_code == 200
    trace = api.done("GET", "traces/get", trace_id=id_of("a1"))["trace"]
    assert trace["trace_info"]["execution_duration"] == "1.500s"  # what the client told stands
    assert trace["trace_info"]["tags"]["mlflow.traceName"] == "answer"
    assert len(trace["spans"]) == 2


def test_a_notebook_shows_a_trace_in_a_frame_without_scripts(api: Api) -> None:
    api.export(exported("a1", error=True, name="<script>alert(1)</script>").SerializeToString())
    path = "static-files/lib/notebook-trace-renderer/index.html"
    asked = {"trace_id": [id_of("a1")], "experiment_id": "0", "version": "3"}
    shown = api.client.get(f"{api.root}/{path}", params=asked)
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
    assert "<script" not in shown.text
    assert shown.text.index("&lt;script") < shown.text.index("child ‘ü’")
    assert all(text in shown.text for text in ("Inputs", "why?", "because", "2,000.0 ms", "CHAIN", "ERROR"))
    korean = api.client.get(f"{api.root}/{path}", params=asked, headers={"Accept-Language": "ko"})
    assert "입력" in korean.text
    workspace = api.root.rpartition("/")[2]
    assert "why?" in api.client.get(f"/{path}", params=asked | {"workspace": workspace}).text
    missing = api.client.get(f"{api.root}/{path}", params={"trace_id": "tr-none"})
    assert "not here yet" in missing.text
