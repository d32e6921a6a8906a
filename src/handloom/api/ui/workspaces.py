"""Workspaces as pages see them."""

import os

import msgspec
import psutil

from handloom.api import removing
from handloom.api.routes import Empty, Route, live, read, write
from handloom.api.server import Server
from handloom.domain.members import Caller, Role
from handloom.domain.workspaces import THIS_MACHINE, Capacity, Removal, Workspace
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces import rows as workspace_store


class Workspaces(msgspec.Struct, frozen=True, kw_only=True):
    workspaces: list[Workspace]


class Capacities(msgspec.Struct, frozen=True, kw_only=True):
    capacities: list[Capacity]


class WorkspacePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class CreateWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str = ""
    capacity: str = THIS_MACHINE


class UpdateWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str | None = None
    description: str | None = None


class RemoveWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    """The workspace's name as typed by the person; it must match."""


async def list_capacities(server: Server, caller: Caller, request: Empty) -> Capacities:
    """One compute profile exists: the machine that the server runs on."""
    machine = Capacity(
        id=THIS_MACHINE,
        name="This machine",
        cpus=os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
    )
    return Capacities(capacities=[machine])


def list_workspaces(tx: Read, caller: Caller, request: Empty) -> Workspaces:
    return Workspaces(workspaces=workspace_store.list_of(tx, caller.user.id))


def create_workspace(tx: Write, caller: Caller, request: CreateWorkspace) -> Workspace:
    return workspace_store.create(tx, caller.user.id, request.name, request.description, request.capacity)


def get_workspace(tx: Read, caller: Caller, request: WorkspacePath) -> Workspace:
    return workspace_store.get(tx, request.workspace, caller.user.id)


def update_workspace(tx: Write, caller: Caller, request: UpdateWorkspace) -> Workspace:
    workspace_store.change(tx, request.workspace, name=request.name, description=request.description)
    return workspace_store.get(tx, request.workspace, caller.user.id)


async def preview_removal(server: Server, caller: Caller, request: WorkspacePath) -> Removal:
    sessions = sum(session.workspace == request.workspace for session in server.sessions.list())
    used = await server.on_thread(lambda: server.artifacts.usage(request.workspace, ""))
    return await server.read(lambda tx: workspace_store.removal(tx, request.workspace, sessions, used))


async def remove_workspace(server: Server, caller: Caller, request: RemoveWorkspace) -> Empty:
    await removing.remove_workspace(server, request.workspace, request.name)
    return Empty()


ONE = "/api/v1/workspaces/{workspace}"
ROUTES: list[Route] = [
    live("GET", "/api/v1/capacities", Empty, Capacities, list_capacities, role=None, summary="Compute profiles"),
    read("GET", "/api/v1/workspaces", Empty, Workspaces, list_workspaces, role=None, summary="The caller's workspaces"),
    write(
        "POST",
        "/api/v1/workspaces",
        CreateWorkspace,
        Workspace,
        create_workspace,
        role=None,
        summary="Make a workspace; the caller becomes its admin",
    ),
    read("GET", ONE, WorkspacePath, Workspace, get_workspace, summary="One workspace and the caller's role in it"),
    write("PATCH", ONE, UpdateWorkspace, Workspace, update_workspace, role=Role.ADMIN, summary="Rename or describe it"),
    live(
        "GET",
        f"{ONE}/removal",
        WorkspacePath,
        Removal,
        preview_removal,
        role=Role.ADMIN,
        summary="What removing the workspace would delete",
    ),
    live(
        "DELETE",
        ONE,
        RemoveWorkspace,
        Empty,
        remove_workspace,
        role=Role.ADMIN,
        summary="Delete the workspace and all that is in it; `name` must be its name",
    ),
]
