"""MLflow's endpoints for files that go straight to and from an object store: signed addresses, uploads in parts."""

from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from handloom.api.mlflow.encoding import Reply
from handloom.api.mlflow.endpoints import Endpoint, live
from handloom.api.mlflow.errors import refusal
from handloom.api.mlflow.parsing import Reader, missing, wrong
from handloom.api.server import Server
from handloom.domain import artifacts as rules
from handloom.domain.artifacts import PartPut
from handloom.domain.errors import Invalid
from handloom.domain.members import Caller, Role
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.artifacts.storage import Direct
from handloom.store.engine.database import Read
from handloom.store.models import logged as logged_models
from handloom.store.runs import rows as runs

DOWNLOAD_SECONDS = 900
LONGEST_SECONDS = 7 * 86_400  # what the clouds allow


class ArtifactPath(msgspec.Struct):
    path: str = ""


class Empty(msgspec.Struct):
    pass


class Begin(msgspec.Struct):
    """`path` is the client's own name of the file: its last part is the artifact's."""

    path: str = ""
    num_parts: int = 1


class Part(msgspec.Struct):
    part_number: int = 0
    etag: str = ""


class Complete(msgspec.Struct):
    path: str = ""
    upload_id: str = ""
    parts: list[Part] | None = None


class Abort(msgspec.Struct):
    path: str = ""
    upload_id: str = ""


class Ask(msgspec.Struct):
    run_id: str = ""
    model_id: str = ""
    path: str = ""
    expiration: int = DOWNLOAD_SECONDS


class Credential(Reply):
    url: str
    part_number: int


class Begun(Reply):
    upload_id: str
    credentials: list[Credential]


class Download(msgspec.Struct):
    url: str
    headers: dict[str, str]
    file_size: int


class SignedDownload(Reply):
    presigned_url: str
    headers: dict[str, str] = {}
    file_size: int | msgspec.UnsetType = msgspec.UNSET


_BEGIN = Reader(Begin, ("path",))
_COMPLETE = Reader(Complete, ("path", "parts"))
_ABORT = Reader(Abort, ("path",))
_ASK = Reader(Ask, ("path",))


async def _body(server: Server, http: Request, reader: Reader) -> Any:
    data = bytearray()
    async for chunk in http.stream():
        data += chunk
        if len(data) > server.settings.max_request_bytes:
            raise Invalid(f"The request has more than {server.settings.max_request_bytes:,} bytes.")
    return reader.body(bytes(data), {})


def _place(folder: str, name: str) -> str:
    return rules.clean_path(rules.join(folder, name.replace("\\", "/").rsplit("/", 1)[-1]))


def _no_parts() -> Response:
    """Clients look for the first words, and upload the file through the server instead."""
    text = "Multipart upload is not supported for the current artifact repository"
    return refusal("NOT_IMPLEMENTED", 501, text)


async def begin(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    folder = rules.clean_path(request.path)
    asked: Begin = await _body(server, http, _BEGIN)
    if not 1 <= asked.num_parts <= rules.MAX_PARTS:
        raise wrong("num_parts", asked.num_parts, f" A file has 1 to {rules.MAX_PARTS} parts.")
    if not await server.on_thread(lambda: server.artifacts.direct_uploads):
        return _no_parts()
    place = _place(folder, asked.path)
    upload, targets = await server.on_thread(lambda: _direct(server).begin(workspace, place, asked.num_parts))
    made = [Credential(url=target.url, part_number=target.number) for target in targets]
    return _json(Begun(upload_id=upload, credentials=made))


async def complete(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    folder = rules.clean_path(request.path)
    asked: Complete = await _body(server, http, _COMPLETE)
    if not await server.on_thread(lambda: server.artifacts.direct_uploads):
        return _no_parts()
    if not asked.parts:
        raise missing("parts")
    place = _place(folder, asked.path)
    parts = [PartPut(number=part.part_number, etag=part.etag) for part in asked.parts]
    await server.on_thread(lambda: _direct(server).complete(workspace, place, asked.upload_id, parts))
    await server.write(lambda tx: artifact_rows.forget(tx, workspace, place))  # its bytes never came by here
    return _json(None)


async def abort(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    folder = rules.clean_path(request.path)
    asked: Abort = await _body(server, http, _ABORT)
    if not await server.on_thread(lambda: server.artifacts.direct_uploads):
        return _no_parts()
    place = _place(folder, asked.path)
    await server.on_thread(lambda: _direct(server).abort(workspace, place, asked.upload_id))
    return _json(None)


async def download(server: Server, caller: Caller, workspace: str, request: ArtifactPath, http: Request) -> Response:
    path = rules.clean_path(request.path)
    if not await server.on_thread(lambda: server.artifacts.direct_downloads):
        return refusal(
            "NOT_IMPLEMENTED", 501, "Multipart download is not supported for the current artifact repository"
        )
    url, size = await server.on_thread(lambda: _direct(server).download_url(workspace, path, DOWNLOAD_SECONDS))
    return _json(Download(url=url, headers={}, file_size=size))


async def signed_upload(server: Server, caller: Caller, workspace: str, request: Empty, http: Request) -> Response:
    asked: Ask = await _body(server, http, _ASK)
    if bool(asked.run_id) == bool(asked.model_id):
        raise Invalid("Exactly one of run_id and model_id must be provided.")
    place = await server.read(lambda tx: _below(tx, workspace, asked))
    if not await server.on_thread(lambda: server.artifacts.direct_downloads):
        raise _proxied("upload")
    url, headers = await server.on_thread(lambda: _direct(server).upload_url(workspace, place, asked.expiration))
    return _json(SignedDownload(presigned_url=url, headers=headers))


async def signed_download(server: Server, caller: Caller, workspace: str, request: Empty, http: Request) -> Response:
    asked: Ask = await _body(server, http, _ASK)
    if not asked.run_id:
        raise missing("run_id")
    place = await server.read(lambda tx: _below(tx, workspace, asked))
    if not await server.on_thread(lambda: server.artifacts.direct_downloads):
        raise _proxied("download")
    url, size = await server.on_thread(lambda: _direct(server).download_url(workspace, place, asked.expiration))
    return _json(SignedDownload(presigned_url=url, file_size=size))


def _below(tx: Read, workspace: str, asked: Ask) -> str:
    if not 1 <= asked.expiration <= LONGEST_SECONDS:
        raise Invalid(
            f"expiration must be between 1 and {LONGEST_SECONDS} seconds (got {asked.expiration}).", field="expiration"
        )
    path = rules.clean_path(asked.path)
    if asked.run_id:
        uri = runs.find(tx, workspace, asked.run_id).artifact_uri
    else:
        uri = logged_models.get(tx, workspace, asked.model_id).artifact_uri
    return rules.join(rules.root_of(uri), path)


def _proxied(what: str) -> Invalid:
    of = "" if what == "upload" else "runs with "
    return Invalid(
        f"Presigned {what} is not supported for {of}proxied artifact storage (artifact URI scheme: mlflow-artifacts). "
        "The server keeps these files itself; ask it for them."
    )


def _direct(server: Server) -> Direct:
    return cast(Direct, server.artifacts)


def _json(reply: msgspec.Struct | None) -> Response:
    return Response(b"{}" if reply is None else msgspec.json.encode(reply), media_type="application/json")


_MPU = "mlflow-artifacts/mpu"

ENDPOINTS: list[Endpoint] = [
    live("POST", f"{_MPU}/create/{{path:path}}", ArtifactPath, begin, role=Role.CONTRIBUTOR),
    live("POST", f"{_MPU}/complete/{{path:path}}", ArtifactPath, complete, role=Role.CONTRIBUTOR),
    live("POST", f"{_MPU}/abort/{{path:path}}", ArtifactPath, abort, role=Role.CONTRIBUTOR),
    live("GET", "mlflow-artifacts/presigned/{path:path}", ArtifactPath, download, role=Role.VIEWER),
    live("POST", "mlflow/artifacts/presigned-upload-url", Empty, signed_upload, role=Role.CONTRIBUTOR),
    live("POST", "mlflow/artifacts/presigned-download-url", Empty, signed_download, role=Role.VIEWER),
]
