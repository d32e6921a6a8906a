"""Experiments in a real database."""

from functools import partial

import pytest

from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from handloom.store.engine.database import Database
from handloom.store.experiments import rows as experiments
from handloom.store.runs import rows as runs


def test_each_workspace_counts_its_own_from_the_default_one(tracked: Database) -> None:
    for workspace in ("w1", "w2"):
        default = tracked.read_now(partial(experiments.get, workspace=workspace, experiment_id="0"))
        assert (default.name, default.artifact_location, default.owner_id) == ("Default", "mlflow-artifacts:/0", "u1")
        create = partial(experiments.create, workspace=workspace, name="lab", owner="u1", tags={"a": "b"})
        made = tracked.write_now(create)
        assert (made.id, made.artifact_location, made.tags) == ("1", "mlflow-artifacts:/1", {"a": "b"})
    assert tracked.read_now(lambda tx: experiments.get_by_name(tx, "w2", "lab")).workspace == "w2"


def test_a_taken_name_is_refused_even_where_its_experiment_is_deleted(tracked: Database) -> None:
    made = tracked.write_now(lambda tx: experiments.create(tx, "w1", "lab", owner=None))
    with pytest.raises(AlreadyExists, match=r"Experiment\(name=lab\) already exists"):
        tracked.write_now(lambda tx: experiments.create(tx, "w1", "lab", owner=None))
    tracked.write_now(lambda tx: experiments.delete_experiment(tx, "w1", made.id))
    with pytest.raises(AlreadyExists, match="restore it"):
        tracked.write_now(lambda tx: experiments.create(tx, "w1", "lab", owner=None))
    with pytest.raises(AlreadyExists):
        tracked.write_now(lambda tx: experiments.rename(tx, "w1", "0", "lab"))


def stages(database: Database, *run_ids: str) -> dict[str, str]:
    return {
        run_id: database.read_now(partial(runs.find, workspace="w1", run_id=run_id)).lifecycle_stage
        for run_id in run_ids
    }


def test_restoring_brings_back_the_runs_that_were_deleted_with_it(tracked: Database) -> None:
    early, late = (tracked.write_now(lambda tx: runs.create(tx, "w1", "0")).info.run_id for _ in range(2))
    tracked.write_now(lambda tx: runs.delete(tx, "w1", early))
    tracked.write_now(
        lambda tx: tx.connection.exec_driver_sql("UPDATE runs SET deleted_time = 5 WHERE deleted_time > 0")
    )
    tracked.write_now(lambda tx: experiments.delete_experiment(tx, "w1", "0"))
    stage = stages(tracked, early, late)
    assert stage == {early: "deleted", late: "deleted"}
    tracked.write_now(lambda tx: experiments.restore(tx, "w1", "0"))
    stage = stages(tracked, early, late)
    assert stage == {early: "deleted", late: "active"}


def test_a_deleted_experiment_takes_no_changes(tracked: Database) -> None:
    tracked.write_now(lambda tx: experiments.delete_experiment(tx, "w1", "0"))
    with pytest.raises(NotFound, match="No Experiment with id=0"):
        tracked.write_now(lambda tx: experiments.delete_experiment(tx, "w1", "0"))
    with pytest.raises(Conflict, match="non-active"):
        tracked.write_now(lambda tx: experiments.rename(tx, "w1", "0", "x"))
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        tracked.write_now(lambda tx: experiments.set_tag(tx, "w1", "0", "k", "v"))
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        tracked.write_now(lambda tx: runs.create(tx, "w1", "0"))


def test_a_failed_creation_leaves_nothing(tracked: Database) -> None:
    with pytest.raises(Invalid, match="'value' exceeds"):
        tracked.write_now(lambda tx: experiments.create(tx, "w1", "lab", owner=None, tags={"k": "v" * 20_001}))
    with pytest.raises(NotFound):
        tracked.read_now(lambda tx: experiments.get_by_name(tx, "w1", "lab"))


def test_tags_are_set_and_deleted(tracked: Database) -> None:
    tracked.write_now(lambda tx: experiments.set_tag(tx, "w1", "0", "k", "1"))
    tracked.write_now(lambda tx: experiments.set_tag(tx, "w1", "0", "k", "2"))
    assert tracked.read_now(lambda tx: experiments.get(tx, "w1", "0")).tags == {"k": "2"}
    assert tracked.read_now(lambda tx: experiments.get(tx, "w2", "0")).tags == {}
    tracked.write_now(lambda tx: experiments.delete_tag(tx, "w1", "0", "k"))
    with pytest.raises(NotFound):
        tracked.write_now(lambda tx: experiments.delete_tag(tx, "w1", "0", "k"))


@pytest.mark.parametrize("experiment_id", ["abc", "", "1.5", "٣", "9" * 19])
def test_what_is_no_id_is_refused(tracked: Database, experiment_id: str) -> None:
    with pytest.raises(Invalid, match="must be a valid integer"):
        tracked.read_now(lambda tx: experiments.get(tx, "w1", experiment_id))


def test_a_negative_id_is_one_that_nothing_has(tracked: Database) -> None:
    with pytest.raises(NotFound, match="No Experiment with id=-1337 exists"):
        tracked.read_now(lambda tx: experiments.get(tx, "w1", "-1337"))
