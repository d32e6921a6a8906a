"""Runs through our own API: filtered and ordered pages, one run in detail, tags, and undoing a deletion."""

from collections.abc import Iterator

import httpx
import pytest

from api.run_lab import RunLab
from handloom.domain.metrics import LARGEST
from running import Handloom


@pytest.fixture
def lab(server: Handloom) -> Iterator[RunLab]:
    with server.client() as client:
        yield RunLab(client)


def test_a_row_holds_what_was_logged(lab: RunLab) -> None:
    run_id = lab.run("calm-elk-7", 1000, 5000, r2=0.5)
    lab.mlflow("runs/log-parameter", {"run_id": run_id, "key": "depth", "value": "5"})
    lab.mlflow("runs/set-tag", {"run_id": run_id, "key": "team", "value": "a"})
    lab.mlflow("runs/set-tag", {"run_id": run_id, "key": "mlflow.source.name", "value": "train.py"})
    lab.mlflow("runs/log-metric", {"run_id": run_id, "key": "bad", "value": "NaN", "timestamp": 1})
    lab.mlflow("runs/log-metric", {"run_id": run_id, "key": "far", "value": "Infinity", "timestamp": 1})
    page = lab.page()
    assert (page["total"], page["next_page_token"]) == (1, "")
    assert page["runs"] == [
        {
            "run_id": run_id,
            "experiment": lab.experiment,
            "name": "calm-elk-7",
            "status": "FINISHED",
            "user_id": "kim",
            "client": f"python-httpx/{httpx.__version__}",
            "start_time": 1000,
            "end_time": 5000,
            "notebook": None,
            "source": "train.py",
            "parent_run_id": None,
            "metrics": {"bad": None, "far": LARGEST, "r2": 0.5},
            "params": {"depth": "5"},
            "tags": {"team": "a"},
            "versions": [],
            "starred": False,
            "note": "",
            "children": 0,
            "matches": True,
            "extremes": {},
        }
    ]


def test_runs_are_filtered_and_ordered_in_mlflows_grammar(lab: RunLab) -> None:
    lab.run("a", 1, 100, r2=0.1)
    lab.run("b", 2, 10, r2=0.9)
    lab.run("c", 3)
    assert lab.names() == ["c", "b", "a"]
    assert lab.names(filter="metrics.r2 > 0.5") == ["b"]
    assert lab.names(order_by=["metrics.r2 DESC"]) == ["b", "a", "c"]
    assert lab.names(order_by=["attributes.run_name ASC"]) == ["a", "b", "c"]
    assert lab.names(order_by=["duration ASC"])[:2] == ["b", "a"]
    assert lab.names(order_by=["duration DESC"])[0] == "a"
    assert lab.page(filter="metrics.r2 > 0")["total"] == 2


def test_runs_are_filtered_by_regular_expressions(lab: RunLab) -> None:
    for name in ("tree-v9", "tree-v10", "forest-v11"):
        run_id = lab.run(name)
        lab.mlflow("runs/log-parameter", {"run_id": run_id, "key": "model", "value": name.upper()})
        lab.mlflow("runs/set-tag", {"run_id": run_id, "key": "team", "value": name[0]})
    assert lab.names(filter="attributes.run_name RLIKE '-v1[01]$'", order_by=["run_name"]) == ["forest-v11", "tree-v10"]
    assert lab.names(filter="params.model RLIKE '^TREE.*0'") == ["tree-v10"]
    assert lab.names(filter="NOT tags.team RLIKE 't|x'") == ["forest-v11"]
    assert lab.page(filter="params.model RLIKE 'e'")["total"] == 0  # case counts
    assert "RE2" in lab.page_error(filter="params.model RLIKE '('")


def test_runs_are_filtered_by_the_client_that_created_them(lab: RunLab) -> None:
    lab.run("a")
    lab.client.headers["User-Agent"] = "mlflow-python-client/2.22.4 " + "x" * 1000
    lab.run("b")
    assert lab.names(filter="client LIKE 'mlflow-python-client/2.%'") == ["b"]
    assert [len(row["client"]) for row in lab.page(filter="run_name = 'b'")["runs"]] == [200]


def test_runs_are_filtered_and_ordered_by_duration_and_by_the_notebook_that_made_them(lab: RunLab) -> None:
    lab.run("a", 1, 100)
    for name, notebook in (("b", "sales"), ("c", "churn")):
        made = lab.ask("POST", "/notebooks", {"name": notebook})["id"]
        run_id = lab.run(name, 1, 60_002)
        lab.mlflow("runs/set-tag", {"run_id": run_id, "key": "handloom.notebook.id", "value": made})
    assert lab.names(filter="duration > 60000", order_by=["notebook"]) == ["c", "b"]
    assert lab.names(filter="attributes.notebook ILIKE 'SALES%'") == ["b"]
    assert lab.names(order_by=["notebook DESC"]) == ["b", "c", "a"]


def test_runs_have_a_star_and_a_note_that_filters_and_mlflow_see(lab: RunLab) -> None:
    kept, _ = lab.run("kept"), lab.run("other")
    given = {"starred": True, "description": "**Best** so far\n\n" + "x" * 300}
    lab.ask("PATCH", f"/runs/{kept}", given)
    (row,) = lab.page(filter="tags.`handloom.starred` = 'true'", include="info")["runs"]
    assert (row["name"], row["starred"], row["tags"]) == ("kept", True, {})
    assert row["note"] == f"**Best** so far {'x' * 184}"
    assert lab.names(filter="tags.`mlflow.note.content` LIKE '%so far%'") == ["kept"]
    tags = lab.mlflow(f"runs/get?run_id={kept}", None, method="GET")["run"]["data"]["tags"]
    assert {"key": "handloom.starred", "value": "true"} in tags
    for _ in range(2):
        assert lab.ask("PATCH", f"/runs/{kept}", {"starred": False})["row"]["starred"] is False
    assert lab.names(filter="tags.`handloom.starred` = 'true'") == []


def test_rows_hold_what_is_included(lab: RunLab) -> None:
    run_id = lab.run("a", 1, 100, r2=0.1, loss=2.0)
    for key, value in (("mlflow.source.name", "train.py"), ("team", "x"), ("note", "y")):
        lab.mlflow("runs/set-tag", {"run_id": run_id, "key": key, "value": value})
    lab.mlflow("runs/log-parameter", {"run_id": run_id, "key": "depth", "value": "5"})
    (bare,) = lab.page(include="info")["runs"]
    assert (bare["metrics"], bare["params"], bare["tags"], bare["source"]) == ({}, {}, {}, "train.py")
    (some,) = lab.page(include=["metrics.loss", "tags.team,params"])["runs"]
    assert (some["metrics"], some["params"], some["tags"]) == ({"loss": 2.0}, {"depth": "5"}, {"team": "x"})
    (tagged,) = lab.page(include=["tags"])["runs"]
    assert (tagged["metrics"], tagged["tags"]) == ({}, {"team": "x", "note": "y"})
    (whole,) = lab.page()["runs"]
    assert (whole["metrics"], whole["params"]) == ({"r2": 0.1, "loss": 2.0}, {"depth": "5"})
    assert "include is invalid" in lab.page_error(include="nope")


def test_runs_are_found_and_ordered_by_their_best_value(lab: RunLab) -> None:
    for name, values in (("a", (1, 9, 2)), ("b", (3, 4, 5)), ("c", ())):
        run_id = lab.run(name, 1)
        for step, value in enumerate(values):
            point = {"run_id": run_id, "key": "m", "value": value, "timestamp": 1, "step": step}
            lab.mlflow("runs/log-metric", point)
    assert lab.names(order_by=["max(metrics.m) DESC"]) == ["a", "b", "c"]
    assert lab.names(order_by=["metrics.m DESC"]) == ["b", "a", "c"]
    assert lab.names(filter="min(metrics.m) >= 3 OR metrics.m = 2", order_by=["run_name"]) == ["a", "b"]
    assert lab.names(filter="NOT max(metrics.m) > 5", order_by=["run_name"]) == ["b", "c"]


def test_pages_follow_one_another(lab: RunLab) -> None:
    for at in range(5):
        lab.run(f"run-{at}", at + 1)
    first = lab.page(limit=2)
    second = lab.page(limit=2, page_token=first["next_page_token"])
    last = lab.page(limit=2, page_token=second["next_page_token"])
    names = [row["name"] for page in (first, second, last) for row in page["runs"]]
    assert names == [f"run-{at}" for at in (4, 3, 2, 1, 0)]
    assert (first["total"], last["next_page_token"]) == (5, "")


def test_a_filter_that_cannot_be_read_says_so(lab: RunLab) -> None:
    for query in (
        {"filter": "metrics.r2 >"},
        {"filter": "nope"},
        {"order_by": ["nope"]},
        {"limit": 0},
        {"page_token": "x"},
    ):
        answer = lab.ask("GET", f"/experiments/{lab.experiment}/runs", params=query, status=400)
        assert answer["error"]["code"] == "invalid"
    lab.ask("GET", "/experiments/77/runs", status=404)


def test_a_run_is_told_whole(lab: RunLab) -> None:
    run_id = lab.run("a", 1, 2)
    for step, value in enumerate([1.0, 9.0, 2.0]):
        lab.mlflow("runs/log-metric", {"run_id": run_id, "key": "loss", "value": value, "timestamp": 1, "step": step})
    for key, text in (("mlflow.note.content", "what"), ("mlflow.source.git.commit", "abc"), ("x", "y")):
        lab.mlflow("runs/set-tag", {"run_id": run_id, "key": key, "value": text})
    dataset = {
        "name": "diabetes",
        "digest": "d1",
        "source_type": "http",
        "source": '{"url": "https://example.com/diabetes.csv"}',
        "schema": '{"mlflow_colspec": [{"name": "AGE", "type": "long"}, {"name": "BMI", "type": "double"}]}',
        "profile": '{"num_rows": 442, "num_elements": 884}',
    }
    tags = [{"key": "mlflow.data.context", "value": "train"}]
    lab.mlflow("runs/log-inputs", {"run_id": run_id, "datasets": [{"dataset": dataset, "tags": tags}]})
    detail = lab.ask("GET", f"/runs/{run_id}")
    assert (detail["experiment_name"], detail["description"], detail["git_commit"]) == ("lab", "what", "abc")
    assert detail["row"]["tags"] == {"x": "y"}
    assert detail["system_tags"]["mlflow.runName"] == "a"
    assert detail["metric_summaries"] == [
        {"key": "loss", "value": 2.0, "step": 2, "timestamp": 1, "min": 1.0, "max": 9.0, "count": 3}
    ]
    columns = [{"name": name, "type": kind, "required": True} for name, kind in (("AGE", "long"), ("BMI", "double"))]
    shape = {"rows": 442, "features": 2, "columns": columns}
    source = {"source_type": "http", "source": "https://example.com/diabetes.csv"}
    assert detail["datasets"] == [{"name": "diabetes", "digest": "d1", "context": "train", **source, **shape}]
    assert detail["models"] == []
    lab.ask("GET", f"/runs/{'f' * 32}", status=404)


def test_a_run_is_renamed_described_and_tagged(lab: RunLab) -> None:
    run_id = lab.run("a")
    detail = lab.ask("PATCH", f"/runs/{run_id}", {"name": "새 이름", "description": "d"})
    assert (detail["row"]["name"], detail["description"]) == ("새 이름", "d")
    assert detail["system_tags"]["mlflow.runName"] == "새 이름"
    assert lab.ask("PUT", f"/runs/{run_id}/tags", {"key": "team", "value": "a"})["row"]["tags"] == {"team": "a"}
    assert lab.ask("DELETE", f"/runs/{run_id}/tags", params={"key": "team"})["row"]["tags"] == {}
    lab.ask("DELETE", f"/runs/{run_id}/tags", params={"key": "team"}, status=404)
    for tag in ({"key": "mlflow.runName", "value": "x"}, {"key": "", "value": "x"}, {"key": "a", "value": "x" * 8001}):
        assert lab.ask("PUT", f"/runs/{run_id}/tags", tag, status=400)["error"]["code"] == "invalid"


def test_deleted_runs_leave_the_list_and_come_back(lab: RunLab) -> None:
    runs = [lab.run("a"), lab.run("b")]
    for _ in range(2):
        lab.ask("POST", "/runs/delete", {"runs": runs})
    assert lab.names() == []
    assert lab.ask("GET", f"/runs/{runs[0]}")["lifecycle_stage"] == "deleted"
    lab.ask("POST", "/runs/delete", {"runs": runs, "restore": True})
    assert sorted(lab.names()) == ["a", "b"]
    lab.ask("POST", "/runs/delete", {"runs": [runs[0], "f" * 32]}, status=404)
    assert sorted(lab.names()) == ["a", "b"]
    lab.ask("POST", "/runs/delete", {"runs": []}, status=400)


def test_histories_keep_their_spikes(lab: RunLab) -> None:
    run_id = lab.run("a")
    points = [{"key": "loss", "value": 0.0, "timestamp": 1, "step": step} for step in range(1000)]
    points[123]["value"], points[777]["value"] = 50.0, -50.0
    lab.mlflow("runs/log-batch", {"run_id": run_id, "metrics": points})
    lab.mlflow("runs/log-metric", {"run_id": run_id, "key": "nan", "value": "NaN", "timestamp": 1, "step": 3})
    asked = {"runs": [run_id], "keys": ["loss", "nan", "gone"], "points": 20}
    loss, nan = lab.ask("POST", "/metrics/histories", asked)["series"]
    assert (loss["count"], len(loss["steps"]) <= 20) == (1000, True)
    assert {(123, 50.0), (777, -50.0)} <= set(zip(loss["steps"], loss["values"], strict=True))
    assert (loss["steps"][0], loss["steps"][-1]) == (0, 999)
    assert (nan["steps"], nan["values"]) == ([3], [None])
    for wrong in ({"points": 1}, {"runs": [run_id] * 101}, {"keys": [str(at) for at in range(21)]}):
        lab.ask("POST", "/metrics/histories", asked | wrong, status=400)


def test_runs_of_another_workspace_are_out_of_reach(lab: RunLab, server: Handloom) -> None:
    run_id = lab.run("a", loss=1)
    with server.client() as client:
        other = RunLab(client)
        other.ask("GET", f"/runs/{run_id}", status=404)
        other.ask("PATCH", f"/runs/{run_id}", {"name": "x"}, status=404)
        other.ask("POST", "/runs/delete", {"runs": [run_id]}, status=404)
        assert other.ask("POST", "/metrics/histories", {"runs": [run_id], "keys": ["loss"]}) == {"series": []}


def test_rows_hold_least_and_greatest_values_and_people_say_which_is_better(lab: RunLab) -> None:
    run_id = lab.run("a", 1)
    for step, value in enumerate((3, "NaN", 1, 2)):
        lab.mlflow("runs/log-metric", {"run_id": run_id, "key": "m", "value": value, "timestamp": 1, "step": step})
    lab.mlflow("runs/log-metric", {"run_id": run_id, "key": "bad", "value": "NaN", "timestamp": 1})
    (row,) = lab.page(extremes=["m", "bad"], include="info")["runs"]
    assert (row["extremes"], row["metrics"]) == (
        {"m": {"min": 1.0, "max": 3.0, "min_step": None, "max_step": None}},
        {},
    )
    assert lab.page(extremes="*")["runs"][0]["extremes"] == row["extremes"]
    (row,) = lab.page(extremes=["m", "bad"], best_steps=["m", "bad"], include="info")["runs"]
    assert row["extremes"] == {"m": {"min": 1.0, "max": 3.0, "min_step": 2, "max_step": 0}}
    where = f"/experiments/{lab.experiment}/directions"
    lab.ask("PUT", where, {"metric": "r2 gap", "direction": "min"})
    assert lab.ask("PUT", where, {"metric": "m", "direction": "max"}) == {"directions": {"r2 gap": "min", "m": "max"}}
    lab.ask("PUT", where, {"metric": "m", "direction": None})
    columns = lab.ask("GET", f"/experiments/{lab.experiment}/columns")
    assert columns["directions"] == {"r2 gap": "min"}
    lab.ask("PUT", where, {"metric": "m", "direction": "up"}, status=400)
    lab.mlflow(
        "experiments/set-experiment-tag",
        {"experiment_id": lab.experiment, "key": "handloom.metricDirections", "value": "[]"},
    )
    assert lab.ask("GET", f"/experiments/{lab.experiment}/columns")["directions"] == {}


def test_a_stopped_run_refuses_its_client_and_stays_stopped(lab: RunLab) -> None:
    run_id = lab.run("long", 1)
    stopped = lab.ask("POST", f"/runs/{run_id}/stop")
    assert (stopped["row"]["status"], stopped["row"]["end_time"] is None) == ("KILLED", False)
    assert stopped["system_tags"]["handloom.stopped.by"]
    for path, body in (
        ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 1}),
        ("runs/log-batch", {"params": [{"key": "p", "value": "1"}]}),
        ("runs/log-parameter", {"key": "p", "value": "1"}),
    ):
        where = f"/mlflow/{lab.id}/api/2.0/mlflow/{path}"
        refused = lab.call("POST", where, {"run_id": run_id, **body}, status=400)
        assert "was stopped by" in refused["message"]
    lab.mlflow("runs/update", {"run_id": run_id, "status": "FAILED", "end_time": 9})  # as its client does then
    assert lab.ask("GET", f"/runs/{run_id}")["row"]["status"] == "KILLED"
    assert "ended already" in lab.ask("POST", f"/runs/{run_id}/stop", status=409)["error"]["message"]
    lab.mlflow("runs/update", {"run_id": run_id, "status": "RUNNING"})  # resumed
    lab.mlflow("runs/log-metric", {"run_id": run_id, "key": "m", "value": 1, "timestamp": 1})
    lab.mlflow("runs/update", {"run_id": run_id, "status": "FAILED", "end_time": 9})
    assert lab.ask("GET", f"/runs/{run_id}")["row"]["status"] == "FAILED"


def _family(lab: RunLab) -> tuple[str, list[str], str]:
    """A parent, its two children, and the child of one of them."""
    parent = lab.run("sweep", 1, 9)
    children = [lab.run(f"trial-{n}", n, 9) for n in (2, 3)]
    for child in children:
        lab.mlflow("runs/set-tag", {"run_id": child, "key": "mlflow.parentRunId", "value": parent})
    grandchild = lab.run("fold", 4, 9)
    lab.mlflow("runs/set-tag", {"run_id": grandchild, "key": "mlflow.parentRunId", "value": children[0]})
    return parent, children, grandchild


def test_a_tree_of_runs_is_read_level_by_level(lab: RunLab) -> None:
    parent, children, _ = _family(lab)
    roots = lab.page(roots=True)
    assert roots["total"] == 1
    assert [(row["name"], row["children"]) for row in roots["runs"]] == [("sweep", 2)]
    below = lab.page(filter=f"tags.`mlflow.parentRunId` = '{parent}'")
    assert {row["name"]: row["children"] for row in below["runs"]} == {"trial-2": 1, "trial-3": 0}
    assert lab.ask("GET", f"/runs/{children[0]}")["parent"] == {"run_id": parent, "name": "sweep"}


def test_a_parent_is_deleted_alone_or_with_all_below_it(lab: RunLab) -> None:
    parent, children, grandchild = _family(lab)
    lab.ask("POST", "/runs/delete", {"runs": [parent]})
    assert lab.names(roots=True, order_by=["run_name"]) == ["trial-2", "trial-3"]
    lab.ask("POST", "/runs/delete", {"runs": [parent], "restore": True})
    gone = lab.ask("POST", "/runs/delete", {"runs": [parent], "children": True})["runs"]
    assert gone[0] == parent
    assert sorted(gone) == sorted([parent, *children, grandchild])
    assert lab.page()["runs"] == []
    lab.ask("POST", "/runs/delete", {"runs": gone, "restore": True})
    assert lab.page()["total"] == 4


def test_a_filtered_page_names_the_runs_above_its_own(lab: RunLab) -> None:
    parent, children, _ = _family(lab)
    page = lab.page(filter="attributes.run_name = 'fold' OR attributes.run_name = 'trial-2'", ancestors=True)
    assert [(row["name"], row["matches"]) for row in page["runs"]] == [("fold", True), ("trial-2", True)]
    assert [(row["name"], row["matches"], row["children"]) for row in page["ancestors"]] == [("sweep", False, 2)]
    narrow = lab.page(filter="attributes.run_name LIKE '%l%'", limit=1, ancestors=True)
    assert [row["name"] for row in narrow["runs"]] == ["fold"]
    assert {row["name"]: row["matches"] for row in narrow["ancestors"]} == {"trial-2": True, "sweep": False}
    lab.mlflow("runs/set-tag", {"run_id": parent, "key": "mlflow.parentRunId", "value": children[0]})  # a cycle
    assert len(lab.page(filter="attributes.run_name = 'fold'", ancestors=True)["ancestors"]) == 2


def test_tags_and_names_of_many_runs_change_at_once_and_back(lab: RunLab) -> None:
    first, second = lab.run("a", 1), lab.run("b", 2)
    lab.mlflow("runs/set-tag", {"run_id": first, "key": "stage", "value": "dev"})
    wanted = [{"run": run, "key": "stage", "value": "prod"} for run in (first, second)]
    before = lab.ask("POST", "/runs/tags", {"changes": wanted})["before"]
    assert {row["tags"]["stage"] for row in lab.page()["runs"]} == {"prod"}
    lab.ask("POST", "/runs/tags", {"changes": before})
    assert {row["name"]: row["tags"] for row in lab.page()["runs"]} == {"a": {"stage": "dev"}, "b": {}}
    named = [{"run": first, "name": "x-1"}, {"run": second, "name": "x-2"}]
    before = lab.ask("POST", "/runs/names", {"names": named})["before"]
    assert lab.names(order_by=["run_name"]) == ["x-1", "x-2"]
    lab.ask("POST", "/runs/names", {"names": before})
    assert lab.names(order_by=["run_name"]) == ["a", "b"]
    lab.ask("POST", "/runs/names", {"names": [*named, {"run": "0" * 32, "name": "y"}]}, status=404)
    assert lab.names(order_by=["run_name"]) == ["a", "b"]  # all or none
    reserved = {"changes": [{"run": first, "key": "mlflow.runName", "value": "z"}]}
    assert "reserved" in lab.ask("POST", "/runs/tags", reserved, status=400)["error"]["message"]


def test_runs_move_to_another_experiment_with_all_that_is_listed_by_experiment(lab: RunLab) -> None:
    parent, _, _ = _family(lab)
    lab.mlflow("runs/log-metric", {"run_id": parent, "key": "r2", "value": 0.7, "timestamp": 1})
    dataset = {"name": "sales", "digest": "d1", "source_type": "local", "source": "{}"}
    lab.mlflow("runs/log-inputs", {"run_id": parent, "datasets": [{"dataset": dataset}]})
    model = {"experiment_id": lab.experiment, "name": "forest", "source_run_id": parent}
    model_id = lab.mlflow("logged-models", model)["model"]["info"]["model_id"]
    files = lab.ask("GET", f"/runs/{parent}")["artifact_uri"]
    home, other = lab.experiment, lab.ask("POST", "/experiments", {"name": "archive"})["id"]
    moved = lab.ask("POST", "/runs/move", {"runs": [parent], "experiment": other})["moved"]
    assert (len(moved), {one["experiment"] for one in moved}) == (4, {home})
    assert lab.page()["total"] == 0
    lab.experiment = other
    assert lab.names(filter="metrics.r2 > 0.5 AND dataset.name = 'sales'") == ["sweep"]
    assert lab.names(order_by=["metrics.r2 DESC"])[0] == "sweep"
    assert lab.names(roots=True) == ["sweep"]
    detail = lab.ask("GET", f"/runs/{parent}")
    assert (detail["artifact_uri"], detail["datasets"][0]["name"]) == (files, "sales")
    info = lab.mlflow(f"logged-models/{model_id}", None, "GET")["model"]["info"]
    assert info["experiment_id"] == other
    searched = lab.mlflow("runs/search", {"experiment_ids": [other]})["runs"]
    assert {run["info"]["experiment_id"] for run in searched} == {other}
    back = {"runs": [one["run"] for one in moved], "experiment": home, "alone": True}
    assert len(lab.ask("POST", "/runs/move", back)["moved"]) == 4
    lab.experiment = home
    assert lab.page()["total"] == 4


def test_runs_are_copied_to_another_experiment_and_live_apart(lab: RunLab) -> None:
    parent, _, _ = _family(lab)
    points = [{"key": "r2", "value": step / 7, "timestamp": step + 1, "step": step} for step in range(900)]
    lab.mlflow("runs/log-batch", {"run_id": parent, "metrics": points, "params": [{"key": "depth", "value": "3"}]})
    dataset = {"name": "sales", "digest": "d1", "source_type": "local", "source": "{}"}
    lab.mlflow("runs/log-inputs", {"run_id": parent, "datasets": [{"dataset": dataset}]})
    root = f"/mlflow/{lab.id}/api/2.0/mlflow-artifacts/artifacts/{lab.experiment}/{parent}/artifacts"
    for path, content in {"plots/한글.txt": {"a": 1}, "model/MLmodel": {"run_id": parent}}.items():
        lab.client.put(f"{root}/{path}", json=content).raise_for_status()
    home, other = lab.experiment, lab.ask("POST", "/experiments", {"name": "copies"})["id"]
    copies = lab.ask("POST", "/runs/copy", {"runs": [parent], "experiment": other})["runs"]
    assert (len(copies), lab.page()["total"]) == (4, 4)
    lab.experiment = other
    assert lab.page()["total"] == 4
    assert lab.names(roots=True) == ["sweep"]  # the tree is the same
    assert lab.names(filter="metrics.r2 > 0.5 AND params.depth = '3' AND dataset.name = 'sales'") == ["sweep"]
    copy = lab.ask("GET", f"/runs/{copies[0]}")
    assert copy["system_tags"]["handloom.copiedFrom"] == parent
    assert [one["count"] for one in copy["metric_summaries"] if one["key"] == "r2"] == [900]
    lab.ask("POST", "/runs/delete", {"runs": [parent], "children": True})  # the original goes, the copy stays
    files = lab.ask("GET", f"/runs/{copies[0]}/files", params={"path": ""})["entries"]
    assert [(one["name"], one["model"]) for one in files] == [("model", True), ("plots", False)]
    assert lab.ask("GET", f"/runs/{copies[0]}/files/content", params={"path": "plots/한글.txt"}) == {"a": 1}
    assert lab.ask("GET", f"/runs/{copies[0]}/files/content", params={"path": "model/MLmodel"}) == {"run_id": copies[0]}
    running = lab.run("now", 1)
    refused = lab.ask("POST", "/runs/copy", {"runs": [running], "experiment": home}, status=409)
    assert "still running" in refused["error"]["message"]
    lab.ask("POST", "/runs/copy", {"runs": [], "experiment": home}, status=400)


def test_a_run_that_is_still_running_does_not_move(lab: RunLab) -> None:
    run_id = lab.run("now", 1)
    other = lab.ask("POST", "/experiments", {"name": "archive"})["id"]
    refused = lab.ask("POST", "/runs/move", {"runs": [run_id], "experiment": other}, status=409)
    assert "still running" in refused["error"]["message"]
    assert lab.page()["total"] == 1


def test_the_columns_suggested_are_those_that_tell_runs_apart(lab: RunLab) -> None:
    for depth in (3, 5):
        run_id = lab.run(f"run-{depth}", depth, r2=depth / 10)
        params = [{"key": "depth", "value": str(depth)}, {"key": "seed", "value": "1"}]
        lab.mlflow("runs/log-batch", {"run_id": run_id, "params": params})
    columns = lab.ask("GET", f"/experiments/{lab.experiment}/columns")
    assert columns["suggested"] == ["metrics.r2", "params.depth"]
    assert columns["nested"] is False


def test_a_run_names_the_folders_that_hold_a_model(lab: RunLab) -> None:
    run_id = lab.run("trained", 1, 2)
    uri = lab.ask("GET", f"/runs/{run_id}")["artifact_uri"]
    assert lab.ask("GET", f"/runs/{run_id}")["model_folders"] == []
    begun = {"experiment_id": lab.experiment, "name": "forest", "source_run_id": run_id}
    lab.mlflow("logged-models", begun)
    assert lab.ask("GET", f"/runs/{run_id}")["model_folders"] == []  # its files are still to come
    assert lab.ask("GET", f"/runs/{run_id}/files", params={"path": "forest"})["entries"] == []
    root = uri.removeprefix("mlflow-artifacts:").lstrip("/")
    for name in ("out/model/MLmodel", "out/notes.txt"):
        path = f"/mlflow/{lab.id}/api/2.0/mlflow-artifacts/artifacts/{root}/{name}"
        lab.client.put(path, content=b"flavors: {}").raise_for_status()
    assert lab.ask("GET", f"/runs/{run_id}")["model_folders"] == ["out/model"]


def test_metrics_with_more_than_one_point_are_named(lab: RunLab) -> None:
    run_id = lab.run("curve", 1, 2, loss=1.0, r2=0.5)
    lab.mlflow("runs/log-metric", {"run_id": run_id, "key": "loss", "value": 0.5, "timestamp": 2, "step": 1})
    assert lab.ask("POST", "/metrics/stepped", {"runs": [run_id]}) == {"keys": ["loss"]}
    assert lab.ask("POST", "/metrics/stepped", {"runs": []}) == {"keys": []}
    lab.ask("POST", "/metrics/stepped", {"runs": [run_id] * 101}, status=400)
