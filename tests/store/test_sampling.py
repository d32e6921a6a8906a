"""Long series in buckets: the same samples as from all points, every spike in the chart, and few rows read."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest

from handloom.domain.metrics import Metric, Series, firsts
from handloom.domain.runs import RunInfo
from handloom.store.engine.database import Database, Read
from handloom.store.metrics import rows as metrics
from handloom.store.metrics import sampling
from handloom.store.runs import rows as runs

COUNT = 30_000
SPIKE, DIP = 21_234, 777


def shapes() -> dict[str, list[Metric]]:
    """Series that are long for different reasons: regular, many points per step, all at one step, some NaN."""
    chance = random.Random(3)
    values = [chance.random() for _ in range(COUNT)]
    values[SPIKE], values[DIP] = 9.0, -9.0
    regular = [Metric("m", value, 1_000 + at, at) for at, value in enumerate(values)]
    crowded = [Metric("m", value, at // 5, at // 70) for at, value in enumerate(values)]
    still = [Metric("m", value, at // 2, 0) for at, value in enumerate(values)]
    holes = [Metric("m", math.nan if 100 < at < 400 else value, at, at * 3) for at, value in enumerate(values)]
    return {"regular": regular, "crowded": crowded, "still": still, "holes": holes}


@pytest.fixture(params=["regular", "crowded", "still", "holes"])
def points(request: pytest.FixtureRequest) -> list[Metric]:
    return shapes()[request.param]


def logged(database: Database, points: Sequence[Metric]) -> RunInfo:
    info = database.write_now(lambda tx: runs.create(tx, "w1", "0")).info
    database.write_now(lambda tx: metrics.log(tx, info, points))
    return info


def in_order(points: Sequence[Metric]) -> list[Metric]:
    return sorted(points, key=lambda m: (m.step, m.timestamp, 0.0 if math.isnan(m.value) else m.value))


def shown(points: Sequence[Metric]) -> list[tuple[int, int, str]]:
    return [(m.step, m.timestamp, repr(m.value)) for m in points]


def expected(points: Sequence[Metric], count: int, first: int | None, last: int | None) -> list[Metric]:
    """MLflow's sample, from all points."""
    inside = [m for m in in_order(points) if (first is None or m.step >= first) and (last is None or m.step <= last)]
    found = [inside[place] for place in firsts(len(inside), count)]
    if inside and (not found or found[-1] is not inside[-1]):
        found = [*found[: count - 1], inside[-1]] if len(found) == count else [*found, inside[-1]]
    return found


def kept(tx: Read, info: RunInfo) -> int:
    """Points that kept buckets hold."""
    query = "SELECT coalesce(sum(count), 0) AS points FROM metric_buckets WHERE run_internal_id = :run AND key = :key"
    (row,) = tx.fetch(query, run=info.internal_id, key="m")
    return int(row.points)


def sampled(database: Database, info: RunInfo, count: int, first: int | None = None, last: int | None = None) -> Any:
    return shown(database.read_now(lambda tx: metrics.sample(tx, info, "m", points=count, first=first, last=last)))


def charted(database: Database, info: RunInfo, count: int) -> Series:
    return database.read_now(lambda tx: metrics.series(tx, "w1", [info.run_id], ["m"], count))[0]


def test_samples_and_charts_are_the_same_before_and_after_buckets_are_kept(
    tracked: Database, points: list[Metric]
) -> None:
    info = logged(tracked, points)
    whole = in_order(points)
    bounds = [(None, None), (whole[0].step, whole[-1].step), (whole[500].step + 1, whole[20_000].step), (10**9, 10**9)]
    for _ in range(2):
        for count in (1, 2, 7, 320, 2_500):
            for first, last in bounds:
                found = sampled(tracked, info, count, first, last)
                assert found == shown(expected(points, count, first, last)), (count, first, last)
        chart = charted(tracked, info, 320)
        assert chart.count == COUNT
        assert len(chart.steps) == len(chart.timestamps) == len(chart.values) <= 320
        assert (max(chart.values), min(chart.values)) == (9.0, -9.0)
        assert (chart.steps[0], chart.steps[-1]) == (whole[0].step, whole[-1].step)
        assert list(zip(chart.steps, chart.timestamps, strict=True)) == sorted(
            zip(chart.steps, chart.timestamps, strict=True)
        )
        tracked.background_writes.drain()
    assert tracked.read_now(lambda tx: kept(tx, info)) > COUNT - 2 * sampling.SLICE


def test_points_that_come_later_are_seen_wherever_they_belong(tracked: Database) -> None:
    points = shapes()["regular"]
    info = logged(tracked, points)
    sampled(tracked, info, 320)
    tracked.background_writes.drain()
    held = tracked.read_now(lambda tx: kept(tx, info))
    after = [Metric("m", 50.0, 1, COUNT + n) for n in range(100)]
    tracked.write_now(lambda tx: metrics.log(tx, info, after))
    assert tracked.read_now(lambda tx: kept(tx, info)) == held
    assert max(charted(tracked, info, 320).values) == 50.0
    among = [Metric("m", -50.0, 5, 300)]
    tracked.write_now(lambda tx: metrics.log(tx, info, among))
    for _ in range(2):
        assert sampled(tracked, info, 500) == shown(expected([*points, *after, *among], 500, None, None))
        assert min(charted(tracked, info, 320).values) == -50.0
        tracked.background_writes.drain()
    assert tracked.read_now(lambda tx: kept(tx, info)) > held - sampling.SLICE


def test_a_batch_that_begins_among_stored_points_and_ends_after_them_is_seen(tracked: Database) -> None:
    info = logged(tracked, shapes()["regular"])
    charted(tracked, info, 320)
    tracked.background_writes.drain()
    batch = [Metric("m", -70.0, 5, 300), Metric("m", 70.0, 1, COUNT + 1), Metric("other", 1.0, 1, 1)]
    tracked.write_now(lambda tx: metrics.log(tx, info, batch))
    assert (min(charted(tracked, info, 320).values), max(charted(tracked, info, 320).values)) == (-70.0, 70.0)


def test_a_repeated_request_forgets_no_buckets(tracked: Database) -> None:
    points = shapes()["regular"]
    info = logged(tracked, points)
    sampled(tracked, info, 320)
    tracked.background_writes.drain()
    tracked.write_now(lambda tx: metrics.log(tx, info, points[:10]))
    query = "SELECT sampled_step FROM latest_metrics WHERE run_internal_id = :run"
    (row,) = tracked.read_now(lambda tx: tx.fetch(query, run=info.internal_id))
    assert row.sampled_step is not None


def test_very_many_points_at_one_step_and_time_are_one_bucket(tracked: Database) -> None:
    points = [Metric("m", float(at), 1, 0) for at in range(COUNT)] + [Metric("m", -1.0, 2, 1)]
    info = logged(tracked, points)
    for _ in range(2):
        assert sampled(tracked, info, 10) == shown(expected(points, 10, None, None))
        assert max(charted(tracked, info, 10).values) == COUNT - 1
        tracked.background_writes.drain()


def test_a_chart_of_many_points_keeps_what_a_nan_beside_them_would_hide(tracked: Database) -> None:
    points = [Metric("m", math.nan if at == 50 else 1.0 + at, at, at) for at in range(200)]
    info = logged(tracked, points)
    chart = charted(tracked, info, 20)
    assert len(chart.values) <= 20
    assert not any(math.isnan(value) for value in chart.values)
    assert (chart.values[0], chart.values[-1]) == (1.0, 200.0)


def test_when_a_run_ends_its_long_series_are_bucketed_to_the_last_point(
    tracked: Database, points: list[Metric]
) -> None:
    info = logged(tracked, points)
    before = charted(tracked, info, 200)
    tracked.write_now(lambda tx: runs.update(tx, "w1", info.run_id, status="FINISHED"))
    tracked.background_writes.drain()
    assert tracked.read_now(lambda tx: kept(tx, info)) == COUNT
    assert charted(tracked, info, 200) == before
    later = [Metric("m", 99.0, points[-1].timestamp + 1, points[-1].step + 1)]
    tracked.write_now(lambda tx: metrics.log(tx, info, later))
    assert charted(tracked, info, 200).values[-1] == 99.0
    among = [Metric("m", 77.0, points[SPIKE].timestamp, points[SPIKE].step)]
    tracked.write_now(lambda tx: metrics.log(tx, info, among))
    assert 77.0 in charted(tracked, info, 200).values
