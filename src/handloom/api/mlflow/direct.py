"""MLflow's endpoints for direct transfers to and from an object store: presigned URLs and multipart uploads."""

from typing import cast

import msgspec

from handloom.api import quotas
from handloom.api.mlflow.codec import missing, wrong
from handloom.api.mlflow.encoding import Reply
from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain import artifacts as rules
from handloom.domain.artifacts import PartPut
from handloom.domain.errors import Invalid, Unimplemented
from handloom.domain.members import Role
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.artifacts import storage as artifacts
from handloom.store.artifacts.storage import PresignedTransfers
from handloom.store.engine.database import Read
from handloom.store.models import logged as logged_models
from handloom.store.runs import rows as runs

DOWNLOAD_SECONDS = 900
_THROUGH_SERVER = "Multipart upload is not supported for the current artifact repository"
LONGEST_SECONDS = 7 * 86_400  # the longest validity of a presigned URL that S3 allows


class UploadPath(msgspec.Struct):
    path: str = ""


class BeginUpload(msgspec.Struct):
    """Begin a multipart upload into `folder`. `path` is a path on the client, whose last segment names the artifact."""

    folder: str = ""
    path: str = ""
    num_parts: int = 1


class Part(msgspec.Struct):
    part_number: int = 0
    etag: str = ""


class Complete(msgspec.Struct):
    folder: str = ""
    path: str = ""
    upload_id: str = ""
    parts: list[Part] | None = None


class Abort(msgspec.Struct):
    folder: str = ""
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


def _target_path(folder: str, name: str) -> str:
    return rules.clean_path(rules.join(folder, name.replace("\\", "/").rsplit("/", 1)[-1]))


async def _check_multipart(server: Server) -> None:
    """Raise Unimplemented if files must go through the server. Clients recognize the message and upload that way."""
    if not await server.on_thread(lambda: server.artifacts.direct_uploads):
        raise Unimplemented(_THROUGH_SERVER)


async def begin(server: Server, context: Context, asked: BeginUpload) -> Begun:
    folder = rules.clean_path(asked.folder)
    if not 1 <= asked.num_parts <= rules.MAX_PARTS:
        raise wrong("num_parts", asked.num_parts, f" It must be from 1 to {rules.MAX_PARTS}.")
    await _check_multipart(server)
    if await quotas.counts_artifacts(server, context.workspace):
        raise Unimplemented(_THROUGH_SERVER)
    place = _target_path(folder, asked.path)
    upload, targets = await server.on_thread(lambda: _direct(server).begin(context.workspace, place, asked.num_parts))
    made = [Credential(url=target.url, part_number=target.number) for target in targets]
    return Begun(upload_id=upload, credentials=made)


async def complete(server: Server, context: Context, asked: Complete) -> None:
    folder = rules.clean_path(asked.folder)
    await _check_multipart(server)
    if not asked.parts:
        raise missing("parts")
    place = _target_path(folder, asked.path)
    parts = [PartPut(number=part.part_number, etag=part.etag) for part in asked.parts]
    await server.on_thread(lambda: _direct(server).complete(context.workspace, place, asked.upload_id, parts))
    size = await server.on_thread(lambda: artifacts.size(server.artifacts, context.workspace, place))
    kept = rules.StoredFile(size=size, sha256="", stamp="")  # only its size is known
    await server.write(lambda tx: artifact_rows.record(tx, context.workspace, place, kept))


async def abort(server: Server, context: Context, asked: Abort) -> None:
    folder = rules.clean_path(asked.folder)
    await _check_multipart(server)
    place = _target_path(folder, asked.path)
    await server.on_thread(lambda: _direct(server).abort(context.workspace, place, asked.upload_id))


async def download(server: Server, context: Context, request: UploadPath) -> Download:
    path = rules.clean_path(request.path)
    if not await server.on_thread(lambda: server.artifacts.direct_downloads):
        raise Unimplemented("Multipart download is not supported for the current artifact repository")
    url, size = await server.on_thread(lambda: _direct(server).download_url(context.workspace, path, DOWNLOAD_SECONDS))
    return Download(url=url, headers={}, file_size=size)


async def signed_upload(server: Server, context: Context, asked: Ask) -> SignedDownload:
    if bool(asked.run_id) == bool(asked.model_id):
        raise Invalid("Exactly one of run_id and model_id must be provided.")
    place = await server.read(lambda tx: _below(tx, context.workspace, asked))
    through = await quotas.counts_artifacts(server, context.workspace)
    if through or not await server.on_thread(lambda: server.artifacts.direct_downloads):
        raise _proxied("upload")
    url, headers = await server.on_thread(
        lambda: _direct(server).upload_url(context.workspace, place, asked.expiration)
    )
    return SignedDownload(presigned_url=url, headers=headers)


async def signed_download(server: Server, context: Context, asked: Ask) -> SignedDownload:
    if not asked.run_id:
        raise missing("run_id")
    place = await server.read(lambda tx: _below(tx, context.workspace, asked))
    if not await server.on_thread(lambda: server.artifacts.direct_downloads):
        raise _proxied("download")
    url, size = await server.on_thread(lambda: _direct(server).download_url(context.workspace, place, asked.expiration))
    return SignedDownload(presigned_url=url, file_size=size)


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
        "Transfer these files through the server."
    )


def _direct(server: Server) -> PresignedTransfers:
    return cast(PresignedTransfers, server.artifacts)


_MPU = "mlflow-artifacts/mpu"

ROUTES: list[Route] = [
    live("POST", f"{_MPU}/create/{{folder:path}}", begin, required=("path",), role=Role.CONTRIBUTOR),
    live("POST", f"{_MPU}/complete/{{folder:path}}", complete, required=("path", "parts"), role=Role.CONTRIBUTOR),
    live("POST", f"{_MPU}/abort/{{folder:path}}", abort, required=("path",), role=Role.CONTRIBUTOR),
    live("GET", "mlflow-artifacts/presigned/{path:path}", download, role=Role.VIEWER),
    live("POST", "mlflow/artifacts/presigned-upload-url", signed_upload, required=("path",), role=Role.CONTRIBUTOR),
    live("POST", "mlflow/artifacts/presigned-download-url", signed_download, required=("path",), role=Role.VIEWER),
]
