"""Import records of logged models, registered models and their versions; `import_records` imports the others."""

from typing import Any

from sqlalchemy import func, insert, select, update

from handloom.domain import logged_models as logged_rules
from handloom.domain import metrics as metric_rules
from handloom.domain import models as model_rules
from handloom.domain.artifacts import below
from handloom.domain.clock import now
from handloom.domain.errors import Conflict, NotFound
from handloom.domain.records import ImportedTo, LoggedModelRecord, ModelRecord, VersionRecord
from handloom.store.engine.bulk_insert import Insert
from handloom.store.engine.database import Write
from handloom.store.experiments import rows as experiments
from handloom.store.models import rows as models
from handloom.store.models import tables as model_tables
from handloom.store.transfer.ids import model_id_of, run_id_of

_ADD_METRICS = Insert(
    model_tables.logged_model_metrics,
    ("model_id", "run_id", "key", "step", "timestamp", "value", "is_nan", "dataset_name", "dataset_digest"),
    "skip",
)


def keep_logged_model(tx: Write, workspace: str, record: LoggedModelRecord) -> ImportedTo:
    experiment = experiments.get(tx, workspace, record.experiment_id)
    model_id = model_id_of(tx, workspace, record.model_id)
    m = model_tables.logged_models
    where = (m.c.workspace_id == workspace, m.c.model_id == model_id)
    old = tx.connection.execute(select(m.c.artifact_uri, m.c.status).where(*where)).first()
    uri = record.artifact_uri or below(experiment.artifact_location, f"models/{model_id}/artifacts")
    run_id = run_id_of(tx, workspace, record.source_run_id)
    if old is None:
        tx.connection.execute(
            insert(m).values(
                model_id=model_id,
                workspace_id=workspace,
                experiment_internal_id=experiment.internal_id,
                name=record.name,
                artifact_uri=uri,
                status=record.status,
                status_message=record.status_message,
                model_type=record.model_type,
                source_run_id=run_id,
                created_at=record.created_at or now(),
                modified_at=now() if record.lifecycle_stage == "deleted" else record.modified_at or now(),
                lifecycle_stage=record.lifecycle_stage,
            )
        )
        for table, pairs in (
            (model_tables.logged_model_params, record.params),
            (model_tables.logged_model_tags, record.tags),
        ):
            rows = [{"model_id": model_id, "key": key, "value": value} for key, value in pairs.items()]
            if rows:
                tx.connection.execute(insert(table), rows)
    elif old.status == logged_rules.PENDING != record.status:
        tx.connection.execute(update(m).where(*where).values(status=record.status))
    _metrics(tx, workspace, model_id, record)
    if run_id:
        tx.changed("runs", workspace, run_id, parent=experiment.id)
    uri = uri if old is None else old.artifact_uri
    return ImportedTo(kind="logged_model", id=record.model_id, target=model_id, uri=uri, existed=old is not None)


def _metrics(tx: Write, workspace: str, model_id: str, record: LoggedModelRecord) -> None:
    rows: list[tuple[object, ...]] = []
    for given in record.metrics:
        value, is_nan = metric_rules.kept(float("nan") if given.value is None else given.value)
        run_id = run_id_of(tx, workspace, given.run_id)
        dataset = (given.dataset_name, given.dataset_digest)
        rows.append((model_id, run_id, given.key, given.step, given.timestamp, value, is_nan, *dataset))
    tx.insert_later(_ADD_METRICS, rows)


def keep_model(tx: Write, workspace: str, owner: str | None, record: ModelRecord) -> None:
    name = model_rules.clean_model_name(record.name)
    m = model_tables.models
    if not models.exists(tx, workspace, name):
        tx.connection.execute(
            insert(m).values(
                workspace_id=workspace,
                name=name,
                description=record.description,
                owner_id=owner,
                created_at=record.created_at or now(),
                modified_at=record.modified_at or now(),
                next_version=1,
            )
        )
    c = model_tables.model_tags.c
    has = set(tx.connection.scalars(select(c.key).where(c.workspace_id == workspace, c.name == name)))
    for key, value in record.tags.items():
        if key not in has:
            model_rules.check_tag(key, value)
            row = {"workspace_id": workspace, "name": name, "key": key, "value": value}
            tx.connection.execute(insert(model_tables.model_tags).values(row))
    _count_on(tx, workspace, name, record.next_version)
    tx.changed("models", workspace, name)


def _count_on(tx: Write, workspace: str, name: str, next_version: int) -> None:
    m = model_tables.models.c
    later = (m.workspace_id == workspace, m.name == name, m.next_version < next_version)
    tx.connection.execute(update(model_tables.models).where(*later).values(next_version=next_version))


def keep_version(tx: Write, workspace: str, record: VersionRecord) -> None:
    """Import a version. Raises Conflict if the model has another version with this number."""
    name = model_rules.clean_model_name(record.name)
    if not models.exists(tx, workspace, name):
        raise NotFound(f"Registered Model with name={name} not found")
    v = model_tables.model_versions
    place: dict[str, Any] = {"workspace_id": workspace, "name": name, "version": record.version}
    where = [v.c[column] == value for column, value in place.items()]
    old = tx.connection.scalar(select(v.c.created_at).where(*where))
    if old is not None and old != record.created_at:
        raise Conflict(
            f"The model “{name}” has a version {record.version} already, and it is another one. "
            "Rename one of the two models, then run this again."
        )
    if old is None:
        tx.connection.execute(
            insert(v).values(
                **place,
                description=record.description,
                user_id=record.user,
                stage=model_rules.clean_stage(record.stage),
                source=record.source,
                storage_location=record.location or record.source,
                run_id=run_id_of(tx, workspace, record.run_id),
                run_link=record.run_link,
                model_id=model_id_of(tx, workspace, record.model_id),
                status=record.status,
                status_message=record.status_message,
                created_at=record.created_at,
                modified_at=record.modified_at or record.created_at,
            )
        )
        rows = [place | {"key": key, "value": value} for key, value in record.tags.items()]
        if rows:
            tx.connection.execute(insert(model_tables.model_version_tags), rows)
    _aliases(tx, place, record.aliases)
    _count_on(tx, workspace, name, record.version + 1)
    tx.changed("models", workspace, name)


def _aliases(tx: Write, place: dict[str, Any], aliases: list[str]) -> None:
    a = model_tables.model_aliases.c
    for alias in aliases:
        mine = (a.workspace_id == place["workspace_id"], a.name == place["name"], a.alias == alias)
        if not tx.connection.scalar(select(func.count()).select_from(model_tables.model_aliases).where(*mine)):
            model_rules.check_alias(alias)
            tx.connection.execute(insert(model_tables.model_aliases).values(**place, alias=alias))
