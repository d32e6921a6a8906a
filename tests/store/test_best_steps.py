"""The steps at which a series first reached its least and greatest values: as from all points, in order of steps."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from handloom.domain.metrics import Metric
from handloom.domain.runs import RunInfo
from handloom.store.engine.database import Database
from handloom.store.metrics import rows as metrics
from handloom.store.metrics.best_steps import best_steps
from handloom.store.runs import rows as runs


def series(values: Sequence[float]) -> list[Metric]:
    return [Metric("m", value, 1_000 - at, at * 2) for at, value in enumerate(values)]


def long(count: int) -> list[float]:
    """Values with the extremes twice, far apart, and a NaN where the first one would be by number."""
    chance = random.Random(5)
    values = [chance.random() for _ in range(count)]
    for at in (700, count - 5):
        values[at], values[at + 1], values[at + 2] = math.nan, 9.0, -9.0
    return values


SHAPES = {
    "one point": [0.5],
    "ties": [2.0, 1.0, 3.0, 1.0, 3.0],
    "NaN first": [math.nan, 0.0, 5.0, math.nan],
    "infinities": [1.0, math.inf, -math.inf, math.inf],
    "just short": long(10_000),
    "just long": long(10_001),
    "long": long(40_000),
}


def logged(database: Database, points: Sequence[Metric]) -> RunInfo:
    info = database.write_now(lambda tx: runs.create(tx, "w1", "0")).info
    database.write_now(lambda tx: metrics.log(tx, info, points))
    return info


@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_step_of_the_least_and_greatest_value_is_told(tracked: Database, shape: str) -> None:
    points = series(SHAPES[shape])
    info = logged(tracked, random.Random(1).sample(points, len(points)))
    real = [point for point in points if not math.isnan(point.value)]
    expected = (min(real, key=lambda point: point.value).step, max(real, key=lambda point: point.value).step)
    for _ in range(2):  # the first read of a long series stores its buckets, the second one reads them
        found = tracked.read_now(lambda tx: best_steps(tx, [info.internal_id], frozenset(["m", "other"])))
        assert found == {info.internal_id: {"m": expected}}


def test_a_series_of_nan_alone_has_none_and_only_wanted_keys_are_read(tracked: Database) -> None:
    info = logged(tracked, [Metric("bad", math.nan, 1, 0), Metric("a", 1.0, 1, 3), Metric("b", 1.0, 1, 4)])
    every = tracked.read_now(lambda tx: best_steps(tx, [info.internal_id], None))
    assert every == {info.internal_id: {"a": (3, 3), "b": (4, 4)}}
    assert tracked.read_now(lambda tx: best_steps(tx, [info.internal_id], frozenset())) == {}
