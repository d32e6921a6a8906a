"""What workspaces keep and may keep: a workspace's own, and all of them for admins of the installation."""

from __future__ import annotations

import msgspec

from handloom.api import quotas
from handloom.api.routing import Context, Empty, Route, live, write
from handloom.api.server import Server
from handloom.domain.errors import Conflict
from handloom.domain.quotas import Amount, Quota, Storage
from handloom.store.engine.database import Write
from handloom.store.quotas import rows as quota_store
from handloom.store.quotas.folder_sizes import FolderSize
from handloom.store.workspaces import rows as workspace_store


class StoragePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class WorkspaceStorage(msgspec.Struct, frozen=True, kw_only=True):
    storage: Storage
    admins: list[str]
    """Whom to ask for more room: the display names of the installation's admins."""


class FileRoom(msgspec.Struct, frozen=True, kw_only=True):
    full: str
    """Why there is no room for tables and files, and what to do; "" where there is."""


class AllStorage(msgspec.Struct, frozen=True, kw_only=True):
    workspaces: list[Storage]
    defaults: Quota
    """The limits of workspaces that have none of their own."""


class SetQuota(msgspec.Struct, frozen=True, kw_only=True):
    """Set a workspace's limits. 0 means no limit; null, the default."""

    place: str
    """The workspace's id."""
    artifacts_mb: Amount | None = None
    files_mb: Amount | None = None
    notebooks: Amount | None = None


async def get_storage(server: Server, context: Context, request: StoragePath) -> WorkspaceStorage:
    found = await quotas.read_storage(server, request.workspace)
    return WorkspaceStorage(storage=found, admins=await server.read(quota_store.admins))


async def get_file_room(server: Server, context: Context, request: StoragePath) -> FileRoom:
    try:
        await quotas.require_file_room(server, request.workspace, 1)
    except Conflict as error:
        return FileRoom(full=error.message)
    return FileRoom(full="")


async def list_storage(server: Server, context: Context, request: Empty) -> AllStorage:
    defaults, root = quotas.defaults(server.settings), server.settings.data
    ids = await server.read(workspace_store.ids)

    def measure() -> dict[str, FolderSize]:
        return {workspace: server.folder_sizes.of(root, workspace) for workspace in ids}

    sizes = await server.on_thread(measure)
    found = await server.read(lambda tx: quota_store.list_all(tx, defaults, sizes))
    return AllStorage(workspaces=found, defaults=defaults)


def set_quota(tx: Write, context: Context, request: SetQuota) -> Empty:
    quota = Quota(artifacts_mb=request.artifacts_mb, files_mb=request.files_mb, notebooks=request.notebooks)
    quota_store.change(tx, request.place, quota)
    return Empty()


ROUTES: list[Route] = [
    live(
        "GET",
        "/api/v1/workspaces/{workspace}/file-room",
        get_file_room,
        summary="Ask whether the workspace has room for more tables and files, before writing some.",
    ),
    live(
        "GET",
        "/api/v1/workspaces/{workspace}/storage",
        get_storage,
        summary="Read how much a workspace keeps and may keep of files of runs, tables and files, and notebooks.",
    ),
    live(
        "GET",
        "/api/v1/storage",
        list_storage,
        role=None,
        admin=True,
        summary="Read the same of every workspace.",
    ),
    write(
        "PUT",
        "/api/v1/storage/{place}",
        set_quota,
        audit="workspace.quota",
        role=None,
        admin=True,
        summary="Set the limits of a workspace; null means the default, 0 none.",
    ),
]
