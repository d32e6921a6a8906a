"""Groups of runs through our own API: their counts, and the statistics of their metrics."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.run_lab import RunLab
from handloom.domain.metrics import LARGEST
from running import Handloom


@pytest.fixture
def lab(server: Handloom) -> Iterator[RunLab]:
    with server.client() as client:
        yield RunLab(client)


def group_lab(lab: RunLab) -> None:
    """Two depths with two seeds each, and a run without a depth."""
    for depth, seed, r2 in (("3", "1", 0.5), ("3", "2", 0.7), ("5", "1", 0.9), ("5", "2", 0.9)):
        run_id = lab.run(f"d{depth}-s{seed}", 1, 2, r2=r2)
        lab.mlflow("runs/log-parameter", {"run_id": run_id, "key": "depth", "value": depth})
        lab.mlflow("runs/set-tag", {"run_id": run_id, "key": "seed", "value": seed})
    lab.run("plain", 1, 2)


def groups(lab: RunLab, **query: Any) -> Any:
    return lab.ask("GET", f"/experiments/{lab.experiment}/run-groups", params=query)


def test_groups_count_runs_and_give_mean_deviation_least_and_greatest(lab: RunLab) -> None:
    group_lab(lab)
    found = groups(lab, group_by="params.depth", metrics="r2")
    assert found["total"] == 3
    assert [(group["values"], group["runs"]) for group in found["groups"]] == [(["3"], 2), (["5"], 2), ([None], 1)]
    three, five, none = (group["metrics"].get("r2") for group in found["groups"])
    assert (three["count"], three["min"], three["max"]) == (2, 0.5, 0.7)
    assert three["mean"] == pytest.approx(0.6)
    assert three["std"] == pytest.approx(0.1414213562)
    assert (five["mean"], five["std"]) == (pytest.approx(0.9), pytest.approx(0.0, abs=1e-9))
    assert none is None


def test_deviations_keep_their_digits_far_from_zero(lab: RunLab) -> None:
    for at in range(3):
        lab.run(f"far-{at}", 1, 2, loss=1e9 + at / 1000)
    (group,) = groups(lab, metrics="loss")["groups"]
    assert group["values"] == []
    assert group["metrics"]["loss"]["std"] == pytest.approx(0.001, rel=1e-3)


def test_a_group_with_an_infinity_has_no_mean_and_says_its_least_and_greatest(lab: RunLab) -> None:
    lab.run("fine", 1, 2, loss=1.0)
    lab.mlflow("runs/log-metric", {"run_id": lab.run("far"), "key": "loss", "value": "Infinity", "timestamp": 1})
    lab.mlflow("runs/log-metric", {"run_id": lab.run("bad"), "key": "loss", "value": "NaN", "timestamp": 1})
    (group,) = groups(lab, metrics="loss")["groups"]
    assert group["runs"] == 3
    assert group["metrics"]["loss"] == {"count": 2, "min": 1.0, "max": LARGEST, "mean": None, "std": None}


def test_groups_follow_the_filter_and_any_of_their_fields(lab: RunLab) -> None:
    group_lab(lab)
    found = groups(lab, group_by=["tags.seed", "status"], filter="params.depth = '5'")
    assert [(group["values"], group["runs"]) for group in found["groups"]] == [
        (["1", "FINISHED"], 1),
        (["2", "FINISHED"], 1),
    ]
    assert groups(lab, group_by="user")["groups"][0]["values"] == ["kim"]
    (best,) = groups(lab, group_by="params.depth", filter="metrics.r2 > 0.8", metrics="r2")["groups"]
    assert (best["values"], best["metrics"]["r2"]["count"]) == (["5"], 2)


def test_runs_of_one_group_are_a_page_of_their_own(lab: RunLab) -> None:
    group_lab(lab)
    assert sorted(lab.names(group=["params.depth=3"])) == ["d3-s1", "d3-s2"]
    assert lab.names(group=["params.depth=3", "tags.seed=2"]) == ["d3-s2"]
    assert lab.names(group=["params.depth"]) == ["plain"]
    quotes = lab.run("quotes", 1, 2)
    lab.mlflow("runs/log-parameter", {"run_id": quotes, "key": "text", "value": 'it\'s "a=b"'})
    assert lab.names(group=['params.text=it\'s "a=b"']) == ["quotes"]


def test_groups_by_parent_name_it_and_hold_its_children(lab: RunLab) -> None:
    parent = lab.run("sweep", 1, 2)
    child = lab.run("trial", 1, 2, r2=0.4)
    lab.mlflow("runs/set-tag", {"run_id": child, "key": "mlflow.parentRunId", "value": parent})
    found = groups(lab, group_by="parent", metrics="r2")
    assert {group["values"][0]: group["runs"] for group in found["groups"]} == {parent: 1, None: 1}
    assert found["names"] == {parent: "sweep"}
    assert lab.names(group=[f"parent={parent}"]) == ["trial"]


def test_groups_by_ancestor_hold_the_runs_of_every_level_below(lab: RunLab) -> None:
    parents: dict[str, str] = {}
    study, left, right = (lab.run(name, 1, 2) for name in ("study", "left", "right"))
    trials = [lab.run(f"trial-{at}", 1, 2, r2=at / 10) for at in range(4)]
    parents |= {left: study, right: study, trials[0]: left, trials[1]: left, trials[2]: right, trials[3]: study}
    for run_id, parent in parents.items():
        lab.mlflow("runs/set-tag", {"run_id": run_id, "key": "mlflow.parentRunId", "value": parent})
    found = groups(lab, group_by="ancestor", metrics="r2")
    below = {group["values"][0]: (group["runs"], group["metrics"].get("r2", {})) for group in found["groups"]}
    assert {run_id: runs for run_id, (runs, _) in below.items()} == {study: 6, left: 2, right: 1, None: 1}
    assert (below[study][1]["count"], below[study][1]["min"], below[study][1]["max"]) == (4, 0.0, 0.3)
    assert below[study][1]["mean"] == pytest.approx(0.15)
    assert found["names"][study] == "study"
    lab.mlflow("runs/delete", {"run_id": left})  # what is below it is in the tree without it, too
    remaining = groups(lab, group_by="ancestor")["groups"]
    assert {group["values"][0]: group["runs"] for group in remaining}[study] == 2 + 1
    lab.ask("GET", f"/experiments/{lab.experiment}/runs", params={"group": f"ancestor={study}"}, status=400)


def test_parents_that_name_each_other_are_below_each_other_and_not_below_themselves(lab: RunLab) -> None:
    one, two = lab.run("one", 1, 2, r2=0.1), lab.run("two", 1, 2, r2=0.2)
    for run_id, parent in ((one, two), (two, one)):
        lab.mlflow("runs/set-tag", {"run_id": run_id, "key": "mlflow.parentRunId", "value": parent})
    found = groups(lab, group_by="ancestor", metrics="r2")["groups"]
    assert {group["values"][0]: (group["runs"], group["metrics"]["r2"]["mean"]) for group in found} == {
        two: (1, 0.1),
        one: (1, 0.2),
    }


@pytest.mark.parametrize("field", ["metrics.r2", "params.", "depth", "params.a'b" * 200])
def test_fields_that_runs_cannot_be_grouped_by_are_refused_by_name(lab: RunLab, field: str) -> None:
    answer = lab.ask("GET", f"/experiments/{lab.experiment}/run-groups", params={"group_by": field}, status=400)
    assert answer["error"]["field"] == "group_by"
