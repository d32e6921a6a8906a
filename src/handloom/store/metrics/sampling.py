"""Buckets of long series: ranges of points with their extremes, so that a chart of a million points reads a few
thousand rows.

Buckets of points that no longer change are stored by background writes, after the run's end or a read that found them
missing. Buckets of a running run's newest points are computed by each read. Logging a point into the range of stored
buckets deletes them, see `store.metrics.rows`.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from operator import attrgetter
from typing import Protocol

from msgspec.structs import astuple

from handloom.store.engine.bulk_insert import Insert
from handloom.store.engine.database import Read, Write
from handloom.store.engine.statements import Row
from handloom.store.metrics import tables as metric_tables
from handloom.store.runs import tables as run_tables

SIZE = 64
"""Points of a bucket. It has more only where many points share a step and a timestamp: one bucket holds all of them."""
SLICE = 128 * SIZE
"""Points that are read at once, and after which their buckets are stored."""


class StoredPoint(Row, frozen=True, order=True):
    """A stored point of a series. NaN is stored as 0, with a flag."""

    step: int
    timestamp: int
    value: float
    is_nan: bool


class BucketStart(Row, frozen=True):
    """The first point of a bucket, and the number of its points."""

    step: int
    timestamp: int
    points: int


class PointBucket(Row, frozen=True):
    """A bucket with its smallest and largest point, whose values are None if all values are NaN."""

    step: int
    timestamp: int
    points: int
    low_step: int
    low_time: int
    low_value: float | None
    high_step: int
    high_time: int
    high_value: float | None


class _Starting(Protocol):
    """A `BucketStart` or a `PointBucket`."""

    @property
    def step(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def points(self) -> int: ...


_BY_STEP = "ORDER BY step, timestamp, value, is_nan LIMIT :limit"
_AFTER = (
    "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_internal_id = :run AND key = :key "
    f"AND (step, timestamp) > (:step, :time) {_BY_STEP}"
)
_FROM = (
    "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_internal_id = :run AND key = :key "
    f"AND (step, timestamp) >= (:step, :time) {_BY_STEP} OFFSET :offset"
)
_BUCKETS = (
    "SELECT step, timestamp, count AS points, low_step, low_time, low_value, high_step, high_time, high_value "
    "FROM metric_buckets WHERE run_internal_id = :run AND key = :key ORDER BY step, timestamp"
)
_STARTS = (
    "SELECT step, timestamp, count AS points FROM metric_buckets WHERE run_internal_id = :run AND key = :key "
    "ORDER BY step, timestamp"
)
_STORED_UNTIL = (
    "SELECT sampled_step, sampled_time FROM latest_metrics "
    "WHERE run_internal_id = :run AND key = :key AND sampled_step IS NOT NULL"
)
_DELETE = "DELETE FROM metric_buckets WHERE run_internal_id = :run AND key = :key"
_SET_STORED_UNTIL = (
    "UPDATE latest_metrics SET sampled_step = :step, sampled_time = :time WHERE run_internal_id = :run AND key = :key"
)
_LONG_KEYS = "SELECT key FROM latest_metrics WHERE run_internal_id = :run AND count > :points"
_HAS_ENDED = f"SELECT internal_id FROM runs WHERE internal_id = :run AND {run_tables.IS_ENDED}"
_INSERT = Insert(metric_tables.metric_buckets, [column.name for column in metric_tables.metric_buckets.c])
_BEGINNING = (-(1 << 63), -1)


def buckets(tx: Read, run: int, key: str) -> Sequence[_Starting]:
    """Return the buckets of a series, by its run's internal id. Missing ones that can be stored are stored in the
    background.
    """
    until = _stored_until(tx, run, key)
    stored = tx.fetch(_STARTS, BucketStart, run=run, key=key) if until else []
    return [*stored, *_newest(tx, run, key, until)]


def buckets_with_extremes(tx: Read, run: int, key: str) -> list[PointBucket]:
    """As `buckets`, with the smallest and largest point of each."""
    until = _stored_until(tx, run, key)
    stored = tx.fetch(_BUCKETS, PointBucket, run=run, key=key) if until else []
    return stored + _newest(tx, run, key, until)


def prepare(tx: Read, run: int) -> None:
    """Store the buckets of a run's long series in the background, because it has ended and people will look at it."""
    for row in tx.fetch(_LONG_KEYS, run=run, points=2 * SLICE):
        tx.write_in_background(("buckets", run, row.key, "ended"), partial(_store, run, row.key))


def _newest(tx: Read, run: int, key: str, until: tuple[int, int] | None) -> list[PointBucket]:
    """Compute the buckets of the points after the stored buckets."""
    found: list[PointBucket] = []
    for points, _ in _slices(tx, run, key, until or _BEGINNING):
        found += _bucketed(points)
    if length(found) > 2 * SLICE:
        tx.write_in_background(("buckets", run, key, until), partial(_store, run, key))
    return found


def length(ladder: Sequence[_Starting]) -> int:
    """Return the number of points of all buckets."""
    return sum([bucket.points for bucket in ladder])


def extremes(ladder: Sequence[PointBucket], parts: int) -> list[StoredPoint]:
    """Return the smallest and largest point of each of `parts` ranges of the series, in order."""
    found: list[StoredPoint] = []
    count = len(ladder)
    for part in range(parts):
        inside = [b for b in ladder[part * count // parts : (part + 1) * count // parts] if b.low_value is not None]
        if inside:
            low = min(inside, key=attrgetter("low_value"))
            high = max(inside, key=attrgetter("high_value"))
            least = StoredPoint(low.low_step, low.low_time, low.low_value or 0.0, False)
            greatest = StoredPoint(high.high_step, high.high_time, high.high_value or 0.0, False)
            found += sorted({least, greatest})
    return found


def at(tx: Read, run: int, key: str, ladder: Sequence[_Starting], positions: Sequence[int]) -> list[StoredPoint]:
    """Return the points at these ascending positions of the series."""
    starts = [0, *accumulate([bucket.points for bucket in ladder])]
    wanted: dict[int, list[int]] = {}
    for position in positions:
        bucket = bisect_right(starts, position) - 1
        wanted.setdefault(bucket, []).append(position - starts[bucket])
    found: list[StoredPoint] = []
    for bucket, inside in wanted.items():
        points = _points_of(tx, run, key, ladder[bucket], inside[0], inside[-1] + 1)
        found += [points[place - inside[0]] for place in inside]
    return found


def position(tx: Read, run: int, key: str, ladder: Sequence[_Starting], step: int) -> int:
    """Return the number of points with a smaller step."""
    after = bisect_right([bucket.step for bucket in ladder], step - 1)
    if not after:
        return 0
    last = ladder[after - 1]
    points = _points_of(tx, run, key, last, 0, last.points)
    return length(ladder[: after - 1]) + sum(1 for point in points if point.step < step)


def _points_of(tx: Read, run: int, key: str, bucket: _Starting, first: int, end: int) -> list[StoredPoint]:
    """Read the points of a bucket from the position `first` up to `end`."""
    start = {"step": bucket.step, "time": bucket.timestamp}
    return tx.fetch(_FROM, StoredPoint, run=run, key=key, **start, offset=first, limit=end - first)


def _stored_until(tx: Read, run: int, key: str) -> tuple[int, int] | None:
    """Return the (step, timestamp) of the last point in a stored bucket; None if no bucket is stored."""
    for row in tx.fetch(_STORED_UNTIL, run=run, key=key):
        return row.sampled_step, row.sampled_time
    return None


def _slices(tx: Read, run: int, key: str, after: tuple[int, int]) -> Iterator[tuple[list[StoredPoint], bool]]:
    """Yield the points after a (step, timestamp) in order, some thousand at a time, with whether more follow.

    A slice ends at a change of step or timestamp.
    """
    size = SLICE
    while True:
        points = tx.fetch(_AFTER, StoredPoint, run=run, key=key, step=after[0], time=after[1], limit=size + 1)
        if len(points) <= size:
            if points:
                yield points, False
            return
        cut = size
        following = points[size]
        while cut and (points[cut - 1].step, points[cut - 1].timestamp) == (following.step, following.timestamp):
            cut -= 1
        if not cut:  # more points share a step and timestamp than fit into a slice
            size *= 2
            continue
        yield points[:cut], True
        after = (points[cut - 1].step, points[cut - 1].timestamp)


def _bucketed(points: Sequence[StoredPoint]) -> list[PointBucket]:
    found: list[PointBucket] = []
    start = 0
    while start < len(points):
        end = min(start + SIZE, len(points))
        last = points[end - 1]
        while end < len(points) and points[end].step == last.step and points[end].timestamp == last.timestamp:
            end += 1
        found.append(_bucket(points[start:end]))
        start = end
    return found


_value = attrgetter("value")


def _bucket(points: Sequence[StoredPoint]) -> PointBucket:
    numbers = [point for point in points if not point.is_nan]
    first = points[0]
    if not numbers:
        nothing = (first.step, first.timestamp, None)
        return PointBucket(first.step, first.timestamp, len(points), *nothing, *nothing)
    low = min(numbers, key=_value)
    high = max(numbers, key=_value)
    least, greatest = (low.step, low.timestamp, low.value), (high.step, high.timestamp, high.value)
    return PointBucket(first.step, first.timestamp, len(points), *least, *greatest)


def _store(run: int, key: str, tx: Write) -> None:
    """Store the buckets of the next slice, and queue the slice after it. The last slice of a run that has not ended is
    left out, because it grows.
    """
    until = _stored_until(tx, run, key)
    if until is None:  # none is stored yet, or they were deleted
        tx.execute_later(_DELETE, run=run, key=key)
    points, more = next(_slices(tx, run, key, until or _BEGINNING), ([], False))
    if not points or not (more or tx.fetch(_HAS_ENDED, run=run)):
        return
    tx.insert_later(_INSERT, [(run, key, *astuple(bucket)) for bucket in _bucketed(points)])
    step, timestamp = points[-1].step, points[-1].timestamp
    tx.execute_later(_SET_STORED_UNTIL, run=run, key=key, step=step, time=timestamp)
    if more:
        tx.write_in_background(("buckets", run, key, (step, timestamp)), partial(_store, run, key))
