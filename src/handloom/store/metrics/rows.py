"""Metric points as they are kept: the history, and one summary row per series that searches and charts read.

The statements are written out: these are the busiest of the house.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from math import isfinite
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, text

from handloom.domain import metrics as rules
from handloom.domain.errors import NotFound
from handloom.domain.include import NOTHING, Keys
from handloom.domain.metrics import Metric, Series, Summary
from handloom.domain.runs import RunInfo
from handloom.store.engine.database import Read, Write
from handloom.store.metrics import sampling
from handloom.store.runs import document_cache

CHUNK = 900  # keys in one IN list
SAMPLE = 2_500
"""Points of one run that MLflow's bulk history returns at most."""
LONG = 10_000
"""Points from which on a series is sampled by its buckets."""

_INSERT = (
    "INSERT INTO metrics (run_number, key, step, timestamp, value, is_nan) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_NEWER = "(excluded.step, excluded.timestamp, excluded.value) > (latest.step, latest.timestamp, latest.value)"
_SAMPLED = "CASE WHEN (?, ?) <= (latest.sampled_step, latest.sampled_time) THEN NULL ELSE latest"
_UPSERT = (
    "INSERT INTO latest_metrics AS latest (run_number, key, experiment_number, value, is_nan, step, timestamp, "
    "min_value, max_value, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_number, key) DO UPDATE SET "
    f"value = CASE WHEN {_NEWER} THEN excluded.value ELSE latest.value END, "
    f"is_nan = CASE WHEN {_NEWER} THEN excluded.is_nan ELSE latest.is_nan END, "
    f"step = CASE WHEN {_NEWER} THEN excluded.step ELSE latest.step END, "
    f"timestamp = CASE WHEN {_NEWER} THEN excluded.timestamp ELSE latest.timestamp END, "
    "min_value = CASE WHEN latest.min_value IS NULL OR excluded.min_value < latest.min_value "
    "THEN excluded.min_value ELSE latest.min_value END, "
    "max_value = CASE WHEN latest.max_value IS NULL OR excluded.max_value > latest.max_value "
    "THEN excluded.max_value ELSE latest.max_value END, "
    "count = latest.count + excluded.count, "
    # a point among those that buckets hold: they are made anew, see store.sampling
    f"sampled_step = {_SAMPLED}.sampled_step END, sampled_time = {_SAMPLED}.sampled_time END"
)
_RECOUNT = text(
    "UPDATE latest_metrics SET count = (SELECT count(*) FROM metrics m WHERE m.run_number = :run AND m.key = :key) "
    "WHERE run_number = :run AND key = :key"
)
_INSERT_OF_MODEL = text(
    "INSERT INTO logged_model_metrics (model_id, run_id, key, step, timestamp, value, is_nan, dataset_name, "
    "dataset_digest) VALUES (:model_id, :run_id, :key, :step, :timestamp, :value, :is_nan, :name, :digest) "
    "ON CONFLICT DO NOTHING"
)
_MODELS = text("SELECT model_id FROM logged_models WHERE workspace_id = :workspace AND model_id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
_LATEST = "SELECT run_number, key, value, is_nan, timestamp, step FROM latest_metrics WHERE run_number IN (*)"
_SUMMARIES = text(
    "SELECT r.run_id, m.key, m.value, m.is_nan, m.step, m.timestamp, m.min_value, m.max_value, m.count "
    "FROM latest_metrics m JOIN runs r ON r.number = m.run_number "
    "WHERE r.workspace_id = :workspace AND r.run_id IN :runs ORDER BY r.number, m.key"
).bindparams(bindparam("runs", expanding=True))
_STEPPED = text(
    "SELECT DISTINCT m.key FROM latest_metrics m JOIN runs r ON r.number = m.run_number "
    "WHERE r.workspace_id = :workspace AND r.run_id IN :runs AND m.count > 1"
).bindparams(bindparam("runs", expanding=True))
_HISTORY = text(
    "SELECT value, is_nan, timestamp, step FROM metrics WHERE run_number = :run AND key = :key "
    "ORDER BY timestamp, step, value LIMIT :limit OFFSET :offset"
)
_WHOLE = (
    "SELECT value, is_nan, timestamp, step FROM metrics WHERE run_number = ? AND key = ? "
    "ORDER BY step, timestamp, value, is_nan LIMIT ?"
)
_BY_STEP = (
    "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_number = ? AND key = ? "
    "ORDER BY step, timestamp, value, is_nan"
)
_LENGTHS = text(
    "SELECT r.run_id, m.key, m.run_number, m.count FROM latest_metrics m JOIN runs r ON r.number = m.run_number "
    "WHERE r.workspace_id = :workspace AND r.run_id IN :runs AND m.key IN :keys"
).bindparams(bindparam("runs", expanding=True), bindparam("keys", expanding=True))
_LENGTH = "SELECT count FROM latest_metrics WHERE run_number = ? AND key = ?"
_SAMPLE = text(
    "WITH ordered AS (SELECT step, timestamp, value, is_nan, ntile(:points) OVER w AS bucket, row_number() OVER w AS n "
    "FROM metrics WHERE run_number = :run AND key = :key AND step BETWEEN :first AND :last "
    "WINDOW w AS (ORDER BY step, timestamp, value, is_nan)) "
    "SELECT step, timestamp, value, is_nan FROM ordered WHERE n IN (SELECT min(n) FROM ordered GROUP BY bucket "
    "UNION SELECT max(n) FROM ordered) ORDER BY n"
)


def log(tx: Write, info: RunInfo, given: Sequence[Metric]) -> None:
    """Add points that `rules.check` passed to an active run. Exact repeats are dropped and counted once."""
    if not given:
        return
    run, experiment = info.internal_id, info.experiment_internal_id
    points = dict.fromkeys(
        [
            (run, m.key, m.step, m.timestamp, m.value, False)
            if isfinite(m.value)
            else (run, m.key, m.step, m.timestamp, *rules.kept(m.value))
            for m in given
        ]
    )
    added = tx.many(_INSERT, list(points))
    if added:
        digests = rules.digests(points)
        rows = [
            (run, key, experiment, d.value, d.is_nan, d.step, d.timestamp, d.min, d.max, d.count, *d.first, *d.first)
            for key, d in digests.items()
        ]
        tx.many(_UPSERT, rows)
        if added < len(points):  # a retry: some points were there already
            tx.connection.execute(_RECOUNT, [{"run": run, "key": key} for key in digests])
    if any(m.model_id for m in given):
        _log_of_models(tx, info, given)
    document_cache.invalidate(tx, info)
    tx.changed("metrics", info.workspace, info.run_id, info.experiment_id)


def latest(tx: Read, numbers: Sequence[int], keys: Keys = None) -> defaultdict[int, list[Metric]]:
    """The latest points of runs, by their internal numbers, in order of keys: of all keys or of those asked for."""
    found: defaultdict[int, list[Metric]] = defaultdict(list)
    query, more = of_keys(_LATEST, keys)
    for at in range(0, len(numbers) if keys != NOTHING else 0, CHUNK):
        rows = tx.among(f"{query} ORDER BY run_number, key", numbers[at : at + CHUNK], *more)
        for number, key, value, is_nan, timestamp, step in rows:
            found[number].append(Metric(key, math.nan if is_nan else value, timestamp, step))
    return found


def of_keys(query: str, keys: Keys) -> tuple[str, tuple[str, ...]]:
    """A query for some keys alone, and the values of its placeholders."""
    if keys is None:
        return query, ()
    return f"{query} AND key IN ({', '.join('?' * len(keys))})", tuple(keys)


def summaries(tx: Read, workspace: str, runs: Sequence[str]) -> list[Summary]:
    """A summary of each series of these runs (ids), in order of runs and keys."""
    found = tx.connection.execute(_SUMMARIES, {"workspace": workspace, "runs": list(runs)})
    return [
        Summary(
            run_id=run_id,
            key=key,
            value=math.nan if is_nan else value,
            step=step,
            timestamp=timestamp,
            min=low,
            max=high,
            count=count,
        )
        for run_id, key, value, is_nan, step, timestamp, low, high, count in found
    ]


def stepped(tx: Read, workspace: str, runs: Sequence[str]) -> list[str]:
    """Keys of the series that have more than one point in any of these runs (ids), sorted."""
    if not runs:  # PostgreSQL compares no text with SQLAlchemy's empty list
        return []
    return sorted(tx.connection.scalars(_STEPPED, {"workspace": workspace, "runs": list(runs)}))


def history(tx: Read, info: RunInfo, key: str, *, limit: int = -1, offset: int = 0) -> Sequence[Any]:
    """Rows (value, is_nan, timestamp, step) of one series in order of (timestamp, step, value); -1 means all."""
    most = limit if limit >= 0 else 1 << 62
    if not offset:
        rows = tx.quick(_WHOLE, (info.internal_id, key, most))
        if len(rows) < most:  # all there are: times follow steps as a rule, and then there is nothing to sort
            times = [row[2] for row in rows]
            return rows if times == sorted(times) else sorted(rows, key=itemgetter(2, 3, 0))
    return tx.rows(_HISTORY, {"run": info.internal_id, "key": key, "limit": most, "offset": offset})


def series(tx: Read, workspace: str, runs: Iterable[str], keys: Iterable[str], points: int) -> list[Series]:
    """The series of runs (ids) and keys that exist, each thinned out to at most `points` points."""
    run_ids, wanted = list(runs), list(keys)
    found: list[Series] = []
    if not run_ids or not wanted:
        return found
    rows = tx.rows(_LENGTHS, {"workspace": workspace, "runs": run_ids, "keys": wanted})
    known = {(run_id, key): (number, count) for run_id, key, number, count in rows}
    for run_id, key in product(run_ids, wanted):
        if (run_id, key) not in known:
            continue
        number, count = known[run_id, key]
        kept = _thinned(tx, number, key, count, points)
        found.append(
            Series(
                run_id=run_id,
                key=key,
                steps=[row[0] for row in kept],
                timestamps=[row[1] for row in kept],
                values=[math.nan if row[3] else row[2] for row in kept],
                count=count,
            )
        )
    return found


def sample(tx: Read, info: RunInfo, key: str, *, points: int, first: int | None, last: int | None) -> list[Metric]:
    """MLflow's sample of a series: the first of each of `points` equal buckets and the last point of all."""
    length = next((count for (count,) in tx.quick(_LENGTH, (info.internal_id, key))), 0)
    if length > LONG:
        rows = _sampled(tx, info.internal_id, key, points, first, last)
    else:
        bounds = {"first": -(1 << 63) if first is None else first, "last": (1 << 63) - 1 if last is None else last}
        rows = tx.rows(_SAMPLE, {"run": info.internal_id, "key": key, "points": points, **bounds})
    found = [Metric(key, math.nan if is_nan else value, timestamp, step) for step, timestamp, value, is_nan in rows]
    if len(found) > points:
        del found[-2]  # the very last takes the place of the last sample
    return found


def _sampled(tx: Read, run: int, key: str, points: int, first: int | None, last: int | None) -> Sequence[sampling.Row]:
    ladder = sampling.buckets(tx, run, key, starts=True)
    start = 0 if first is None else sampling.position(tx, run, key, ladder, first)
    end = sampling.length(ladder)
    if last is not None and last < (1 << 63) - 1:
        end = sampling.position(tx, run, key, ladder, last + 1)
    places = rules.firsts(end - start, points)
    if not places:
        return []
    return sampling.at(tx, run, key, ladder, [start + place for place in dict.fromkeys([*places, end - start - 1])])


def _thinned(tx: Read, run: int, key: str, count: int, points: int) -> Sequence[sampling.Row]:
    """Rows (step, timestamp, value, is_nan) of one series, at most `points`."""
    if count > LONG and count >= points * sampling.SIZE // 2:
        ladder = sampling.buckets(tx, run, key)
        first, last = sampling.at(tx, run, key, ladder, [0, sampling.length(ladder) - 1])
        inside = (point for point in sampling.extremes(ladder, (points - 2) // 2) if point not in (first, last))
        return [first, *inside, last]
    rows = list(tx.quick(_BY_STEP, (run, key)))
    if len(rows) > points:  # a NaN, kept as 0, would hide what is least or greatest
        rows = [rows[0], *(row for row in rows[1:-1] if not row[3]), rows[-1]]
    return [rows[place] for place in rules.thin([row[2] for row in rows], points)]


def _log_of_models(tx: Write, info: RunInfo, given: Sequence[Metric]) -> None:
    wanted = {m.model_id for m in given if m.model_id}
    known = set(tx.connection.execute(_MODELS, {"workspace": info.workspace, "ids": list(wanted)}).scalars())
    if missing := sorted(wanted - known):
        raise NotFound(f"Logged model with ID '{missing[0]}' not found.")
    rows = []
    for m in given:
        if m.model_id:
            value, is_nan = rules.kept(m.value)
            rows.append(
                {
                    "model_id": m.model_id,
                    "run_id": info.run_id,
                    "key": m.key,
                    "step": m.step,
                    "timestamp": m.timestamp,
                    "value": value,
                    "is_nan": is_nan,
                    "name": m.dataset_name,
                    "digest": m.dataset_digest,
                }
            )
    tx.connection.execute(_INSERT_OF_MODEL, rows)
