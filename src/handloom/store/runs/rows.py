"""Runs: create, read, update and delete. Every function runs in the caller's transaction and one workspace."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from handloom.domain import runs as rules
from handloom.domain.artifacts import below
from handloom.domain.clock import now
from handloom.domain.deleted import BEING_PURGED
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.experiments import check_active as check_experiment
from handloom.domain.experiments import number_of as experiment_number_of
from handloom.domain.include import ALL, NOTHING, Include, Keys
from handloom.domain.runs import Run, RunInfo
from handloom.store.datasets import rows as datasets
from handloom.store.engine.bulk_insert import Insert, replacing
from handloom.store.engine.database import Read, Write
from handloom.store.engine.statements import Row, padded
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.metrics import sampling
from handloom.store.runs import sort_indexes
from handloom.store.runs import tables as run_tables

CHUNK = 900  # keys per IN list


class _Pair(Row, frozen=True):
    run_internal_id: int
    key: str
    value: str


_ELSEWHERE = {
    "workspace": "r.workspace_id",
    "experiment_id": "CAST(e.experiment_id AS TEXT)",
}
"""Fields of `RunInfo` whose columns have other names, or are not of runs."""

_COLUMNS = (
    ", ".join(f"{_ELSEWHERE.get(name, f'r.{name}')} AS {name}" for name in RunInfo.__struct_fields__)
    + " FROM runs r JOIN experiments e ON e.internal_id = r.experiment_internal_id"
)
_INSERTED = {
    "workspace": "workspace_id",
    "experiment_id": "CAST(:experiment_id AS TEXT)",
}
"""As `_ELSEWHERE`, in a statement that inserts a run."""

_FIND = f"SELECT {_COLUMNS} WHERE r.run_id = :run_id AND r.workspace_id = :workspace"
_BY_IDS = f"SELECT {_COLUMNS} WHERE r.run_id IN :run_ids AND r.workspace_id = :workspace"
_BY_INTERNAL_IDS = f"SELECT {_COLUMNS} WHERE r.internal_id IN :internal_ids"
_INSERT = (
    "INSERT INTO runs (run_id, workspace_id, experiment_internal_id, name, user_id, status, start_time, artifact_uri, "
    "lifecycle_stage, client) VALUES (:run_id, :workspace, :experiment, :name, :user_id, 'RUNNING', :start_time, "
    ":artifact_uri, 'active', :client) RETURNING "
    + ", ".join(f"{_INSERTED.get(name, name)} AS {name}" for name in RunInfo.__struct_fields__)
)
PUT_TAGS = replacing(run_tables.run_tags, ("run_internal_id", "key", "value"))
_ADD_PARAMS = Insert(run_tables.params, ("run_internal_id", "key", "value"))
_OLD_PARAMS = "SELECT key, value FROM params WHERE run_internal_id = :run AND key IN :keys"
_LINK_NOTEBOOK = (
    "UPDATE runs SET notebook_id = (SELECT id FROM notebooks WHERE id = :notebook AND workspace_id = :workspace) "
    "WHERE internal_id = :run"
)
_PARAMS = "SELECT run_internal_id, key, value FROM params WHERE run_internal_id IN :runs"
_TAGS = "SELECT run_internal_id, key, value FROM run_tags WHERE run_internal_id IN :runs"
_TAG = "SELECT value FROM run_tags WHERE run_internal_id = :run AND key = :key"
_DELETE_TAG = "DELETE FROM run_tags WHERE run_internal_id = :run AND key = :key"
_EXPERIMENT = (
    "SELECT internal_id, artifact_location, lifecycle_stage FROM experiments "
    "WHERE workspace_id = :workspace AND experiment_id = :experiment"
)
_SET_STAGE = (
    "UPDATE runs SET lifecycle_stage = :stage, deleted_time = :at WHERE internal_id = :run "
    "AND (deleted_time IS NULL OR deleted_time <> :purged)"
)


def create(
    tx: Write,
    workspace: str,
    experiment_id: str,
    *,
    user_id: str = "",
    name: str | None = None,
    start_time: int = 0,
    tags: Mapping[str, str] | None = None,
    client: str = "",
) -> Run:
    """Create a run, RUNNING, in an active experiment. Its name is also its tag mlflow.runName."""
    number, location = _place(tx, workspace, experiment_id)
    kept = {key: rules.clean_tag(key, value) for key, value in (tags or {}).items()}
    kept[rules.NAME_TAG] = rules.choose_name(name, kept.get(rules.NAME_TAG))
    run_id, chosen = rules.new_id(), kept[rules.NAME_TAG]
    artifact_uri = below(location, f"{run_id}/artifacts")
    (info,) = tx.fetch(
        _INSERT,
        RunInfo,
        run_id=run_id,
        workspace=workspace,
        experiment=number,
        experiment_id=str(int(experiment_id)),
        name=chosen,
        user_id=user_id,
        start_time=start_time,
        artifact_uri=artifact_uri,
        client=client,
    )
    _write_tags(tx, info, kept)
    if rules.NOTEBOOK_TAG in kept:
        info = find(tx, workspace, run_id)
    report_change(tx, info)
    tags = dict(sorted(kept.items()))
    return Run(info=info, metrics=[], params={}, tags=tags, datasets=[], model_inputs=[], model_outputs=[])


def _place(tx: Read, workspace: str, experiment_id: str) -> tuple[int, str]:
    """Return the internal id of an active experiment, and the location of its runs' artifacts."""
    for row in tx.fetch(_EXPERIMENT, workspace=workspace, experiment=experiment_number_of(experiment_id)):
        if row.lifecycle_stage == "active":
            return row.internal_id, row.artifact_location
    experiment = experiments.get(tx, workspace, experiment_id)
    check_experiment(experiment)
    return experiment.internal_id, experiment.artifact_location


def find(tx: Read, workspace: str, run_id: str) -> RunInfo:
    """Return a run without its data, deleted or not. Raises NotFound."""
    found = tx.fetch(_FIND, RunInfo, run_id=run_id, workspace=workspace)
    if not found:
        raise NotFound(f"Run with id={run_id} not found").because("no_run", run=run_id)
    return found[0]


def active(tx: Read, workspace: str, run_id: str) -> RunInfo:
    """As `find`, but raise Invalid for a deleted run, which cannot be written to."""
    info = find(tx, workspace, run_id)
    rules.check_active(info)
    return info


def get(tx: Read, workspace: str, run_id: str) -> Run:
    return hydrate(tx, [find(tx, workspace, run_id)])[0]


def update(
    tx: Write,
    workspace: str,
    run_id: str,
    *,
    status: str | None = None,
    end_time: int | None = None,
    name: str | None = None,
) -> RunInfo:
    """Set the given fields; an empty name is ignored."""
    info = active(tx, workspace, run_id)
    new_status = None if status is None else rules.check_status(status)
    if new_status is not None:
        _set(tx, info, "status", new_status)
    if end_time is not None:
        _set(tx, info, "end_time", end_time)
    if name:
        _write_tags(tx, info, {rules.NAME_TAG: rules.clean_tag(rules.NAME_TAG, name)})
        _set(tx, info, "name", name)
    if new_status in rules.FINISHED and info.status not in rules.FINISHED:
        sort_indexes.refresh(tx, [run_id])
        sampling.prepare(tx, info.internal_id)
    report_change(tx, info)
    return find(tx, workspace, run_id)


def delete(tx: Write, workspace: str, run_id: str) -> None:
    """Mark the run as deleted. Deleting it again is no error."""
    _move(tx, find(tx, workspace, run_id), "deleted", now())


def restore(tx: Write, workspace: str, run_id: str) -> None:
    _move(tx, find(tx, workspace, run_id), "active", None)


def put_tags(tx: Write, info: RunInfo, tags: Mapping[str, str]) -> None:
    """Set tags with values from `rules.clean_tag`; mlflow.runName also renames the run."""
    if not tags:
        return
    _write_tags(tx, info, tags)
    if name := tags.get(rules.NAME_TAG):
        _set(tx, info, "name", name)
    report_change(tx, info)


def tag(tx: Read, info: RunInfo, key: str) -> str | None:
    return next((str(row.value) for row in tx.fetch(_TAG, run=info.internal_id, key=key)), None)


def delete_tag(tx: Write, info: RunInfo, key: str) -> None:
    if not tx.execute(_DELETE_TAG, run=info.internal_id, key=key):
        raise NotFound(f"No tag with name: {key} in run with id {info.run_id}").because("no_tag", key=key)
    report_change(tx, info)


def put_params(tx: Write, info: RunInfo, params: Mapping[str, str], *, single: bool = False) -> None:
    """Add params with values from `rules.clean_param`. Raises Invalid if a param exists with another value."""
    if not params:
        return
    old = {row.key: row.value for row in tx.fetch(_OLD_PARAMS, run=info.internal_id, keys=list(params))}
    check_unchanged(info, old, params, single=single)
    new = [(info.internal_id, key, value) for key, value in params.items() if key not in old]
    if new:
        tx.insert_later(_ADD_PARAMS, new)
        report_change(tx, info)


def check_unchanged(info: RunInfo, old: Mapping[str, str], params: Mapping[str, str], *, single: bool) -> None:
    """Raise Invalid, in MLflow's words for one param or for a batch, if a param exists with another value."""
    clashes = [
        {"key": key, "old_value": old[key], "new_value": value}
        for key, value in params.items()
        if key in old and old[key] != value
    ]
    if clashes and single:
        clash = clashes[0]
        raise Invalid(
            f"Changing param values is not allowed. Param with key='{clash['key']}' was already logged with "
            f"value='{clash['old_value']}' for run ID='{info.run_id}'. Attempted logging new value "
            f"'{clash['new_value']}'."
        )
    if clashes:
        raise Invalid(
            f"Changing param values is not allowed. Params were already logged='{clashes}' for run ID='{info.run_id}'."
        )


def by_internal_ids(tx: Read, numbers: Sequence[int], include: Include = ALL) -> list[Run]:
    """Return the runs with these internal ids, in their order."""
    found: dict[int, RunInfo] = {}
    for at in range(0, len(numbers), CHUNK):
        for info in tx.fetch(_BY_INTERNAL_IDS, RunInfo, internal_ids=numbers[at : at + CHUNK]):
            found[info.internal_id] = info
    return hydrate(tx, [found[number] for number in numbers if number in found], include)


def hydrate(tx: Read, infos: Sequence[RunInfo], include: Include = ALL) -> list[Run]:
    """Return the runs with everything logged to them, in a few statements however many they are."""
    numbers = [info.internal_id for info in infos]
    latest = metrics.latest(tx, numbers, include.metrics)
    params, tags = _pairs(tx, _PARAMS, numbers, include.params), _pairs(tx, _TAGS, numbers, include.tags)
    inputs = datasets.of_runs(tx, numbers if include.inputs else [])
    read, made = datasets.models_of_runs(tx, numbers if include.inputs or include.outputs else [])
    return [
        Run(
            info=info,
            metrics=latest[info.internal_id],
            params=params[info.internal_id],
            tags=tags[info.internal_id],
            datasets=inputs[info.internal_id],
            model_inputs=read[info.internal_id],
            model_outputs=made[info.internal_id],
        )
        for info in infos
    ]


def _pairs(tx: Read, query: str, numbers: Sequence[int], keys: Keys) -> defaultdict[int, dict[str, str]]:
    """Return params or tags by internal run id, ordered by key: of all keys or of the given ones."""
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    some_keys = {} if keys is None else {"keys": list(keys)}
    query = f"{query if keys is None else f'{query} AND key IN :keys'} ORDER BY run_internal_id, key"
    for at in range(0, len(numbers) if keys != NOTHING else 0, CHUNK):
        for row in tx.fetch(query, _Pair, runs=numbers[at : at + CHUNK], **some_keys):
            found[row.run_internal_id][row.key] = row.value
    return found


def find_many(tx: Read, workspace: str, run_ids: Sequence[str]) -> dict[str, RunInfo]:
    """As `find`, for many runs by id; unknown ids are ignored."""
    found: dict[str, RunInfo] = {}
    for at in range(0, len(run_ids), CHUNK):
        for info in tx.fetch(_BY_IDS, RunInfo, run_ids=padded(run_ids[at : at + CHUNK]), workspace=workspace):
            found[info.run_id] = info
    return found


_SETTERS = {
    column: f"UPDATE runs SET {column} = :value WHERE internal_id = :run" for column in ("status", "end_time", "name")
}


def _set(tx: Write, info: RunInfo, column: str, value: object) -> None:
    tx.execute_later(_SETTERS[column], run=info.internal_id, value=value)


def _write_tags(tx: Write, info: RunInfo, tags: Mapping[str, str]) -> None:
    tx.insert_later(PUT_TAGS, [(info.internal_id, key, value) for key, value in tags.items()])
    if rules.NOTEBOOK_TAG in tags:
        notebook = tags[rules.NOTEBOOK_TAG]
        tx.execute_later(_LINK_NOTEBOOK, run=info.internal_id, notebook=notebook, workspace=info.workspace)


def _move(tx: Write, info: RunInfo, stage: str, at: int | None) -> None:
    if info.lifecycle_stage == stage:
        return
    if not tx.execute(_SET_STAGE, run=info.internal_id, stage=stage, at=at, purged=BEING_PURGED):
        raise NotFound(f"Run with id={info.run_id} not found")
    report_change(tx, info)


def report_change(tx: Write, info: RunInfo) -> None:
    """Report a change of the run; `info` is the run before it."""
    tx.changed("runs", info.workspace, info.run_id, info.experiment_id, cached=info.status in rules.FINISHED)
