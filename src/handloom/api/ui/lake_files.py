"""Files of a workspace: upload, read, delete into the bin, and restore. Pages list and rename them through Jupyter."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from handloom.api import artifact_streams, quotas
from handloom.api.errors import failure
from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.api.ui.artifacts import file_headers
from handloom.domain.errors import Invalid
from handloom.domain.members import Role
from handloom.store.lakehouse import files as lake_files
from handloom.store.lakehouse import reading
from handloom.store.lakehouse.uploads import FileUpload


class DeleteLakeFile(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    path: str
    """A file or folder by its path in the workspace, such as `Files/raw/a.csv`."""


class BinnedFile(msgspec.Struct, frozen=True, kw_only=True):
    """The id of a deleted file or folder in the bin."""

    file: str


class BinnedFilePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    file: str
    """The id of a deleted file or folder in the bin."""


class UploadFile(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is the file's path in the workspace, such as `Files/raw/a.csv`. The body is its content."""

    workspace: str
    path: str


class ReadLakeFile(msgspec.Struct, frozen=True, kw_only=True):
    """`download` sends the file as an attachment, otherwise to show in the page; `scripts` allows its scripts to
    run.
    """

    workspace: str
    path: str
    download: bool = False
    scripts: bool = False


class UploadedFile(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    size: int


async def upload_file(server: Server, context: Context, request: UploadFile) -> UploadedFile:
    """Write the body to a file, in constant memory. Until all of it has come, the file is as it was before."""
    announced = context.http.headers.get("content-length", "")
    expected = int(announced) if announced.isdecimal() else None
    await quotas.require_file_room(server, request.workspace, expected or 0)
    begin = partial(FileUpload, server.settings.data, request.workspace, request.path)
    upload = await server.on_thread(begin)
    try:
        await artifact_streams.fill(server, upload, context.http)
        if expected is None:
            await quotas.require_file_room(server, request.workspace, upload.size)
        size = await server.on_thread(upload.finish)
    except ClientDisconnect as error:
        raise Invalid("The upload was interrupted; no part of it was kept.") from error
    finally:
        await asyncio.shield(server.on_thread(upload.abandon))
    server.folder_sizes.added(request.workspace, size)
    return UploadedFile(path=request.path, size=size)


async def read_file(server: Server, context: Context, request: ReadLakeFile) -> Response:
    """Stream a file, or the byte range that is asked for, in constant memory."""
    opened = await server.on_thread(partial(reading.open_file, server.settings.data, request.workspace, request.path))
    headers = file_headers(request.path, download=request.download, scripts=request.scripts)
    return artifact_streams.ArtifactResponse(server, opened, headers, None, failure)


async def delete_file(server: Server, context: Context, request: DeleteLakeFile) -> BinnedFile:
    root = server.settings.data
    move = partial(lake_files.delete, root, request.workspace, request.path, request.path, "file")
    return BinnedFile(file=await server.on_thread(move))


async def recover_file(server: Server, context: Context, request: BinnedFilePath) -> Empty:
    """Move a file or folder out of the bin, to where it was."""
    await server.on_thread(partial(lake_files.restore, server.settings.data, request.workspace, request.file))
    return Empty()


ALL = "/api/v1/workspaces/{workspace}/files"
WRITER = Role.CONTRIBUTOR
ROUTES: list[Route] = [
    live("GET", f"{ALL}/{{path:path}}", read_file, summary="Get the content of a file of the workspace."),
    live(
        "PUT",
        f"{ALL}/{{path:path}}",
        upload_file,
        streams=True,
        role=WRITER,
        summary="Upload a file of the workspace: the body is its content, and replaces what had its name.",
    ),
    live(
        "DELETE",
        ALL,
        delete_file,
        audit="file.delete",
        role=WRITER,
        summary="Move a file or folder of Files to the bin.",
    ),
    live(
        "POST",
        f"{ALL}/{{file}}/restore",
        recover_file,
        audit="file.recover",
        role=WRITER,
        summary="Restore a deleted file or folder from the bin, by its id there.",
    ),
]
