"""Registered models and their versions for the UI. A model's id is its name, percent-encoded in paths."""

from typing import Any

import msgspec

from handloom.api.routing import Context, Route, live, read, write
from handloom.api.server import Server
from handloom.api.ui.metrics import json_number
from handloom.api.ui.runs import SourceNotebook
from handloom.domain import artifacts as paths
from handloom.domain import models as rules
from handloom.domain.errors import AlreadyExists, Invalid, NotFound
from handloom.domain.logged_models import ModelUse
from handloom.domain.members import Caller, Role
from handloom.domain.names import clean_description
from handloom.store.artifacts import storage as artifacts
from handloom.store.engine.database import Read, Write
from handloom.store.models import alias_history
from handloom.store.models import files as model_files
from handloom.store.models import logged as logged_models
from handloom.store.models import rows as models
from handloom.store.models import versions as model_versions
from handloom.store.runs import files as run_files
from handloom.store.runs import list_rows as run_rows

MOST_USES = 50


class ModelPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str


class VersionPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    version: int


class CreateModel(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    description: str = ""


class UpdateModel(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    name: str | None = None
    description: str | None = None


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    status: str
    stage: str
    description: str
    user: str
    created_at: int
    aliases: list[str]
    tags: dict[str, str]
    run_id: str | None
    run_name: str | None
    experiment: str | None
    experiment_name: str | None
    notebook: SourceNotebook | None
    metrics: dict[str, float | None]
    params: dict[str, str]
    source: str


class ModelView(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    workspace: str
    description: str
    owner: str
    created_at: int
    modified_at: int
    tags: dict[str, str]
    versions: list[VersionRow]
    """Newest first."""


class AliasHistory(msgspec.Struct, frozen=True, kw_only=True):
    """What people did to a model's aliases, newest first."""

    changes: list[rules.AliasChange]


class VersionDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its files' metadata. `inputs` and `outputs` are the signature; None without one."""

    row: VersionRow
    inputs: list[rules.SchemaColumn] | None
    outputs: list[rules.SchemaColumn] | None
    flavors: list[str]
    mlflow_version: str | None
    model_uri: str
    """The argument of `mlflow.pyfunc.load_model`: `models:/<name>/<version>`."""
    model_card: dict[str, Any] = {}
    """The parsed MLmodel file."""
    card_problem: str | None = None
    """Why the MLmodel file could not be read."""
    logged_model: str = ""
    """Name of the logged model that the version was made from; empty for one made from a run's files."""
    copied_from: rules.CopySource | None = None
    """For a version that was copied here, from the tag that copying sets."""
    used_by: list[ModelUse] = []
    """The newest runs that logged the version's model as an input."""


class SaveRunAsModel(msgspec.Struct, frozen=True, kw_only=True):
    """Register the model folder `path` of a run as a version of `model`. With `new`, creates the model first and fails
    if it exists.
    """

    workspace: str
    model: str
    run: str
    path: str
    new: bool
    description: str = ""


class UpdateVersion(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    version: int
    description: str


class PutAlias(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    alias: str
    version: int
    note: str = ""
    """Why: it stays in the history of the alias, as the note of an approval."""


class RemoveAlias(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    alias: str


class PutModelTag(msgspec.Struct, frozen=True, kw_only=True):
    """Set a tag of a version, or of the model if `version` is None."""

    workspace: str
    model: str
    key: str
    value: str
    version: int | None = None


class RemoveModelTag(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    key: str
    version: int | None = None


def _view(tx: Read, workspace: str, name: str) -> ModelView:
    model = models.get(tx, workspace, name)
    return ModelView(
        name=model.name,
        workspace=workspace,
        description=model.description,
        owner=model.owner,
        created_at=model.created_at,
        modified_at=model.modified_at,
        tags=model.tags,
        versions=_rows(tx, workspace, model_versions.of_model(tx, workspace, model.name)),
    )


def _rows(tx: Read, workspace: str, versions: list[rules.Version]) -> list[VersionRow]:
    found = run_rows.of_ids(tx, workspace, [v.run_id for v in versions if v.run_id])
    runs = {f.run.info.run_id: f for f in found}
    return [_row(v, runs.get(v.run_id)) for v in versions]


def _row(version: rules.Version, source: run_rows.ListedRun | None) -> VersionRow:
    info = source.run.info if source else None
    notebook = source.notebook if source else None
    return VersionRow(
        version=version.version,
        status=version.status,
        stage=version.stage,
        description=version.description,
        user=version.user,
        created_at=version.created_at,
        aliases=version.aliases,
        tags=version.tags,
        run_id=info.run_id if info else None,
        run_name=info.name if info else None,
        experiment=info.experiment_id if info else None,
        experiment_name=source.experiment_name if source else None,
        notebook=SourceNotebook(id=notebook[0], name=notebook[1]) if notebook else None,
        metrics={m.key: json_number(m.value) for m in source.run.metrics} if source else {},
        params=source.run.params if source else {},
        source=version.source,
    )


def create(tx: Write, context: Context, request: CreateModel) -> ModelView:
    description = clean_description(request.description)
    _refuse_taken(tx, request.workspace, request.name)
    made = models.create(tx, request.workspace, request.name, owner=context.caller.user.id, description=description)
    return _view(tx, request.workspace, made.name)


def _refuse_taken(tx: Read, workspace: str, name: str, hint: str = "Choose another name.") -> None:
    if models.exists(tx, workspace, rules.clean_model_name(name)):
        text = f"A model named “{name}” exists already. {hint}"
        raise AlreadyExists(text, field="name").because("model_exists", name=name)


def view(tx: Read, context: Context, request: ModelPath) -> ModelView:
    return _view(tx, request.workspace, request.model)


def update(tx: Write, context: Context, request: UpdateModel) -> ModelView:
    name = request.model
    if request.description is not None:
        models.describe(tx, request.workspace, name, clean_description(request.description))
    if request.name is not None and rules.clean_model_name(request.name) != name:
        _refuse_taken(tx, request.workspace, request.name)
        name = models.rename(tx, request.workspace, name, request.name).name
    return _view(tx, request.workspace, name)


def remove(tx: Write, context: Context, request: ModelPath) -> None:
    models.remove(tx, request.workspace, request.model)


async def save_run(server: Server, context: Context, request: SaveRunAsModel) -> VersionRow:
    workspace = request.workspace
    clean_description(request.description)
    run = await server.read(lambda tx: run_files.files_of(tx, workspace, request.run))
    place = await server.on_thread(lambda: _locate_model(server, run, request))
    return await server.write(lambda tx: _save(tx, context.caller, request, place))


def _locate_model(server: Server, run: run_files.RunFolder, request: SaveRunAsModel) -> run_files.Location:
    """Locate the requested model folder. Raises Invalid if it has no MLmodel file."""
    place = run_files.locate(server.artifacts, request.workspace, run, request.path)
    if not artifacts.is_model(server.artifacts, request.workspace, place.path):
        shown = f"“{request.path}”" if request.path else "The run's own folder"
        raise Invalid(
            f"{shown} is not a model folder, which contains a file named {paths.MODEL_FILE}. Choose a model folder.",
            field="path",
        )
    return place


def _save(tx: Write, caller: Caller, request: SaveRunAsModel, place: run_files.Location) -> VersionRow:
    workspace = request.workspace
    if request.new:
        _refuse_taken(
            tx, workspace, request.model, "Choose another name, or save this run as a new version of that model."
        )
        models.create(tx, workspace, request.model, owner=caller.user.id)
    elif not models.exists(tx, workspace, rules.clean_model_name(request.model)):
        text = f"There is no model named “{request.model}” in this workspace; it may have been deleted."
        raise NotFound(text).because("no_model", name=request.model)
    logged = place.model_id if not place.inner else None
    given = model_versions.NewVersion(
        source=f"models:/{logged}" if logged else paths.uri_of(place.path),
        run_id=request.run,
        model_id=place.model_id or "",
        description=clean_description(request.description),
        user=caller.user.display_name,
    )
    return _rows(tx, workspace, [model_versions.create(tx, workspace, request.model, given)])[0]


async def version(server: Server, context: Context, request: VersionPath) -> VersionDetail:
    found, row, root = await server.read(lambda tx: _version(tx, request))
    logged_model, used_by = await server.read(lambda tx: _lineage(tx, request.workspace, found.model_id))
    card = model_files.Card()
    if root is not None:
        card = await server.on_thread(lambda: model_files.card(server.artifacts, request.workspace, root))
    return VersionDetail(
        row=row,
        inputs=card.inputs,
        outputs=card.outputs,
        flavors=card.flavors,
        mlflow_version=card.mlflow_version,
        model_uri=f"models:/{found.model}/{found.version}",
        model_card=card.content,
        card_problem=card.problem,
        logged_model=logged_model,
        used_by=used_by,
        copied_from=_origin(found),
    )


def _origin(version: rules.Version) -> rules.CopySource | None:
    if rules.COPIED_TAG not in version.tags:
        return None
    try:
        return msgspec.json.decode(version.tags[rules.COPIED_TAG], type=rules.CopySource)
    except msgspec.DecodeError:  # a client set the tag to something else
        return None


def _lineage(tx: Read, workspace: str, model_id: str) -> tuple[str, list[ModelUse]]:
    if not model_id:
        return "", []
    return logged_models.name_of(tx, workspace, model_id), logged_models.used_by(tx, workspace, model_id, MOST_USES)


def _version(tx: Read, request: VersionPath) -> tuple[rules.Version, VersionRow, str | None]:
    """Return a version, its row and the root of its files: None if they are on another server or their run is gone."""
    found = model_versions.get(tx, request.workspace, request.model, request.version)
    row = _rows(tx, request.workspace, [found])[0]
    try:
        return found, row, model_files.root(tx, request.workspace, found)
    except (NotFound, Invalid):
        return found, row, None


def update_version(tx: Write, context: Context, request: UpdateVersion) -> VersionRow:
    description = clean_description(request.description)
    made = model_versions.describe(tx, request.workspace, request.model, request.version, description)
    return _rows(tx, request.workspace, [made])[0]


def remove_version(tx: Write, context: Context, request: VersionPath) -> None:
    user = context.caller.user.display_name
    model_versions.remove(tx, request.workspace, request.model, request.version, user=user)


def put_alias(tx: Write, context: Context, request: PutAlias) -> ModelView:
    user = context.caller.user.display_name
    models.set_alias(tx, request.workspace, request.model, request.alias, request.version, user=user, note=request.note)
    return _view(tx, request.workspace, request.model)


def remove_alias(tx: Write, context: Context, request: RemoveAlias) -> ModelView:
    user = context.caller.user.display_name
    models.delete_alias(tx, request.workspace, request.model, request.alias, user=user)
    return _view(tx, request.workspace, request.model)


def aliases(tx: Read, context: Context, request: ModelPath) -> AliasHistory:
    model = models.get(tx, request.workspace, request.model)
    return AliasHistory(changes=alias_history.of_model(tx, request.workspace, model.name))


def put_tag(tx: Write, context: Context, request: PutModelTag) -> ModelView:
    key = request.key.strip()
    if request.version is None:
        models.set_tag(tx, request.workspace, request.model, key, request.value)
    else:
        model_versions.set_tag(tx, request.workspace, request.model, request.version, key, request.value)
    return _view(tx, request.workspace, request.model)


def remove_tag(tx: Write, context: Context, request: RemoveModelTag) -> ModelView:
    if request.version is None:
        models.delete_tag(tx, request.workspace, request.model, request.key)
    else:
        model_versions.delete_tag(tx, request.workspace, request.model, request.version, request.key)
    return _view(tx, request.workspace, request.model)


_MODELS = "/api/v1/workspaces/{workspace}/models"
_MODEL = _MODELS + "/{model}"
_VERSION = _MODEL + "/versions/{version}"

ROUTES: list[Route] = [
    write("POST", _MODELS, create, audit="model.create", summary="Create a model without versions."),
    read("GET", _MODEL, view, summary="Get a model with its versions, newest first."),
    write("PATCH", _MODEL, update, audit="model.change", summary="Change a model's name or description."),
    write("DELETE", _MODEL, remove, audit="model.delete", summary="Delete a model and its versions permanently."),
    live(
        "POST",
        _MODEL + "/versions",
        save_run,
        audit="version.create",
        role=Role.CONTRIBUTOR,
        summary="Register a run's model folder as a new version.",
    ),
    live("GET", _VERSION, version, summary="Get a version with its signature and MLmodel file."),
    write("PATCH", _VERSION, update_version, audit="version.change", summary="Change a version's description."),
    write("DELETE", _VERSION, remove_version, audit="version.delete", summary="Delete a version permanently."),
    read("GET", _MODEL + "/aliases", aliases, summary="List who set and deleted the aliases of a model, newest first."),
    write("PUT", _MODEL + "/aliases", put_alias, audit="alias.set", summary="Set an alias to a version."),
    write("DELETE", _MODEL + "/aliases", remove_alias, audit="alias.delete", summary="Delete an alias."),
    write("PUT", _MODEL + "/tags", put_tag, summary="Set a tag of a model or a version."),
    write("DELETE", _MODEL + "/tags", remove_tag, summary="Delete a tag of a model or a version."),
]
