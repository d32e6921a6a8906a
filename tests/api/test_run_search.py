"""MLflow's run search: cached run documents equal other replies, and `include` selects parts of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import pytest

from running import Handloom


class Lab:
    """An experiment of its own, used through MLflow's API."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.experiment = self.call("experiments/create", name=uuid4().hex)["experiment_id"]

    def call(self, path: str, *, expect: int = 200, query: str = "", **body: Any) -> Any:
        answer = self.client.post(f"/api/2.0/mlflow/{path}{query}", json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def run(self, name: str, status: str = "FINISHED") -> str:
        made = self.call("runs/create", experiment_id=self.experiment, run_name=name, start_time=5)
        run_id: str = made["run"]["info"]["run_id"]
        points = [{"key": key, "value": value, "timestamp": 1, "step": 0} for key, value in (("a", 1), ("b", "NaN"))]
        params = [{"key": key, "value": name} for key in ("p", "q")]
        self.call("runs/log-batch", run_id=run_id, metrics=points, params=params)
        self.call("runs/update", run_id=run_id, status=status)
        return run_id

    def search(self, **body: Any) -> list[Any]:
        found = self.call("runs/search", experiment_ids=[self.experiment], **body)
        return list(found.get("runs", []))


@pytest.fixture
def lab(server: Handloom) -> Iterator[Lab]:
    with server.client() as client:
        yield Lab(client)


def test_a_search_answers_as_get_does_however_often_it_is_asked(lab: Lab) -> None:
    ids = [lab.run("a"), lab.run("b", "RUNNING"), lab.run("c", "FAILED")]
    whole = [lab.client.get("/api/2.0/mlflow/runs/get", params={"run_id": one}).json()["run"] for one in ids]
    for _ in range(5):  # the first answers are made from rows, later ones from what is kept
        assert lab.search(order_by=["run_name"]) == whole
    for run_id in ids:
        lab.call("runs/set-tag", run_id=run_id, key="new", value="1")
        lab.call("runs/log-metric", run_id=run_id, key="a", value=2, timestamp=2, step=1)
    for run in lab.search(order_by=["run_name"]):
        assert {"key": "new", "value": "1"} in run["data"]["tags"]
        assert run["data"]["metrics"][0]["value"] == 2.0


@pytest.mark.on_sqlite
def test_a_run_that_ends_has_its_document_at_once(own_server: Handloom) -> None:
    with own_server.client() as client:
        lab = Lab(client)
        ids = [lab.run("a"), lab.run("b", "RUNNING"), lab.run("c", "FAILED")]
        lab.call("runs/update", run_id=ids[2], status="RUNNING")
    with closing(sqlite3.connect(own_server.data / "handloom.db")) as database:
        query = "SELECT r.run_id FROM run_documents d JOIN runs r ON r.internal_id = d.run_internal_id"
        assert [run_id for (run_id,) in database.execute(query)] == ids[:1]


def test_include_asks_for_parts(lab: Lab) -> None:
    run_id = lab.run("a")
    (info,) = lab.search(include="info")
    assert set(info) == {"info"}
    assert (info["info"]["run_name"], info["info"]["status"]) == ("a", "FINISHED")
    (metric,) = lab.search(include=["metrics.a", "inputs"])
    assert metric == {
        "info": {"run_uuid": run_id, "run_id": run_id},
        "data": {"metrics": [{"key": "a", "value": 1.0, "timestamp": 1, "step": 0}]},
        "inputs": {},
    }
    (named,) = lab.call("runs/search", experiment_ids=[lab.experiment], query="?include=metrics,params.q")["runs"]
    assert [point["key"] for point in named["data"]["metrics"]] == ["a", "b"]
    assert named["data"]["params"] == [{"key": "q", "value": "a"}]
    assert "tags" not in named["data"]
    (both,) = lab.search(include="info,metrics,params,tags,inputs,outputs")
    assert [both] == lab.search()


@pytest.mark.parametrize("include", ["nope", "info.x", "metrics.", "metrics a", "`a`", ["inputs.x"]])
def test_what_include_does_not_know_is_refused(lab: Lab, include: Any) -> None:
    answer = lab.call("runs/search", experiment_ids=[lab.experiment], include=include, expect=400)
    assert answer["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "include is invalid at" in answer["message"]


def test_pages_are_followed_by_their_tokens(lab: Lab) -> None:
    for name in "abcde":
        lab.run(name)
    seen: list[str] = []
    token: str | None = ""
    while token is not None:
        page = lab.call(
            "runs/search",
            experiment_ids=[lab.experiment],
            order_by=["metrics.b", "run_name DESC"],
            max_results=2,
            page_token=token,
        )
        seen += [run["info"]["run_name"] for run in page["runs"]]
        token = page.get("next_page_token")
    assert seen == ["e", "d", "c", "b", "a"]
