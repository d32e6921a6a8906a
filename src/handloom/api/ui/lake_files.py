"""Files of a workspace's lakehouse: delete into the bin, and restore. Pages read and write them through Jupyter."""

from __future__ import annotations

from functools import partial

import msgspec

from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.members import Role
from handloom.store.lakehouse import files as lake_files


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
