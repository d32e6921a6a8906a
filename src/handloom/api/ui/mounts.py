"""The mount table of a workspace."""

import msgspec

from handloom.api.routes import Empty, Route, read, write
from handloom.domain.members import Caller
from handloom.domain.mounts import Mount
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces import mounts as mount_store


class WorkspaceMounts(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class Mounts(msgspec.Struct, frozen=True, kw_only=True):
    mounts: list[Mount]


class PutMount(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    prefix: str
    target: str


class RemoveMount(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    prefix: str


def list_mounts(tx: Read, caller: Caller, request: WorkspaceMounts) -> Mounts:
    return Mounts(mounts=mount_store.list_of(tx, request.workspace))


def put_mount(tx: Write, caller: Caller, request: PutMount) -> Mount:
    return mount_store.put(tx, request.workspace, request.prefix, request.target)


def remove_mount(tx: Write, caller: Caller, request: RemoveMount) -> Empty:
    mount_store.remove(tx, request.workspace, request.prefix)
    return Empty()


PATH = "/api/v1/workspaces/{workspace}/mounts"
ROUTES: list[Route] = [
    read("GET", PATH, WorkspaceMounts, Mounts, list_mounts, summary="The mount table, the built-in mounts included"),
    write("PUT", PATH, PutMount, Mount, put_mount, summary="Make a mount or give it another target"),
    write("DELETE", PATH, RemoveMount, Empty, remove_mount, summary="Remove a mount"),
]
