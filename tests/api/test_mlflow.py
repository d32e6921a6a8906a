"""MLflow's protocol: lenient requests, shapes of replies, error codes and messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from handloom.api.mlflow.api import ROUTES
from handloom.domain.members import Role
from running import Handloom

JSON = {"Content-Type": "application/json"}


class Api:
    """MLflow's API of one new workspace."""

    def __init__(self, client: httpx.Client, workspace: str) -> None:
        self.client = client
        self.root = f"/mlflow/{workspace}"

    def get(self, path: str, **params: Any) -> Any:
        return self.done(self.client.get(f"{self.root}/api/2.0/mlflow/{path}", params=params))

    def post(self, path: str, body: Any = None, **fields: Any) -> Any:
        return self.done(self.client.post(f"{self.root}/api/2.0/mlflow/{path}", json=fields if body is None else body))

    def raw(self, path: str, body: str | bytes, **headers: str) -> httpx.Response:
        return self.client.post(f"{self.root}/api/2.0/mlflow/{path}", content=body, headers=JSON | headers)

    def done(self, response: httpx.Response) -> Any:
        assert response.headers["content-type"] == "application/json"
        assert response.status_code == 200, response.text
        return response.json()

    def run(self, **fields: Any) -> str:
        run_id: str = self.post("runs/create", experiment_id="0", **fields)["run"]["info"]["run_id"]
        return run_id

    def refused(self, path: str, body: Any, status: int, code: str, message: str) -> None:
        response = self.client.post(f"{self.root}/api/2.0/mlflow/{path}", json=body)
        seen = response.json()
        assert (response.status_code, seen["error_code"]) == (status, code), response.text
        assert message in seen["message"]


@pytest.fixture(scope="module")
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def api(client: httpx.Client) -> Api:
    return Api(client, client.post("/api/v1/workspaces", json={"name": f"mlflow {uuid4().hex}"}).json()["id"])


def test_every_root_serves_the_same(api: Api) -> None:
    for root in ("api/2.0", "api/3.0", "ajax-api/2.0", "ajax-api/3.0"):
        reply = api.client.get(f"{api.root}/{root}/mlflow/experiments/get", params={"experiment_id": "0"})
        assert reply.json()["experiment"]["name"] == "Default"


def test_paths_without_a_prefix_serve_the_default_workspace(api: Api) -> None:
    api.post("experiments/create", name="only here")
    assert "only here" not in api.client.post("/api/2.0/mlflow/experiments/search", json={"max_results": 999}).text
    default = api.client.get("/mlflow/default/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"}).json()
    assert api.client.get("/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"}).json() == default


def test_the_server_says_what_it_can(api: Api) -> None:
    info = api.client.get(f"{api.root}/api/3.0/mlflow/server-info").json()
    assert (info["store_type"], info["workspaces_enabled"]) == ("SqlStore", True)
    assert (info["artifact_serving_enabled"], info["artifacts_presigned_only"]) == (True, False)  # since MLflow 3.18
    assert api.client.get(f"{api.root}/health").text == "OK"
    assert api.client.get(f"{api.root}/version").headers["content-type"].startswith("text/html")


def test_a_link_that_a_client_prints_opens_the_workspace(api: Api) -> None:
    answer = api.client.get(f"{api.root}/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (307, api.root.replace("/mlflow/", "/workspaces/"))


def test_unset_fields_and_empty_lists_are_left_out(api: Api) -> None:
    assert api.post("runs/search", experiment_ids=[]) == {}
    run = api.post("runs/create", experiment_id="0", start_time=0)["run"]
    assert run["info"]["start_time"] == 0
    assert "end_time" not in run["info"]
    assert "metrics" not in run["data"]
    assert (run["inputs"], run["outputs"]) == ({}, {})
    assert api.post("runs/set-tag", run_id=run["info"]["run_id"], key="k", value="v") == {}


def test_numbers_may_be_texts_and_answers_hold_numbers(api: Api) -> None:
    run = api.run(start_time="1234")
    api.post("runs/log-metric", run_id=run, key="m", value="2.75", timestamp="5", step="9223372036854775807")
    (point,) = api.get("runs/get", run_id=run)["run"]["data"]["metrics"]
    assert point == {"key": "m", "value": 2.75, "timestamp": 5, "step": 9223372036854775807}
    assert api.get("runs/get", run_id=run)["run"]["info"]["start_time"] == 1234


def test_nan_travels_as_text_and_infinities_as_the_largest_numbers(api: Api) -> None:
    run = api.run()
    for key, value in (("a", '"NaN"'), ("b", '"Infinity"'), ("c", '"-Infinity"'), ("d", "NaN")):
        body = f'{{"run_id": "{run}", "key": "{key}", "value": {value}, "timestamp": 1}}'
        assert api.raw("runs/log-metric", body).status_code == 200
    values = {m["key"]: m["value"] for m in api.get("runs/get", run_id=run)["run"]["data"]["metrics"]}
    assert values == {"a": "NaN", "b": 1.7976931348623157e308, "c": -1.7976931348623157e308, "d": "NaN"}
    history = api.get("metrics/get-history", run_id=run, metric_key="a")
    assert history == {"metrics": [{"key": "a", "value": "NaN", "timestamp": 1, "step": 0}]}


def test_names_may_be_camel_case_but_not_both(api: Api) -> None:
    run = api.post("runs/create", experimentId="0", runName="camel", startTime=5)["run"]
    assert (run["info"]["run_name"], run["info"]["start_time"]) == ("camel", 5)
    both = {"experiment_id": "0", "experimentId": "0"}
    message = "Request specifies both 'experiment_id' and 'experimentId'"
    api.refused("runs/create", both, 400, "INVALID_PARAMETER_VALUE", message)


def test_a_run_is_named_by_run_id_or_run_uuid(api: Api) -> None:
    run = api.run()
    assert api.get("runs/get", run_uuid=run)["run"]["info"]["run_uuid"] == run
    api.post("runs/log-parameter", run_uuid=run, run_id=run, key="p", value="1")


def test_a_body_may_be_json_inside_json_or_nothing_at_all(api: Api) -> None:
    made = api.raw("experiments/create", json.dumps(json.dumps({"name": "twice"})))
    assert made.json() == {"experiment_id": "1"}
    for body in ("", "no json", "[]", "null"):
        answer = api.raw("experiments/create", body)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("Missing value for required parameter 'name'.")


def test_a_body_must_say_that_it_is_json(api: Api) -> None:
    answer = api.raw("experiments/create", '{"name": "x"}', **{"Content-Type": "text/plain"})
    assert answer.status_code == 400
    assert "Content-Type must be one of ['application/json']" in answer.json()["message"]
    charset = api.raw("experiments/create", '{"name": "x"}', **{"Content-Type": "application/json; charset=utf-8"})
    assert charset.status_code == 200


def test_wrong_and_missing_values_are_named(api: Api) -> None:
    invalid = (400, "INVALID_PARAMETER_VALUE")
    hint = "See the API docs for more information about request parameters."
    api.refused("experiments/create", {"name": ""}, *invalid, f"Missing value for required parameter 'name'. {hint}")
    expected = f"Invalid value 12 for parameter 'name' supplied:  Hint: Value was of type 'int'. {hint}"
    api.refused("experiments/create", {"name": 12}, *invalid, expected)
    run = api.run()
    api.refused("runs/log-metric", {"run_id": run, "key": "m", "timestamp": 1}, *invalid, "parameter 'value'")
    bad = {"run_id": run, "metrics": [{"key": "m", "value": "x", "timestamp": 1}]}
    api.refused("runs/log-batch", bad, *invalid, "Invalid value \"x\" for parameter 'metrics[0].value'")
    nameless = {"run_id": run, "metrics": [{"value": 1, "timestamp": 1}]}
    api.refused("runs/log-batch", nameless, *invalid, "Missing value for required parameter 'metrics[0].key'")
    path = {"run_id": run, "metrics": [{"key": "a//b", "value": 1, "timestamp": 1}]}
    api.refused(
        "runs/log-batch", path, *invalid, "Invalid value \"a//b\" for parameter 'metrics[0].name' supplied: Names"
    )


def test_errors_carry_mlflows_codes(api: Api) -> None:
    api.post("experiments/create", name="taken")
    taken = "Experiment(name=taken) already exists."
    api.refused("experiments/create", {"name": "taken"}, 400, "RESOURCE_ALREADY_EXISTS", taken)
    missing = "No Experiment with id=99 exists"
    api.refused("experiments/delete", {"experiment_id": "99"}, 404, "RESOURCE_DOES_NOT_EXIST", missing)
    api.refused("experiments/delete", {"experiment_id": "abc"}, 400, "INVALID_PARAMETER_VALUE", "valid integer")
    unknown = api.client.get(f"{api.root}/api/2.0/mlflow/experiments/nothing", params={})
    assert (unknown.status_code, unknown.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    wrong = api.client.delete(f"{api.root}/api/2.0/mlflow/experiments/create")
    assert wrong.status_code == 405


def test_who_has_no_token_is_asked_for_one_in_mlflows_words(server: Handloom, api: Api) -> None:
    answer = httpx.get(f"{server.url}{api.root}/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"})
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")
    assert "WWW-Authenticate" in answer.headers


def test_a_batch_is_kept_whole_or_not_at_all(api: Api) -> None:
    run = api.run()
    api.post("runs/log-parameter", run_id=run, key="p", value="1")
    batch = {
        "run_id": run,
        "metrics": [{"key": "m", "value": 1, "timestamp": 1}],
        "params": [{"key": "p", "value": "2"}],
        "tags": [{"key": "t", "value": "v"}],
    }
    api.refused("runs/log-batch", batch, 400, "INVALID_PARAMETER_VALUE", "Params were already logged='[{'key': 'p'")
    data = api.get("runs/get", run_id=run)["run"]["data"]
    assert "metrics" not in data
    assert "t" not in {tag["key"] for tag in data["tags"]}
    many = [{"key": "m", "value": 1, "timestamp": n} for n in range(1_001)]
    message = "A batch logging request can contain at most 1000 metrics. Got 1001 metrics."
    api.refused("runs/log-batch", {"run_id": run, "metrics": many}, 400, "INVALID_PARAMETER_VALUE", message)


def test_repeated_fields_of_a_query_are_lists(api: Api) -> None:
    runs = [api.run(), api.run()]
    for run in runs:
        api.post("runs/log-batch", run_id=run, metrics=[{"key": "m", "value": n, "timestamp": n} for n in range(9)])
    found = api.get("metrics/get-history-bulk-interval", run_ids=runs, metric_key="m", max_results=3)["metrics"]
    assert [(m["run_id"], m["value"]) for m in found] == [(run, value) for run in runs for value in (0, 3, 8)]
    bulk = api.get("metrics/get-history-bulk", run_id=runs, metric_key="m")["metrics"]
    assert len(bulk) == 18


def test_histories_come_in_pages_where_a_size_is_given(api: Api) -> None:
    run = api.run()
    points = [{"key": "m", "value": n, "timestamp": 10 - n, "step": n} for n in range(5)]
    api.post("runs/log-batch", run_id=run, metrics=points)
    first = api.get("metrics/get-history", run_id=run, metric_key="m", max_results=3)
    rest = api.get(
        "metrics/get-history", run_id=run, metric_key="m", max_results=3, page_token=first["next_page_token"]
    )
    assert [m["step"] for m in first["metrics"] + rest["metrics"]] == [4, 3, 2, 1, 0]
    assert "next_page_token" not in rest
    assert api.get("metrics/get-history", run_id=run, metric_key="none") == {}


def test_a_run_that_does_not_exist_has_no_history(api: Api) -> None:
    run, unknown = api.run(), "0" * 32
    api.post("runs/log-metric", run_id=run, key="m", value=1, timestamp=1)
    assert api.get("metrics/get-history", run_id=unknown, metric_key="m") == {}
    assert api.get("metrics/get-history", run_id=unknown, metric_key="m", max_results=5) == {}
    for path, name in (("get-history-bulk-interval", "run_ids"), ("get-history-bulk", "run_id")):
        found = api.get(f"metrics/{path}", metric_key="m", **{name: [unknown, run]})["metrics"]
        assert [point["run_id"] for point in found] == [run]


def test_searches_have_bounds(api: Api) -> None:
    for limit in (0, -1):
        api.refused(
            "runs/search",
            {"experiment_ids": ["0"], "max_results": limit},
            400,
            "INVALID_PARAMETER_VALUE",
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer",
        )
    api.refused("experiments/search", {}, 400, "INVALID_PARAMETER_VALUE", "It must be a positive integer")
    too_many = {"experiment_ids": ["0"], "max_results": 50_001}
    api.refused("runs/search", too_many, 400, "INVALID_PARAMETER_VALUE", "It must be at most 50000")
    bad = {"experiment_ids": ["0"], "filter": "metrics.a = 1 XOR metrics.b = 2"}
    api.refused("runs/search", bad, 400, "INVALID_PARAMETER_VALUE", "at character 15")


def test_a_view_is_named_or_numbered(api: Api) -> None:
    kept, deleted = api.run(), api.run()
    api.post("runs/delete", run_id=deleted)

    def found(**fields: Any) -> set[str]:
        return {run["info"]["run_id"] for run in api.post("runs/search", experiment_ids=["0"], **fields)["runs"]}

    assert found() == found(run_view_type=1) == {kept}
    assert found(run_view_type="DELETED_ONLY") == {deleted}
    assert found(run_view_type=3) == {kept, deleted}


def test_an_old_clients_model_is_noted_on_its_run(api: Api) -> None:
    run = api.run()
    model = {
        "artifact_path": "model",
        "flavors": {"sklearn": {"config": {"big": 1}, "code": None}},
        "utc_time_created": "now",
        "run_id": run,
        "signature": {},
    }
    for _ in range(2):
        api.post("runs/log-model", run_id=run, model_json=json.dumps(model))
    tags = {tag["key"]: tag["value"] for tag in api.get("runs/get", run_id=run)["run"]["data"]["tags"]}
    notes = json.loads(tags["mlflow.log-model.history"])
    assert len(notes) == 2
    assert notes[0]["flavors"] == {"sklearn": {"code": None}}
    api.refused("runs/log-model", {"run_id": run, "model_json": "{"}, 400, "INVALID_PARAMETER_VALUE", "Malformed")


def test_datasets_of_experiments_are_listed(api: Api) -> None:
    run = api.run()
    dataset = {"name": "d", "digest": "1", "source_type": "code", "source": "{}"}
    tags = [{"key": "mlflow.data.context", "value": "train"}]
    api.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": tags}])
    found = api.post("experiments/search-datasets", experiment_ids=["0"])
    assert found == {"dataset_summaries": [{"experiment_id": "0", "name": "d", "digest": "1", "context": "train"}]}
    (given,) = api.get("runs/get", run_id=run)["run"]["inputs"]["dataset_inputs"]
    assert given == {"dataset": dataset, "tags": tags}
    long = {"run_id": run, "datasets": [{"dataset": dataset | {"digest": "1" * 37}}]}
    api.refused("runs/log-inputs", long, 400, "INVALID_PARAMETER_VALUE", "'digest' exceeds the maximum length of 36")


def test_a_viewer_reads_and_searches_but_does_not_write() -> None:
    for endpoint in ROUTES:
        if endpoint.path.startswith(("mlflow/runs/", "mlflow/experiments/", "mlflow/metrics/")):
            reads = endpoint.method == "GET" or "search" in endpoint.path
            assert endpoint.role == (Role.VIEWER if reads else Role.CONTRIBUTOR), endpoint.path


def test_a_text_that_no_database_keeps_is_refused_by_its_name(api: Api) -> None:
    nul = "contains the character NUL (U+0000), which cannot be stored"
    run = api.run()
    for path, body, field in (
        ("runs/set-tag", {"run_id": run, "key": "k", "value": "a\0b"}, "value"),
        ("runs/log-batch", {"run_id": run, "params": [{"key": "k", "value": "\0"}]}, "params[0].value"),
        ("experiments/create", {"name": "a\0"}, "name"),
    ):
        api.refused(path, body, 400, "INVALID_PARAMETER_VALUE", f"{field} {nul}")
    twice = json.dumps(json.dumps({"run_id": run, "key": "k", "value": "\0"}))
    assert nul in api.raw("runs/set-tag", twice).json()["message"]
    asked = api.client.get(f"{api.root}/api/2.0/mlflow/experiments/get-by-name?experiment_name=a%00")
    assert (asked.status_code, nul in asked.json()["message"]) == (400, True)
    api.post("runs/set-tag", run_id=run, key="k", value=r"no NUL: \u0000")
    assert api.get("runs/get", run_id=run)["run"]["data"]["tags"][0]["value"] == r"no NUL: \u0000"
    renamed = api.client.patch("/api/v1/workspaces/" + api.root.rpartition("/")[2], json={"description": "a\0b"})
    assert (renamed.status_code, renamed.json()["error"]["field"]) == (400, "description")
