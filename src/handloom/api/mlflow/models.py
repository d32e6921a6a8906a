"""MLflow's model registry endpoints for registered models, their tags and aliases."""

import msgspec

from handloom.api.mlflow.encoding import Entry, Reply, entries, pairs
from handloom.api.mlflow.model_versions import ModelVersionBody, VersionReply, VersionsReply, version_reply
from handloom.api.routing import Context, Route, read, write
from handloom.domain import models as rules
from handloom.domain.errors import Invalid
from handloom.domain.pages import offset_of, page_of
from handloom.store.engine.database import Read, Write
from handloom.store.models import rows as models
from handloom.store.models import search as registry_search

MAX_PAGE = 1000


class Alias(Reply):
    alias: str
    version: str


class RegisteredModelBody(Reply):
    name: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str = ""
    latest_versions: list[ModelVersionBody] = []
    tags: list[Entry] = []
    aliases: list[Alias] = []


class RegisteredModelReply(Reply):
    registered_model: RegisteredModelBody


class RegisteredModelsReply(Reply):
    registered_models: list[RegisteredModelBody] = []
    next_page_token: str = ""


class CreateRegisteredModel(msgspec.Struct):
    name: str = ""
    description: str = ""
    tags: list[Entry] = []


class NamedModel(msgspec.Struct):
    name: str = ""


class RenameModel(msgspec.Struct):
    name: str = ""
    new_name: str = ""


class UpdateRegisteredModel(msgspec.Struct):
    name: str = ""
    description: str = ""


class LatestVersions(msgspec.Struct):
    name: str = ""
    stages: list[str] = []


class SearchRegisteredModels(msgspec.Struct):
    filter: str = ""
    max_results: int = 100
    order_by: list[str] = []
    page_token: str = ""


class SetRegisteredModelTag(msgspec.Struct):
    name: str = ""
    key: str = ""
    value: str = ""


class DeleteRegisteredModelTag(msgspec.Struct):
    name: str = ""
    key: str = ""


class SetAlias(msgspec.Struct):
    name: str = ""
    alias: str = ""
    version: str = ""


class NamedAlias(msgspec.Struct):
    name: str = ""
    alias: str = ""


def _reply(model: rules.Model) -> RegisteredModelBody:
    return RegisteredModelBody(
        name=model.name,
        creation_timestamp=model.created_at,
        last_updated_timestamp=model.modified_at,
        description=model.description,
        latest_versions=[version_reply(v) for v in model.latest],
        tags=entries(model.tags),
        aliases=[Alias(alias, str(version)) for alias, version in model.aliases.items()],
    )


def create(tx: Write, context: Context, request: CreateRegisteredModel) -> RegisteredModelReply:
    made = models.create(
        tx,
        context.workspace,
        request.name,
        owner=context.caller.user.id,
        description=request.description,
        tags=pairs(request.tags),
    )
    return RegisteredModelReply(_reply(made))


def get(tx: Read, context: Context, request: NamedModel) -> RegisteredModelReply:
    return RegisteredModelReply(_reply(models.get(tx, context.workspace, request.name)))


def rename(tx: Write, context: Context, request: RenameModel) -> RegisteredModelReply:
    return RegisteredModelReply(_reply(models.rename(tx, context.workspace, request.name, request.new_name)))


def update(tx: Write, context: Context, request: UpdateRegisteredModel) -> RegisteredModelReply:
    return RegisteredModelReply(_reply(models.describe(tx, context.workspace, request.name, request.description)))


def remove(tx: Write, context: Context, request: NamedModel) -> None:
    models.remove(tx, context.workspace, request.name)


def latest_versions(tx: Read, context: Context, request: LatestVersions) -> VersionsReply:
    wanted = {rules.clean_stage(stage) for stage in request.stages or rules.STAGES}
    latest = models.get(tx, context.workspace, request.name).latest
    return VersionsReply([version_reply(v) for v in latest if v.stage in wanted])


def search(tx: Read, context: Context, request: SearchRegisteredModels) -> RegisteredModelsReply:
    if not 0 <= request.max_results <= MAX_PAGE:
        raise Invalid(
            f"Invalid value {request.max_results} for parameter 'max_results' supplied: It must be at most {MAX_PAGE}",
            field="max_results",
        )
    offset = offset_of(request.page_token)
    rows = registry_search.models(
        tx, context.workspace, request.filter, request.order_by, limit=request.max_results + 1, offset=offset
    )
    page, token = page_of(rows, offset, request.max_results)
    if not request.max_results:
        return RegisteredModelsReply()
    return RegisteredModelsReply([_reply(m) for m in models.hydrate(tx, context.workspace, page)], token)


def set_tag(tx: Write, context: Context, request: SetRegisteredModelTag) -> None:
    models.set_tag(tx, context.workspace, request.name, request.key, request.value)


def delete_tag(tx: Write, context: Context, request: DeleteRegisteredModelTag) -> None:
    models.delete_tag(tx, context.workspace, request.name, request.key)


def set_alias(tx: Write, context: Context, request: SetAlias) -> None:
    version, user = rules.version_number(request.version), context.caller.user.display_name
    models.set_alias(tx, context.workspace, request.name, request.alias, version, user=user)


def delete_alias(tx: Write, context: Context, request: NamedAlias) -> None:
    user = context.caller.user.display_name
    models.delete_alias(tx, context.workspace, request.name, request.alias, user=user)


def by_alias(tx: Read, context: Context, request: NamedAlias) -> VersionReply:
    return VersionReply(version_reply(models.by_alias(tx, context.workspace, request.name, request.alias)))


_MODELS = "mlflow/registered-models"

ROUTES: list[Route] = [
    write("POST", f"{_MODELS}/create", create, audit="model.create", required=("name",)),
    read("GET", f"{_MODELS}/get", get, required=("name",)),
    write("POST", f"{_MODELS}/rename", rename, audit="model.change", required=("name", "new_name")),
    write("PATCH", f"{_MODELS}/update", update, audit="model.change", required=("name",)),
    write("DELETE", f"{_MODELS}/delete", remove, audit="model.delete", required=("name",)),
    read("GET", f"{_MODELS}/search", search),
    read("POST", f"{_MODELS}/get-latest-versions", latest_versions, required=("name",)),
    read("GET", f"{_MODELS}/get-latest-versions", latest_versions, required=("name",)),
    write("POST", f"{_MODELS}/set-tag", set_tag, required=("name", "key")),
    write("DELETE", f"{_MODELS}/delete-tag", delete_tag, required=("name", "key")),
    write("POST", f"{_MODELS}/alias", set_alias, audit="alias.set", required=("name", "alias", "version")),
    write("DELETE", f"{_MODELS}/alias", delete_alias, audit="alias.delete", required=("name", "alias")),
    read("GET", f"{_MODELS}/alias", by_alias, required=("name", "alias")),
]
