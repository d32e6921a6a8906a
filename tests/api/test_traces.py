"""Traces as MLflow's clients send and read them, in both versions of its protocol."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from handloom.api.mlflow.traces import STEP
from running import Handloom
from tracing import Api, exported, id_of, told


@pytest.fixture
def api(server: Handloom) -> Iterator[Api]:
    with server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"traces {uuid4().hex}"}).json()["id"]
        yield Api(client, made)


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
        "trace.text LIKE '%value%'": set(),  # a word of the storage format alone
        "trace.text LIKE '%startTime%' OR trace.text ILIKE '%SPANINPUTS%'": set(),
        "trace.text LIKE 'because'": {one, two},
        "trace.text LIKE '%seen%' AND trace.text LIKE '%child%'": {one, two},
        "span.content LIKE '%why?%'": {one, two},
        "span.attributes.session.id LIKE 's-_'": {one, two},
        "span.attributes.`session.id` = 's-1'": {one, two},
        "span.attributes.mlflow.spanOutputs RLIKE '^be'": {one, two},
        "span.attributes.none LIKE '%'": set(),
        "name RLIKE '^(other|told)$'": {two, three},
        "name rlike '^(other|told)$' AND tags.team like 'r%'": {three},
        "tags.team RLIKE '^r.d$'": {three},
        "metadata.`mlflow.user` RLIKE 'k'": {three},
        "span.name RLIKE '^child'": {one, two},
        "client_request_id RLIKE '.'": set(),
        f"request_id = '{three}'": {three},
        "status = 'ERROR' OR tags.team = 'red'": {two, three},
    }.items():
        assert set(api.search(search)) == expected, search
    invalid = (400, "INVALID_PARAMETER_VALUE")
    place = {"mlflow_experiment": {"experiment_id": "0"}}
    for bad, message in (
        ("span.color = 'red'", "Invalid span attribute 'color'"),
        ("execution_time = 'long'", "Expected numeric value"),
        ("nonsense = 'x'", "Invalid attribute key 'nonsense'"),
        ("name RLIKE '('", "Invalid pattern '(' for RLIKE"),
        ("name RLIKE '(a)\\1'", "Regular expressions are those of RE2"),
        ("trace.text RLIKE 'a'", "Invalid comparator 'RLIKE'"),
        ("prompt LIKE 'a/1'", "Invalid comparator 'LIKE'"),
        ("prompt = 'a'", "Invalid prompts filter value 'a'"),
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


def test_pages_list_an_experiments_traces(api: Api) -> None:
    tokens = {"mlflow.trace.tokenUsage": '{"input_tokens": 2, "total_tokens": 5}', "mlflow.sourceRun": "r1"}
    said = {"assessment_name": "good", "feedback": {"value": True}, "source": {"source_type": "HUMAN"}}
    api.done("POST", "traces", told("tr-1", request_preview="why?", trace_metadata=tokens, assessments=[said]))
    broken = {"mlflow.trace.tokenUsage": "[]"}
    api.done("POST", "traces", told("tr-2", state="ERROR", request_time="2024-11-14T22:13:20Z", trace_metadata=broken))
    path = f"/api/v1/workspaces/{api.root.rpartition('/')[2]}/experiments/0/traces"
    first = api.client.get(path, params={"limit": 1}).json()
    assert [row["trace_id"] for row in first["traces"]] == ["tr-2"]
    assert first["traces"][0]["tokens"] is None
    second = api.client.get(path, params={"limit": 1, "page_token": first["next_page_token"]}).json()
    (row,) = second["traces"]
    assert (row["name"], row["request"], row["run_id"], row["tokens"], row["duration"]) == (
        "answer",
        "why?",
        "r1",
        5,
        1500,
    )
    assert row["assessments"] == [{"name": "good", "value": "true"}]
    found = api.client.get(path, params={"filter": "status = 'ERROR'"}).json()["traces"]
    assert [row["trace_id"] for row in found] == ["tr-2"]
    assert api.client.get(path, params={"filter": "nonsense"}).status_code == 400
    assert api.client.get(path, params={"limit": 0}).status_code == 400


def test_the_page_of_a_trace_takes_the_theme_and_language_of_the_page_around_it(api: Api) -> None:
    where = f"{api.root}/static-files/lib/notebook-trace-renderer/index.html"
    page = api.client.get(where, params={"theme": "dark", "language": "ko"}).text
    assert "@media all{body" in page
    assert "도착하지 않았습니다" in page
    api.done("POST", "traces", told("tr-1"))
    assert "stores its spans as a file" in api.client.get(where, params={"trace_id": "tr-1", "language": "en"}).text
    assert "prefers-color-scheme" in api.client.get(where, params={"theme": "<b>"}).text


def test_prompts_that_a_trace_used_stand_in_its_tag(api: Api) -> None:
    api.done("POST", "traces", told("tr-1"))
    for versions in (["1"], ["1", "2"]):
        named = [{"name": "greet", "version": version} for version in versions]
        api.done("POST", "traces/link-prompts", {"trace_id": "tr-1", "prompt_versions": named}, "2.0")
    tag = api.done("GET", "traces/tr-1")["trace"]["trace_info"]["tags"]["mlflow.linkedPrompts"]
    assert json.loads(tag) == [{"name": "greet", "version": "1"}, {"name": "greet", "version": "2"}]


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


def test_the_file_of_a_trace_has_its_spans_or_is_the_one_that_was_uploaded(api: Api) -> None:
    def file(**asked: str) -> httpx.Response:
        return api.client.get(f"{api.root}/ajax-api/2.0/mlflow/get-trace-artifact", params=asked)

    api.export(exported("a1").SerializeToString())
    answer = file(request_id=id_of("a1"), path="")
    assert answer.headers["content-disposition"] == "attachment; filename=traces.json"
    root, child = answer.json()["spans"]
    assert (root["name"], root["parent_span_id"], child["parent_span_id"]) == ("root", None, root["span_id"])
    assert json.loads(root["attributes"]["mlflow.spanInputs"]) == {"q": "why?"}
    assert json.loads(root["attributes"]["mlflow.spanOutputs"]) == "because"
    assert child["events"] == [
        {"name": "seen", "time_unix_nano": child["start_time_unix_nano"], "attributes": {"n": 7}}
    ]
    api.done("POST", "traces", told("tr-1"))
    files = f"{api.root}/api/2.0/mlflow-artifacts/artifacts/0/traces/tr-1/artifacts"
    for path in ("traces.json", "attachments/a.txt"):
        assert api.client.put(f"{files}/{path}", content=path.encode()).status_code == 200
    assert file(request_id="tr-1").text == "traces.json"
    assert file(request_id="tr-1", path="a.txt").text == "attachments/a.txt"
    for path in ("../traces.json", "/etc/passwd", "a%2e%2e/b"):
        bad = file(request_id="tr-1", path=path)
        assert bad.status_code in (400, 404), path
    missing = file(request_id="none")
    api.refused(missing, 404, "RESOURCE_DOES_NOT_EXIST", "Trace with ID 'none' not found")
    api.refused(file(), 400, "INVALID_PARAMETER_VALUE", "'request_id'")
