"""Counts of run lists that are kept in memory: right after every kind of change, and never counted in full unasked."""

import random
from collections.abc import Callable
from functools import partial

import pytest

from handloom.domain.experiments import Experiment
from handloom.domain.metrics import Metric
from handloom.domain.run_groups import condition_of
from handloom.domain.runs import PARENT_TAG
from handloom.domain.search import RUNS, parse_filter
from handloom.store.engine.database import Database, Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.runs import moves, search
from handloom.store.runs import rows as runs
from handloom.store.runs.counts import RunCount, RunCounts

LISTS: list[tuple[str, list[str], bool]] = [
    ("", [], False),
    ("", [], True),
    ("metrics.a > 0.5", [], False),
    ("params.p = '1' OR metrics.a < 0.2", [], False),
    ("tags.t = 'x'", ["params.p=1"], False),
    ("status = 'FINISHED'", [], True),
]


def _counted(
    counts: RunCounts, given: tuple[str, list[str], bool], *, exact: bool = True
) -> Callable[[Read], RunCount]:
    text, group, roots = given
    marker = counts.marker()

    def work(tx: Read) -> RunCount:
        conditions = [*parse_filter(text, RUNS), *map(condition_of, group)]
        own = experiments.get(tx, "w1", "0")
        return counts.count(tx, marker, own, filter=text, group=group, conditions=conditions, roots=roots, exact=exact)

    return work


def _expected(given: tuple[str, list[str], bool]) -> Callable[[Read], int]:
    text, group, roots = given
    conditions = list(map(condition_of, group))
    return partial(search.total, workspace="w1", experiment_ids=["0"], filter=text, conditions=conditions, roots=roots)


def _create(tx: Write, number: int, parent: str | None) -> str:
    info = runs.create(tx, "w1", "0", start_time=number, user_id="kim").info
    metrics.log(tx, info, [Metric("a", number % 10 / 10, 1, 0)])
    runs.put_params(tx, info, {"p": str(number % 3)})
    if parent:
        runs.put_tags(tx, info, {PARENT_TAG: parent})
    return info.run_id


def _change(tx: Write, run_id: str, kind: int, other: Experiment) -> None:
    info = runs.find(tx, "w1", run_id)
    if info.experiment_internal_id == other.internal_id or info.lifecycle_stage != "active":
        runs.restore(tx, "w1", run_id)
    elif kind == 0:
        runs.delete(tx, "w1", run_id)
    elif kind == 1:
        metrics.log(tx, info, [Metric("a", 0.9 if info.internal_id % 2 else 0.1, 2, 1)])
    elif kind == 2:
        runs.put_tags(tx, info, {"t": "x"})
    elif kind == 3:
        runs.update(tx, "w1", run_id, status="FINISHED")
    else:
        moves.move(tx, "w1", [run_id] if info.status == "FINISHED" else [], other)


@pytest.mark.parametrize("seed", range(2))
def test_counts_stay_right_whatever_changes(tracked: Database, seed: int) -> None:
    chance = random.Random(seed)
    counts = RunCounts(tracked, bits=3)
    other = tracked.write_now(lambda tx: experiments.create(tx, "w1", "other", owner=None))
    ids: list[str] = []
    for step in range(40):
        for _ in range(chance.randrange(4)):
            parent = chance.choice(ids) if ids and step % 3 == 0 else None
            ids.append(tracked.write_now(partial(_create, number=len(ids), parent=parent)))
        for _ in range(chance.randrange(4) if ids else 0):
            change = partial(_change, run_id=chance.choice(ids), kind=chance.randrange(5), other=other)
            tracked.write_now(change)
        if step == 30:
            tracked.write_now(lambda tx: experiments.delete_experiment(tx, "w1", "0"))
            tracked.write_now(lambda tx: experiments.restore(tx, "w1", "0"))
        for given in LISTS:
            found = tracked.read_now(_counted(counts, given))
            assert found == RunCount(total=tracked.read_now(_expected(given)), is_exact=True), (step, given)


def test_a_long_list_is_counted_in_full_only_on_request_and_then_kept(tracked: Database) -> None:
    counts = RunCounts(tracked, checked=5)
    for number in range(12):
        tracked.write_now(partial(_create, number=number, parent=None))
    given = ("params.p = '1'", list[str](), False)
    assert tracked.read_now(_counted(counts, given, exact=False)) == RunCount(total=2, is_exact=False)
    assert tracked.read_now(_counted(counts, given)) == RunCount(total=4, is_exact=True)
    tracked.write_now(partial(_create, number=13, parent=None))
    assert tracked.read_now(_counted(counts, given, exact=False)) == RunCount(total=5, is_exact=True)


def test_a_change_that_a_transaction_cannot_see_is_counted_by_the_next_one(tracked: Database) -> None:
    """The marker is older than the change here, as it is where the transaction began before the commit."""
    counts = RunCounts(tracked)
    given = ("", list[str](), False)
    tracked.write_now(partial(_create, number=1, parent=None))
    tracked.read_now(_counted(counts, given))
    late, early = _counted(counts, given), _counted(counts, given)
    tracked.write_now(partial(_create, number=2, parent=None))
    assert tracked.read_now(early).total == 2
    tracked.write_now(partial(_create, number=3, parent=None))
    assert tracked.read_now(_counted(counts, given)).total == 3
    tracked.read_now(late)
    assert tracked.read_now(_counted(counts, given)).total == 3
