"""Long series in stretches: buckets with their extremes, so that a chart of a million points reads a few thousand rows.

Buckets of what does not change any more are kept, by a write of its own after a read that missed them; those of the
rest are made as they are read. A point that comes in among the kept ones forgets them, see `store.metrics`.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from operator import itemgetter
from typing import Any

from sqlalchemy import text

from handloom.store.engine.database import Read, Write

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
_STARTS = "SELECT step, timestamp, count FROM metric_buckets WHERE run_number = ? AND key = ? ORDER BY step, timestamp"
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


Bucket = Sequence[Any]
"""A stretch of points as a plain row, for there are many: STEP and TIME of its first point, POINTS, and then, unless
only the starts were asked for, step, timestamp and value of its least and of its greatest: None where all are NaN."""
STEP, TIME, POINTS, LOW, HIGH = 0, 1, 2, 3, 6


def buckets(tx: Read, run: int, key: str, *, starts: bool = False) -> list[Bucket]:
    """A series, by its run's internal number, from end to end. What could be kept is kept later."""
    sampled = _sampled(tx, run, key)
    found = list(tx.quick(_STARTS if starts else _BUCKETS, (run, key))) if sampled else []
    kept = len(found)
    for rows, _ in _slices(tx, run, key, sampled or _BEGINNING):
        found += _bucketed(rows)
    if length(found[kept:]) > 2 * SLICE:
        tx.write_in_background(("buckets", run, key, sampled), partial(_keep, run, key))
    return found


def length(ladder: Sequence[Bucket]) -> int:
    return sum([bucket[POINTS] for bucket in ladder])


def extremes(ladder: Sequence[Bucket], parts: int) -> list[Row]:
    """The least and the greatest point of each of `parts` stretches of the series, in order."""
    found: list[Row] = []
    count = len(ladder)
    for part in range(parts):
        inside = [b for b in ladder[part * count // parts : (part + 1) * count // parts] if b[LOW] is not None]
        if inside:
            low = min(inside, key=itemgetter(LOW + 2))[LOW : LOW + 3]
            high = max(inside, key=itemgetter(HIGH + 2))[HIGH : HIGH + 3]
            found += [(*point, False) for point in sorted({tuple(low), tuple(high)})]
    return found


def at(tx: Read, run: int, key: str, ladder: Sequence[Bucket], positions: Sequence[int]) -> list[Row]:
    """The points at these positions, ascending, of the series whose buckets are given."""
    starts = [0, *accumulate([bucket[POINTS] for bucket in ladder])]
    wanted: dict[int, list[int]] = {}
    for position in positions:
        bucket = bisect_right(starts, position) - 1
        wanted.setdefault(bucket, []).append(position - starts[bucket])
    found: list[Row] = []
    for bucket, inside in wanted.items():
        first = ladder[bucket]
        rows = tx.quick(_INSIDE, (run, key, first[STEP], first[TIME], inside[-1] + 1))
        found += [rows[place] for place in inside]
    return found


def position(tx: Read, run: int, key: str, ladder: Sequence[Bucket], step: int) -> int:
    """How many points have a smaller step."""
    after = bisect_right([bucket[STEP] for bucket in ladder], step - 1)
    if not after:
        return 0
    last = ladder[after - 1]
    rows = tx.quick(_INSIDE, (run, key, last[STEP], last[TIME], last[POINTS]))
    return length(ladder[: after - 1]) + sum(1 for row in rows if row[0] < step)


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
        return (first[0], first[1], len(rows), *[None] * 6)
    low = min(numbers, key=itemgetter(2))
    high = max(numbers, key=itemgetter(2))
    return (first[0], first[1], len(rows), *low[:3], *high[:3])


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
    tx.write_in_background(("buckets", run, key, (step, timestamp)), partial(_keep, run, key))
