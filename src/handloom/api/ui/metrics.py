"""Metric histories for charts, downsampled."""

from math import isnan

import msgspec

from handloom.api.routing import Context, Route, read
from handloom.domain.errors import Invalid
from handloom.domain.metrics import LARGEST
from handloom.store.engine.database import Read
from handloom.store.metrics import rows as metrics


class MetricSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one metric of one run, ordered by step. The three lists have the same length. NaN is null; an infinity
    is the largest float.

    A history longer than `points` is divided into buckets, which keep their minimum and maximum: spikes stay visible.
    """

    run_id: str
    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float | None]
    count: int
    """Number of points in the whole history."""


class ReadHistories(msgspec.Struct, frozen=True, kw_only=True):
    """`points` is the maximum per series, 2 to 5,000. At most 100 runs and 20 keys."""

    workspace: str
    runs: list[str]
    keys: list[str]
    points: int = 320


class Histories(msgspec.Struct, frozen=True, kw_only=True):
    series: list[MetricSeries]


class ReadStepped(msgspec.Struct, frozen=True, kw_only=True):
    """`runs` holds at most 100 ids."""

    workspace: str
    runs: list[str]


class SteppedMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Sorted keys of metrics with more than one point in any of the runs, which charts draw over steps."""

    keys: list[str]


MAX_RUNS = 100
MAX_KEYS = 20
MAX_POINTS = 5_000


def json_number(value: float | None) -> float | None:
    """Convert a metric's value for JSON: NaN to None. Infinities are already stored as the largest float."""
    return None if value is None or isnan(value) else max(-LARGEST, min(LARGEST, value))


def stepped(tx: Read, context: Context, request: ReadStepped) -> SteppedMetrics:
    _check_runs(request.runs)
    return SteppedMetrics(keys=metrics.stepped(tx, request.workspace, request.runs))


def _check_runs(runs: list[str]) -> None:
    if len(runs) > MAX_RUNS:
        raise Invalid(f"At most {MAX_RUNS} runs can be charted at once, not {len(runs)}.", field="runs")


def histories(tx: Read, context: Context, request: ReadHistories) -> Histories:
    _check_runs(request.runs)
    if len(request.keys) > MAX_KEYS:
        raise Invalid(f"At most {MAX_KEYS} metrics can be charted at once, not {len(request.keys)}.", field="keys")
    if not 2 <= request.points <= MAX_POINTS:
        raise Invalid(f"The number of points must be from 2 to {MAX_POINTS:,}.", field="points")
    runs, keys = dict.fromkeys(request.runs), dict.fromkeys(request.keys)
    found = metrics.series(tx, request.workspace, runs, keys, request.points)
    return Histories(
        series=[
            MetricSeries(
                run_id=s.run_id,
                key=s.key,
                steps=s.steps,
                timestamps=s.timestamps,
                values=[json_number(v) for v in s.values],
                count=s.count,
            )
            for s in found
        ]
    )


ROUTES: list[Route] = [
    read(
        "POST",
        "/api/v1/workspaces/{workspace}/metrics/histories",
        histories,
        summary="Get metric histories, sampled so that minima and maxima stay visible.",
    ),
    read(
        "POST",
        "/api/v1/workspaces/{workspace}/metrics/stepped",
        stepped,
        summary="List the metrics of some runs that have more than one point.",
    ),
]
