"""Assessments of traces by people, code and judges: stored, searched and shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from running import Handloom
from tracing import Api, exported, id_of, told

NOT_FOUND = (404, "RESOURCE_DOES_NOT_EXIST")
INVALID = (400, "INVALID_PARAMETER_VALUE")


@pytest.fixture
def api(server: Handloom) -> Iterator[Api]:
    with server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"assessments {uuid4().hex}"}).json()["id"]
        yield Api(client, made)


def say(api: Api, trace: str, name: str, value: Any, kind: str = "feedback", **more: Any) -> dict[str, Any]:
    given = {"assessment_name": name, "source": {"source_type": "HUMAN", "source_id": "kim"}, kind: {"value": value}}
    body = {"assessment": {**given, **more}}
    kept: dict[str, Any] = api.done("POST", f"traces/{trace}/assessments", body)["assessment"]
    return kept


def test_a_value_keeps_its_shape_and_the_names_in_it(api: Api) -> None:
    api.done("POST", "traces", told("tr-1"))
    for value in (True, 0, 2.5, "ünï ‘text’", None, {"traceId": {"spanId": [1, "x"]}}, ["create_time", {"a": False}]):
        body = {"assessment": {"assessmentName": "n", "source": {"sourceType": "CODE"}, "feedback": {"value": value}}}
        kept = api.done("POST", "traces/tr-1/assessments", body)["assessment"]
        again = api.done("GET", f"traces/tr-1/assessments/{kept['assessment_id']}")["assessment"]
        assert kept == again
        assert again["feedback"]["value"] == value


def test_a_trace_brings_its_assessments_wherever_it_is_given(api: Api) -> None:
    api.export(exported("a1").SerializeToString())
    said = say(api, id_of("a1"), "good", value=True, rationale="it is", span_id="0000000000000001")
    info = api.done("GET", f"traces/{id_of('a1')}")["trace"]["trace_info"]
    assert info["assessments"] == [said]
    whole = api.done("GET", "traces/get", trace_id=id_of("a1"))["trace"]
    assert whole["trace_info"]["assessments"] == [said]
    place = {"mlflow_experiment": {"experiment_id": "0"}}
    (found,) = api.done("POST", "traces/search", {"locations": [place]})["traces"]
    assert found["assessments"] == [said]


def test_a_trace_that_is_sent_again_does_not_double_its_assessments(api: Api) -> None:
    said = {"assessment_name": "good", "feedback": {"value": True}, "source": {"source_type": "HUMAN"}}
    for _ in range(2):
        info = api.done("POST", "traces", told("tr-1", assessments=[said, said]))["trace"]["trace_info"]
        assert len(info["assessments"]) == 2


def test_traces_are_found_by_what_is_said_of_them(api: Api) -> None:
    for trace in ("tr-1", "tr-2", "tr-3"):
        api.done("POST", "traces", told(trace))
    say(api, "tr-1", "verdict", "yes")
    say(api, "tr-2", "verdict", "no")
    say(api, "tr-1", "score", 5)
    say(api, "tr-2", "score", 4.5)
    say(api, "tr-2", "flag", value=False)
    say(api, "tr-3", "score", "high")
    say(api, "tr-1", "the `answer`".replace("`", ""), "Forty-two", "expectation")
    for search, expected in {
        "feedback.verdict = 'yes'": {"tr-1"},
        "feedback.verdict != 'yes'": {"tr-2"},
        "feedback.verdict IS NULL": {"tr-3"},
        "feedback.verdict IS NOT NULL": {"tr-1", "tr-2"},
        "feedback.verdict LIKE 'y%'": {"tr-1"},
        "feedback.verdict RLIKE '^(yes|no)$'": {"tr-1", "tr-2"},
        "feedback.score > 4.5": {"tr-1"},
        "feedback.score >= '4.5'": {"tr-1", "tr-2"},
        "feedback.score = 5": {"tr-1"},
        "feedback.score = '5'": {"tr-1"},
        "feedback.score = '5.0'": {"tr-1"},
        "feedback.score != 5": {"tr-2", "tr-3"},
        "feedback.flag = 'false'": {"tr-2"},
        "feedback.flag > 0": set(),  # a boolean is no number
        "expectation.`the answer` ILIKE 'forty%'": {"tr-1"},
        "expectation.verdict = 'yes'": set(),
        "NOT feedback.verdict = 'yes'": {"tr-2", "tr-3"},
        "feedback.verdict = 'yes' OR feedback.score = 'high'": {"tr-1", "tr-3"},
    }.items():
        assert set(api.search(search)) == expected, search
    place = {"mlflow_experiment": {"experiment_id": "0"}}
    for bad, message in (
        ("feedback.score > 'much'", "Expected a number"),
        ("feedback.score LIKE 5", "takes a quoted text"),
        ("feedback.score IN ('5')", "Invalid comparator 'IN'"),
        ("issue.id = 'x'", "Invalid entity type 'issue'"),
    ):
        answer = api.call("POST", "traces/search", {"locations": [place], "filter": bad})
        api.refused(answer, *INVALID, message)


def test_what_is_said_of_a_session_is_said_of_all_its_traces_in_the_searched_experiments(api: Api) -> None:
    session = {"mlflow.trace.session": "s"}
    elsewhere = api.done("POST", "experiments/create", {"name": "other"}, "2.0")["experiment_id"]
    place = {"mlflow_experiment": {"experiment_id": elsewhere}}
    for trace, more in (("tr-1", {}), ("tr-2", {}), ("tr-3", {"trace_location": place})):
        api.done("POST", "traces", told(trace, trace_metadata=session, **more))
    api.done("POST", "traces", told("tr-4", trace_metadata={"mlflow.trace.session": "t"}))
    say(api, "tr-3", "solved", value=True, metadata=session)
    assert api.search("feedback.solved = 'true'") == []
    say(api, "tr-1", "solved", value=True, metadata=session)
    assert set(api.search("feedback.solved = 'true'")) == {"tr-1", "tr-2"}
    assert api.search("feedback.solved IS NULL") == ["tr-4"]


def test_an_assessment_that_is_overridden_is_found_no_more_until_the_other_is_deleted(api: Api) -> None:
    api.done("POST", "traces", told("tr-1"))
    first = say(api, "tr-1", "verdict", "yes")["assessment_id"]
    second = say(api, "tr-1", "verdict", "no", overrides=first)["assessment_id"]
    assert api.search("feedback.verdict = 'yes'") == []
    assert api.done("DELETE", f"traces/tr-1/assessments/{second}") == {}
    assert api.search("feedback.verdict = 'yes'") == ["tr-1"]
    assert api.done("DELETE", f"traces/tr-1/assessments/{second}") == {}


def test_bad_assessments_are_refused(api: Api) -> None:
    api.done("POST", "traces", told("tr-1"))
    human = {"source_type": "HUMAN"}
    for given, message in (
        ({"source": human, "feedback": {"value": 1}}, "An assessment needs a name"),
        ({"assessment_name": "x" * 251, "source": human, "feedback": {"value": 1}}, "exceeds the maximum length"),
        ({"assessment_name": "x", "source": {"source_type": "ROBOT"}, "feedback": {"value": 1}}, "source type: ROBOT"),
        ({"assessment_name": "x", "source": human, "feedback": {"value": 1}, "create_time": "noon"}, "create_time"),
        ({"assessment_name": "x", "source": human}, "Unknown assessment type"),
        (
            {"assessment_name": "x", "expectation": {"serialized_value": {"serialization_format": "XML"}}},
            "Unknown serialization format: XML",
        ),
        (
            {
                "assessment_name": "x",
                "expectation": {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": "{"}},
            },
            "must be JSON",
        ),
        ({"assessment_name": "x", "feedback": {"value": "a\0b"}}, "the character NUL"),
    ):
        api.refused(api.call("POST", "traces/tr-1/assessments", {"assessment": given}), *INVALID, message)
    assert "assessments" not in api.done("GET", "traces/tr-1")["trace"]["trace_info"]


def test_assessments_stay_within_their_workspace_and_go_with_their_trace(api: Api, server: Handloom) -> None:
    api.done("POST", "traces", told("tr-1"))
    said = say(api, "tr-1", "good", value=True)["assessment_id"]
    with server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"other {uuid4().hex}"}).json()["id"]
        other = Api(client, made)
        other.refused(other.call("GET", f"traces/tr-1/assessments/{said}"), *NOT_FOUND, "not found")
        assert other.done("DELETE", f"traces/tr-1/assessments/{said}") == {}
    assert api.done("GET", f"traces/tr-1/assessments/{said}")["assessment"]["assessment_id"] == said
    api.done("POST", "traces/delete-traces", {"experiment_id": "0", "request_ids": ["tr-1"]})
    api.done("POST", "traces", told("tr-1"))
    api.refused(api.call("GET", f"traces/tr-1/assessments/{said}"), *NOT_FOUND, f"ID '{said}' not found for trace")


def page(api: Api, trace: str, language: str) -> str:
    path = f"{api.root}/static-files/lib/notebook-trace-renderer/index.html"
    answer: httpx.Response = api.client.get(path, params={"trace_id": trace}, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.text


def test_the_page_of_a_trace_shows_what_is_said_of_it(api: Api) -> None:
    trace = id_of("a1")
    api.export(exported("a1").SerializeToString())
    assert "Assessments" not in page(api, trace, "en")
    say(api, trace, "<b>name</b>", "<i>value</i>", rationale="<script>", span_id="0000000000000002")
    failure = {"error_code": "TIMEOUT", "error_message": "too slow"}
    said = {"assessment_name": "n", "source": {"source_type": "CODE"}, "feedback": {"value": None, "error": failure}}
    api.done("POST", f"traces/{trace}/assessments", {"assessment": said})
    say(api, trace, "facts", json.dumps(["a"]), "expectation")
    english, korean = page(api, trace, "en"), page(api, trace, "ko")
    for text in (
        "&lt;b&gt;name&lt;/b&gt;",
        "&lt;i&gt;value&lt;/i&gt;",
        "&lt;script&gt;",
        "Feedback · person · kim · child",
    ):
        assert text in english
    assert "no value: too slow" in english
    assert "<h2>평가</h2>" in korean
    assert "값 없음: too slow" in korean
    assert "기대값 · 사람 · kim" in korean
