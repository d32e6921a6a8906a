"""The steps at which series first reached their least and greatest values, read for the runs of one page.

A short series is searched along its key. A long one is read by its buckets, as a chart of it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter

from handloom.domain.include import NOTHING, Keys
from handloom.store.engine.database import Read
from handloom.store.metrics import sampling
from handloom.store.metrics.rows import CHUNK, LONG


def _first(value: str) -> str:
    """The step of the first point with this value of the summary."""
    return (
        "(SELECT m.step FROM metrics m WHERE m.run_internal_id = l.run_internal_id AND m.key = l.key "
        f"AND m.value = l.{value} AND NOT m.is_nan ORDER BY m.step LIMIT 1)"
    )


_OF_RUNS = "FROM latest_metrics l WHERE l.run_internal_id IN :runs AND l.min_value IS NOT NULL"
_SHORT = (
    f"SELECT l.run_internal_id, l.key, {_first('min_value')} AS min_step, {_first('max_value')} AS max_step "
    f"{_OF_RUNS} AND l.count <= :most"
)
_LONG = f"SELECT l.run_internal_id, l.key {_OF_RUNS} AND l.count > :most"


def best_steps(tx: Read, numbers: Sequence[int], keys: Keys) -> defaultdict[int, dict[str, tuple[int, int]]]:
    """Return the steps of the first least and the first greatest value of each series of these runs, by internal id and
    key. NaN does not count; a series of NaN alone is left out.
    """
    found: defaultdict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    of_keys = "" if keys is None else " AND l.key IN :keys"
    some_keys = {} if keys is None else {"keys": list(keys)}
    for at in range(0, len(numbers) if keys != NOTHING else 0, CHUNK):
        asked = {"runs": numbers[at : at + CHUNK], "most": LONG, **some_keys}
        for row in tx.fetch(_SHORT + of_keys, **asked):
            found[row.run_internal_id][row.key] = (row.min_step, row.max_step)
        for row in tx.fetch(_LONG + of_keys, **asked):
            found[row.run_internal_id][row.key] = _of_long(tx, row.run_internal_id, row.key)
    return found


def _of_long(tx: Read, run: int, key: str) -> tuple[int, int]:
    """The first of the buckets with the extreme value has the first point with it."""
    ladder = [bucket for bucket in sampling.buckets_with_extremes(tx, run, key) if bucket.low_value is not None]
    low = min(ladder, key=attrgetter("low_value"))
    return low.low_step, max(ladder, key=attrgetter("high_value")).high_step
