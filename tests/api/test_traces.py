"""Traces as programs send and read them: MLflow's two versions of the protocol, and OpenTelemetry's exporters."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from handloom.api.mlflow.traces import STEP
from running import Handloom

PROTOBUF = {"content-type": "application/x-protobuf", "x-mlflow-experiment-id": "0"}
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


class Api:
    """MLflow's API of one new workspace."""

    def __init__(self, client: httpx.Client, workspace: str) -> None:
        self.client = client
        self.root = f"/mlflow/{workspace}"

    def call(self, method: str, path: str, body: Any = None, version: str = "3.0", **params: Any) -> httpx.Response:
        return self.client.request(method, f"{self.root}/api/{version}/mlflow/{path}", json=body, params=params or None)

    def done(self, method: str, path: str, body: Any = None, version: str = "3.0", **params: Any) -> Any:
        answer = self.call(method, path, body, version, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, answer: httpx.Response, status: int, code: str, message: str) -> None:
        assert (answer.status_code, answer.json()["error_code"]) == (status, code), answer.text
        assert message in answer.json()["message"]

    def export(self, content: bytes, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"{self.root}/v1/traces", content=content, headers=PROTOBUF | named)

    def search(self, filter: str = "", **more: Any) -> list[str]:
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
        found = self.done("POST", "traces/search", {"locations": [place], "filter": filter, **more})
        return [each["trace_id"] for each in found.get("traces", [])]


@pytest.fixture
def api(server: Handloom) -> Iterator[Api]:
    with server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"traces {uuid4().hex}"}).json()["id"]
        yield Api(client, made)


def told(trace_id: str, **more: Any) -> dict[str, Any]:
    info = {
        "trace_id": trace_id,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}},
        "request_time": "2023-11-14T22:13:20.123Z",
        "execution_duration": "1.500s",
        "state": "OK",
        "trace_metadata": {"mlflow.user": "kim"},
        "tags": {"mlflow.traceName": "answer", "traceId": "a tag of that name"},
    }
    return {"trace": {"trace_info": info | more}}


def exported(trace: str = "a1", *, error: bool = False, name: str = "root") -> ExportTraceServiceRequest:
    """A trace of two spans, the second inside the first; `trace` is the end of its id."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    for key, value in (("service.name", "shop"), ("telemetry.sdk.name", "x"), ("mlflow.trace.spansLocation", "no")):
        resource.resource.attributes.add(key=key).value.string_value = value
    scope = resource.scope_spans.add()
    ids = bytes.fromhex(trace.rjust(32, "0"))
    root = scope.spans.add(trace_id=ids, span_id=b"\0" * 7 + b"\1", name=name)
    root.start_time_unix_nano, root.end_time_unix_nano = START, START + 2 * SECOND
    root.attributes.add(key="mlflow.spanInputs").value.kvlist_value.values.add(key="q").value.string_value = "why?"
    root.attributes.add(key="mlflow.spanOutputs").value.string_value = "because"
    root.attributes.add(key="mlflow.spanType").value.string_value = "CHAIN"
    root.attributes.add(key="mlflow.traceTag.team").value.string_value = "blue"
    root.attributes.add(key="session.id").value.string_value = "s-1"
    root.status.code = 2 if error else 1
    child = scope.spans.add(trace_id=ids, span_id=b"\0" * 7 + b"\2", parent_span_id=root.span_id, name="child ‘ü’")
    child.start_time_unix_nano, child.end_time_unix_nano = START + SECOND, START + 3 * SECOND
    event = child.events.add(name="seen", time_unix_nano=START + SECOND)
    event.attributes.add(key="n").value.int_value = 7
    return request


def id_of(trace: str) -> str:
    return f"tr-{trace.rjust(32, '0')}"


def test_a_trace_told_as_a_whole_is_given_back(api: Api) -> None:
    answer = api.done("POST", "traces", told("tr-1", request_preview="q", client_request_id="mine"))
    info = answer["trace"]["trace_info"]
    assert info["request_time"] == "2023-11-14T22:13:20.123Z"
    assert info["execution_duration"] == "1.500s"
    assert (info["state"], info["request_preview"], info["client_request_id"]) == ("OK", "q", "mine")
    assert info["trace_metadata"] == {"mlflow.user": "kim"}
    assert info["tags"]["traceId"] == "a tag of that name"
    assert info["tags"]["mlflow.artifactLocation"] == "mlflow-artifacts:/0/traces/tr-1/artifacts"
    assert "mlflow.trace.spansLocation" not in info["tags"]  # its client will upload the spans as a file
    assert api.done("GET", "traces/tr-1") == answer


def test_telling_a_trace_again_changes_it(api: Api) -> None:
    api.done("POST", "traces", told("tr-1", request_preview="kept"))
    again = api.done("POST", "traces", told("tr-1", state="ERROR", tags={"more": "1"}))["trace"]["trace_info"]
    assert (again["state"], again["request_preview"], again["tags"]["more"]) == ("ERROR", "kept", "1")
    assert again["tags"]["mlflow.traceName"] == "answer"
    assert api.search() == ["tr-1"]


def test_names_may_be_camel_case_while_keys_of_maps_stay(api: Api) -> None:
    given = told("tr-1")["trace"]["trace_info"]
    location = {"mlflowExperiment": {"experimentId": "0"}}
    body = {"traceInfo": {"traceId": "tr-2", "traceLocation": location, "requestTime": given["request_time"]}}
    body["traceInfo"] |= {"tags": {"requestTime": "noon"}, "traceMetadata": {"traceId": "x"}}
    info = api.done("POST", "traces", {"trace": body})["trace"]["trace_info"]
    assert (info["trace_id"], info["tags"]["requestTime"]) == ("tr-2", "noon")
    assert info["trace_metadata"] == {"traceId": "x"}


def test_what_is_said_of_a_trace_with_it_is_kept(api: Api) -> None:
    said = {"assessment_name": "good", "feedback": {"value": True}, "source": {"source_type": "HUMAN"}}
    info = api.done("POST", "traces", told("tr-1", assessments=[said]))["trace"]["trace_info"]
    (kept,) = info["assessments"]
    assert kept.items() >= said.items()


def test_bad_traces_are_refused_by_the_name_of_the_field(api: Api) -> None:
    invalid = (400, "INVALID_PARAMETER_VALUE")
    for body, message in (
        ({}, "parameter 'trace'"),
        ({"trace": {}}, "parameter 'trace.trace_info.trace_id'"),
        (told("../up"), "Invalid trace ID"),
        (told("x" * 251), "Invalid trace ID"),
        (told("tr-1", request_time="yesterday"), "trace.trace_info.request_time"),
        (told("tr-1", execution_duration="long"), "trace.trace_info.execution_duration"),
        (told("tr-1", state="FINE"), "Invalid trace state 'FINE'"),
        (told("tr-1", trace_location={}), "mlflow_experiment.experiment_id"),
        (told("tr-1", tags={"k" * 251: "v"}), "'key' exceeds the maximum length of 250"),
        (told("tr-1", tags={"k": 1}), "trace.trace_info.tags"),
    ):
        api.refused(api.call("POST", "traces", body), *invalid, message)
    unknown = told("tr-1", trace_location={"mlflow_experiment": {"experiment_id": "99"}})
    api.refused(api.call("POST", "traces", unknown), 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=99")
    api.refused(api.call("GET", "traces/none"), 404, "RESOURCE_DOES_NOT_EXIST", "Trace with ID 'none' not found")
    assert api.search() == []


def test_spans_of_an_exporter_make_a_trace(api: Api) -> None:
    answer = api.export(exported().SerializeToString())
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"
    trace = api.done("GET", "traces/get", trace_id=id_of("a1"))["trace"]
    info = trace["trace_info"]
    assert (info["state"], info["request_time"], info["execution_duration"]) == (
        "OK",
        "2023-11-14T22:13:20.000Z",
        "3.000s",
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
        (good, {"x_mlflow_experiment_id": ""}, "The header x-mlflow-experiment-id is missing"),
        (good, {"x_mlflow_experiment_id": "abc"}, "Invalid experiment ID 'abc'"),
        (good, {"content_encoding": "gzip"}, "Failed to decompress gzip payload"),
        (good, {"content_encoding": "br"}, "Unsupported Content-Encoding: br"),
        (b'{"resourceSpans": 5}', {"content_type": "application/json"}, "Invalid OpenTelemetry format"),
        (b"[" * 100_000, {"content_type": "application/json"}, "Invalid OpenTelemetry format"),
        (short.SerializeToString(), {}, "a trace ID has 16 bytes"),
        (late.SerializeToString(), {}, "beyond the year 2262"),
    ):
        api.refused(api.export(content, **headers), *invalid, message)
    assert api.search() == []
    gone = api.export(good, x_mlflow_experiment_id="99")
    api.refused(gone, 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=99 exists")


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(api: Api) -> None:
    bomb = gzip.compress(b"\0" * (65 * 1024 * 1024))
    api.refused(api.export(bomb, content_encoding="gzip"), 400, "INVALID_PARAMETER_VALUE", "unpacks to more than")


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


def test_a_trace_is_given_whole_or_not_yet(api: Api) -> None:
    stats = {"mlflow.trace.sizeStats": json.dumps({"total_size_bytes": 10, "num_spans": 3})}
    api.export(exported().SerializeToString())
    api.done("POST", "traces", told(id_of("a1"), trace_metadata=stats))
    late = api.call("GET", "traces/get", trace_id=id_of("a1"))
    api.refused(late, 404, "RESOURCE_DOES_NOT_EXIST", "is not fully exported yet")
    part = api.done("GET", "traces/get", trace_id=id_of("a1"), allow_partial=True)
    assert len(part["trace"]["spans"]) == 2
    assert api.done("GET", "traces/batchGet", trace_ids=[id_of("a1")]) == {}
    infos = api.done("POST", "traces/batchGetInfos", {"trace_ids": ["none", id_of("a1")]})
    assert [each["trace_id"] for each in infos["trace_infos"]] == [id_of("a1")]
    elsewhere = {"trace_ids": [id_of("a1")], "experiment_ids": ["7"]}
    assert api.done("POST", "traces/batchGetInfos", elsewhere) == {}
    api.refused(api.call("GET", "traces/batchGet"), 400, "INVALID_PARAMETER_VALUE", "parameter 'trace_ids'")


def test_several_traces_come_in_the_order_asked_for(api: Api) -> None:
    for trace in ("a1", "a2", "a3"):
        api.export(exported(trace).SerializeToString())
    asked = [id_of("a3"), id_of("a1"), id_of("a3")]
    found = api.done("GET", "traces/batchGet", trace_ids=asked)["traces"]
    assert [each["trace_info"]["trace_id"] for each in found] == [id_of("a3"), id_of("a1")]
    assert all(len(each["spans"]) == 2 for each in found)


def test_traces_are_found_by_what_they_hold(api: Api) -> None:
    api.export(exported("a1").SerializeToString())
    api.export(exported("b2", error=True, name="other").SerializeToString())
    api.done("POST", "traces", told("tr-c", tags={"mlflow.traceName": "told", "team": "red"}))
    one, two, three = id_of("a1"), id_of("b2"), "tr-c"
    for search, expected in {
        "": {one, two, three},
        "status = 'ERROR'": {two},
        "attributes.status IN ('OK')": {one, three},
        "trace.name = 'told'": {three},
        "name LIKE 'o%'": {two},
        "tags.team = 'blue'": {one, two},
        "tag.`service.name` ILIKE 'SHOP'": {one, two},
        "tags.team IS NULL": set(),
        "tags.`service.name` IS NULL": {three},
        "metadata.`mlflow.user` = 'kim'": {three},
        "request_metadata.`mlflow.trace.session` = 's-1' AND status != 'ERROR'": {one},
        "execution_time_ms < 2000": {three},
        "timestamp_ms = 1700000000000": {one, two},
        "end_time >= 1700000003000": {one, two},
        "span.name = 'child ‘ü’'": {one, two},
        "span.type IN ('CHAIN')": {one, two},
        "span.status = 'ERROR'": {two},
        "trace.text LIKE '%why?%'": {one, two},
        f"request_id = '{three}'": {three},
        "status = 'ERROR' OR tags.team = 'red'": {two, three},
    }.items():
        assert set(api.search(search)) == expected, search
    invalid = (400, "INVALID_PARAMETER_VALUE")
    place = {"mlflow_experiment": {"experiment_id": "0"}}
    for bad, message in (
        ("feedback.good = 'yes'", "Invalid entity type 'feedback'"),
        ("span.color = 'red'", "Invalid span attribute 'color'"),
        ("execution_time = 'long'", "Expected numeric value"),
        ("nonsense = 'x'", "Invalid attribute key 'nonsense'"),
    ):
        answer = api.call("POST", "traces/search", {"locations": [place], "filter": bad})
        api.refused(answer, *invalid, message)


def test_traces_come_in_pages_and_orders(api: Api) -> None:
    for number in range(5):
        at = f"2023-11-14T22:13:2{number}.000Z"
        api.done("POST", "traces", told(f"tr-{number}", request_time=at, tags={"rank": str(9 - number)}))
    place = {"mlflow_experiment": {"experiment_id": "0"}}
    first = api.done("POST", "traces/search", {"locations": [place], "max_results": 3})
    rest = {"locations": [place], "max_results": 3, "page_token": first["next_page_token"]}
    second = api.done("POST", "traces/search", rest)
    seen = [each["trace_id"] for each in first["traces"] + second["traces"]]
    assert seen == ["tr-4", "tr-3", "tr-2", "tr-1", "tr-0"]
    assert "next_page_token" not in second
    assert api.search(order_by=["timestamp_ms ASC"], max_results=1) == ["tr-0"]
    assert api.search(order_by=["tags.rank"], max_results=1) == ["tr-4"]
    assert api.search(order_by=["experiment_id", "request_id DESC"], max_results=1) == ["tr-4"]
    for limit, message in ((0, "It must be a positive integer"), (501, "at most 500")):
        answer = api.call("POST", "traces/search", {"locations": [place], "max_results": limit})
        api.refused(answer, 400, "INVALID_PARAMETER_VALUE", message)
    api.refused(api.call("POST", "traces/search", {}), 400, "INVALID_PARAMETER_VALUE", "parameter 'locations'")


def test_tags_of_traces_are_set_and_deleted(api: Api) -> None:
    api.done("POST", "traces", told("tr-1"))
    for version in ("2.0", "3.0"):
        assert api.done("PATCH", "traces/tr-1/tags", {"key": "k", "value": version}, version) == {}
        assert api.search(f"tags.k = '{version}'") == ["tr-1"]
    assert api.done("DELETE", "traces/tr-1/tags", {"key": "k"}) == {}
    gone = api.call("DELETE", "traces/tr-1/tags", {"key": "k"})
    api.refused(gone, 404, "RESOURCE_DOES_NOT_EXIST", "No trace tag with key 'k' for trace with ID 'tr-1'")
    fixed = api.call("PATCH", "traces/tr-1/tags", {"key": "mlflow.trace.spansLocation", "value": "x"})
    api.refused(fixed, 400, "INVALID_PARAMETER_VALUE", "is immutable and cannot be set on a trace")
    bad = api.call("PATCH", "traces/tr-1/tags", {"key": "a//b", "value": "x"})
    api.refused(bad, 400, "INVALID_PARAMETER_VALUE", "Names may be treated as files")


def test_traces_are_deleted_by_id_or_by_age(api: Api) -> None:
    for number in range(4):
        api.done("POST", "traces", told(f"tr-{number}", request_time=f"2023-11-14T22:13:2{number}.000Z"))
    by_id = {"experiment_id": "0", "request_ids": ["tr-3", "unknown"]}
    assert api.done("POST", "traces/delete-traces", by_id) == {"traces_deleted": 1}
    by_age = {"experiment_id": "0", "max_timestamp_millis": 1700000001000, "max_traces": 1}
    assert api.done("POST", "traces/delete-traces", by_age, "2.0") == {"traces_deleted": 1}
    assert api.search() == ["tr-2", "tr-1"]
    for wrong, message in (
        ({"experiment_id": "0"}, "must be specified"),
        ({"experiment_id": "0", "max_traces": 0, "max_timestamp_millis": 1}, "must be a positive integer"),
        ({"experiment_id": "0", "request_ids": ["a"], "max_traces": 1}, "`max_traces` can't be specified"),
        ({"max_timestamp_millis": 1}, "parameter 'experiment_id'"),
    ):
        api.refused(api.call("POST", "traces/delete-traces", wrong), 400, "INVALID_PARAMETER_VALUE", message)


def test_files_of_a_trace_go_with_it_and_no_others(api: Api) -> None:
    api.done("POST", "traces", told("tr-1", tags={"mlflow.artifactLocation": "mlflow-artifacts:/"}))
    files = f"{api.root}/api/2.0/mlflow-artifacts/artifacts"
    for path in ("0/traces/tr-1/artifacts/traces.json", "0/traces/tr-11/artifacts/traces.json"):
        assert api.client.put(f"{files}/{path}", content=b"{}").status_code == 200
    by_id = {"experiment_id": "0", "request_ids": ["tr-1"]}
    assert api.done("POST", "traces/delete-traces", by_id) == {"traces_deleted": 1}
    end = time.monotonic() + 30
    while api.client.get(f"{files}/0/traces/tr-1/artifacts/traces.json").status_code == 200:
        assert time.monotonic() < end, "the file is still there"
        time.sleep(0.05)
    assert api.client.get(f"{files}/0/traces/tr-11/artifacts/traces.json").status_code == 200


def test_more_traces_than_one_step_deletes_go_all(api: Api) -> None:
    many = ExportTraceServiceRequest()
    scope = many.resource_spans.add().scope_spans.add()
    for number in range(1, STEP + 51):
        scope.spans.add(trace_id=number.to_bytes(16, "big"), span_id=b"12345678", start_time_unix_nano=number)
    assert api.export(many.SerializeToString()).status_code == 200
    some = {"experiment_id": "0", "max_timestamp_millis": 10, "max_traces": STEP + 20}
    assert api.done("POST", "traces/delete-traces", some) == {"traces_deleted": STEP + 20}
    rest = {"experiment_id": "0", "max_timestamp_millis": 10}
    assert api.done("POST", "traces/delete-traces", rest) == {"traces_deleted": 30}
    assert api.search() == []


def test_a_trace_of_an_old_client_begins_and_ends(api: Api) -> None:
    pairs = [{"key": "mlflow.traceName", "value": "old"}]
    start = {"experiment_id": "0", "timestamp_ms": 1_700_000_000_000, "tags": pairs, "request_metadata": []}
    begun = api.done("POST", "traces", start, "2.0")["trace_info"]
    assert begun["status"] == "IN_PROGRESS"
    trace_id = begun["request_id"]
    metadata = [{"key": "mlflow.traceInputs", "value": "1"}]
    end = {"timestamp_ms": 1_700_000_000_250, "status": "OK", "request_metadata": metadata, "tags": []}
    ended = api.done("PATCH", f"traces/{trace_id}", end, "2.0")["trace_info"]
    assert (ended["status"], ended["execution_time_ms"]) == ("OK", 250)
    assert ended["request_metadata"] == metadata
    assert api.done("GET", f"traces/{trace_id}/info", version="2.0") == {"trace_info": ended}
    found = api.done("GET", "traces", version="2.0", experiment_ids=["0"], filter="status = 'OK'")
    assert found == {"traces": [ended]}


def test_traces_are_found_by_the_run_they_belong_to(api: Api) -> None:
    run = api.done("POST", "runs/create", {"experiment_id": "0"}, "2.0")["run"]["info"]["run_id"]
    api.done("POST", "traces", told("tr-in", trace_metadata={"mlflow.sourceRun": run}))
    api.export(exported("a1").SerializeToString(), x_mlflow_run_id=run)
    api.export(exported("a2").SerializeToString(), x_mlflow_run_id="f" * 32)  # no such run: the spans matter more
    api.done("POST", "traces", told("tr-out"))
    assert set(api.search(f"attribute.run_id = '{run}'")) == {"tr-in", id_of("a1")}
    link = {"trace_ids": ["tr-out", "unknown"], "run_id": run}
    assert api.done("POST", "traces/link-to-run", link, "2.0") == api.done("POST", "traces/link-to-run", link) == {}
    assert set(api.search(f"run_id = '{run}'")) == {"tr-in", "tr-out", id_of("a1")}
    many = {"trace_ids": [f"tr-{n}" for n in range(101)], "run_id": run}
    message = "Cannot link more than 100 traces to a run"
    api.refused(api.call("POST", "traces/link-to-run", many), 400, "INVALID_PARAMETER_VALUE", message)


def test_prompts_that_a_trace_used_stand_in_its_tag(api: Api) -> None:
    api.done("POST", "traces", told("tr-1"))
    for versions in (["1"], ["1", "2"]):
        named = [{"name": "greet", "version": version} for version in versions]
        api.done("POST", "traces/link-prompts", {"trace_id": "tr-1", "prompt_versions": named}, "2.0")
    tag = api.done("GET", "traces/tr-1")["trace"]["trace_info"]["tags"]["mlflow.linkedPrompts"]
    assert json.loads(tag) == [{"name": "greet", "version": "1"}, {"name": "greet", "version": "2"}]


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


def test_workspaces_do_not_see_each_others_traces(api: Api) -> None:
    other = Api(api.client, api.client.post("/api/v1/workspaces", json={"name": uuid4().hex}).json()["id"])
    for each in (api, other):
        each.export(exported("a1", name=each.root).SerializeToString())
    for each in (api, other):
        (root, _) = each.done("GET", "traces/get", trace_id=id_of("a1"))["trace"]["spans"]
        assert root["name"] == each.root
    api.done("POST", "traces/delete-traces", {"experiment_id": "0", "request_ids": [id_of("a1")]})
    assert (api.search(), other.search()) == ([], [id_of("a1")])


def test_traces_of_a_deleted_experiment_are_refused(api: Api) -> None:
    made = api.done("POST", "experiments/create", {"name": "gone"}, "2.0")["experiment_id"]
    api.done("POST", "experiments/delete", {"experiment_id": made}, "2.0")
    answer = api.export(exported().SerializeToString(), x_mlflow_experiment_id=made)
    api.refused(answer, 400, "INVALID_PARAMETER_VALUE", "must be in the 'active' state")
