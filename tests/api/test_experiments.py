"""Experiments through our own API: create, rename, describe, delete (which frees the name) and restore."""

from collections.abc import Iterator

import pytest

from api.run_lab import WorkspaceLab
from running import Handloom


class Lab(WorkspaceLab):
    def make(self, name: str) -> str:
        made: str = self.ask("POST", "/experiments", {"name": name})["id"]
        return made


@pytest.fixture
def lab(server: Handloom) -> Iterator[Lab]:
    with server.client() as client:
        yield Lab(client)


def test_an_experiment_is_made_and_seen_by_clients(lab: Lab) -> None:
    made = lab.ask("POST", "/experiments", {"name": " 실험 1 ", "description": "what for"})
    assert (made["id"], made["name"], made["description"], made["run_count"]) == ("1", "실험 1", "what for", 0)
    assert made["owner"]
    assert made["tags"] == {}
    seen = lab.mlflow("experiments/get", None, "GET", params={"experiment_id": "1"})["experiment"]
    assert seen["name"] == "실험 1"
    assert lab.ask("GET", "/experiments/1") == made


def test_a_taken_or_empty_name_is_refused(lab: Lab) -> None:
    lab.make("a")
    other = lab.make("b")
    for answer in (
        lab.ask("POST", "/experiments", {"name": "a"}, status=409),
        lab.ask("PATCH", f"/experiments/{other}", {"name": "a"}, status=409),
        lab.ask("POST", "/experiments", {"name": " "}, status=400),
    ):
        assert answer["error"]["field"] == "name"


def test_it_is_renamed_and_described(lab: Lab) -> None:
    made = lab.make("a")
    view = lab.ask("PATCH", f"/experiments/{made}", {"name": "b", "description": "new"})
    assert (view["name"], view["description"]) == ("b", "new")
    assert lab.ask("PATCH", f"/experiments/{made}", {"name": "b"})["name"] == "b"
    tags = lab.mlflow("experiments/get", None, "GET", params={"experiment_id": made})["experiment"]["tags"]
    assert tags == [{"key": "mlflow.note.content", "value": "new"}]


def test_deleting_frees_the_name_and_restoring_gives_it_back(lab: Lab) -> None:
    made = lab.make("a")
    run_id = lab.mlflow("runs/create", {"experiment_id": made, "start_time": 1})["run"]["info"]["run_id"]
    lab.ask("DELETE", f"/experiments/{made}")
    lab.ask("GET", f"/experiments/{made}", status=404)
    seen = lab.mlflow("experiments/get", None, "GET", params={"experiment_id": made})["experiment"]
    assert (seen["lifecycle_stage"], seen["name"]) == ("deleted", "a (deleted 1)")
    lab.mlflow("experiments/get-by-name", None, "GET", params={"experiment_name": "a"}, status=404)
    restored = lab.ask("POST", f"/experiments/{made}/restore", {})
    assert (restored["name"], restored["run_count"], restored["tags"]) == ("a", 1, {})
    assert lab.ask("GET", f"/runs/{run_id}")["lifecycle_stage"] == "active"


def test_a_restored_experiment_yields_its_name_to_one_that_took_it(lab: Lab) -> None:
    first = lab.make("a")
    lab.ask("DELETE", f"/experiments/{first}")
    second = lab.make("a")
    lab.ask("DELETE", f"/experiments/{second}")
    third = lab.make("a")
    assert lab.ask("POST", f"/experiments/{first}/restore", {})["name"] == "a (deleted 1)"
    assert lab.ask("GET", f"/experiments/{third}")["name"] == "a"


def test_a_name_that_a_client_deleted_can_be_used_again_here(lab: Lab) -> None:
    made = lab.make("a")
    lab.mlflow("experiments/delete", {"experiment_id": made})
    assert lab.make("a") != made
    again = lab.make("b")
    lab.mlflow("experiments/delete", {"experiment_id": again})
    third = lab.make("c")
    assert lab.ask("PATCH", f"/experiments/{third}", {"name": "b"})["name"] == "b"


def test_the_first_experiment_stays(lab: Lab) -> None:
    assert lab.ask("DELETE", "/experiments/0", status=409)["error"]["code"] == "conflict"
    assert lab.ask("GET", "/experiments/0")["name"] == "Default"


def test_columns_are_the_keys_of_active_runs(lab: Lab) -> None:
    made = lab.make("a")
    for metric, param in (("r2", "depth"), ("mae", "alpha")):
        run_id = lab.mlflow("runs/create", {"experiment_id": made, "start_time": 1})["run"]["info"]["run_id"]
        lab.mlflow("runs/log-metric", {"run_id": run_id, "key": metric, "value": 1, "timestamp": 1})
        lab.mlflow("runs/log-parameter", {"run_id": run_id, "key": param, "value": "1"})
        lab.mlflow("runs/set-tag", {"run_id": run_id, "key": "team", "value": "x"})
    columns = {"metrics": ["mae", "r2"], "params": ["alpha", "depth"], "tags": ["team"]}
    assert lab.ask("GET", f"/experiments/{made}/columns").items() >= columns.items()
    lab.mlflow("runs/delete", {"run_id": run_id})
    columns = {"metrics": ["r2"], "params": ["depth"], "tags": ["team"]}
    assert lab.ask("GET", f"/experiments/{made}/columns").items() >= columns.items()


def test_what_is_not_there_is_not_found(lab: Lab) -> None:
    for path in ("/experiments/77", "/experiments/x", "/experiments/77/columns"):
        assert lab.ask("GET", path, status=404)["error"]["code"] == "not_found"


def test_a_view_is_saved_changed_made_the_default_and_deleted(lab: Lab) -> None:
    experiment = lab.make("a")
    views = f"/experiments/{experiment}/views"
    (saved,) = lab.ask("POST", views, {"name": " Best runs ", "search": "filter=metrics.r2+%3E+0.5"})["views"]
    assert (saved["name"], saved["search"], saved["is_default"]) == ("Best runs", "filter=metrics.r2+%3E+0.5", False)
    change = {"view": saved["id"], "name": "가장 좋은 실행", "search": "group=params.depth", "is_default": True}
    (changed,) = lab.ask("POST", views, change)["views"]
    assert changed == {"id": saved["id"], **{key: change[key] for key in ("name", "search", "is_default")}}
    second = lab.ask("POST", views, {"name": "second", "search": "", "is_default": True})["views"]
    assert [(view["name"], view["is_default"]) for view in second] == [("second", True), ("가장 좋은 실행", False)]
    assert [view["name"] for view in lab.ask("DELETE", f"{views}/{saved['id']}")["views"]] == ["second"]
    lab.ask("DELETE", f"{views}/{second[0]['id']}")
    assert lab.ask("GET", views) == {"views": []}
    assert lab.ask("GET", f"/experiments/{experiment}")["tags"] == {}


def test_views_with_a_taken_name_or_too_much_in_them_are_refused(lab: Lab) -> None:
    views = f"/experiments/{lab.make('a')}/views"
    lab.ask("POST", views, {"name": "mine", "search": ""})
    assert lab.ask("POST", views, {"name": "mine", "search": ""}, status=409)["error"]["field"] == "name"
    assert lab.ask("POST", views, {"name": "more", "search": "x" * 16_001}, status=400)["error"]["field"] == "search"
    assert (
        lab.ask("POST", views, {"name": "more", "search": "", "view": "gone"}, status=404)["error"]["code"]
        == "not_found"
    )
    lab.ask("DELETE", f"{views}/gone", status=404)


def test_a_tag_that_only_looks_like_a_view_is_not_listed(lab: Lab) -> None:
    experiment = lab.make("a")
    lab.mlflow("experiments/set-experiment-tag", {"experiment_id": experiment, "key": "handloom.view.x", "value": "no"})
    assert lab.ask("GET", f"/experiments/{experiment}/views") == {"views": []}


def test_a_relative_location_begins_where_the_server_runs(lab: Lab, server: Handloom) -> None:
    here = server.data.parent.as_posix()
    for name, given, kept in (
        ("plain", "some/folder", f"{here}/some/folder"),
        ("file", "file:some/folder?a=b", f"file://{here}/some/folder?a=b"),
        ("absolute", "/some/folder", "/some/folder"),
    ):
        made = lab.mlflow("experiments/create", {"name": name, "artifact_location": given})["experiment_id"]
        run = lab.mlflow("runs/create", {"experiment_id": made})["run"]["info"]
        place, mark, query = kept.partition("?")
        assert run["artifact_uri"] == f"{place}/{run['run_id']}/artifacts{mark}{query}"
    lab.mlflow("experiments/create", {"name": "up", "artifact_location": "s3://b/a?x=%2e%2e/"}, status=400)


def test_importance_says_which_params_explain_a_metric_and_needs_some_runs(lab: Lab) -> None:
    made = lab.make("importance")

    def log(depth: int, kind: str, value: float) -> None:
        run = lab.mlflow("runs/create", {"experiment_id": made})["run"]["info"]["run_id"]
        params = {"depth": str(depth), "kind": kind, "always": "1", "id": f"run {run}"}
        pairs = [{"key": key, "value": text} for key, text in params.items()]
        metrics = [{"key": "r2", "value": value, "timestamp": 1, "step": 0}]
        lab.mlflow("runs/log-batch", {"run_id": run, "params": pairs, "metrics": metrics})

    for n in range(4):
        log(n, "a", n)
    found = lab.ask("GET", f"/experiments/{made}/importance?metric=r2")
    assert (found["params"], found["runs"], found["least_runs"]) == ([], 4, 5)
    for n in range(4, 40):
        log(n, "ab"[n % 2], n / 10)
    found = lab.ask("GET", f"/experiments/{made}/importance?metric=r2")
    assert found["runs"] == 40
    assert [one["param"] for one in found["params"]] == ["depth", "kind"], "the same and unique texts explain nothing"
    depth, kind = found["params"]
    assert depth["importance"] > 0.8 > kind["importance"]
    assert depth["importance"] + kind["importance"] == pytest.approx(1)
    assert depth["correlation"] > 0.8
    assert (depth["runs"], kind["correlation"]) == (40, None)
    some = lab.ask("GET", f"/experiments/{made}/importance", params={"metric": "r2", "filter": "params.kind = 'b'"})
    assert (some["runs"], [one["param"] for one in some["params"]]) == (18, ["depth"])
    assert lab.ask("GET", f"/experiments/{made}/importance?metric=nothing")["runs"] == 0
    assert (found["more_runs"], found["left_out"]) == (False, 0)


def test_importance_says_what_it_leaves_out(lab: Lab) -> None:
    made = lab.make("much importance")
    for n in range(8):
        run = lab.mlflow("runs/create", {"experiment_id": made, "start_time": n})["run"]["info"]["run_id"]
        names = [f"p{at:03}" for at in range(203 if n else 200)]  # the first run does not have the last three
        pairs = [{"key": name, "value": str(n % 3)} for name in names]
        lab.mlflow("runs/log-batch", {"run_id": run, "params": pairs[:100]})
        lab.mlflow("runs/log-batch", {"run_id": run, "params": pairs[100:200]})
        metrics = [{"key": "r2", "value": n, "timestamp": 1, "step": 0}]
        lab.mlflow("runs/log-batch", {"run_id": run, "params": pairs[200:], "metrics": metrics})
    found = lab.ask("GET", f"/experiments/{made}/importance?metric=r2")
    assert (len(found["params"]), found["left_out"], found["runs"], found["more_runs"]) == (200, 3, 8, False)
    assert {one["param"] for one in found["params"]} == {f"p{at:03}" for at in range(200)}
