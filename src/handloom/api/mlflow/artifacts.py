"""MLflow's artifact endpoints: files streamed both ways in constant memory, listings, files of runs and versions."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from handloom.api import transfers
from handloom.api.mlflow.encoding import Reply
from handloom.api.mlflow.endpoints import Endpoint, live
from handloom.api.mlflow.errors import failure
from handloom.api.mlflow.parsing import missing
from handloom.api.server import Server
from handloom.domain import artifacts as rules
from handloom.domain import models
from handloom.domain.artifacts import FileInfo
from handloom.domain.errors import Invalid
from handloom.domain.members import Caller, Role
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


class OfRun(msgspec.Struct):
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


class File(Reply):
    path: str
    is_dir: bool
    file_size: int | msgspec.UnsetType = msgspec.UNSET


class Files(Reply):
    files: list[File] = []


class RootedFiles(Reply):
    root_uri: str
    files: list[File] = []


async def download(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    return await _send(server, workspace, request.path, http)


async def upload(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    await transfers.receive(server, workspace, request.path, http)
    return Response()


async def _send(server: Server, workspace: str, path: str, http: Request) -> Response:
    """The whole file, or the range asked for, as a download that no browser renders."""
    headers = {
        "Content-Type": rules.download_type(path),
        "Content-Disposition": rules.disposition(path, "attachment"),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    whole = http.method == "GET" and "range" not in http.headers
    try:
        return await transfers.sent(server, workspace, path, headers, failure, whole=whole)
    except Invalid as error:
        if "refers to a directory" not in error.message:
            raise
        # This one answer has another shape in MLflow's server, and its clients look for it.
        return Response(msgspec.json.encode({"detail": error.message}), 400, media_type="application/json")


async def remove(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    await transfers.remove(server, workspace, request.path)
    return _json(None)


async def entries(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    path = rules.clean_path(request.path)
    found = await server.on_thread(lambda: server.artifacts.entries(workspace, path))
    return _json(Files(files=[_file(f) for f in found]))


async def run_entries(server: Server, caller: Caller, workspace: str, request: ListRun, http: Request) -> Response:
    uri = await server.read(lambda tx: _run_uri(tx, workspace, request.run_id or request.run_uuid))
    return await _rooted(server, workspace, uri, request.path)


async def model_entries(server: Server, caller: Caller, workspace: str, request: ListModel, http: Request) -> Response:
    model = await server.read(lambda tx: logged_models.get(tx, workspace, request.model_id))
    return await _rooted(server, workspace, model.artifact_uri, request.artifact_directory_path)


async def _rooted(server: Server, workspace: str, uri: str, path: str) -> Response:
    path = rules.clean_path(path)
    place = rules.join(rules.root_of(uri), path)
    found = await server.on_thread(lambda: server.artifacts.entries(workspace, place))
    return _json(RootedFiles(root_uri=uri, files=[_file(f, path) for f in found]))


def _json(reply: Reply | None) -> Response:
    return Response(b"{}" if reply is None else msgspec.json.encode(reply), media_type="application/json")


def _file(info: FileInfo, below: str = "") -> File:
    size = msgspec.UNSET if info.size is None else info.size
    return File(path=rules.join(below, info.path), is_dir=info.is_dir, file_size=size)


def _run_uri(tx: Read, workspace: str, run_id: str) -> str:
    if not run_id:
        raise missing("run_id")
    return runs.find(tx, workspace, run_id).artifact_uri


async def of_run(server: Server, caller: Caller, workspace: str, request: OfRun, http: Request) -> Response:
    run_id = request.run_id or request.run_uuid
    uri = await server.read(lambda tx: _run_uri(tx, workspace, run_id))
    return await _send_below(server, workspace, uri, request.path, http)


async def of_version(server: Server, caller: Caller, workspace: str, request: OfVersion, http: Request) -> Response:
    number = models.version_number(request.version)
    version = await server.read(lambda tx: model_versions.get(tx, workspace, request.name, number))
    uri = await server.read(lambda tx: model_versions.files_uri(tx, workspace, version))
    return await _send_below(server, workspace, uri, request.path, http)


async def of_model(server: Server, caller: Caller, workspace: str, request: OfModel, http: Request) -> Response:
    model = await server.read(lambda tx: logged_models.get(tx, workspace, request.model_id))
    return await _send_below(server, workspace, model.artifact_uri, request.artifact_file_path, http)


async def _send_below(server: Server, workspace: str, uri: str, path: str, http: Request) -> Response:
    return await _send(server, workspace, rules.join(rules.root_of(uri), rules.clean_path(path)), http)


async def upload_small(server: Server, caller: Caller, workspace: str, request: OfRun, http: Request) -> Response:
    """A page's upload into a run; MLflow allows 10 MB here."""
    if not request.run_uuid:
        raise Invalid("Request must specify run_uuid.")
    if not request.path:
        raise Invalid("Request must specify path.")
    if http.headers.get("content-length") == "0":
        raise Invalid("Request must specify data.")
    uri = await server.read(lambda tx: _run_uri(tx, workspace, request.run_uuid))
    path = rules.join(rules.root_of(uri), rules.clean_path(request.path))
    await transfers.receive(server, workspace, path, http, MAX_SMALL_UPLOAD)
    return Response(b'""', media_type="application/json")


_FILE = "mlflow-artifacts/artifacts/{path:path}"

ENDPOINTS: list[Endpoint] = [
    live("GET", "mlflow-artifacts/artifacts", ArtifactPath, entries, role=Role.VIEWER),
    live("GET", _FILE, ArtifactPath, download, role=Role.VIEWER),
    live("PUT", _FILE, ArtifactPath, upload, role=Role.CONTRIBUTOR),
    live("DELETE", _FILE, ArtifactPath, remove, role=Role.CONTRIBUTOR),
    live("GET", "mlflow/artifacts/list", ListRun, run_entries, role=Role.VIEWER),
    live("GET", "mlflow/logged-models/{model_id}/artifacts/directories", ListModel, model_entries, role=Role.VIEWER),
    live(
        "GET",
        "mlflow/logged-models/{model_id}/artifacts/files",
        OfModel,
        of_model,
        "artifact_file_path",
        role=Role.VIEWER,
    ),
    live("GET", "/get-artifact", OfRun, of_run, "path", role=Role.VIEWER),
    live("GET", "/model-versions/get-artifact", OfVersion, of_version, "path", role=Role.VIEWER),
    live("POST", "mlflow/upload-artifact", OfRun, upload_small, role=Role.CONTRIBUTOR),
]
