"""Keys of params that are kept in memory: right after every kind of change."""

import random
from collections.abc import Callable
from functools import partial

import pytest

from handloom.domain.experiments import Experiment
from handloom.store.engine.database import Database, Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.runs import moves
from handloom.store.runs import rows as runs
from handloom.store.runs.param_keys import ParamKeys


def _read(keys: ParamKeys) -> Callable[[Read], list[str]]:
    marker = keys.marker()
    return lambda tx: keys.read(tx, marker, experiments.get(tx, "w1", "0"))


def _create(tx: Write, key: str) -> str:
    info = runs.create(tx, "w1", "0", start_time=1, user_id="kim").info
    runs.put_params(tx, info, {"all": "1", key: "2"})
    return info.run_id


def _change(tx: Write, run_id: str, kind: int, other: Experiment) -> None:
    info = runs.find(tx, "w1", run_id)
    if info.experiment_internal_id == other.internal_id or info.lifecycle_stage != "active":
        runs.restore(tx, "w1", run_id)
    elif kind == 0:
        runs.delete(tx, "w1", run_id)
    elif kind == 1:
        runs.put_params(tx, info, {f"late{info.internal_id % 5}": "3"})
    elif kind == 2:
        runs.update(tx, "w1", run_id, status="FINISHED")
    else:
        moves.move(tx, "w1", [run_id] if info.status == "FINISHED" else [], other)


@pytest.mark.parametrize("seed", range(2))
def test_keys_stay_right_whatever_changes(tracked: Database, seed: int) -> None:
    chance = random.Random(seed)
    keys = ParamKeys(tracked)
    other = tracked.write_now(lambda tx: experiments.create(tx, "w1", "other", owner=None))
    ids: list[str] = []
    for step in range(40):
        for _ in range(chance.randrange(3)):
            ids.append(tracked.write_now(partial(_create, key=f"k{chance.randrange(12)}")))
        for _ in range(chance.randrange(4) if ids else 0):
            change = partial(_change, run_id=chance.choice(ids), kind=chance.randrange(4), other=other)
            tracked.write_now(change)
        if step == 30:
            tracked.write_now(lambda tx: experiments.delete_experiment(tx, "w1", "0"))
            tracked.write_now(lambda tx: experiments.restore(tx, "w1", "0"))
        assert tracked.read_now(_read(keys)) == tracked.read_now(_read(ParamKeys(tracked))), step


def test_a_change_that_a_transaction_cannot_see_is_read_by_the_next_one(tracked: Database) -> None:
    keys = ParamKeys(tracked)
    tracked.write_now(partial(_create, key="a"))
    tracked.read_now(_read(keys))
    late = _read(keys)
    tracked.write_now(partial(_create, key="b"))
    assert tracked.read_now(_read(keys)) == ["a", "all", "b"]
    tracked.write_now(partial(_create, key="c"))
    tracked.read_now(late)
    assert tracked.read_now(_read(keys)) == ["a", "all", "b", "c"]
