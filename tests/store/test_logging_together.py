"""Requests that log to runs, made together in one commit: each is kept or refused as if it were alone."""

import threading
from collections.abc import Sequence
from functools import partial

import pytest

from handloom.domain.metrics import Metric
from handloom.domain.runs import NAME_TAG
from handloom.store.engine.database import Database, Together, Write
from handloom.store.metrics import rows as metrics
from handloom.store.runs import rows as runs
from handloom.store.runs.logging_together import LOG, Logged, log


@pytest.fixture
def run_ids(tracked: Database) -> list[str]:
    return [tracked.write_now(lambda tx: runs.create(tx, "w1", "0")).info.run_id for _ in range(3)]


def together(database: Database, given: Sequence[Logged], work: Together = LOG) -> list[str]:
    """Queue all while the writer is busy, so that they share a commit; return "" or the error of each."""
    found: dict[int, str] = {}
    settled, free = threading.Event(), threading.Event()

    def settle(outcomes: Sequence[tuple[int, BaseException | None]]) -> None:
        found.update((at, "" if error is None else str(error)) for at, error in outcomes)
        if len(found) == len(given):
            settled.set()

    started = threading.Event()

    def wait(tx: Write) -> None:
        started.set()
        free.wait(20)

    busy = database.write(wait)
    assert started.wait(20)
    for at, one in enumerate(given):
        database.write_together(work, one, at, settle)
    free.set()
    assert settled.wait(20)
    busy.result()
    return [found[at] for at in range(len(given))]


def point(step: int, value: float = 1.0, key: str = "loss") -> Metric:
    return Metric(key, value, 100 + step, step)


def test_every_request_of_a_commit_is_kept(tracked: Database, run_ids: list[str]) -> None:
    given = [Logged(workspace="w1", run_id=run_ids[at % 3], metrics=[point(at, at)]) for at in range(30)]
    given += [Logged(workspace="w1", run_id=run_id, params={"p": run_id}, tags={"t": run_id}) for run_id in run_ids]
    assert together(tracked, given) == [""] * 33
    for at, run_id in enumerate(run_ids):
        (summary,) = tracked.read_now(partial(metrics.summaries, workspace="w1", runs=[run_id]))
        assert (summary.count, summary.step, summary.value, summary.min) == (10, 27 + at, 27.0 + at, float(at))
        run = tracked.read_now(partial(runs.get, workspace="w1", run_id=run_id))
        assert (run.params, run.tags["t"]) == ({"p": run_id}, run_id)


def test_a_refused_request_is_refused_alone(tracked: Database, run_ids: list[str]) -> None:
    first, second, deleted = run_ids
    tracked.write_now(lambda tx: runs.delete(tx, "w1", deleted))
    given = [
        Logged(workspace="w1", run_id=first, params={"p": "1"}),
        Logged(workspace="w1", run_id=first, params={"p": "2", "q": "2"}, tags={"never": "kept"}),
        Logged(workspace="w1", run_id="f" * 32, metrics=[point(1)]),
        Logged(workspace="w2", run_id=first, metrics=[point(1)]),
        Logged(workspace="w1", run_id=deleted, metrics=[point(1)]),
        Logged(workspace="w1", run_id=second, tags={NAME_TAG: "renamed"}, metrics=[point(1)]),
    ]
    errors = together(tracked, given)
    assert [bool(error) for error in errors] == [False, True, True, True, True, False]
    assert "already logged" in errors[1]
    assert "not found" in errors[2]
    assert "not found" in errors[3]
    assert "'active' state" in errors[4]
    run = tracked.read_now(lambda tx: runs.get(tx, "w1", first))
    assert (run.params, "never" in run.tags) == ({"p": "1"}, False)
    assert tracked.read_now(lambda tx: runs.find(tx, "w1", second)).name == "renamed"


def test_a_repeated_point_is_counted_once_beside_new_ones(tracked: Database, run_ids: list[str]) -> None:
    first, second, _ = run_ids
    tracked.write_now(lambda tx: metrics.log(tx, runs.active(tx, "w1", first), [point(1)]))
    given = [Logged(workspace="w1", run_id=first, metrics=[point(1)])]
    given += [Logged(workspace="w1", run_id=run_id, metrics=[point(2)]) for run_id in (first, second)]
    given += [Logged(workspace="w1", run_id=second, metrics=[point(2)])]
    assert together(tracked, given) == [""] * 4
    counts = {one.run_id: one.count for one in tracked.read_now(lambda tx: metrics.summaries(tx, "w1", run_ids))}
    assert counts == {first: 2, second: 1}


def test_an_unknown_model_fails_only_the_request_that_names_it(tracked: Database, run_ids: list[str]) -> None:
    lost = Metric("loss", 1.0, 1, 1, "m-" + "0" * 32)
    given = [Logged(workspace="w1", run_id=run_ids[0], metrics=[one]) for one in (point(1), lost, point(2))]
    errors = together(tracked, given)
    assert [bool(error) for error in errors] == [False, True, False]
    (summary,) = tracked.read_now(lambda tx: metrics.summaries(tx, "w1", run_ids))
    assert summary.count == 2


def test_an_unexpected_error_leaves_the_other_requests(tracked: Database, run_ids: list[str]) -> None:
    def failing(tx: Write, given: Sequence[Logged]) -> list[BaseException | None]:
        log(tx, given)
        if any(one.tags for one in given):
            raise ZeroDivisionError("a fault")
        return [None] * len(given)

    given = [
        Logged(workspace="w1", run_id=run_ids[0], metrics=[point(1)]),
        Logged(workspace="w1", run_id=run_ids[1], tags={"a": "b"}),
        Logged(workspace="w1", run_id=run_ids[2], metrics=[point(1)]),
    ]
    assert together(tracked, given, Together(failing)) == ["", "a fault", ""]
    assert "a" not in tracked.read_now(lambda tx: runs.get(tx, "w1", run_ids[1])).tags
    assert len(tracked.read_now(lambda tx: metrics.summaries(tx, "w1", run_ids))) == 2
