"""The bin: list and restore deleted items of a workspace, and removed workspaces."""

import msgspec

from handloom.api import quotas
from handloom.api.authenticator import require_unbound
from handloom.api.routing import Context, Empty, Route, live, write
from handloom.api.server import Server
from handloom.domain.deleted import BinItem
from handloom.domain.errors import NotFound
from handloom.domain.members import Role
from handloom.domain.notebooks import Notebook
from handloom.domain.workspaces import RemovedWorkspace, Workspace
from handloom.store.deleted import rows as deleted_store
from handloom.store.engine import data_folder as folder
from handloom.store.engine.database import Read, Write
from handloom.store.lakehouse import files as table_files
from handloom.store.notebooks import rows as notebook_store
from handloom.store.quotas import rows as quota_store
from handloom.store.workspaces import rows as workspace_store


class ReadBin(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    items: list[BinItem]
    days: int
    """Days for which an item can be restored; 0 for no limit."""


class RemovedWorkspaces(msgspec.Struct, frozen=True, kw_only=True):
    workspaces: list[RemovedWorkspace]
    days: int


class RestoreNotebook(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    notebook: str
    new_name: str | None = None
    """Another name, where its own is taken now."""


class RestoreWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    removed: str
    new_name: str | None = None


class RemovedPath(msgspec.Struct, frozen=True, kw_only=True):
    removed: str


async def list_bin(server: Server, context: Context, request: ReadBin) -> Bin:
    items = await server.read(lambda tx: deleted_store.restorable(tx, request.workspace))
    tables = await server.on_thread(lambda: table_files.list_deleted(server.settings.data, request.workspace))
    newest_first = sorted([*items, *tables], key=lambda item: -item.deleted_at)
    return Bin(items=newest_first, days=server.settings.bin_days)


async def restore_notebook(server: Server, context: Context, request: RestoreNotebook) -> Notebook:
    def work(tx: Write) -> Notebook:
        restored = notebook_store.restore(tx, request.workspace, request.notebook, request.new_name)
        quota_store.require_notebook_room(tx, request.workspace, quotas.defaults(server.settings))
        return restored

    return await server.write(work)


def _removed(tx: Read, context: Context) -> list[RemovedWorkspace]:
    """Return the removed workspaces that the caller may restore: as their admin, or as one of the installation."""
    require_unbound(context.caller)
    every = context.caller.kind == "local" or context.caller.user.admin
    return workspace_store.list_removed(tx, None if every else context.caller.user.id)


def _check(tx: Read, context: Context, removed: str) -> None:
    if removed not in {found.id for found in _removed(tx, context)}:
        raise NotFound("There is no such workspace in the bin. It may have been restored or deleted for good.")


async def list_removed(server: Server, context: Context, request: Empty) -> RemovedWorkspaces:
    found = await server.read(lambda tx: _removed(tx, context))
    return RemovedWorkspaces(workspaces=found, days=server.settings.bin_days)


def restore_workspace(tx: Write, context: Context, request: RestoreWorkspace) -> Workspace:
    _check(tx, context, request.removed)
    return workspace_store.restore(tx, request.removed, context.caller.user.id, request.new_name)


async def purge_workspace(server: Server, context: Context, request: RemovedPath) -> None:
    """Delete a removed workspace at once, with its files."""

    def work(tx: Write) -> None:
        _check(tx, context, request.removed)
        workspace_store.purge(tx, request.removed)

    await server.write(work)
    folder.empty_trash(server.settings.data)


_REMOVED = "/api/v1/removed-workspaces"
ROUTES: list[Route] = [
    live(
        "GET",
        "/api/v1/workspaces/{workspace}/bin",
        list_bin,
        role=Role.CONTRIBUTOR,
        summary="List a workspace's deleted notebooks, experiments, reports and tables, which can be restored.",
    ),
    live(
        "POST",
        "/api/v1/workspaces/{workspace}/notebooks/{notebook}/restore",
        restore_notebook,
        audit="notebook.restore",
        role=Role.CONTRIBUTOR,
        summary="Restore a deleted notebook, under another name if needed.",
    ),
    live("GET", _REMOVED, list_removed, role=None, summary="List the removed workspaces that the caller can restore."),
    write(
        "POST",
        _REMOVED + "/{removed}/restore",
        restore_workspace,
        audit="workspace.restore",
        role=None,
        summary="Restore a removed workspace, under another name if needed.",
    ),
    live(
        "DELETE",
        _REMOVED + "/{removed}",
        purge_workspace,
        audit="workspace.delete",
        role=None,
        summary="Delete a removed workspace for good.",
    ),
]
