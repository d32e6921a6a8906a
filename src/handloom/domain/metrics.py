"""Metrics: points of a run's series, which of them is the latest, and how they are thinned out for a chart."""

import math
from collections.abc import Iterable, Sequence

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.keys import check_key

LARGEST = 1.7976931348623157e308
"""What an infinity is kept as: databases differ on real ones."""


class Metric(msgspec.Struct, frozen=True, gc=False):
    """One point. A NaN is a NaN here; `model_id` and the dataset are set where it was logged for a logged model."""

    key: str
    value: float
    timestamp: int
    step: int
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A series in one row: its latest point, its extremes (None where every value is NaN) and its length."""

    run_id: str
    key: str
    value: float
    step: int
    timestamp: int
    min: float | None
    max: float | None
    count: int


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one series in order of (step, timestamp, value), perhaps thinned out of `count`."""

    run_id: str
    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float]
    count: int


class Digest(msgspec.Struct):
    """What one request adds to the summary of a series; the store merges it with the row that is there."""

    step: int
    timestamp: int
    value: float
    is_nan: bool
    min: float | None
    max: float | None
    count: int
    first: tuple[int, int]
    """The least (step, timestamp)."""


Point = tuple[int, str, int, int, float, bool]
"""The run's internal number, key, step, timestamp, value as it is kept, is_nan: the identity of a point."""


def check(metric: Metric, *, path: str = "") -> None:
    """Raise Invalid where a point cannot be kept. `path` is its place in the request: `metrics[0]`."""
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
    """A value as it is kept, and whether it is NaN. NaN is kept, and compares, as 0."""
    if math.isfinite(value):
        return value, False
    if math.isnan(value):
        return 0.0, True
    return (LARGEST if value > 0 else -LARGEST), False


def digests(points: Iterable[Point]) -> dict[str, Digest]:
    """One Digest per key of different points of one run. The latest has the greatest (step, timestamp, value)."""
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
    """Indices of at most `points` (>= 2) values, ascending: the first, the last, and each bucket's minimum and maximum.

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
    """Where each of `parts` stretches of `count` things begins; the first stretches are one longer where it must be."""
    size, longer = divmod(count, parts)
    if not size:
        return list(range(count))
    return [part * size + min(part, longer) for part in range(parts)]
