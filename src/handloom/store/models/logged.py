"""Logged models: create, read, update and delete their rows. Their files are artifacts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import nan

import msgspec
from sqlalchemy import Row, Table, delete, insert, select, update

from handloom.domain import logged_models as rules
from handloom.domain.artifacts import below
from handloom.domain.clock import now
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.logged_models import LoggedModel, ModelMetric, ModelUse
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import tables as experiment_tables
from handloom.store.models import tables as model_tables
from handloom.store.runs import tables as run_tables

_TABLE = model_tables.logged_models
_JOINED = _TABLE.join(
    experiment_tables.experiments, _TABLE.c.experiment_internal_id == experiment_tables.experiments.c.internal_id
)
SELECT = select(_TABLE, experiment_tables.experiments.c.experiment_id).select_from(_JOINED)
"""The rows for `hydrate`; add a WHERE that names the workspace."""


def create(
    tx: Write,
    workspace: str,
    experiment_id: str,
    *,
    name: str | None = None,
    model_type: str = "",
    source_run_id: str = "",
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> LoggedModel:
    """Create a model, PENDING until `finalize` reports that its files are uploaded."""
    if name is not None:
        rules.check_name(name)
    number, location = _experiment(tx, workspace, experiment_id)
    model_id, at = rules.new_id(), now()
    tx.connection.execute(
        insert(_TABLE).values(
            model_id=model_id,
            workspace_id=workspace,
            experiment_internal_id=number,
            name=name or rules.new_name(),
            artifact_uri=below(location, f"models/{model_id}/artifacts"),
            status=rules.PENDING,
            model_type=model_type,
            source_run_id=source_run_id,
            created_at=at,
            modified_at=at,
            lifecycle_stage="active",
        )
    )
    _insert(tx, model_tables.logged_model_params, model_id, params or {})
    _insert(tx, model_tables.logged_model_tags, model_id, tags or {})
    return _changed(tx, workspace, model_id)


def _experiment(tx: Read, workspace: str, experiment_id: str) -> tuple[int, str]:
    """Return the internal id and artifact location of an active experiment."""
    if not experiment_id.isdecimal():
        raise Invalid(f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer.")
    e = experiment_tables.experiments.c
    row = tx.connection.execute(
        select(e.internal_id, e.artifact_location, e.lifecycle_stage).where(
            e.workspace_id == workspace, e.experiment_id == int(experiment_id)
        )
    ).first()
    if row is None:
        raise NotFound(f"No Experiment with id={experiment_id} exists")
    if row.lifecycle_stage != "active":
        raise Invalid(
            f"The experiment {experiment_id} must be in the 'active' state. Current state is {row.lifecycle_stage}."
        )
    return row.internal_id, row.artifact_location


def get(tx: Read, workspace: str, model_id: str, *, deleted: bool = False) -> LoggedModel:
    """Return one model; a deleted one only with `deleted`."""
    row = tx.connection.execute(SELECT.where(_TABLE.c.workspace_id == workspace, _TABLE.c.model_id == model_id)).first()
    if row is None or (row.lifecycle_stage != "active" and not deleted):
        raise NotFound(f"Logged model with ID '{model_id}' not found.")
    return hydrate(tx, [row])[0]


def of_run(tx: Read, workspace: str, run_id: str) -> list[LoggedModel]:
    """Return the models that a run logged, newest first."""
    rows = tx.connection.execute(
        SELECT.where(
            _TABLE.c.workspace_id == workspace,
            _TABLE.c.source_run_id == run_id,
            _TABLE.c.lifecycle_stage == "active",
        ).order_by(_TABLE.c.created_at.desc(), _TABLE.c.model_id)
    ).all()
    return hydrate(tx, rows)


def name_of(tx: Read, workspace: str, model_id: str) -> str:
    """Return a model's name, also of a deleted one; "" if there is none."""
    mine = (_TABLE.c.workspace_id == workspace, _TABLE.c.model_id == model_id)
    return tx.connection.scalar(select(_TABLE.c.name).where(*mine)) or ""


def used_by(tx: Read, workspace: str, model_id: str, limit: int) -> list[ModelUse]:
    """Return the active runs that logged the model as an input, newest first."""
    r, e, used = run_tables.runs.c, experiment_tables.experiments.c, model_tables.run_models.c
    query = (
        select(r.run_id, r.name, e.experiment_id)
        .join(run_tables.runs, r.internal_id == used.run_internal_id)
        .join(experiment_tables.experiments, e.internal_id == r.experiment_internal_id)
        .where(used.model_id == model_id, used.direction == "input")
        .where(r.workspace_id == workspace, r.lifecycle_stage == "active")
        .distinct()
    )
    newest = query.add_columns(r.start_time, r.internal_id).order_by(r.start_time.desc(), r.internal_id.desc())
    return [
        ModelUse(run_id=row.run_id, name=row.name, experiment=str(row.experiment_id))
        for row in tx.connection.execute(newest.limit(limit))
    ]


def finalize(tx: Write, workspace: str, model_id: str, status: rules.Status) -> LoggedModel:
    """Set whether the model's files were uploaded."""
    _touch(tx, workspace, model_id, status=status)
    return _changed(tx, workspace, model_id)


def remove(tx: Write, workspace: str, model_id: str) -> None:
    """Mark a model as deleted: searches and `get` ignore it; its files stay for the versions made from it."""
    get(tx, workspace, model_id, deleted=True)
    _touch(tx, workspace, model_id, lifecycle_stage="deleted")
    _changed(tx, workspace, model_id)


def set_tags(tx: Write, workspace: str, model_id: str, tags: Mapping[str, str]) -> LoggedModel:
    get(tx, workspace, model_id, deleted=True)
    table = model_tables.logged_model_tags
    tx.connection.execute(delete(table).where(table.c.model_id == model_id, table.c.key.in_(list(tags))))
    _insert(tx, table, model_id, tags)
    return _changed(tx, workspace, model_id)


def delete_tag(tx: Write, workspace: str, model_id: str, key: str) -> None:
    get(tx, workspace, model_id, deleted=True)
    table = model_tables.logged_model_tags
    gone = tx.connection.execute(delete(table).where(table.c.model_id == model_id, table.c.key == key))
    if not gone.rowcount:
        raise NotFound(f"No tag with key {key!r} found for model with ID {model_id!r}.")
    _changed(tx, workspace, model_id)


def log_params(tx: Write, workspace: str, model_id: str, params: Mapping[str, str]) -> None:
    """Add params. A param never changes: the same value again is allowed, another one raises Invalid."""
    known = get(tx, workspace, model_id).params
    for key, value in params.items():
        if known.get(key, value) != value:
            raise Invalid(
                f"Changing param values is not allowed. Param with key='{key}' was already logged with "
                f"value='{known[key]}' for model ID='{model_id}'. Attempted logging new value '{value}'."
            )
    new = {key: value for key, value in params.items() if key not in known}
    _insert(tx, model_tables.logged_model_params, model_id, new)


def link_version(tx: Write, workspace: str, model_id: str, name: str, version: int) -> None:
    """Record on the logged model that a registered version was made from it, as MLflow's clients do."""
    made = {"name": name, "version": version}
    tags = get(tx, workspace, model_id).tags
    linked = _versions_in(tags.get(rules.VERSIONS_TAG, ""))
    if made not in linked:
        linked.append(made)
    set_tags(tx, workspace, model_id, {rules.VERSIONS_TAG: msgspec.json.encode(linked).decode()})


def _versions_in(text: str) -> list[object]:
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return []
    return found if isinstance(found, list) else []


def hydrate(tx: Read, rows: Sequence[Row[tuple[object, ...]]]) -> list[LoggedModel]:
    """Return the models of rows of `SELECT`, with tags, params and metrics, read in one statement each."""
    ids = [row.model_id for row in rows]
    tags = pairs(tx, model_tables.logged_model_tags, ids)
    params = pairs(tx, model_tables.logged_model_params, ids)
    metrics = _metrics(tx, ids)
    return [
        LoggedModel(
            model_id=row.model_id,
            experiment_id=str(row.experiment_id),
            name=row.name,
            artifact_uri=row.artifact_uri,
            created_at=row.created_at,
            modified_at=row.modified_at,
            status=row.status,
            status_message=row.status_message,
            model_type=row.model_type,
            source_run_id=row.source_run_id,
            deleted=row.lifecycle_stage != "active",
            tags=tags[row.model_id],
            params=params[row.model_id],
            metrics=metrics[row.model_id],
        )
        for row in rows
    ]


def pairs(tx: Read, table: Table, ids: Iterable[str]) -> defaultdict[str, dict[str, str]]:
    """Return tags or params by model id."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    query = select(table.c.model_id, table.c.key, table.c.value).where(table.c.model_id.in_(list(ids)))
    for model_id, key, value in tx.connection.execute(query.order_by(table.c.key)):
        found[model_id][key] = value
    return found


def _metrics(tx: Read, ids: Iterable[str]) -> defaultdict[str, list[ModelMetric]]:
    found: defaultdict[str, list[ModelMetric]] = defaultdict(list)
    m = model_tables.logged_model_metrics.c
    query = (
        select(model_tables.logged_model_metrics).where(m.model_id.in_(list(ids))).order_by(m.key, m.timestamp, m.step)
    )
    for row in tx.connection.execute(query):
        found[row.model_id].append(
            ModelMetric(
                key=row.key,
                value=nan if row.is_nan else row.value,
                timestamp=row.timestamp,
                step=row.step,
                run_id=row.run_id,
                dataset_name=row.dataset_name,
                dataset_digest=row.dataset_digest,
            )
        )
    return found


def _insert(tx: Write, table: Table, model_id: str, given: Mapping[str, str]) -> None:
    if given:
        rows = [{"model_id": model_id, "key": key, "value": value} for key, value in given.items()]
        tx.connection.execute(insert(table), rows)


def _touch(tx: Write, workspace: str, model_id: str, **values: str) -> None:
    where = (_TABLE.c.workspace_id == workspace, _TABLE.c.model_id == model_id)
    done = tx.connection.execute(update(_TABLE).where(*where).values(modified_at=now(), **values))
    if not done.rowcount:
        raise NotFound(f"Logged model with ID '{model_id}' not found.")


def _changed(tx: Write, workspace: str, model_id: str) -> LoggedModel:
    model = get(tx, workspace, model_id, deleted=True)
    if model.source_run_id:
        tx.changed("runs", workspace, model.source_run_id, parent=model.experiment_id)
    return model
