"""MLflow's artifact endpoints: files streamed both ways in constant memory, listings, files of runs and versions."""

import asyncio
from pathlib import Path

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from handloom.api.mlflow.encoding import Reply
from handloom.api.mlflow.endpoints import Endpoint, live, read
from handloom.api.mlflow.errors import refusal
from handloom.api.mlflow.parsing import missing
from handloom.api.server import Server
from handloom.domain import artifacts as rules
from handloom.domain import models
from handloom.domain.artifacts import FileInfo
from handloom.domain.errors import Invalid
from handloom.domain.members import Caller, Role
from handloom.store import artifacts, logged_models, model_versions, runs
from handloom.store.database import Read

CHUNK = 1024 * 1024
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


class _File(FileResponse):
    chunk_size = CHUNK  # a thread hop per 64 KiB, as Starlette has it, would halve the speed


async def download(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    return await _send(server, workspace, request.path)


async def upload(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    await receive(server, workspace, request.path, http)
    return Response()


async def receive(server: Server, workspace: str, path: str, http: Request, limit: int | None = None) -> int:
    """Stream a request's body into the artifact `path`; return its bytes. Nothing is visible until all is there."""
    incoming = await asyncio.to_thread(artifacts.Upload, server.settings.data, workspace, path)
    total = 0
    try:
        waiting = bytearray()
        async for chunk in http.stream():
            total += len(chunk)
            if limit is not None and total > limit:
                raise Invalid(f"Artifact size is too large. Max size is {limit // 1024 // 1024}MB.")
            waiting += chunk
            if len(waiting) >= CHUNK:
                await asyncio.to_thread(incoming.write, waiting)
                waiting = bytearray()
        await asyncio.to_thread(incoming.write, waiting)
        await asyncio.to_thread(incoming.finish)
    except ClientDisconnect as error:
        raise Invalid("The upload was interrupted; nothing was kept of it.") from error
    finally:
        incoming.abandon()
    return total


async def _send(server: Server, workspace: str, path: str) -> Response:
    try:
        place = await asyncio.to_thread(artifacts.file, server.settings.data, workspace, path)
    except Invalid as error:
        if "refers to a directory" not in error.message:
            raise
        # This one answer has another shape in MLflow's server, and its clients look for it.
        return Response(msgspec.json.encode({"detail": error.message}), 400, media_type="application/json")
    return sent(place, path)


def sent(place: Path, path: str) -> Response:
    """The whole file, or the ranges asked for, as a download that no browser renders."""
    return _File(
        place,
        media_type=rules.download_type(path),
        headers={
            "Content-Disposition": rules.disposition(path, "attachment"),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
        },
    )


async def remove(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    await asyncio.to_thread(artifacts.delete, server.settings.data, workspace, request.path)
    return Response(b"{}", media_type="application/json")


def entries(tx: Read, caller: Caller, workspace: str, request: ArtifactPath) -> Files:
    path = rules.clean_path(request.path)
    return Files(files=[_file(f) for f in artifacts.entries(tx.root, workspace, path)])


def run_entries(tx: Read, caller: Caller, workspace: str, request: ListRun) -> RootedFiles:
    return _rooted(tx, workspace, _run_uri(tx, workspace, request.run_id or request.run_uuid), request.path)


def model_entries(tx: Read, caller: Caller, workspace: str, request: ListModel) -> RootedFiles:
    model = logged_models.get(tx, workspace, request.model_id)
    return _rooted(tx, workspace, model.artifact_uri, request.artifact_directory_path)


def _rooted(tx: Read, workspace: str, uri: str, path: str) -> RootedFiles:
    path = rules.clean_path(path)
    found = artifacts.entries(tx.root, workspace, rules.join(rules.root_of(uri), path))
    return RootedFiles(root_uri=uri, files=[_file(f, path) for f in found])


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
    return await _send_below(server, workspace, uri, request.path)


async def of_version(server: Server, caller: Caller, workspace: str, request: OfVersion, http: Request) -> Response:
    number = models.version_number(request.version)
    version = await server.read(lambda tx: model_versions.get(tx, workspace, request.name, number))
    uri = await server.read(lambda tx: model_versions.files_uri(tx, workspace, version))
    return await _send_below(server, workspace, uri, request.path)


async def of_model(server: Server, caller: Caller, workspace: str, request: OfModel, http: Request) -> Response:
    model = await server.read(lambda tx: logged_models.get(tx, workspace, request.model_id))
    return await _send_below(server, workspace, model.artifact_uri, request.artifact_file_path)


async def _send_below(server: Server, workspace: str, uri: str, path: str) -> Response:
    return await _send(server, workspace, rules.join(rules.root_of(uri), rules.clean_path(path)))


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
    await receive(server, workspace, path, http, MAX_SMALL_UPLOAD)
    return Response(b'""', media_type="application/json")


async def not_implemented(
    server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request
) -> Response:
    """Multipart uploads and presigned addresses are for object stores; `server-info` says there are none."""
    rules.clean_path(request.path)
    return refusal("NOT_IMPLEMENTED", 501, "This server takes and gives whole files; it has no presigned addresses.")


_FILE = "mlflow-artifacts/artifacts/{path:path}"

ENDPOINTS: list[Endpoint] = [
    read("GET", "mlflow-artifacts/artifacts", ArtifactPath, entries),
    live("GET", _FILE, ArtifactPath, download, role=Role.VIEWER),
    live("PUT", _FILE, ArtifactPath, upload, role=Role.CONTRIBUTOR),
    live("DELETE", _FILE, ArtifactPath, remove, role=Role.CONTRIBUTOR),
    live("GET", "mlflow-artifacts/presigned/{path:path}", ArtifactPath, not_implemented, role=Role.VIEWER),
    *(
        live("POST", f"mlflow-artifacts/mpu/{act}/{{path:path}}", ArtifactPath, not_implemented, role=Role.CONTRIBUTOR)
        for act in ("create", "complete", "abort")
    ),
    live("POST", "mlflow/artifacts/presigned-upload-url", ArtifactPath, not_implemented, role=Role.CONTRIBUTOR),
    live("POST", "mlflow/artifacts/presigned-download-url", ArtifactPath, not_implemented, role=Role.VIEWER),
    read("GET", "mlflow/artifacts/list", ListRun, run_entries),
    read("GET", "mlflow/logged-models/{model_id}/artifacts/directories", ListModel, model_entries),
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
