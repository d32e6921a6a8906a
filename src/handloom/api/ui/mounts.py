"""Mounts of a workspace: list, add and remove."""

import msgspec

from handloom.api.routing import Context, Empty, Route, read, write
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


def list_mounts(tx: Read, context: Context, request: WorkspaceMounts) -> Mounts:
    return Mounts(mounts=mount_store.list_of(tx, request.workspace))


def put_mount(tx: Write, context: Context, request: PutMount) -> Mount:
    return mount_store.put(tx, request.workspace, request.prefix, request.target)


def remove_mount(tx: Write, context: Context, request: RemoveMount) -> Empty:
    mount_store.remove(tx, request.workspace, request.prefix)
    return Empty()


PATH = "/api/v1/workspaces/{workspace}/mounts"
ROUTES: list[Route] = [
    read("GET", PATH, list_mounts, summary="List a workspace's mounts, including the built-in ones."),
    write("PUT", PATH, put_mount, audit="mount.set", summary="Add a mount, or change its target."),
    write("DELETE", PATH, remove_mount, audit="mount.remove", summary="Remove a mount."),
]
