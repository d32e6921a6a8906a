"""Versions of registered models: create, read, update and delete. Numbers are never reused while the model exists."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, insert, select, tuple_, update

from handloom.domain import models as rules
from handloom.domain.clock import now
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.logged_models import FAILED
from handloom.domain.models import Version
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import tables as experiment_tables
from handloom.store.models import alias_history
from handloom.store.models import logged as logged_models
from handloom.store.models import tables as model_tables
from handloom.store.runs import tables as run_tables
from handloom.store.webhooks import rows as webhooks

_TABLE = model_tables.model_versions
_V = _TABLE.c


class NewVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The source of a version. `prompt` marks MLflow's prompts, whose source is a placeholder."""

    source: str
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    description: str = ""
    user: str = ""
    tags: Mapping[str, str] = {}

    @property
    def prompt(self) -> bool:
        return self.tags.get(rules.IS_PROMPT, "").lower() == "true"


def create(tx: Write, workspace: str, name: str, given: NewVersion) -> Version:
    """Create the next version of the model `name`, READY at once: its files stay at the source."""
    name = rules.clean_model_name(name)
    for key, value in given.tags.items():
        rules.check_tag(key, value)
    made, location = _resolved(tx, workspace, given)
    m = model_tables.models.c
    where = (m.workspace_id == workspace, m.name == name)
    number = tx.connection.scalar(select(m.next_version).where(*where))
    if number is None:
        raise NotFound(f"Registered Model with name={name} not found")
    at = now()
    tx.connection.execute(update(model_tables.models).where(*where).values(next_version=number + 1, modified_at=at))
    place = {"workspace_id": workspace, "name": name, "version": number}
    tx.connection.execute(
        insert(_TABLE).values(
            **place,
            description=made.description,
            user_id=made.user,
            stage=rules.NO_STAGE,
            source=made.source,
            storage_location=location,
            run_id=made.run_id,
            run_link=made.run_link,
            model_id=made.model_id,
            status=rules.READY,
            status_message="",
            created_at=at,
            modified_at=at,
        )
    )
    if made.tags:
        rows = [place | {"key": tag, "value": value} for tag, value in made.tags.items()]
        tx.connection.execute(insert(model_tables.model_version_tags), rows)
    if made.model_id:
        logged_models.link_version(tx, workspace, made.model_id, name, number)
    version = get(tx, workspace, name, number)
    payload = {"version": str(number), "source": given.source, "run_id": given.run_id or None, "tags": dict(given.tags)}
    webhooks.enqueue(tx, workspace, "version.created", name, {**payload, "description": given.description or None})
    changed(tx, workspace, version)
    return version


def _resolved(tx: Read, workspace: str, given: NewVersion) -> tuple[NewVersion, str]:
    """Resolve the source to the run and logged model that it came from, and the URI of its files."""
    if given.prompt:
        return given, given.source
    named = rules.reference(given.source)
    if named is not None and named.name is not None:
        origin = find(tx, workspace, named)
        run_id, model_id = given.run_id or origin.run_id, given.model_id or origin.model_id
        if (run_id, model_id) != (origin.run_id, origin.model_id):
            raise Invalid(
                f"Invalid model version source: '{given.source}'. The run_id and model_id request parameters must "
                "match the referenced model version.",
                field="source",
            )
        source = f"models:/{origin.model}/{origin.version}"
        return msgspec.structs.replace(given, source=source, run_id=run_id, model_id=model_id), origin.location
    run_uri, model_uri = _artifact_uris(tx, workspace, given.run_id, given.model_id)
    rules.check_source(given.source, given.run_id, given.model_id, run_uri, model_uri)
    if not given.model_id:
        return given, given.source
    model = logged_models.get(tx, workspace, given.model_id)
    if model.status == FAILED:
        raise Invalid(
            f"The logged model '{given.model_id}' is not complete: log_model failed when it was made. "
            "Log the model again and register that one.",
            field="source",
        )
    location = model.artifact_uri if named is not None else given.source
    return msgspec.structs.replace(given, run_id=given.run_id or model.source_run_id), location


def _artifact_uris(tx: Read, workspace: str, run_id: str, model_id: str) -> tuple[str | None, str | None]:
    r, m = run_tables.runs.c, model_tables.logged_models.c
    run = select(r.artifact_uri).where(r.workspace_id == workspace, r.run_id == run_id)
    model = select(m.artifact_uri).where(
        m.workspace_id == workspace, m.model_id == model_id, m.lifecycle_stage == "active"
    )
    return (
        tx.connection.scalar(run) if run_id else None,
        tx.connection.scalar(model) if model_id else None,
    )


def find(tx: Read, workspace: str, named: rules.Reference) -> Version:
    """Return the version that a `models:/name/...` reference names: by number, alias or stage, or the latest."""
    assert named.name is not None
    name = named.name
    if named.version is not None:
        return get(tx, workspace, name, named.version)
    if named.alias is not None:
        a = model_tables.model_aliases.c
        number = tx.connection.scalar(
            select(a.version).where(a.workspace_id == workspace, a.name == name, a.alias == named.alias)
        )
        if number is None:
            m = model_tables.models.c
            if tx.connection.scalar(select(m.name).where(m.workspace_id == workspace, m.name == name)) is None:
                raise NotFound(f"Registered Model with name={name} not found")
            raise Invalid(f"Registered model alias {named.alias} not found.", field="alias")
        return get(tx, workspace, name, number)
    query = select(_TABLE).where(_V.workspace_id == workspace, _V.name == name).order_by(_V.version.desc()).limit(1)
    if named.stage is not None:
        query = query.where(_V.stage == rules.clean_stage(named.stage))
    row = tx.connection.execute(query).first()
    if row is None:
        raise NotFound(f"Latest version not found for model {name}.")
    return hydrate(tx, workspace, [row])[0]


def get(tx: Read, workspace: str, name: str, version: int) -> Version:
    name = rules.clean_model_name(name)
    row = tx.connection.execute(select(_TABLE).where(*_key(workspace, name, version))).first()
    if row is None:
        text = f"Model Version (name={name}, version={version}) not found"
        raise NotFound(text).because("no_version", name=name, version=version)
    return hydrate(tx, workspace, [row])[0]


def of_model(tx: Read, workspace: str, name: str) -> list[Version]:
    """Return all versions of a model, newest first."""
    query = select(_TABLE).where(_V.workspace_id == workspace, _V.name == name).order_by(_V.version.desc())
    return hydrate(tx, workspace, tx.connection.execute(query).all())


def of_runs(tx: Read, workspace: str, run_ids: Iterable[str]) -> defaultdict[str, list[tuple[str, int]]]:
    """Return (model, version) of every version made from each of the runs, for the run list."""
    found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    query = (
        select(_V.run_id, _V.name, _V.version)
        .where(_V.workspace_id == workspace, _V.run_id.in_(list(run_ids)))
        .order_by(_V.name, _V.version)
    )
    for run_id, name, version in tx.connection.execute(query):
        found[run_id].append((name, version))
    return found


def latest(tx: Read, workspace: str, names: Sequence[str]) -> defaultdict[str, list[Version]]:
    """Return the newest version in each stage of each model."""
    per_stage = select(_V.name, func.max(_V.version)).where(_V.workspace_id == workspace, _V.name.in_(names))
    keys = [tuple(row) for row in tx.connection.execute(per_stage.group_by(_V.name, _V.stage))]
    found: defaultdict[str, list[Version]] = defaultdict(list)
    query = select(_TABLE).where(_V.workspace_id == workspace, tuple_(_V.name, _V.version).in_(keys))
    rows = tx.connection.execute(query.order_by(_V.name, _V.version)).all() if keys else []
    for version in hydrate(tx, workspace, rows):
        found[version.model].append(version)
    return found


def files_uri(tx: Read, workspace: str, version: Version) -> str:
    """Return the artifact URI of a version's files; a location of the form `runs:/<run>/<path>` is resolved."""
    if not version.location.startswith("runs:/"):
        return version.location
    run_id, _, path = version.location.removeprefix("runs:/").lstrip("/").partition("/")
    uri, _ = _artifact_uris(tx, workspace, run_id, "")
    if uri is None:
        text = f"The run {run_id} that version {version.version} of {version.model} came from is gone."
        raise NotFound(text).because("version_run_gone", version=version.version)
    return f"{uri}/{path}" if path else uri


def describe(tx: Write, workspace: str, name: str, version: int, description: str) -> Version:
    return _update(tx, workspace, name, version, description=description)


def transition(tx: Write, workspace: str, name: str, version: int, stage: str, *, archive: bool) -> Version:
    """Move a version to a stage; with `archive`, archive the versions that are in an active stage."""
    name, stage = rules.clean_model_name(name), rules.clean_stage(stage)
    if archive and stage not in rules.ACTIVE_STAGES:
        raise Invalid(
            f"Model version transition cannot archive existing model versions because '{stage}' is not an Active "
            f"stage. Valid stages are {list(rules.ACTIVE_STAGES)}",
            field="stage",
        )
    get(tx, workspace, name, version)
    if archive:
        others = (_V.workspace_id == workspace, _V.name == name, _V.stage == stage, _V.version != version)
        tx.connection.execute(update(_TABLE).where(*others).values(stage="Archived", modified_at=now()))
    touch_model(tx, workspace, name)
    return _update(tx, workspace, name, version, stage=stage)


def remove(tx: Write, workspace: str, name: str, version: int, *, user: str = "") -> None:
    """Delete a version and the aliases that point to it; its files stay with the run that logged them."""
    gone = get(tx, workspace, name, version)
    for alias in gone.aliases:
        alias_history.record(tx, workspace, gone.model, alias, None, user)
    a = model_tables.model_aliases.c
    tx.connection.execute(
        delete(model_tables.model_aliases).where(
            a.workspace_id == workspace, a.name == gone.model, a.version == version
        )
    )
    tx.connection.execute(delete(_TABLE).where(*_key(workspace, gone.model, version)))
    touch_model(tx, workspace, gone.model)
    changed(tx, workspace, gone)


def set_tag(tx: Write, workspace: str, name: str, version: int, key: str, value: str) -> None:
    rules.check_tag(key, value)
    found = get(tx, workspace, name, version)
    _drop_tag(tx, workspace, found, key)
    tx.connection.execute(
        insert(model_tables.model_version_tags).values(
            workspace_id=workspace, name=found.model, version=version, key=key, value=value
        )
    )
    webhooks.enqueue(
        tx, workspace, "version_tag.set", found.model, {"version": str(version), "key": key, "value": value}
    )
    changed(tx, workspace, found)


def delete_tag(tx: Write, workspace: str, name: str, version: int, key: str) -> None:
    """Delete a tag. A missing one is no error."""
    found = get(tx, workspace, name, version)
    _drop_tag(tx, workspace, found, key)
    webhooks.enqueue(tx, workspace, "version_tag.deleted", found.model, {"version": str(version), "key": key})
    changed(tx, workspace, found)


def _drop_tag(tx: Write, workspace: str, version: Version, key: str) -> None:
    c = model_tables.model_version_tags.c
    tx.connection.execute(
        delete(model_tables.model_version_tags).where(
            c.workspace_id == workspace, c.name == version.model, c.version == version.version, c.key == key
        )
    )


def hydrate(tx: Read, workspace: str, rows: Sequence[Row[Any]]) -> list[Version]:
    """Return the versions of rows of the table, with tags and aliases, read in one statement each."""
    names = list({row.name for row in rows})
    tags: defaultdict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    aliases: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    c = model_tables.model_version_tags.c
    for row in tx.connection.execute(
        select(model_tables.model_version_tags).where(c.workspace_id == workspace, c.name.in_(names)).order_by(c.key)
    ):
        tags[row.name, row.version][row.key] = row.value
    a = model_tables.model_aliases.c
    for row in tx.connection.execute(
        select(model_tables.model_aliases).where(a.workspace_id == workspace, a.name.in_(names)).order_by(a.alias)
    ):
        aliases[row.name, row.version].append(row.alias)
    return [_version(row, tags[row.name, row.version], aliases[row.name, row.version]) for row in rows]


def _version(row: Row[Any], tags: dict[str, str], aliases: list[str]) -> Version:
    return Version(
        model=row.name,
        version=row.version,
        description=row.description,
        user=row.user_id,
        stage=row.stage,
        source=row.source,
        location=row.storage_location,
        run_id=row.run_id,
        run_link=row.run_link,
        model_id=row.model_id,
        status=row.status,
        status_message=row.status_message,
        created_at=row.created_at,
        modified_at=row.modified_at,
        tags=tags,
        aliases=aliases,
    )


def touch_model(tx: Write, workspace: str, name: str) -> None:
    m = model_tables.models.c
    tx.connection.execute(
        update(model_tables.models).where(m.workspace_id == workspace, m.name == name).values(modified_at=now())
    )


def changed(tx: Write, workspace: str, version: Version) -> None:
    """Report changes of the model, and of the run that the version came from."""
    tx.changed("models", workspace, version.model)
    if not version.run_id:
        return
    r = run_tables.runs.c
    experiment = tx.connection.scalar(
        select(experiment_tables.experiments.c.experiment_id)
        .join(run_tables.runs, r.experiment_internal_id == experiment_tables.experiments.c.internal_id)
        .where(r.workspace_id == workspace, r.run_id == version.run_id)
    )
    if experiment is not None:
        tx.changed("runs", workspace, version.run_id, parent=str(experiment))


def _update(tx: Write, workspace: str, name: str, version: int, **values: str) -> Version:
    name = rules.clean_model_name(name)
    tx.connection.execute(update(_TABLE).where(*_key(workspace, name, version)).values(modified_at=now(), **values))
    found = get(tx, workspace, name, version)
    changed(tx, workspace, found)
    return found


def _key(workspace: str, name: str, version: int) -> tuple[Any, ...]:
    return _V.workspace_id == workspace, _V.name == name, _V.version == version
