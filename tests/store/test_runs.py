"""Runs, params, tags, inputs and metric points in a real database."""

import math
from collections.abc import Sequence

import pytest

from handloom.domain.changes import Change
from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.metrics import Metric, Summary
from handloom.domain.runs import NAME_TAG, NOTEBOOK_TAG, ModelLink, Run
from handloom.store.datasets import rows as datasets
from handloom.store.engine.database import Database
from handloom.store.metrics import rows as metrics
from handloom.store.runs import rows as runs


def new_run(database: Database, workspace: str = "w1", **options: object) -> str:
    return database.write_now(lambda tx: runs.create(tx, workspace, "0", **options)).info.run_id  # type: ignore[arg-type]


def read(database: Database, run_id: str) -> Run:
    return database.read_now(lambda tx: runs.get(tx, "w1", run_id))


def log(database: Database, run_id: str, *points: Metric) -> None:
    database.write_now(lambda tx: metrics.log(tx, runs.active(tx, "w1", run_id), points))


def summary(database: Database, run_id: str) -> Summary:
    (found,) = database.read_now(lambda tx: metrics.summaries(tx, "w1", [run_id]))
    return found


def test_a_new_run_stands_below_its_experiments_location(tracked: Database) -> None:
    run_id = new_run(tracked, name="first", user_id="kim", start_time=7, tags={"a": "b"})
    run = read(tracked, run_id)
    assert run.info.artifact_uri == f"mlflow-artifacts:/0/{run_id}/artifacts"
    assert (run.info.status, run.info.start_time, run.info.end_time) == ("RUNNING", 7, None)
    assert run.tags == {"a": "b", NAME_TAG: "first"}


def test_a_run_of_another_workspace_does_not_exist(tracked: Database) -> None:
    run_id = new_run(tracked, "w2")
    with pytest.raises(NotFound, match=f"Run with id={run_id} not found"):
        read(tracked, run_id)


def test_a_run_knows_its_notebook_where_the_workspace_has_it(tracked: Database) -> None:
    assert read(tracked, new_run(tracked, tags={NOTEBOOK_TAG: "n1"})).info.notebook_id == "n1"
    assert read(tracked, new_run(tracked, tags={NOTEBOOK_TAG: "nowhere"})).info.notebook_id is None
    elsewhere = tracked.write_now(lambda tx: runs.create(tx, "w2", "0", tags={NOTEBOOK_TAG: "n1"}))
    assert elsewhere.info.notebook_id is None


def test_a_removed_notebook_leaves_its_runs(tracked: Database) -> None:
    run_id = new_run(tracked, tags={NOTEBOOK_TAG: "n1"})
    tracked.write_now(lambda tx: tx.connection.exec_driver_sql("DELETE FROM notebooks"))
    assert read(tracked, run_id).info.notebook_id is None


def test_the_name_and_its_tag_change_together(tracked: Database) -> None:
    run_id = new_run(tracked, name="a")
    tracked.write_now(lambda tx: runs.update(tx, "w1", run_id, name="b", status="FINISHED", end_time=9))
    run = read(tracked, run_id)
    assert (run.info.name, run.tags[NAME_TAG], run.info.status, run.info.end_time) == ("b", "b", "FINISHED", 9)
    tracked.write_now(lambda tx: runs.put_tags(tx, runs.active(tx, "w1", run_id), {NAME_TAG: "c"}))
    assert read(tracked, run_id).info.name == "c"


def test_a_param_never_changes(tracked: Database) -> None:
    run_id = new_run(tracked)
    tracked.write_now(lambda tx: runs.put_params(tx, runs.active(tx, "w1", run_id), {"a": "1", "b": "2"}))
    tracked.write_now(lambda tx: runs.put_params(tx, runs.active(tx, "w1", run_id), {"a": "1", "c": ""}))
    with pytest.raises(Invalid, match=r"\[\{'key': 'a', 'old_value': '1', 'new_value': '9'\}\]"):
        tracked.write_now(lambda tx: runs.put_params(tx, runs.active(tx, "w1", run_id), {"d": "x", "a": "9"}))
    assert read(tracked, run_id).params == {"a": "1", "b": "2", "c": ""}


def test_nothing_is_written_to_a_deleted_run(tracked: Database) -> None:
    run_id = new_run(tracked)
    for _ in range(2):
        tracked.write_now(lambda tx: runs.delete(tx, "w1", run_id))
    with pytest.raises(Invalid, match="Current state is deleted"):
        log(tracked, run_id, Metric("m", 1.0, 0, 0))
    for _ in range(2):
        tracked.write_now(lambda tx: runs.restore(tx, "w1", run_id))
    log(tracked, run_id, Metric("m", 1.0, 0, 0))


def test_the_summary_row_follows_the_points_in_whatever_order_they_come(tracked: Database) -> None:
    run_id = new_run(tracked)
    log(tracked, run_id, Metric("m", 4.0, 100, 5), Metric("m", 1.0, 100, 5))
    log(tracked, run_id, Metric("m", 9.0, 999, 4))
    log(tracked, run_id, Metric("m", math.nan, 100, 5))  # compares as 0
    found = summary(tracked, run_id)
    assert (found.value, found.step, found.timestamp) == (4.0, 5, 100)
    assert (found.min, found.max, found.count) == (1.0, 9.0, 4)
    log(tracked, run_id, Metric("m", math.nan, 101, 5))
    assert math.isnan(summary(tracked, run_id).value)
    log(tracked, run_id, Metric("m", -2.0, 0, 6))
    found = summary(tracked, run_id)
    assert (found.value, found.min, found.max, found.count) == (-2.0, -2.0, 9.0, 6)


def test_repeats_of_a_point_are_dropped_and_counted_once(tracked: Database) -> None:
    run_id = new_run(tracked)
    points = [Metric("m", float(step), step, step) for step in range(5)]
    log(tracked, run_id, *points, points[0])
    assert summary(tracked, run_id).count == 5
    log(tracked, run_id, *points)
    log(tracked, run_id, points[2])
    assert summary(tracked, run_id).count == 5
    log(tracked, run_id, points[4], Metric("m", 5.0, 5, 5))
    assert (summary(tracked, run_id).count, summary(tracked, run_id).value) == (6, 5.0)
    history = tracked.read_now(lambda tx: metrics.history(tx, runs.find(tx, "w1", run_id), "m"))
    assert [point.value for point in history] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_infinities_come_back_as_the_largest_numbers(tracked: Database) -> None:
    run_id = new_run(tracked)
    log(tracked, run_id, Metric("inf", math.inf, 0, 0), Metric("minus", -math.inf, 0, 0))
    assert [m.value for m in read(tracked, run_id).metrics] == [1.7976931348623157e308, -1.7976931348623157e308]


def test_histories_are_ordered_paged_sampled_and_thinned(tracked: Database) -> None:
    run_id = new_run(tracked)
    log(tracked, run_id, *[Metric("m", 1e6 if n == 37 else float(n), 1_000 - n, n) for n in range(100)])
    info = tracked.read_now(lambda tx: runs.find(tx, "w1", run_id))
    page = tracked.read_now(lambda tx: metrics.history(tx, info, "m", limit=3, offset=2))
    assert [point.timestamp for point in page] == [903, 904, 905]
    sampled = tracked.read_now(lambda tx: metrics.sample(tx, info, "m", points=5, first=None, last=None))
    assert [m.step for m in sampled] == [0, 20, 40, 60, 99]
    part = tracked.read_now(lambda tx: metrics.sample(tx, info, "m", points=100, first=10, last=12))
    assert [m.step for m in part] == [10, 11, 12]
    (series,) = tracked.read_now(lambda tx: metrics.series(tx, "w1", [run_id, "0" * 32], ["m", "none"], 10))
    assert (series.count, series.steps[0], series.steps[-1], max(series.values)) == (100, 0, 99, 1e6)
    assert len(series.steps) == len(series.timestamps) == len(series.values) <= 10


def test_a_point_for_a_logged_model_needs_that_model(tracked: Database) -> None:
    run_id = new_run(tracked)
    with pytest.raises(NotFound, match="'m-1' not found"):
        log(tracked, run_id, Metric("m", 1.0, 0, 0, "m-1"))
    assert read(tracked, run_id).metrics == []


def test_inputs_and_outputs_are_noted_once(tracked: Database) -> None:
    run_id = new_run(tracked)
    given = DatasetInput(
        dataset=Dataset(name="d", digest="1", source_type="code", source="{}", profile="{}"),
        tags={"mlflow.data.context": "train"},
    )
    for _ in range(2):
        tracked.write_now(
            lambda tx: datasets.log_inputs(tx, runs.active(tx, "w1", run_id), [given], [ModelLink(model_id="m-1")])
        )
        tracked.write_now(
            lambda tx: datasets.log_outputs(tx, runs.active(tx, "w1", run_id), [ModelLink(model_id="m-2", step=4)])
        )
    run = read(tracked, run_id)
    assert (run.datasets, run.model_inputs) == ([given], [ModelLink(model_id="m-1")])
    assert run.model_outputs == [ModelLink(model_id="m-2", step=4)]
    (used,) = tracked.read_now(lambda tx: datasets.used_in(tx, "w1", [0]))
    assert (used.experiment_id, used.name, used.context) == ("0", "d", "train")
    assert tracked.read_now(lambda tx: datasets.used_in(tx, "w2", [0])) == []


def test_a_write_tells_of_its_change_and_a_failed_one_does_not(tracked: Database) -> None:
    run_id = new_run(tracked)
    heard: list[Change] = []

    def listen(changes: Sequence[Change]) -> None:
        heard.extend(changes)

    tracked.listen(listen)
    log(tracked, run_id, Metric("m", 1.0, 0, 0))
    with pytest.raises(NotFound):
        log(tracked, run_id, Metric("m", 2.0, 0, 0, "m-1"))
    tracked.write_now(lambda tx: None)  # what is heard is heard after the answer, so let one more pass
    assert heard == [Change(noun="metrics", workspace="w1", id=run_id, parent="0")]
