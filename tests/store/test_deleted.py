"""Purging in a real database: what is deleted, what stays, and in how small transactions."""

from functools import partial

import pytest
from sqlalchemy import func, select

from handloom.domain.deleted import Purged, Waiting, add_purged
from handloom.domain.errors import NotFound
from handloom.domain.metrics import Metric
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.deleted import rows as deleted
from handloom.store.engine.database import Database
from handloom.store.experiments import rows as experiments
from handloom.store.experiments import tables as experiment_tables
from handloom.store.metrics import rows as metrics
from handloom.store.metrics import tables as metric_tables
from handloom.store.models import logged as logged_models
from handloom.store.models import rows as models
from handloom.store.models import tables as model_tables
from handloom.store.models import versions as model_versions
from handloom.store.runs import rows as runs
from handloom.store.runs import tables as run_tables

LATER = 1 << 50


def experiment(database: Database, name: str) -> str:
    return database.write_now(lambda tx: experiments.create(tx, "w1", name, owner="u1")).id


def run(database: Database, points: int = 0, experiment_id: str = "0", *, gone: bool = True) -> str:
    made = database.write_now(lambda tx: runs.create(tx, "w1", experiment_id, tags={"a": "b"})).info
    given = [Metric("loss", 0.5, 1, step) for step in range(points)]
    database.write_now(lambda tx: metrics.log(tx, runs.find(tx, "w1", made.run_id), given))
    if gone:
        database.write_now(lambda tx: runs.delete(tx, "w1", made.run_id))
    return made.run_id


def purge(database: Database, before: int = LATER, rows: int = deleted.ROWS) -> tuple[Purged, int]:
    """All that there is to purge, and in how many writes."""
    done, writes = Purged(more=True), 0
    while done.more:
        step = database.write_now(lambda tx: deleted.purge(tx, "w1", before, rows))
        assert step.points <= rows
        done, writes = add_purged(done, step), writes + 1
    return done, writes


def left(database: Database) -> dict[str, int]:
    tables = (
        run_tables.runs,
        metric_tables.metrics,
        metric_tables.latest_metrics,
        run_tables.run_tags,
        experiment_tables.experiments,
        model_tables.logged_models,
    )
    query = [select(func.count()).select_from(table) for table in tables]
    return database.read_now(
        lambda tx: {table.name: tx.connection.scalar(q) or 0 for table, q in zip(tables, query, strict=True)}
    )


def to_remove(database: Database) -> set[str]:
    return {removal.path for removal in database.read_now(artifact_rows.removals)}


def test_a_deleted_run_goes_with_its_points_in_small_steps_and_its_files(tracked: Database) -> None:
    before = left(tracked)
    gone = run(tracked, points=25)
    kept = run(tracked, points=3, gone=False)
    assert tracked.read_now(lambda tx: deleted.waiting(tx, "w1", LATER)).points == 25
    done, writes = purge(tracked, rows=10)
    assert (done.runs, done.points) == (1, 25)
    assert writes >= 3
    assert left(tracked) == {**before, "runs": 1, "metrics": 3, "latest_metrics": 1, "run_tags": 2}
    assert to_remove(tracked) == {f"0/{gone}"}
    with pytest.raises(NotFound):
        tracked.read_now(lambda tx: runs.get(tx, "w1", gone))
    assert tracked.read_now(lambda tx: runs.get(tx, "w1", kept)).info.lifecycle_stage == "active"


def test_what_was_deleted_later_or_elsewhere_or_not_at_all_stays(tracked: Database) -> None:
    run(tracked, points=2)
    other = tracked.write_now(lambda tx: runs.create(tx, "w2", "0")).info.run_id
    tracked.write_now(lambda tx: runs.delete(tx, "w2", other))
    at = tracked.read_now(lambda tx: tx.connection.scalar(select(func.min(run_tables.runs.c.deleted_time)))) or 0
    assert purge(tracked, before=at - 1)[0] == Purged()
    assert purge(tracked, before=at)[0].runs == 1
    assert left(tracked)["runs"] == 1


def test_a_deleted_experiment_goes_with_all_in_it_but_its_id_never_comes_again(tracked: Database) -> None:
    old, newest = experiment(tracked, "old"), experiment(tracked, "newest")
    for lab in (old, newest):
        run(tracked, points=2, experiment_id=lab, gone=False)
        tracked.write_now(partial(logged_models.create, workspace="w1", experiment_id=lab, params={"p": "1"}))
        tracked.write_now(partial(experiments.delete_experiment, workspace="w1", experiment_id=lab))
    found = tracked.read_now(lambda tx: deleted.waiting(tx, "w1", LATER))
    assert (found.experiments, found.runs, found.logged_models, found.points) == (1, 2, 2, 4)
    assert found.database_bytes > 4 * 30
    done, _ = purge(tracked)
    assert (done.experiments, done.runs, done.logged_models) == (1, 2, 2)
    assert left(tracked)["experiments"] == 2 + 1  # two Defaults, and the newest as an empty row
    assert tracked.read_now(lambda tx: deleted.waiting(tx, "w1", LATER)) == Waiting()
    assert int(experiment(tracked, "next")) == int(newest) + 1
    assert purge(tracked)[0].experiments == 1


def test_the_first_experiment_is_never_deleted_for_good(tracked: Database) -> None:
    run(tracked, gone=False)
    tracked.write_now(lambda tx: experiments.delete_experiment(tx, "w1", "0"))
    assert purge(tracked)[0].experiments == 0
    assert tracked.read_now(lambda tx: experiments.get(tx, "w1", "0")).name == "Default"


def test_what_a_registered_version_was_made_from_stays_until_that_is_deleted(tracked: Database) -> None:
    lab = experiment(tracked, "lab")
    experiment(tracked, "newer")
    source = run(tracked, points=1, experiment_id=lab, gone=False)
    uri = tracked.read_now(lambda tx: runs.get(tx, "w1", source)).info.artifact_uri
    tracked.write_now(lambda tx: models.create(tx, "w1", "iris", owner="u1"))
    version = model_versions.NewVersion(source=f"{uri}/model", run_id=source)
    tracked.write_now(lambda tx: model_versions.create(tx, "w1", "iris", version))
    tracked.write_now(lambda tx: experiments.delete_experiment(tx, "w1", lab))
    assert tracked.read_now(lambda tx: deleted.waiting(tx, "w1", LATER)) == Waiting(kept=1)
    assert purge(tracked)[0] == Purged()
    tracked.write_now(lambda tx: models.remove(tx, "w1", "iris"))
    done, _ = purge(tracked)
    assert (done.experiments, done.runs) == (1, 1)


def test_a_run_that_is_half_gone_can_not_be_restored(tracked: Database) -> None:
    half = run(tracked, points=5)
    assert tracked.write_now(lambda tx: deleted.purge(tx, "w1", LATER, 2)).more
    with pytest.raises(NotFound):
        tracked.write_now(lambda tx: runs.restore(tx, "w1", half))
    assert purge(tracked, before=1)[0].runs == 1  # whatever the age: it was begun


def test_folders_are_named_by_the_id_that_they_belong_to(tracked: Database) -> None:
    inside = run(tracked)
    outside = run(tracked)
    for run_id, uri in ((outside, "s3://bucket/x"), (inside, f"mlflow-artifacts:/a/{inside}/artifacts")):
        moved = run_tables.runs.update().where(run_tables.runs.c.run_id == run_id).values(artifact_uri=uri)
        tracked.write_now(lambda tx, moved=moved: tx.connection.execute(moved))  # type: ignore[misc]
    places = tracked.read_now(lambda tx: deleted.candidates(tx, "w1", LATER, ""))
    assert {place.id: place.folder for place in places} == {inside: f"a/{inside}", outside: None}
    purge(tracked)
    assert to_remove(tracked) == {f"a/{inside}"}


def test_the_file_of_the_database_shrinks_by_what_was_deleted(tracked: Database) -> None:
    if tracked.engine.dialect.name != "sqlite":
        assert tracked.write_now(deleted.reclaim) == 0
        return
    run(tracked, points=60_000)
    pages = "PRAGMA page_count"
    before = tracked.read_now(lambda tx: tx.connection.exec_driver_sql(pages).scalar_one())
    purge(tracked)
    while tracked.write_now(deleted.reclaim):
        pass
    after = tracked.read_now(lambda tx: tx.connection.exec_driver_sql(pages).scalar_one())
    assert after < before / 2
    assert tracked.read_now(lambda tx: tx.connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()) == 0
