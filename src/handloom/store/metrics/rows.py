"""Metric points: the history, and one summary row per series, which searches and charts read.

The SQL is written as text, because these are the most frequent statements.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import isfinite
from operator import attrgetter

from handloom.domain import metrics as rules
from handloom.domain.errors import NotFound
from handloom.domain.include import NOTHING, Keys
from handloom.domain.metrics import Metric, Series, Summary
from handloom.domain.runs import FINISHED, RunInfo
from handloom.store.engine.bulk_insert import Insert
from handloom.store.engine.database import Read, Write
from handloom.store.engine.statements import Row
from handloom.store.metrics import sampling
from handloom.store.metrics import tables as metric_tables
from handloom.store.metrics.sampling import StoredPoint
from handloom.store.models import tables as model_tables

CHUNK = 900  # keys per IN list
SAMPLE = 2_500
"""Points of one run that MLflow's bulk history returns at most."""
LONG = 10_000
"""Points from which on a series is sampled by its buckets."""


class RepeatedPointsError(Exception):
    """Some points of several runs exist already."""


class _LatestPoint(Row, frozen=True):
    run_internal_id: int
    key: str
    value: float
    is_nan: bool
    timestamp: int
    step: int


_POINTS = Insert(metric_tables.metrics, ("run_internal_id", "key", "step", "timestamp", "value", "is_nan"), "skip")
_NEWER = "(excluded.step, excluded.timestamp, excluded.value) > (existing.step, existing.timestamp, existing.value)"
# A point inside the range of stored buckets: they are computed again, see store.metrics.sampling.
_INVALID = (
    "excluded.count > 0 AND (excluded.step, excluded.timestamp) <= (existing.sampled_step, existing.sampled_time)"
)
_LATEST_COLUMNS = (
    "run_internal_id",
    "key",
    "experiment_internal_id",
    "value",
    "is_nan",
    "step",
    "timestamp",
    "min_value",
    "max_value",
    "count",
)
_MERGED = {
    "value": f"CASE WHEN {_NEWER} THEN excluded.value ELSE existing.value END",
    "is_nan": f"CASE WHEN {_NEWER} THEN excluded.is_nan ELSE existing.is_nan END",
    "step": f"CASE WHEN {_NEWER} THEN excluded.step ELSE existing.step END",
    "timestamp": f"CASE WHEN {_NEWER} THEN excluded.timestamp ELSE existing.timestamp END",
    "min_value": "CASE WHEN existing.min_value IS NULL OR excluded.min_value < existing.min_value "
    "THEN excluded.min_value ELSE existing.min_value END",
    "max_value": "CASE WHEN existing.max_value IS NULL OR excluded.max_value > existing.max_value "
    "THEN excluded.max_value ELSE existing.max_value END",
    "count": "existing.count + excluded.count",
    "sampled_step": f"CASE WHEN {_INVALID} THEN NULL ELSE existing.sampled_step END",
    "sampled_time": f"CASE WHEN {_INVALID} THEN NULL ELSE existing.sampled_time END",
}
_LATEST_POINTS = Insert(metric_tables.latest_metrics, _LATEST_COLUMNS, _MERGED)
_ADD_AT_ONCE = (
    "WITH added AS (INSERT INTO metrics (run_internal_id, key, step, timestamp, value, is_nan) "
    "SELECT * FROM unnest(CAST(:p0 AS BIGINT[]), CAST(:p1 AS TEXT[]), CAST(:p2 AS BIGINT[]), CAST(:p3 AS BIGINT[]), "
    "CAST(:p4 AS FLOAT8[]), CAST(:p5 AS BOOL[])) ON CONFLICT DO NOTHING RETURNING run_internal_id, key), "
    "counted AS (SELECT run_internal_id, key, count(*) AS count FROM added GROUP BY run_internal_id, key) "
    f"INSERT INTO latest_metrics AS existing ({', '.join(_LATEST_COLUMNS)}) "
    f"SELECT {', '.join(f'l.{name}' for name in _LATEST_COLUMNS[:-1])}, coalesce(c.count, 0) "
    "FROM unnest(CAST(:l0 AS BIGINT[]), CAST(:l1 AS TEXT[]), CAST(:l2 AS BIGINT[]), CAST(:l3 AS FLOAT8[]), "
    "CAST(:l4 AS BOOL[]), CAST(:l5 AS BIGINT[]), CAST(:l6 AS BIGINT[]), CAST(:l7 AS FLOAT8[]), CAST(:l8 AS FLOAT8[])) "
    f"AS l({', '.join(_LATEST_COLUMNS[:-1])}) "
    "LEFT JOIN counted c ON c.run_internal_id = l.run_internal_id AND c.key = l.key "
    f"ON CONFLICT (run_internal_id, key) DO UPDATE SET {', '.join(f'{name} = {sql}' for name, sql in _MERGED.items())}"
)
"""PostgreSQL's statement for points and their summaries, which counts the points that are new itself."""
_SAMPLED = (
    "SELECT run_internal_id, key, sampled_step, sampled_time FROM latest_metrics "
    "WHERE run_internal_id IN :runs AND key IN :keys AND sampled_step IS NOT NULL"
)
_DISCARD_BUCKETS = (
    "UPDATE latest_metrics SET sampled_step = NULL, sampled_time = NULL WHERE run_internal_id = :run AND key = :key"
)
_RECOUNT = (
    "UPDATE latest_metrics "
    "SET count = (SELECT count(*) FROM metrics m WHERE m.run_internal_id = :run AND m.key = :key) "
    "WHERE run_internal_id = :run AND key = :key"
)
_MODEL_POINTS = Insert(
    model_tables.logged_model_metrics,
    ("model_id", "run_id", "key", "step", "timestamp", "value", "is_nan", "dataset_name", "dataset_digest"),
    "skip",
)
_MODELS = "SELECT model_id FROM logged_models WHERE workspace_id = :workspace AND model_id IN :ids"
_LATEST = (
    "SELECT run_internal_id, key, value, is_nan, timestamp, step FROM latest_metrics WHERE run_internal_id IN :runs"
)
_EXTREMES = (
    "SELECT run_internal_id, key, min_value, max_value FROM latest_metrics "
    "WHERE run_internal_id IN :runs AND min_value IS NOT NULL"
)
_BY_RUN_AND_KEY = " ORDER BY run_internal_id, key"
_SUMMARIES = (
    "SELECT r.run_id, m.key, m.value, m.is_nan, m.step, m.timestamp, m.min_value, m.max_value, m.count AS points "
    "FROM latest_metrics m JOIN runs r ON r.internal_id = m.run_internal_id "
    "WHERE r.workspace_id = :workspace AND r.run_id IN :runs ORDER BY r.internal_id, m.key"
)
_STEPPED = (
    "SELECT DISTINCT m.key FROM latest_metrics m JOIN runs r ON r.internal_id = m.run_internal_id "
    "WHERE r.workspace_id = :workspace AND r.run_id IN :runs AND m.count > 1"
)
_BY_TIME = (
    "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_internal_id = :run AND key = :key "
    "ORDER BY timestamp, step, value LIMIT :limit OFFSET :offset"
)
_BY_STEP = (
    "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_internal_id = :run AND key = :key "
    "ORDER BY step, timestamp, value, is_nan LIMIT :limit"
)
_LENGTHS = (
    "SELECT r.run_id, m.key, m.run_internal_id, m.count AS points FROM latest_metrics m "
    "JOIN runs r ON r.internal_id = m.run_internal_id "
    "WHERE r.workspace_id = :workspace AND r.run_id IN :runs AND m.key IN :keys"
)
_LENGTH = "SELECT count AS points FROM latest_metrics WHERE run_internal_id = :run AND key = :key"
_SAMPLE = (
    "WITH ordered AS (SELECT step, timestamp, value, is_nan, ntile(:points) OVER w AS bucket, row_number() OVER w AS n "
    "FROM metrics WHERE run_internal_id = :run AND key = :key AND step BETWEEN :first AND :last "
    "WINDOW w AS (ORDER BY step, timestamp, value, is_nan)) "
    "SELECT step, timestamp, value, is_nan FROM ordered WHERE n IN (SELECT min(n) FROM ordered GROUP BY bucket "
    "UNION SELECT max(n) FROM ordered) ORDER BY n"
)
_NO_LIMIT = 1 << 62


def log(tx: Write, info: RunInfo, given: Sequence[Metric]) -> None:
    """Add points that `rules.check` passed to an active run. Exact repeats are dropped and counted once."""
    log_of_runs(tx, [(info, given)] if given else [])


def log_of_runs(tx: Write, given: Sequence[tuple[RunInfo, Sequence[Metric]]], *, recount: bool = True) -> None:
    """As `log`, for several runs, each with at least one point and listed once.

    Without `recount`, SQLite raises RepeatedPointsError where only some of the points are new: then each run must be
    logged alone, so that a client that tries again does not make the server count the points of others.
    """
    points: list[rules.Point] = []
    latest: list[tuple[object, ...]] = []
    firsts: dict[tuple[int, str], tuple[int, int]] = {}  # of series that get points besides their latest one
    for info, metrics in given:
        run, experiment = info.internal_id, info.experiment_internal_id
        of_run = _points(run, metrics)
        points += of_run
        for key, d in rules.digests(of_run).items():
            latest.append((run, key, experiment, d.value, d.is_nan, d.step, d.timestamp, d.min, d.max, d.count))
            if d.first != (d.step, d.timestamp):
                firsts[run, key] = d.first
    outdated = _outdated(tx, firsts)  # the insert compares only the latest point of a series
    if tx.is_remote and not outdated:
        _add_at_once(tx, points, latest)
    else:
        _add(tx, points, latest, outdated, recount=recount or len(given) == 1)
    for info, metrics in given:
        if any(m.model_id for m in metrics):
            _log_of_models(tx, info, metrics)
        tx.changed("metrics", info.workspace, info.run_id, info.experiment_id, cached=info.status in FINISHED)


def _add(
    tx: Write,
    points: Sequence[rules.Point],
    latest: Sequence[tuple[object, ...]],
    outdated: Iterable[tuple[int, str]],
    *,
    recount: bool,
) -> None:
    """Insert points and merge the latest ones of their series; delete the buckets of the `outdated` series."""
    added = tx.insert(_POINTS, points)
    if not added:
        return
    tx.insert(_LATEST_POINTS, latest)
    for run, key in outdated:
        tx.execute(_DISCARD_BUCKETS, run=run, key=key)
    if added < len(points):  # a retry: some points existed already
        if not recount:
            raise RepeatedPointsError
        for run, key in dict.fromkeys((point[0], point[1]) for point in points):
            tx.execute(_RECOUNT, run=run, key=key)


def _add_at_once(tx: Write, points: Sequence[rules.Point], latest: Sequence[tuple[object, ...]]) -> None:
    """As `_add`, by one statement that nobody waits for."""
    if points:
        columns = {f"p{at}": list(column) for at, column in enumerate(zip(*points, strict=True))}
        columns |= {f"l{at}": list(column) for at, column in enumerate(zip(*[row[:-1] for row in latest], strict=True))}
        tx.execute_later(_ADD_AT_ONCE, **columns)


def _points(run: int, given: Sequence[Metric]) -> dict[rules.Point, None]:
    """Return the rows of a run's points, without repeats."""
    return dict.fromkeys(
        [
            (run, m.key, m.step, m.timestamp, m.value, False)
            if isfinite(m.value)
            else (run, m.key, m.step, m.timestamp, *rules.kept(m.value))
            for m in given
        ]
    )


def _outdated(tx: Write, firsts: Mapping[tuple[int, str], tuple[int, int]]) -> list[tuple[int, str]]:
    """Return the series, by internal run id and key, that get a point inside the range of their buckets. `firsts` are
    the first new points as (step, timestamp).
    """
    found: list[tuple[int, str]] = []
    runs, keys = (list(dict.fromkeys(series[at] for series in firsts)) for at in (0, 1))
    for at, key_at in product(range(0, len(runs), CHUNK), range(0, len(keys), CHUNK)):
        for row in tx.fetch(_SAMPLED, runs=runs[at : at + CHUNK], keys=keys[key_at : key_at + CHUNK]):
            first = firsts.get((row.run_internal_id, row.key))
            if first is not None and first <= (row.sampled_step, row.sampled_time):
                found.append((row.run_internal_id, row.key))
    return found


def latest(tx: Read, numbers: Sequence[int], keys: Keys = None) -> defaultdict[int, list[Metric]]:
    """Return the latest points of runs, by internal ids, ordered by key: of all keys or of the given ones."""
    found: defaultdict[int, list[Metric]] = defaultdict(list)
    query = (_LATEST if keys is None else f"{_LATEST} AND key IN :keys") + _BY_RUN_AND_KEY
    some_keys = {} if keys is None else {"keys": list(keys)}
    for at in range(0, len(numbers) if keys != NOTHING else 0, CHUNK):
        for row in tx.fetch(query, _LatestPoint, runs=numbers[at : at + CHUNK], **some_keys):
            value = math.nan if row.is_nan else row.value
            found[row.run_internal_id].append(Metric(row.key, value, row.timestamp, row.step))
    return found


def extremes(tx: Read, numbers: Sequence[int], keys: Keys) -> defaultdict[int, dict[str, tuple[float, float]]]:
    """Return the least and greatest value ever logged to each series of these runs, by internal id and key.

    A series of NaN alone has neither and is left out.
    """
    found: defaultdict[int, dict[str, tuple[float, float]]] = defaultdict(dict)
    query = _EXTREMES if keys is None else f"{_EXTREMES} AND key IN :keys"
    some_keys = {} if keys is None else {"keys": list(keys)}
    for at in range(0, len(numbers) if keys != NOTHING else 0, CHUNK):
        for row in tx.fetch(query, runs=numbers[at : at + CHUNK], **some_keys):
            found[row.run_internal_id][row.key] = (row.min_value, row.max_value)
    return found


def summaries(tx: Read, workspace: str, runs: Sequence[str]) -> list[Summary]:
    """Return a summary of each series of these runs (ids), ordered by run and key."""
    return [
        Summary(
            run_id=row.run_id,
            key=row.key,
            value=math.nan if row.is_nan else row.value,
            step=row.step,
            timestamp=row.timestamp,
            min=row.min_value,
            max=row.max_value,
            count=row.points,
        )
        for row in tx.fetch(_SUMMARIES, workspace=workspace, runs=runs)
    ]


def stepped(tx: Read, workspace: str, runs: Sequence[str]) -> list[str]:
    """Return the keys of series with more than one point in any of these runs (ids), sorted."""
    return sorted(row.key for row in tx.fetch(_STEPPED, workspace=workspace, runs=runs))


def history(tx: Read, info: RunInfo, key: str, *, limit: int | None = None, offset: int = 0) -> list[StoredPoint]:
    """Return the points of one series, ordered by (timestamp, step, value)."""
    most = _NO_LIMIT if limit is None else limit
    if not offset:
        points = tx.fetch(_BY_STEP, StoredPoint, run=info.internal_id, key=key, limit=most)
        if len(points) < most:  # the complete series: usually timestamps increase with steps, so that no sort is needed
            times = [point.timestamp for point in points]
            in_order = times == sorted(times)
            return points if in_order else sorted(points, key=attrgetter("timestamp", "step", "value"))
    return tx.fetch(_BY_TIME, StoredPoint, run=info.internal_id, key=key, limit=most, offset=offset)


def series(tx: Read, workspace: str, runs: Iterable[str], keys: Iterable[str], points: int) -> list[Series]:
    """Return the existing series of these runs (ids) and keys, each reduced to at most `points` points."""
    run_ids, wanted = list(runs), list(keys)
    found: list[Series] = []
    rows = tx.fetch(_LENGTHS, workspace=workspace, runs=run_ids, keys=wanted)
    known = {(row.run_id, row.key): row for row in rows}
    for run_id, key in product(run_ids, wanted):
        if (run_id, key) not in known:
            continue
        row = known[run_id, key]
        kept = _thinned(tx, row.run_internal_id, key, row.points, points)
        found.append(
            Series(
                run_id=run_id,
                key=key,
                steps=[point.step for point in kept],
                timestamps=[point.timestamp for point in kept],
                values=[math.nan if point.is_nan else point.value for point in kept],
                count=row.points,
            )
        )
    return found


def sample(tx: Read, info: RunInfo, key: str, *, points: int, first: int | None, last: int | None) -> list[Metric]:
    """Return MLflow's sample of a series: the first of each of `points` equal buckets, and the last point of all."""
    length = next((row.points for row in tx.fetch(_LENGTH, run=info.internal_id, key=key)), 0)
    if length > LONG:
        sampled = _sampled(tx, info.internal_id, key, points, first, last)
    else:
        bounds = {"first": -(1 << 63) if first is None else first, "last": (1 << 63) - 1 if last is None else last}
        sampled = tx.fetch(_SAMPLE, StoredPoint, run=info.internal_id, key=key, points=points, **bounds)
    found = [Metric(key, math.nan if p.is_nan else p.value, p.timestamp, p.step) for p in sampled]
    if len(found) > points:
        del found[-2]  # the last point replaces the last sample
    return found


def _sampled(tx: Read, run: int, key: str, points: int, first: int | None, last: int | None) -> list[StoredPoint]:
    ladder = sampling.buckets(tx, run, key)
    start = 0 if first is None else sampling.position(tx, run, key, ladder, first)
    end = sampling.length(ladder)
    if last is not None and last < (1 << 63) - 1:
        end = sampling.position(tx, run, key, ladder, last + 1)
    places = rules.firsts(end - start, points)
    if not places:
        return []
    return sampling.at(tx, run, key, ladder, [start + place for place in dict.fromkeys([*places, end - start - 1])])


def _thinned(tx: Read, run: int, key: str, count: int, points: int) -> list[StoredPoint]:
    """Reduce one series to at most `points` points."""
    if count > LONG and count >= points * sampling.SIZE // 2:
        ladder = sampling.buckets_with_extremes(tx, run, key)
        first, last = sampling.at(tx, run, key, ladder, [0, sampling.length(ladder) - 1])
        inside = (point for point in sampling.extremes(ladder, (points - 2) // 2) if point not in (first, last))
        return [first, *inside, last]
    rows = tx.fetch(_BY_STEP, StoredPoint, run=run, key=key, limit=_NO_LIMIT)
    if len(rows) > points:  # NaN, stored as 0, would hide the minimum or maximum
        rows = [rows[0], *(row for row in rows[1:-1] if not row.is_nan), rows[-1]]
    return [rows[place] for place in rules.thin([row.value for row in rows], points)]


def _log_of_models(tx: Write, info: RunInfo, given: Sequence[Metric]) -> None:
    wanted = {m.model_id for m in given if m.model_id}
    known = {row.model_id for row in tx.fetch(_MODELS, workspace=info.workspace, ids=list(wanted))}
    if missing := sorted(wanted - known):
        raise NotFound(f"Logged model with ID '{missing[0]}' not found.")
    rows = [
        (m.model_id, info.run_id, m.key, m.step, m.timestamp, *rules.kept(m.value), m.dataset_name, m.dataset_digest)
        for m in given
        if m.model_id
    ]
    tx.insert_later(_MODEL_POINTS, rows)
