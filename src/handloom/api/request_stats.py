"""Counts and durations of requests by route and status, kept on the event loop."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the histogram's buckets."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class RequestStats:
    """A histogram for each API, method, route and status. prometheus_client's own takes a lock for each value."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, str, int], tuple[list[int], list[float]]] = {}

    def observe(self, api: str, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. `route` is the route's path with its parameters' names, "" where none matched."""
        key = (api, method if method in _METHODS else "other", route, status)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = ([0] * (len(SECONDS) + 1), [0.0])
        series[0][bisect_left(SECONDS, seconds)] += 1
        series[1][0] += seconds

    def families(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(
            "handloom_http_request_duration_seconds",
            "Requests of the two APIs, with the time until the reply was sent.",
            labels=["api", "method", "route", "status"],
        )
        bounds = [*map(str, SECONDS), "+Inf"]
        for (api, method, route, status), (counts, total) in self._series.items():
            buckets = list(zip(bounds, map(float, accumulate(counts)), strict=True))
            family.add_metric([api, method, route, str(status)], buckets=buckets, sum_value=total[0])
        yield family
