"""Counts of run lists that are kept in memory: right after every kind of change, and never counted in full unasked."""

from collections.abc import Callable
from functools import partial

import pytest

from handloom.domain.metrics import Metric
from handloom.domain.run_groups import condition_of
from handloom.domain.runs import PARENT_TAG, RunInfo
from handloom.domain.search import RUNS, parse_filter
from handloom.store.engine.database import Database, Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.runs import rows as runs
from handloom.store.runs import search
from handloom.store.runs.counts import RunCount, RunCounts
from store.changing_runs import change_at_random

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


def _log(tx: Write, info: RunInfo) -> None:
    metrics.log(tx, info, [Metric("a", 0.9 if info.internal_id % 2 else 0.1, 2, 1)])


def _tag(tx: Write, info: RunInfo) -> None:
    runs.put_tags(tx, info, {"t": "x"})


@pytest.mark.parametrize("seed", range(2))
def test_counts_stay_right_whatever_changes(tracked: Database, seed: int) -> None:
    counts = RunCounts(tracked, bits=3)

    def check(step: int) -> None:
        for given in LISTS:
            found = tracked.read_now(_counted(counts, given))
            assert found == RunCount(total=tracked.read_now(_expected(given)), is_exact=True), (step, given)

    change_at_random(tracked, seed, _create, [_log, _tag], check)


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
