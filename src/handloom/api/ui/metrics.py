"""Metric histories, sampled for charts."""

import msgspec


class MetricSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one (run, metric), ordered by step. The three lists have the same length; NaN is null.

    Where the history is longer than `points`, each bucket keeps its minimum and maximum so that spikes stay visible.
    """

    run_id: str
    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float | None]
    count: int
    """Points of the whole history."""


class ReadHistories(msgspec.Struct, frozen=True, kw_only=True):
    """`points` per series, 2 to 5,000; at most 100 runs and 20 keys."""

    workspace: str
    runs: list[str]
    keys: list[str]
    points: int = 320


class Histories(msgspec.Struct, frozen=True, kw_only=True):
    series: list[MetricSeries]
