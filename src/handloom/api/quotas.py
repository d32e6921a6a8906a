"""Enforcement of quotas: refuse what has no room in its workspace before it is stored."""

from __future__ import annotations

from functools import partial

from handloom.api.server import Server
from handloom.domain.quotas import Quota, Storage
from handloom.settings import Settings
from handloom.store.engine.database import Read
from handloom.store.quotas import rows as quota_store


def defaults(settings: Settings) -> Quota:
    """Return the limits of workspaces that have none of their own."""
    return Quota(
        artifacts_mb=settings.quota_artifacts_mb, files_mb=settings.quota_files_mb, notebooks=settings.quota_notebooks
    )


async def read_storage(server: Server, workspace: str) -> Storage:
    """Return what a workspace keeps and may keep."""
    files = await server.on_thread(partial(server.folder_sizes.of, server.settings.data, workspace))
    return await server.read(lambda tx: quota_store.storage(tx, workspace, defaults(server.settings), files))


async def require_artifact_room(server: Server, workspace: str, size: int) -> None:
    """Raise Conflict unless a file of a run or model of `size` bytes has room."""
    await server.read(lambda tx: quota_store.check(tx, workspace, defaults(server.settings), "artifacts", size))


async def require_file_room(server: Server, workspace: str, size: int) -> None:
    """Raise Conflict unless a table or file of `size` bytes has room. Measures only folders that have a limit."""

    def limit(tx: Read) -> int:
        return quota_store.file_limit(tx, workspace, defaults(server.settings))

    if not await server.read(limit):
        return
    files = await server.on_thread(partial(server.folder_sizes.of, server.settings.data, workspace))

    def check(tx: Read) -> None:
        quota_store.check(tx, workspace, defaults(server.settings), "files", size, files)

    await server.read(check)


async def counts_artifacts(server: Server, workspace: str) -> bool:
    """Whether the files of runs of a workspace are limited: then they pass through the server, which counts them."""
    return await server.read(lambda tx: quota_store.has_limit(tx, workspace, defaults(server.settings)))
