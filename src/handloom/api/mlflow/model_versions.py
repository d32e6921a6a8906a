"""MLflow's model registry endpoints for model versions: create, get, update, transition, tag, delete and search."""

import msgspec

from handloom.api.mlflow.encoding import Entry, Reply, entries, pairs
from handloom.api.routing import Context, Route, read, write
from handloom.domain import models as rules
from handloom.domain.errors import Invalid
from handloom.domain.pages import offset_of, page_of
from handloom.store.engine.database import Read, Write
from handloom.store.models import search as registry_search
from handloom.store.models import versions as model_versions

MAX_PAGE = 200_000


class ModelVersionBody(Reply):
    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int
    current_stage: str
    description: str
    source: str
    run_id: str
    status: str
    run_link: str
    status_message: str = ""
    tags: list[Entry] = []
    aliases: list[str] = []


class VersionReply(Reply):
    model_version: ModelVersionBody


class VersionsReply(Reply):
    model_versions: list[ModelVersionBody] = []
    next_page_token: str = ""


class DownloadUri(Reply):
    artifact_uri: str


class CreateVersion(msgspec.Struct):
    name: str = ""
    source: str = ""
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    description: str = ""
    tags: list[Entry] = []


class NamedVersion(msgspec.Struct):
    name: str = ""
    version: str = ""


class UpdateModelVersion(msgspec.Struct):
    name: str = ""
    version: str = ""
    description: str = ""


class TransitionStage(msgspec.Struct):
    name: str = ""
    version: str = ""
    stage: str = ""
    archive_existing_versions: bool = False


class SearchVersions(msgspec.Struct):
    filter: str = ""
    max_results: int = 10_000
    order_by: list[str] = []
    page_token: str = ""


class SetModelVersionTag(msgspec.Struct):
    name: str = ""
    version: str = ""
    key: str = ""
    value: str = ""


class DeleteModelVersionTag(msgspec.Struct):
    name: str = ""
    version: str = ""
    key: str = ""


def version_reply(version: rules.Version) -> ModelVersionBody:
    return ModelVersionBody(
        name=version.model,
        version=str(version.version),
        creation_timestamp=version.created_at,
        last_updated_timestamp=version.modified_at,
        current_stage=version.stage,
        description=version.description,
        source=version.source,
        run_id=version.run_id,
        status=version.status,
        run_link=version.run_link,
        status_message=version.status_message,
        tags=entries(version.tags),
        aliases=version.aliases,
    )


def create(tx: Write, context: Context, request: CreateVersion) -> VersionReply:
    given = model_versions.NewVersion(
        source=request.source,
        run_id=request.run_id,
        run_link=request.run_link,
        model_id=request.model_id,
        description=request.description,
        user=context.caller.user.display_name,
        tags=pairs(request.tags),
    )
    return VersionReply(version_reply(model_versions.create(tx, context.workspace, request.name, given)))


def _get(tx: Read, workspace: str, name: str, version: str) -> rules.Version:
    return model_versions.get(tx, workspace, name, rules.version_number(version))


def get(tx: Read, context: Context, request: NamedVersion) -> VersionReply:
    return VersionReply(version_reply(_get(tx, context.workspace, request.name, request.version)))


def update(tx: Write, context: Context, request: UpdateModelVersion) -> VersionReply:
    number = rules.version_number(request.version)
    made = model_versions.describe(tx, context.workspace, request.name, number, request.description)
    return VersionReply(version_reply(made))


def transition(tx: Write, context: Context, request: TransitionStage) -> VersionReply:
    moved = model_versions.transition(
        tx,
        context.workspace,
        request.name,
        rules.version_number(request.version),
        request.stage,
        archive=request.archive_existing_versions,
    )
    return VersionReply(version_reply(moved))


def remove(tx: Write, context: Context, request: NamedVersion) -> None:
    version, user = rules.version_number(request.version), context.caller.user.display_name
    model_versions.remove(tx, context.workspace, request.name, version, user=user)


def download_uri(tx: Read, context: Context, request: NamedVersion) -> DownloadUri:
    return DownloadUri(_get(tx, context.workspace, request.name, request.version).location)


def search(tx: Read, context: Context, request: SearchVersions) -> VersionsReply:
    if request.max_results < 1:
        raise Invalid(
            f"Invalid value for max_results. It must be a positive integer, but got {request.max_results}",
            field="max_results",
        )
    if request.max_results > MAX_PAGE:
        raise Invalid(
            f"Invalid value {request.max_results} for parameter 'max_results' supplied: It must be at most {MAX_PAGE}",
            field="max_results",
        )
    offset = offset_of(request.page_token)
    rows = registry_search.versions(
        tx, context.workspace, request.filter, request.order_by, limit=request.max_results + 1, offset=offset
    )
    page, token = page_of(rows, offset, request.max_results)
    return VersionsReply([version_reply(v) for v in model_versions.hydrate(tx, context.workspace, page)], token)


def set_tag(tx: Write, context: Context, request: SetModelVersionTag) -> None:
    number = rules.version_number(request.version)
    model_versions.set_tag(tx, context.workspace, request.name, number, request.key, request.value)


def delete_tag(tx: Write, context: Context, request: DeleteModelVersionTag) -> None:
    model_versions.delete_tag(tx, context.workspace, request.name, rules.version_number(request.version), request.key)


_VERSIONS = "mlflow/model-versions"

ROUTES: list[Route] = [
    write("POST", f"{_VERSIONS}/create", create, audit="version.create", required=("name", "source")),
    read("GET", f"{_VERSIONS}/get", get, required=("name", "version")),
    write("PATCH", f"{_VERSIONS}/update", update, audit="version.change", required=("name", "version")),
    write(
        "POST",
        f"{_VERSIONS}/transition-stage",
        transition,
        audit="version.change",
        required=("name", "version", "stage"),
    ),
    write("DELETE", f"{_VERSIONS}/delete", remove, audit="version.delete", required=("name", "version")),
    read("GET", f"{_VERSIONS}/get-download-uri", download_uri, required=("name", "version")),
    read("GET", f"{_VERSIONS}/search", search),
    write("POST", f"{_VERSIONS}/set-tag", set_tag, required=("name", "version", "key")),
    write("DELETE", f"{_VERSIONS}/delete-tag", delete_tag, required=("name", "version", "key")),
]
