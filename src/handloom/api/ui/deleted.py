"""Deleted records of a workspace that could still be restored: count them, and purge them."""

import asyncio
import time

import msgspec

from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain.deleted import Purged, Waiting, add_purged
from handloom.domain.members import Role
from handloom.store.deleted import rows as deleted_store
from handloom.store.engine import data_folder
from handloom.store.lakehouse import files as table_files

MAX_PURGES = 10_000
SECONDS = 2.0  # how long one purge request works; the client repeats it


class DeletedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the count. The first page counts all rows; each page counts the files of its own runs and models.

    `next` is the `after` of the next page; None on the last one.
    """

    waiting: Waiting
    next: str | None


class ReadDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """`before` is a time in ms: records that were deleted later are excluded."""

    workspace: str
    before: int
    after: str = ""


class RemoveDeleted(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    before: int


async def look(server: Server, context: Context, request: ReadDeleted) -> DeletedPage:
    workspace, before = request.workspace, request.before
    found = await server.read(lambda tx: deleted_store.candidates(tx, workspace, before, request.after))
    waiting = Waiting()
    if not request.after:
        waiting = await server.read(lambda tx: deleted_store.waiting(tx, workspace, before))
    folders = [place.folder for place in found if place.folder is not None]
    usage = await server.on_thread(lambda: server.artifacts.usage(workspace, *folders))
    return DeletedPage(
        waiting=msgspec.structs.replace(waiting, files=usage.files, bytes=usage.freed),
        next=found[-1].id if len(found) == deleted_store.PAGE else None,
    )


async def remove(server: Server, context: Context, request: RemoveDeleted) -> Purged:
    """Purge in small writes for SECONDS, pausing after each as long as it took, so that other writers get their turn.

    When nothing is left, return the database's free pages to the file system.
    """
    _record_once(server, context, request)
    root = server.settings.data
    await server.on_thread(lambda: table_files.purge(root, request.before, request.workspace))
    data_folder.empty_trash(root)
    done = Purged()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        began = time.monotonic()
        if done.more or done == Purged():
            step = await server.write(lambda tx: deleted_store.purge(tx, request.workspace, request.before))
            done = add_purged(done, step)
        if not done.more and not await server.write(deleted_store.reclaim):
            await server.on_thread(lambda: deleted_store.shorten(server.database))
            folders = await server.read(lambda tx: deleted_store.folders(tx, request.workspace))
            return msgspec.structs.replace(done, folders=folders)
        await asyncio.sleep(time.monotonic() - began)
    return msgspec.structs.replace(done, more=True)


def _record_once(server: Server, context: Context, request: RemoveDeleted) -> None:
    """Leave the audit log at one entry for a purge, whose requests have the same `before`."""
    purge = (context.caller.user.id, request.workspace, request.before)
    if purge in server.purges:
        server.skip_audit()
    elif len(server.purges) >= MAX_PURGES:
        server.purges.clear()
    server.purges.add(purge)


_DELETED = "/api/v1/workspaces/{workspace}/deleted"

ROUTES: list[Route] = [
    live(
        "GET",
        _DELETED,
        look,
        role=Role.ADMIN,
        summary="Count deleted records and the disk space that a purge would free.",
    ),
    live(
        "DELETE",
        _DELETED,
        remove,
        audit="workspace.purge",
        role=Role.ADMIN,
        summary="Purge deleted records for about two seconds; repeat while the reply has `more`.",
    ),
]
