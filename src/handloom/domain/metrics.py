"""Metrics: points of a run's series, the rule for the latest point, and downsampling for charts."""

import math
from collections.abc import Iterable, Sequence

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.keys import check_key

LARGEST = 1.7976931348623157e308
"""The stored value of an infinity, since databases treat infinities differently."""


class Metric(msgspec.Struct, frozen=True, gc=False):
    """One point. NaN is a float NaN. `model_id` and the dataset are set if it was logged for a logged model."""

    key: str
    value: float
    timestamp: int
    step: int
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Summary of a series: its latest point, its extremes (None if every value is NaN) and its length."""

    run_id: str
    key: str
    value: float
    step: int
    timestamp: int
    min: float | None
    max: float | None
    count: int


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one series ordered by (step, timestamp, value), possibly downsampled from `count` points."""

    run_id: str
    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float]
    count: int


class Digest(msgspec.Struct):
    """Summary of the points of one request, which the store merges into the series' row."""

    step: int
    timestamp: int
    value: float
    is_nan: bool
    min: float | None
    max: float | None
    count: int
    first: tuple[int, int]
    """The smallest (step, timestamp)."""


Point = tuple[int, str, int, int, float, bool]
"""Identity of a point: the run's internal id, key, step, timestamp, stored value, is_nan."""


def check(metric: Metric, *, path: str = "") -> None:
    """Raise Invalid for a point that cannot be stored. `path` is its field in the request, such as `metrics[0]`."""
    key = metric.key
    check_key(key, path=f"{path}.name" if path else "name", what="Metric name")
    if metric.timestamp < 0 or metric.timestamp >= 1 << 63:
        raise Invalid(
            f"Invalid value {metric.timestamp} for parameter '{f'{path}.' if path else ''}timestamp' supplied: metric "
            f"'{key}' (value={metric.value}). Timestamp must be a nonnegative long (64-bit integer) "
        )
    if not -(1 << 63) <= metric.step < 1 << 63:
        raise Invalid(
            f"Invalid value {metric.step} for parameter '{f'{path}.' if path else ''}step' supplied: metric '{key}' "
            f"(value={metric.value}). Step must be a valid long (64-bit integer)."
        )


def kept(value: float) -> tuple[float, bool]:
    """Return the stored value and whether it is NaN. NaN is stored, and compares, as 0."""
    if math.isfinite(value):
        return value, False
    if math.isnan(value):
        return 0.0, True
    return (LARGEST if value > 0 else -LARGEST), False


def digests(points: Iterable[Point]) -> dict[str, Digest]:
    """Summarize distinct points of one run per key. The latest point has the greatest (step, timestamp, value)."""
    found: dict[str, Digest] = {}
    for _, key, step, timestamp, value, is_nan in points:
        digest = found.get(key)
        if digest is None:
            known = None if is_nan else value
            found[key] = Digest(step, timestamp, value, is_nan, known, known, 1, (step, timestamp))
            continue
        digest.count += 1
        if (step, timestamp, value) > (digest.step, digest.timestamp, digest.value):
            digest.step, digest.timestamp, digest.value, digest.is_nan = step, timestamp, value, is_nan
        elif (step, timestamp) < digest.first:
            digest.first = (step, timestamp)
        if not is_nan:
            if digest.min is None or digest.max is None:
                digest.min = digest.max = value
            elif value < digest.min:
                digest.min = value
            elif value > digest.max:
                digest.max = value
    return found


def thin(values: Sequence[float], points: int) -> Sequence[int]:
    """Downsample: return ascending indices of at most `points` (>= 2) values: the first, the last, and the minimum and
    maximum of each bucket.

    A chart of them shows every spike that a chart of all values would.
    """
    count = len(values)
    if count <= points:
        return range(count)
    kept = {0, count - 1}
    buckets = (points - 2) // 2
    for bucket in range(buckets):
        start, end = 1 + bucket * (count - 2) // buckets, 1 + (bucket + 1) * (count - 2) // buckets
        inside = range(start, end)
        kept.add(min(inside, key=values.__getitem__))
        kept.add(max(inside, key=values.__getitem__))
    return sorted(kept)


def firsts(count: int, parts: int) -> list[int]:
    """Divide `count` items into `parts` stretches of nearly equal length and return where each begins."""
    size, longer = divmod(count, parts)
    if not size:
        return list(range(count))
    return [part * size + min(part, longer) for part in range(parts)]
