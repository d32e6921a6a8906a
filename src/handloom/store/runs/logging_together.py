"""What clients log to runs: the metrics, params and tags of many requests, in a few statements for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from handloom.domain import runs as rules
from handloom.domain.errors import HandloomError, NotFound
from handloom.domain.metrics import Metric
from handloom.domain.runs import RunInfo
from handloom.store.engine.bulk_insert import Insert
from handloom.store.engine.database import Read, Together, Write
from handloom.store.engine.statements import padded
from handloom.store.metrics import rows as metrics
from handloom.store.runs import rows as runs
from handloom.store.runs import stops
from handloom.store.runs import tables as run_tables

_PARAMS_OF_RUNS = "SELECT run_internal_id, key, value FROM params WHERE run_internal_id IN :runs AND key IN :keys"
_ADD_PARAMS = Insert(run_tables.params, ("run_internal_id", "key", "value"))
_WITH_EFFECTS = frozenset({rules.NAME_TAG, rules.NOTEBOOK_TAG})


class Logged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one request logs to a run. Points passed `domain.metrics.check`; params and tags are clean, see
    `domain.runs`. `single` says that a param came alone, for MLflow's words of a clash. A run that a person stopped
    is refused, unless it `may_be_stopped`.
    """

    workspace: str
    run_id: str
    metrics: Sequence[Metric] = ()
    params: Mapping[str, str] = {}
    tags: Mapping[str, str] = {}
    single: bool = False
    may_be_stopped: bool = False


def log(tx: Write, given: Sequence[Logged]) -> list[HandloomError | None]:
    """Log to active runs. Returns an error for each request that cannot be kept; the others are kept."""
    infos = _infos(tx, given)
    errors: list[HandloomError | None] = []
    kept: list[tuple[Logged, RunInfo]] = []
    for one in given:
        info = infos.get((one.workspace, one.run_id))
        error = _unusable(tx, one, info)
        errors.append(error)
        if error is None and info is not None:
            kept.append((one, info))
    _put_params(tx, kept, given, errors)
    kept = [(one, infos[one.workspace, one.run_id]) for one, error in zip(given, errors, strict=True) if error is None]
    points: dict[str, tuple[RunInfo, list[Metric]]] = {}
    for one, info in kept:
        if one.metrics:
            points.setdefault(info.run_id, (info, []))[1].extend(one.metrics)
    metrics.log_of_runs(tx, list(points.values()), recount=False)
    _put_tags(tx, kept)
    return errors


LOG = Together(log)


def _infos(tx: Read, given: Iterable[Logged]) -> dict[tuple[str, str], RunInfo]:
    wanted: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for one in given:
        wanted[one.workspace][one.run_id] = None
    found: dict[tuple[str, str], RunInfo] = {}
    for workspace, run_ids in wanted.items():
        for run_id, info in runs.find_many(tx, workspace, list(run_ids)).items():
            found[workspace, run_id] = info
    return found


def _unusable(tx: Read, one: Logged, info: RunInfo | None) -> HandloomError | None:
    try:
        if info is None:
            raise NotFound(f"Run with id={one.run_id} not found")
        rules.check_active(info)
        if not one.may_be_stopped:
            stops.check(tx, info)
    except HandloomError as error:
        return error
    return None


def _put_tags(tx: Write, kept: Sequence[tuple[Logged, RunInfo]]) -> None:
    """Set the tags of all requests; those that rename or link a run need statements of their own."""
    rows: dict[tuple[int, str], str] = {}
    changed: dict[int, RunInfo] = {}
    for one, info in kept:
        if _WITH_EFFECTS & one.tags.keys():
            runs.put_tags(tx, info, one.tags)
            continue
        for key, value in one.tags.items():
            rows[info.internal_id, key] = value
            changed[info.internal_id] = info
    tx.insert_later(runs.PUT_TAGS, [(number, key, value) for (number, key), value in rows.items()])
    for info in changed.values():
        runs.report_change(tx, info)


def _put_params(
    tx: Write, kept: Sequence[tuple[Logged, RunInfo]], given: Sequence[Logged], errors: list[HandloomError | None]
) -> None:
    """Add the params of all requests; put an error into `errors` for a request that would change one."""
    keys = list(dict.fromkeys(key for one, _ in kept for key in one.params))
    if not keys:
        return
    numbers = list(dict.fromkeys(info.internal_id for one, info in kept if one.params))
    old: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for at in range(0, len(keys), runs.CHUNK):
        for row in tx.fetch(_PARAMS_OF_RUNS, runs=padded(numbers), keys=padded(keys[at : at + runs.CHUNK])):
            old[row.run_internal_id][row.key] = row.value
    new: list[tuple[int, str, str]] = []
    changed: dict[int, RunInfo] = {}
    places = {id(one): at for at, one in enumerate(given)}
    for one, info in kept:
        known = old[info.internal_id]
        try:
            runs.check_unchanged(info, known, one.params, single=one.single)
        except HandloomError as error:
            errors[places[id(one)]] = error
            continue
        for key, value in one.params.items():
            if key not in known:
                known[key] = value
                new.append((info.internal_id, key, value))
                changed[info.internal_id] = info
    tx.insert_later(_ADD_PARAMS, new)
    for info in changed.values():
        runs.report_change(tx, info)
