"""Copy files of artifacts, within a workspace or into another one, as the server's own work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from handloom.api import quotas
from handloom.api.artifact_streams import BLOCK
from handloom.api.server import Server
from handloom.domain import artifacts as paths
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.artifacts import storage as artifacts
from handloom.store.engine import plain_yaml


async def copy_folder(
    server: Server,
    workspace: str,
    root: str,
    to_workspace: str,
    to_root: str,
    rewrite: Callable[[str, bytes], bytes] | None = None,
) -> int:
    """Copy all files below `root`, and return how many. `rewrite` changes MLmodel files, by their path below `root`."""
    store = server.artifacts
    folders, copied = [root], 0
    while folders:
        folder = folders.pop()
        for entry in await server.on_thread(partial(store.entries, workspace, folder)):
            path = paths.join(folder, entry.path)
            if entry.is_dir:
                folders.append(path)
                continue
            inner = path.removeprefix(root).lstrip("/")
            is_card = path.rpartition("/")[2] == paths.MODEL_FILE and (entry.size or 0) <= plain_yaml.MAX_BYTES
            change = partial(rewrite, inner) if rewrite and is_card else None
            await _copy_file(server, workspace, path, to_workspace, paths.join(to_root, inner), change)
            copied += 1
    return copied


async def _copy_file(
    server: Server,
    workspace: str,
    path: str,
    to_workspace: str,
    target: str,
    change: Callable[[bytes], bytes] | None,
) -> None:
    size = await server.on_thread(partial(artifacts.size, server.artifacts, workspace, path))
    await quotas.require_artifact_room(server, to_workspace, size)

    def work() -> paths.StoredFile:
        if change is not None:
            content = artifacts.read(server.artifacts, workspace, path, plain_yaml.MAX_BYTES)
            return artifacts.put(server.artifacts, to_workspace, target, change(content))
        opened = server.artifacts.open(workspace, path)
        try:
            upload = server.artifacts.upload(to_workspace, target, opened.size)
            try:
                for chunk in opened.chunks(0, opened.size):
                    for at in range(0, len(chunk), BLOCK):
                        upload.write(chunk[at : at + BLOCK])
                kept = upload.finish()
                upload.show()
                return kept
            finally:
                upload.abandon()
        finally:
            opened.close()

    kept = await server.on_thread(work)
    await server.write(lambda tx: artifact_rows.record(tx, to_workspace, target, kept))
