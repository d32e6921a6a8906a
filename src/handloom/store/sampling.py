"""Long series in stretches: buckets with their extremes, so that a chart of a million points reads a few thousand rows.

Buckets of what does not change any more are kept, by a write of its own after a read that missed them; those of the
rest are made as they are read. A point that comes in among the kept ones forgets them, see `store.metrics`.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import text

from handloom.store.database import Read, Write

SIZE = 64
"""Points of a bucket; more only where many have the same step and time, which one bucket holds together."""
SLICE = 128 * SIZE  # points that are read at once, and after which buckets are kept

Row = Sequence[Any]
"""step, timestamp, value, is_nan of a point."""

_SLICE = (
    "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_number = ? AND key = ? "
    "AND (step, timestamp) > (?, ?) ORDER BY step, timestamp, value, is_nan LIMIT ?"
)
_INSIDE = (
    "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_number = ? AND key = ? "
    "AND (step, timestamp) >= (?, ?) ORDER BY step, timestamp, value, is_nan LIMIT ?"
)
_BUCKETS = (
    "SELECT step, timestamp, count, low_step, low_time, low_value, high_step, high_time, high_value "
    "FROM metric_buckets WHERE run_number = ? AND key = ? ORDER BY step, timestamp"
)
_SAMPLED = "SELECT sampled_step, sampled_time FROM latest_metrics WHERE run_number = ? AND key = ?"
_KEEP = (
    "INSERT INTO metric_buckets (run_number, key, step, timestamp, count, low_step, low_time, low_value, high_step, "
    "high_time, high_value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_DROP = text("DELETE FROM metric_buckets WHERE run_number = :run AND key = :key")
_MARK = text(
    "UPDATE latest_metrics SET sampled_step = :step, sampled_time = :time WHERE run_number = :run AND key = :key"
)
_BEGINNING = (-(1 << 63), -1)


class Bucket(NamedTuple):
    """A stretch of points, from its first (step, timestamp) on; its extremes are None where every value is NaN."""

    step: int
    timestamp: int
    points: int
    low_step: int | None
    low_time: int | None
    low_value: float | None
    high_step: int | None
    high_time: int | None
    high_value: float | None

    def extremes(self) -> list[tuple[int, int, float]]:
        """(step, timestamp, value) of the least and the greatest point, in their order; one if they are the same."""
        if self.low_value is None:
            return []
        low: Any = (self.low_step, self.low_time, self.low_value)
        high: Any = (self.high_step, self.high_time, self.high_value)
        return sorted({low, high})


def buckets(tx: Read, run: int, key: str) -> list[Bucket]:
    """A series, by its run's internal number, from end to end. What could be kept is kept later."""
    sampled = _sampled(tx, run, key)
    found = [Bucket(*row) for row in tx.quick(_BUCKETS, (run, key))] if sampled else []
    kept = len(found)
    for rows, _ in _slices(tx, run, key, sampled or _BEGINNING):
        found += _bucketed(rows)
    if sum(bucket.points for bucket in found[kept:]) > 2 * SLICE:
        tx.later(("buckets", run, key, sampled), partial(_keep, run, key))
    return found


def at(tx: Read, run: int, key: str, ladder: Sequence[Bucket], positions: Sequence[int]) -> list[Row]:
    """The points at these positions, ascending, of the series whose buckets are given."""
    starts = [0, *accumulate(bucket.points for bucket in ladder)]
    wanted: dict[int, list[int]] = {}
    for position in positions:
        bucket = bisect_right(starts, position) - 1
        wanted.setdefault(bucket, []).append(position - starts[bucket])
    found: list[Row] = []
    for bucket, inside in wanted.items():
        first = ladder[bucket]
        rows = tx.quick(_INSIDE, (run, key, first.step, first.timestamp, inside[-1] + 1))
        found += [rows[place] for place in inside]
    return found


def position(tx: Read, run: int, key: str, ladder: Sequence[Bucket], step: int) -> int:
    """How many points have a smaller step."""
    after = bisect_right([bucket.step for bucket in ladder], step - 1)
    if not after:
        return 0
    last = ladder[after - 1]
    rows = tx.quick(_INSIDE, (run, key, last.step, last.timestamp, last.points))
    return sum(bucket.points for bucket in ladder[: after - 1]) + sum(1 for row in rows if row[0] < step)


def _sampled(tx: Read, run: int, key: str) -> tuple[int, int] | None:
    """The (step, timestamp) up to which kept buckets hold the series."""
    for step, timestamp in tx.quick(_SAMPLED, (run, key)):
        if step is not None:
            return step, timestamp
    return None


def _slices(tx: Read, run: int, key: str, after: tuple[int, int]) -> Iterator[tuple[Sequence[Row], bool]]:
    """The points after a (step, timestamp) in order, some thousand at a time, and whether more follow.

    A slice ends where step or time change.
    """
    size = SLICE
    while True:
        rows = tx.quick(_SLICE, (run, key, *after, size + 1))
        if len(rows) <= size:
            if rows:
                yield rows, False
            return
        cut = size
        while cut and tuple(rows[cut - 1][:2]) == tuple(rows[size][:2]):
            cut -= 1
        if not cut:  # more points at one step and time than a slice has
            size *= 2
            continue
        yield rows[:cut], True
        after = (rows[cut - 1][0], rows[cut - 1][1])


def _bucketed(rows: Sequence[Row]) -> list[Bucket]:
    found: list[Bucket] = []
    start = 0
    while start < len(rows):
        end = min(start + SIZE, len(rows))
        while end < len(rows) and rows[end][0] == rows[end - 1][0] and rows[end][1] == rows[end - 1][1]:
            end += 1
        found.append(_bucket(rows[start:end]))
        start = end
    return found


def _bucket(rows: Sequence[Row]) -> Bucket:
    numbers = [row for row in rows if not row[3]]
    first = rows[0]
    if not numbers:
        return Bucket(first[0], first[1], len(rows), None, None, None, None, None, None)
    low = min(numbers, key=_value)
    high = max(numbers, key=_value)
    return Bucket(first[0], first[1], len(rows), *low[:3], *high[:3])


def _value(row: Row) -> float:
    value: float = row[2]
    return value


def _keep(run: int, key: str, tx: Write) -> None:
    """Keep the buckets of the next slice, and see to the one after it. The end of a series is left: it still grows."""
    sampled = _sampled(tx, run, key)
    if sampled is None:  # none yet, or they were forgotten
        tx.connection.execute(_DROP, {"run": run, "key": key})
    rows, more = next(_slices(tx, run, key, sampled or _BEGINNING), ([], False))
    if not more:
        return
    tx.many(_KEEP, [(run, key, *bucket) for bucket in _bucketed(rows)])
    step, timestamp = rows[-1][0], rows[-1][1]
    tx.connection.execute(_MARK, {"run": run, "key": key, "step": step, "time": timestamp})
    tx.later(("buckets", run, key, (step, timestamp)), partial(_keep, run, key))
