"""Imported records in a real database: ids, times, existing data, and pages of an export."""

import msgspec
import pytest

from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.errors import Conflict, Invalid
from handloom.domain.records import (
    ExperimentRecord,
    ImportedTo,
    LoggedModelRecord,
    MetricRecord,
    ModelRecord,
    PointsRecord,
    Record,
    RunRecord,
    VersionRecord,
    other_run_id,
)
from handloom.domain.runs import ModelLink
from handloom.store.engine.database import Database
from handloom.store.experiments import rows as experiments
from handloom.store.models import logged as logged_models
from handloom.store.models import rows as models
from handloom.store.models import versions as model_versions
from handloom.store.runs import rows as runs
from handloom.store.transfer import export_records as record_pages
from handloom.store.transfer import import_records as records
from handloom.store.transfer import run_import

RECENTLY = 1_700_000_000_000
A, B = "a" * 32, "b" * 32
MODEL = "m-" + "c" * 32
RUN = RunRecord(
    run_id=A,
    experiment_id="7",
    name="first",
    user_id="kim",
    status="FINISHED",
    start_time=10,
    end_time=20,
    params={"depth": "3"},
    tags={"mlflow.runName": "first", "mlflow.parentRunId": B, "team": "red"},
    datasets=[
        DatasetInput(
            dataset=Dataset(name="d", digest="x", source_type="code", source="{}"),
            tags={"mlflow.data.context": "train"},
        )
    ],
    model_outputs=[ModelLink(model_id=MODEL, step=2)],
)
EXPERIMENT = ExperimentRecord(id="7", name="lab", creation_time=5, last_update_time=6, tags={"k": "v"})
POINTS = PointsRecord(run_id=A, key="loss", steps=[0, 1, 2], timestamps=[1, 2, 3], values=[1.0, None, 0.5])
LOGGED = LoggedModelRecord(
    model_id=MODEL,
    experiment_id="7",
    name="m",
    source_run_id=A,
    created_at=11,
    modified_at=12,
    params={"p": "1"},
    tags={"t": "1"},
    metrics=[MetricRecord(key="acc", value=0.5, timestamp=1, run_id=A)],
)
VERSION = VersionRecord(
    name="iris", version=3, source=f"models:/{MODEL}", run_id=A, model_id=MODEL, created_at=13, aliases=["best"]
)
ALL: list[Record] = [EXPERIMENT, RUN, POINTS, LOGGED, ModelRecord(name="iris", created_at=9, next_version=6), VERSION]


def keep(database: Database, *given: Record, workspace: str = "w1") -> list[ImportedTo]:
    return database.write_now(lambda tx: records.keep(tx, workspace, "u1", given))


def all_records(database: Database, workspace: str = "w1") -> list[Record]:
    found: list[Record] = []
    after: str | None = ""
    while after is not None:
        page = database.read_now(lambda tx, at=after: record_pages.page(tx, workspace, at))  # type: ignore[misc]
        found += page.records
        after = page.next
    return found


def test_a_run_keeps_its_id_its_times_and_all_that_was_logged_to_it(tracked: Database) -> None:
    placed = keep(tracked, *ALL)
    assert [(p.kind, p.id, p.target, p.uri, p.existed) for p in placed] == [
        ("experiment", "7", "7", "mlflow-artifacts:/7", False),
        ("run", A, A, f"mlflow-artifacts:/7/{A}/artifacts", False),
        ("logged_model", MODEL, MODEL, f"mlflow-artifacts:/7/models/{MODEL}/artifacts", False),
    ]
    run = tracked.read_now(lambda tx: runs.get(tx, "w1", A))
    info = run.info
    assert (info.name, info.user_id, info.status, info.start_time, info.end_time) == (
        "first",
        "kim",
        "FINISHED",
        10,
        20,
    )
    assert (run.params, run.tags["team"], run.tags["mlflow.parentRunId"]) == ({"depth": "3"}, "red", B)
    assert [(d.dataset.name, d.tags) for d in run.datasets] == [("d", {"mlflow.data.context": "train"})]
    assert run.model_outputs == [ModelLink(model_id=MODEL, step=2)]
    assert [record for record in all_records(tracked) if isinstance(record, PointsRecord)] == [POINTS]
    assert [m.value for m in run.metrics] == [0.5]
    experiment = tracked.read_now(lambda tx: experiments.get(tx, "w1", "7"))
    assert (experiment.name, experiment.creation_time, experiment.tags) == ("lab", 5, {"k": "v"})


def test_models_keep_their_versions_aliases_and_numbers(tracked: Database) -> None:
    keep(tracked, *ALL)
    model = tracked.read_now(lambda tx: logged_models.get(tx, "w1", MODEL))
    assert (model.name, model.created_at, model.params, [m.value for m in model.metrics]) == (
        "m",
        11,
        {"p": "1"},
        [0.5],
    )
    found = tracked.read_now(lambda tx: models.get(tx, "w1", "iris"))
    assert (found.aliases, [v.version for v in found.latest]) == ({"best": 3}, [3])
    made = tracked.write_now(
        lambda tx: model_versions.create(tx, "w1", "iris", model_versions.NewVersion(source="s3://b/x"))
    )
    assert made.version == 6


def test_keeping_again_doubles_nothing_and_overwrites_nothing(tracked: Database) -> None:
    keep(tracked, *ALL)
    before = all_records(tracked)
    tracked.write_now(lambda tx: runs.put_tags(tx, runs.find(tx, "w1", A), {"team": "blue"}))
    assert all(place.existed for place in keep(tracked, *ALL))
    after = all_records(tracked)
    assert len(after) == len(before)
    assert tracked.read_now(lambda tx: runs.get(tx, "w1", A)).tags["team"] == "blue"
    held = tracked.read_now(lambda tx: run_import.existing(tx, "w1", [A, B]))
    assert [(h.id, h.params, h.points, h.datasets) for h in held] == [(A, 1, 3, 1)]


def test_a_run_that_went_on_at_its_source_is_finished_here(tracked: Database) -> None:
    keep(tracked, EXPERIMENT, msgspec.structs.replace(RUN, status="RUNNING", end_time=None))
    keep(tracked, RUN, POINTS)
    run = tracked.read_now(lambda tx: runs.get(tx, "w1", A))
    assert (run.info.status, run.info.end_time, len(run.metrics)) == ("FINISHED", 20, 1)


def test_an_id_that_another_workspace_uses_is_given_anew_and_always_the_same(tracked: Database) -> None:
    keep(tracked, *ALL)
    for _ in range(2):
        placed = keep(tracked, *ALL, workspace="w2")
        assert placed[1].target == other_run_id("w2", A) != A
        assert placed[2].target != MODEL
    (child,) = keep(
        tracked,
        RunRecord(run_id="d" * 32, experiment_id="7", tags={"mlflow.parentRunId": A, "mlflow.runName": "child"}),
        workspace="w2",
    )
    run = tracked.read_now(lambda tx: runs.get(tx, "w2", child.target))
    assert run.tags["mlflow.parentRunId"] == other_run_id("w2", A)
    version = tracked.read_now(lambda tx: model_versions.get(tx, "w2", "iris", 3))
    assert (version.run_id, version.model_id) == (placed[1].target, placed[2].target)


def test_an_experiment_is_found_by_its_name_or_gets_the_next_free_id(tracked: Database) -> None:
    (default,) = keep(tracked, ExperimentRecord(id="0", name="Default", creation_time=1))
    (long,) = keep(tracked, ExperimentRecord(id="624938907350925044", name="folder", creation_time=2))
    (taken,) = keep(tracked, ExperimentRecord(id="0", name="other", creation_time=3))
    assert (default.target, default.existed) == ("0", True)
    assert (long.target, taken.target) == ("1", "2")


def test_what_is_deleted_stays_deleted(tracked: Database) -> None:
    gone = msgspec.structs.replace(RUN, lifecycle_stage="deleted", deleted_time=77)
    keep(tracked, msgspec.structs.replace(EXPERIMENT, lifecycle_stage="deleted"), gone)
    assert tracked.read_now(lambda tx: runs.get(tx, "w1", A)).info.lifecycle_stage == "deleted"
    (deleted_time,) = [r.deleted_time for r in all_records(tracked) if isinstance(r, RunRecord)]
    assert deleted_time is not None
    assert deleted_time > RECENTLY  # it has its full time in the bin of this server


def test_another_version_of_the_same_number_is_not_taken_for_it(tracked: Database) -> None:
    keep(tracked, *ALL)
    with pytest.raises(Conflict, match="has a version 3 already"):
        keep(tracked, msgspec.structs.replace(VERSION, created_at=99))


def test_one_bad_record_keeps_the_whole_request_out(tracked: Database) -> None:
    bad = msgspec.structs.replace(POINTS, key="a//b")
    with pytest.raises(Invalid, match="a//b"):
        keep(tracked, EXPERIMENT, RUN, bad)
    with pytest.raises(Invalid, match="2 steps, 3 timestamps"):
        keep(tracked, EXPERIMENT, RUN, msgspec.structs.replace(POINTS, steps=[1, 2]))
    assert [r for r in all_records(tracked) if not isinstance(r, ExperimentRecord)] == []


def test_a_workspace_read_out_in_pages_and_kept_elsewhere_is_the_same(tracked: Database) -> None:
    given = list(ALL)
    for number in range(130):
        steps = list(range(300))
        long = PointsRecord(run_id=f"{number:032x}", key="long", steps=steps, timestamps=steps, values=[0.5] * 300)
        given += [RunRecord(run_id=long.run_id, experiment_id="7", name=f"r{number}"), long]
    keep(tracked, *given)
    before = all_records(tracked)
    points = [r for r in before if isinstance(r, PointsRecord)]
    assert sum(len(r.steps) for r in points) == 3 + 130 * 300
    assert sum(isinstance(r, RunRecord) for r in before) == 131
    tracked.write_now(lambda tx: tx.connection.exec_driver_sql("DELETE FROM runs"))
    tracked.write_now(lambda tx: tx.connection.exec_driver_sql("DELETE FROM logged_models"))
    tracked.write_now(lambda tx: tx.connection.exec_driver_sql("DELETE FROM models"))
    keep(tracked, *before)
    assert all_records(tracked) == before


def test_a_page_begins_nowhere_else_than_a_page_said(tracked: Database) -> None:
    with pytest.raises(Invalid, match="no such place"):
        tracked.read_now(lambda tx: record_pages.page(tx, "w1", '["nowhere",1,null]'))
    with pytest.raises(Invalid, match="no such place"):
        tracked.read_now(lambda tx: record_pages.page(tx, "w1", "x"))
    with pytest.raises(Invalid, match="no such place"):
        tracked.read_now(lambda tx: record_pages.page(tx, "w1", '["experiments","x",null]'))


def test_a_request_that_would_keep_others_waiting_is_refused(tracked: Database) -> None:
    steps = list(range(1_000))
    piece = msgspec.structs.replace(POINTS, steps=steps, timestamps=steps, values=[0.5] * 1_000)
    with pytest.raises(Invalid, match="at most 50,000"):
        keep(tracked, EXPERIMENT, RUN, *[piece] * 60)
    long = msgspec.structs.replace(POINTS, steps=[1] * 1_001, timestamps=[1] * 1_001, values=[0.5] * 1_001)
    with pytest.raises(Invalid, match="at most 1,000 points"):
        keep(tracked, EXPERIMENT, RUN, long)
    with pytest.raises(Invalid, match="at most 1,000 runs"):
        tracked.read_now(lambda tx: run_import.existing(tx, "w1", [A] * 1_001))
