"""MLflow's artifact endpoints: upload, download, list and delete files of runs, logged models and model versions."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from handloom.api import artifact_streams
from handloom.api.mlflow.codec import missing
from handloom.api.mlflow.encoding import Reply
from handloom.api.mlflow.errors import failure
from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain import artifacts as rules
from handloom.domain import models
from handloom.domain.artifacts import ArtifactInfo
from handloom.domain.errors import Invalid
from handloom.domain.members import Role
from handloom.store.engine.database import Read
from handloom.store.models import logged as logged_models
from handloom.store.models import versions as model_versions
from handloom.store.runs import rows as runs

MAX_SMALL_UPLOAD = 10 * 1024 * 1024


class ArtifactPath(msgspec.Struct):
    path: str = ""


class ListRun(msgspec.Struct):
    run_id: str = ""
    run_uuid: str = ""
    path: str = ""
    page_token: str = ""


class ListArtifacts(msgspec.Struct):
    run_id: str = ""
    run_uuid: str = ""
    path: str = ""


class OfVersion(msgspec.Struct):
    name: str = ""
    version: str = ""
    path: str = ""


class ListModel(msgspec.Struct):
    model_id: str = ""
    artifact_directory_path: str = ""


class OfModel(msgspec.Struct):
    model_id: str = ""
    artifact_file_path: str = ""


class ArtifactEntry(Reply):
    path: str
    is_dir: bool
    file_size: int | msgspec.UnsetType = msgspec.UNSET


class ArtifactEntries(Reply):
    files: list[ArtifactEntry] = []


class RootedFiles(Reply):
    root_uri: str
    files: list[ArtifactEntry] = []


async def download(server: Server, context: Context, request: ArtifactPath) -> Response:
    return await _send(server, context.workspace, request.path, context.http)


async def upload(server: Server, context: Context, request: ArtifactPath) -> Response:
    await artifact_streams.receive(server, context.workspace, request.path, context.http)
    return Response()


async def _send(server: Server, workspace: str, path: str, http: Request) -> Response:
    """Send a file or the requested range as an attachment, so that no browser renders it."""
    headers = {
        "Content-Type": rules.download_type(path),
        "Content-Disposition": rules.disposition(path, "attachment"),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    content = http.method == "GET" and "range" not in http.headers
    try:
        return await artifact_streams.artifact_response(server, workspace, path, headers, failure, content=content)
    except Invalid as error:
        if "refers to a directory" not in error.message:
            raise
        # MLflow's server returns this one error in another shape, which its clients look for.
        return Response(msgspec.json.encode({"detail": error.message}), 400, media_type="application/json")


async def remove(server: Server, context: Context, request: ArtifactPath) -> None:
    await artifact_streams.remove(server, context.workspace, request.path)


async def entries(server: Server, context: Context, request: ArtifactPath) -> ArtifactEntries:
    path = rules.clean_path(request.path)
    found = await server.on_thread(lambda: server.artifacts.entries(context.workspace, path))
    return ArtifactEntries(files=[_file(f) for f in found])


async def run_entries(server: Server, context: Context, request: ListRun) -> RootedFiles:
    uri = await server.read(lambda tx: _run_uri(tx, context.workspace, request.run_id or request.run_uuid))
    return await _rooted(server, context.workspace, uri, request.path)


async def model_entries(server: Server, context: Context, request: ListModel) -> RootedFiles:
    model = await server.read(lambda tx: logged_models.get(tx, context.workspace, request.model_id))
    return await _rooted(server, context.workspace, model.artifact_uri, request.artifact_directory_path)


async def _rooted(server: Server, workspace: str, uri: str, path: str) -> RootedFiles:
    path = rules.clean_path(path)
    place = rules.join(rules.root_of(uri), path)
    found = await server.on_thread(lambda: server.artifacts.entries(workspace, place))
    return RootedFiles(root_uri=uri, files=[_file(f, path) for f in found])


def _file(info: ArtifactInfo, below: str = "") -> ArtifactEntry:
    size = msgspec.UNSET if info.size is None else info.size
    return ArtifactEntry(path=rules.join(below, info.path), is_dir=info.is_dir, file_size=size)


def _run_uri(tx: Read, workspace: str, run_id: str) -> str:
    if not run_id:
        raise missing("run_id")
    return runs.find(tx, workspace, run_id).artifact_uri


async def of_run(server: Server, context: Context, request: ListArtifacts) -> Response:
    run_id = request.run_id or request.run_uuid
    uri = await server.read(lambda tx: _run_uri(tx, context.workspace, run_id))
    return await _send_below(server, context.workspace, uri, request.path, context.http)


async def of_version(server: Server, context: Context, request: OfVersion) -> Response:
    number = models.version_number(request.version)
    version = await server.read(lambda tx: model_versions.get(tx, context.workspace, request.name, number))
    uri = await server.read(lambda tx: model_versions.files_uri(tx, context.workspace, version))
    return await _send_below(server, context.workspace, uri, request.path, context.http)


async def of_model(server: Server, context: Context, request: OfModel) -> Response:
    model = await server.read(lambda tx: logged_models.get(tx, context.workspace, request.model_id))
    return await _send_below(server, context.workspace, model.artifact_uri, request.artifact_file_path, context.http)


async def _send_below(server: Server, workspace: str, uri: str, path: str, http: Request) -> Response:
    return await _send(server, workspace, rules.join(rules.root_of(uri), rules.clean_path(path)), http)


async def upload_small(server: Server, context: Context, request: ListArtifacts) -> Response:
    """Upload a file of a run from the UI, at most 10 MB as in MLflow."""
    if not request.run_uuid:
        raise Invalid("Request must specify run_uuid.")
    if not request.path:
        raise Invalid("Request must specify path.")
    if context.http.headers.get("content-length") == "0":
        raise Invalid("Request must specify data.")
    uri = await server.read(lambda tx: _run_uri(tx, context.workspace, request.run_uuid))
    path = rules.join(rules.root_of(uri), rules.clean_path(request.path))
    await artifact_streams.receive(server, context.workspace, path, context.http, MAX_SMALL_UPLOAD)
    return Response(b'""', media_type="application/json")


_FILE = "mlflow-artifacts/artifacts/{path:path}"

ROUTES: list[Route] = [
    live("GET", "mlflow-artifacts/artifacts", entries, role=Role.VIEWER),
    live("GET", _FILE, download, role=Role.VIEWER),
    live("PUT", _FILE, upload, streams=True, role=Role.CONTRIBUTOR),
    live("DELETE", _FILE, remove, audit="artifact.delete", role=Role.CONTRIBUTOR),
    live("GET", "mlflow/artifacts/list", run_entries, role=Role.VIEWER),
    live("GET", "mlflow/logged-models/{model_id}/artifacts/directories", model_entries, role=Role.VIEWER),
    live(
        "GET",
        "mlflow/logged-models/{model_id}/artifacts/files",
        of_model,
        required=("artifact_file_path",),
        role=Role.VIEWER,
    ),
    live("GET", "/get-artifact", of_run, required=("path",), role=Role.VIEWER),
    live("GET", "/model-versions/get-artifact", of_version, required=("path",), role=Role.VIEWER),
    live("POST", "mlflow/upload-artifact", upload_small, streams=True, role=Role.CONTRIBUTOR),
]
