"""Evaluation datasets and scorers: isolated by workspace, read in pages, and refused by name if invalid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from running import Handloom
from tracing import Api

INVALID = (400, "INVALID_PARAMETER_VALUE")
NOT_FOUND = (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.fixture
def api(server: Handloom) -> Iterator[Api]:
    with server.client() as client:
        yield of_new_workspace(client)


def of_new_workspace(client: Any) -> Api:
    made = client.post("/api/v1/workspaces", json={"name": f"evaluation {uuid4().hex}"}).json()["id"]
    return Api(client, made)


def new_dataset(api: Api, name: str = "questions", **more: Any) -> str:
    made: str = api.done("POST", "datasets/create", {"name": name, **more})["dataset"]["dataset_id"]
    return made


def put(api: Api, dataset: str, *records: Any) -> Any:
    return api.done("POST", f"datasets/{dataset}/records", {"records": json.dumps(records)})


def records_of(api: Api, dataset: str, **page: Any) -> tuple[list[dict[str, Any]], str]:
    found = api.done("GET", f"datasets/{dataset}/records", **page)
    return json.loads(found["records"]), found.get("next_page_token", "")


def test_records_with_the_same_inputs_are_one(api: Api) -> None:
    dataset = new_dataset(api)
    first = {"inputs": {"q": "ünï", "n": 1}, "expectations": {"a": 1}, "tags": {"k": "1", "mlflow.user": "kim"}}
    again = {"inputs": {"n": 1, "q": "ünï"}, "expectations": {"traceId": None}, "outputs": ["text"], "tags": {"k": "2"}}
    assert put(api, dataset, first, again, {"inputs": {"q": "other"}}) == {"inserted_count": 2, "updated_count": 1}
    assert put(api, dataset, {"inputs": {"q": "other"}, "outputs": None}) == {"inserted_count": 0, "updated_count": 1}
    (one, other), token = records_of(api, dataset)
    assert token == ""
    assert one["expectations"] == {"a": 1, "traceId": None}
    assert (one["outputs"], one["created_by"]) == (["text"], "kim")
    assert one["tags"] == {"k": "2", "mlflow.user": "kim"}
    assert "outputs" not in other
    info = api.done("GET", f"datasets/{dataset}")["dataset"]
    assert json.loads(info["profile"]) == {"num_records": 2}
    assert json.loads(info["schema"])["inputs"] == {"q": "string", "n": "integer"}


def test_records_come_in_pages_and_are_deleted(api: Api) -> None:
    dataset = new_dataset(api)
    put(api, dataset, *({"inputs": {"n": n}} for n in range(5)))
    first, token = records_of(api, dataset, max_results=3)
    rest, end = records_of(api, dataset, max_results=3, page_token=token)
    assert [record["inputs"]["n"] for record in first + rest] == [0, 1, 2, 3, 4]
    assert end == ""
    ids = [record["dataset_record_id"] for record in rest]
    body = {"dataset_record_ids": [*ids, "none"]}
    assert api.done("DELETE", f"datasets/{dataset}/records", body) == {"deleted_count": 2}
    assert len(records_of(api, dataset)[0]) == 3
    api.refused(api.call("GET", f"datasets/{dataset}/records", page_token="x"), *INVALID, "page token")
    api.refused(api.call("GET", f"datasets/{dataset}/records", max_results=-1), *INVALID, "max_results")


def test_datasets_and_scorers_stay_within_their_workspace(api: Api) -> None:
    dataset = new_dataset(api, experiment_ids=["0"])
    scorer = {"experiment_id": "0", "name": "short", "serialized_scorer": "{}"}
    api.done("POST", "scorers/register", scorer)
    other = of_new_workspace(api.client)
    other.refused(other.call("GET", f"datasets/{dataset}"), *NOT_FOUND, "not found")
    other.refused(other.call("GET", f"datasets/{dataset}/records"), *NOT_FOUND, "not found")
    assert other.done("DELETE", f"datasets/{dataset}") == {}
    assert other.done("POST", "datasets/search", {}) == {}
    assert other.done("GET", f"datasets/{dataset}/experiment-ids") == {}
    assert other.done("GET", "scorers/list") == {}
    other.refused(other.call("GET", "scorers/get", experiment_id="0", name="short"), *NOT_FOUND, "not found")
    assert api.done("GET", f"datasets/{dataset}/experiment-ids") == {"experiment_ids": ["0"]}
    assert len(api.done("GET", "scorers/list")["scorers"]) == 1


def test_what_is_no_dataset_is_refused(api: Api) -> None:
    dataset = new_dataset(api)
    for body, message in (
        ({"name": " "}, "needs a name"),
        ({"name": "x" * 256}, "exceeds the maximum length"),
        ({"name": "x", "tags": "[]"}, "'tags' must be a JSON object"),
        ({"name": "x", "tags": '{"a//b": "1"}'}, "Names may be treated as files"),
        ({"name": "x", "experiment_ids": ["one"]}, "Invalid experiment ID"),
    ):
        api.refused(api.call("POST", "datasets/create", body), *INVALID, message)
    for records, message in (
        ("{", "must be a JSON list"),
        ('{"inputs": {}}', "must be a JSON list"),
        ('[{"outputs": 1}]', "missing required field `inputs`"),
        ('[{"inputs": [1]}]', "$[0].inputs"),
        ('[{"inputs": {}, "source": {"source_type": "ROBOT"}}]', "source type: ROBOT"),
        ("[" * 100_000, "nested"),
    ):
        answer = api.call("POST", f"datasets/{dataset}/records", {"records": records})
        api.refused(answer, *INVALID, message)
    assert records_of(api, dataset) == ([], "")


def test_what_is_no_scorer_is_refused(api: Api) -> None:
    for name, content, message in (
        (" ", "{}", "cannot be empty"),
        ("x" * 251, "{}", "exceeds the maximum length"),
        ("x", "[]", "must be a JSON object"),
        ("x", "{", "must be valid JSON"),
    ):
        body = {"experiment_id": "0", "name": name, "serialized_scorer": content}
        api.refused(api.call("POST", "scorers/register", body), *INVALID, message)
    both = api.call("GET", "scorers/list", experiment_id="0", experiment_ids=["0"])
    api.refused(both, *INVALID, "Cannot specify both")
