"""Keys of params that are kept in memory: right after every kind of change."""

from collections.abc import Callable
from functools import partial

import pytest

from handloom.domain.runs import RunInfo
from handloom.store.engine.database import Database, Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.runs import rows as runs
from handloom.store.runs.param_keys import ParamKeys
from store.changing_runs import change_at_random


def _read(keys: ParamKeys) -> Callable[[Read], list[str]]:
    marker = keys.marker()
    return lambda tx: keys.read(tx, marker, experiments.get(tx, "w1", "0"))


def _create(tx: Write, key: str) -> str:
    info = runs.create(tx, "w1", "0", start_time=1, user_id="kim").info
    runs.put_params(tx, info, {"all": "1", key: "2"})
    return info.run_id


def _put_late(tx: Write, info: RunInfo) -> None:
    runs.put_params(tx, info, {f"late{info.internal_id % 5}": "3"})


@pytest.mark.parametrize("seed", range(2))
def test_keys_stay_right_whatever_changes(tracked: Database, seed: int) -> None:
    keys = ParamKeys(tracked)

    def create(tx: Write, number: int, parent: str | None) -> str:
        return _create(tx, f"k{number % 12}")

    def check(step: int) -> None:
        assert tracked.read_now(_read(keys)) == tracked.read_now(_read(ParamKeys(tracked))), step

    change_at_random(tracked, seed, create, [_put_late], check)


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
