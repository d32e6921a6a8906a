"""GraphQL: who may ask, and the bounds of a query. Its answers are compared with MLflow's in tests/compat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from running import Handloom

RUN = '{ mlflowGetRun(input: {runId: "%s"}) { run { info { runName } data { metrics { key value } } } } }'


@pytest.fixture(scope="module")
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def workspace(client: httpx.Client) -> str:
    return str(client.post("/api/v1/workspaces", json={"name": f"graphql {uuid4().hex}"}).json()["id"])


def ask(client: httpx.Client, root: str, query: str, **more: Any) -> httpx.Response:
    return client.post(f"{root}/graphql", json={"query": query, **more})


def refused(client: httpx.Client, root: str, query: str, **more: Any) -> str:
    """The sentences with which a query is refused."""
    answer = ask(client, root, query, **more)
    assert answer.status_code == 200, answer.text
    assert not any((answer.json()["data"] or {}).values())
    return " ".join(answer.json()["errors"])


def made(client: httpx.Client, root: str, metrics: int = 0) -> str:
    api = f"{root}/api/2.0/mlflow"
    answer = client.post(f"{api}/runs/create", json={"experiment_id": "0", "run_name": "asked"})
    run_id = str(answer.json()["run"]["info"]["run_id"])
    for at in range(0, metrics, 1000):
        points = [{"key": f"m{n}", "value": n, "timestamp": 1} for n in range(at, min(at + 1000, metrics))]
        assert client.post(f"{api}/runs/log-batch", json={"run_id": run_id, "metrics": points}).status_code == 200
    return run_id


def test_a_query_sees_its_own_workspace_only(client: httpx.Client, workspace: str) -> None:
    root = f"/mlflow/{workspace}"
    run_id = made(client, root, metrics=1)
    found = ask(client, root, RUN % run_id).json()
    assert found["errors"] is None
    assert found["data"]["mlflowGetRun"]["run"] == {
        "info": {"runName": "asked"},
        "data": {"metrics": [{"key": "m0", "value": 0.0}]},
    }
    assert "not found" in refused(client, "", RUN % run_id)
    by_header = client.post("/graphql", json={"query": RUN % run_id}, headers={"X-MLFLOW-WORKSPACE": workspace})
    assert by_header.json() == found


def test_who_may_not_read_a_workspace_gets_no_answer(server: Handloom, workspace: str) -> None:
    with httpx.Client(base_url=server.url) as stranger:
        assert ask(stranger, f"/mlflow/{workspace}", RUN % "x").status_code == 401
    with server.client() as admin, httpx.Client(base_url=server.url, headers={"Origin": server.url}) as browser:
        made = admin.post("/api/v1/users", json={"name": f"reader {uuid4().hex}"}).json()
        server.sign_in(browser, server.url + made["path"])
        assert ask(browser, f"/mlflow/{workspace}", RUN % "x").status_code == 404
        member = admin.post(
            f"/api/v1/workspaces/{workspace}/members", json={"user": made["user"]["name"], "role": "viewer"}
        )
        assert member.status_code == 200, member.text
        assert "not found" in refused(browser, f"/mlflow/{workspace}", RUN % "x")


def test_a_form_of_another_site_cannot_ask(client: httpx.Client) -> None:
    answer = client.post("/graphql", content=b'{"query": "{ nothing }"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 400
    assert client.get("/graphql").status_code == 405


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("mutation { mlflowSearchRuns { runs { info { runId } } } }", "Only queries are answered here."),
        ("{ __schema { types { name } } }", "introspection has been disabled"),
        ("{ a" + " { a" * 100_000, "nested at most 30 levels"),
        ("{ mlflowGetRun(input: " + "[" * 100_000, "nested at most 30 levels"),
        ("{ " + "a " * 100_000 + "}", "at most 600 words and signs"),
        (
            "{ " + " ".join(f"a{n}: mlflowGetRun {{ run {{ info {{ runId }} }} }}" for n in range(11)) + "}",
            "10 aliases",
        ),
        (
            "{ mlflowSearchRuns(input: {maxResults: 101}) { runs { info { runId } } } }",
            "returns at most 100 of these",
        ),
        ("{ mlflowGetRun(input: {}) { run { info { runId } } } }", "Missing value for required parameter 'run_id'"),
        ("{ mlflowListArtifacts { rootUri } }", "Cannot query field 'mlflowListArtifacts' on type 'Query'."),
        ("{ mlflowGetRun", "Syntax Error"),
        ("fragment A on Query { ...B } fragment B on Query { ...A } { ...A }", "Cannot spread fragment"),
    ],
)
def test_what_is_not_answered_is_refused_in_words(client: httpx.Client, query: str, sentence: str) -> None:
    assert sentence in refused(client, "", query)


def test_a_reply_has_a_bound(client: httpx.Client, workspace: str) -> None:
    root = f"/mlflow/{workspace}"
    run_id = made(client, root, metrics=11_000)
    once = ask(client, root, RUN % run_id).json()
    assert len(once["data"]["mlflowGetRun"]["run"]["data"]["metrics"]) == 11_000
    field = f'mlflowGetRun(input: {{runId: "{run_id}"}}) {{ run {{ data {{ metrics {{ key }} }} }} }}'
    twice = ask(client, root, f"{{ one: {field} two: {field} }}").json()
    assert twice["data"]["two"] is None
    assert "more than 20,000 metrics, params and tags" in twice["errors"][0]


def test_variables_may_hold_anything_and_change_nothing(client: httpx.Client) -> None:
    query = "query Q($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { run { info { runId } } } }"
    assert "got invalid value" in refused(client, "", query, variables={"data": {"runId": ["x"]}})
    assert "Field 'other' is not defined" in refused(client, "", query, variables={"data": {"other": "x"}})
    versions = (
        "query Q($data: MlflowSearchModelVersionsInput) "
        "{ mlflowSearchModelVersions(input: $data) { modelVersions { name } } }"
    )
    for odd in ("many", "1e400", [1], {"a": 1}, -1, 2**70, True, 1.5):
        assert refused(client, "", versions, variables={"data": {"maxResults": odd}}), odd
    assert "Unknown operation" in refused(client, "", query, operationName="Other")
    assert client.post("/graphql", json={"query": query, "variables": "text"}).status_code == 400
    assert client.post("/graphql", json={}).status_code == 400
