"""Workspaces for the UI: list, create, update and delete."""

import msgspec

from handloom.api import workspace_removal
from handloom.api.routing import Context, Empty, Route, live, read
from handloom.api.server import Server
from handloom.domain.capacities import THIS_MACHINE
from handloom.domain.engines import session_entry
from handloom.domain.members import Role
from handloom.domain.workspaces import Removal, Workspace
from handloom.store.capacities import rows as capacity_store
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces import rows as workspace_store


class Workspaces(msgspec.Struct, frozen=True, kw_only=True):
    workspaces: list[Workspace]


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
    engine: str | None = None
    """The id of the default Spark engine, for notebooks that choose none."""
    capacity: str | None = None
    """The id of the capacity, for notebooks that choose none."""


class RemoveWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    """The workspace's name, which the user typed to confirm."""


def list_workspaces(tx: Read, context: Context, request: Empty) -> Workspaces:
    if context.caller.kind == "local":
        return Workspaces(workspaces=workspace_store.list_all(tx))
    return Workspaces(workspaces=workspace_store.list_of(tx, context.caller.user.id))


async def create_workspace(server: Server, context: Context, request: CreateWorkspace) -> Workspace:
    def work(tx: Write) -> Workspace:
        capacity_store.chosen(tx, server.session_capacities, request.capacity)
        owner = context.caller.user.id
        return workspace_store.create(tx, owner, request.name, request.description, request.capacity)

    return await server.write(work)


def get_workspace(tx: Read, context: Context, request: WorkspacePath) -> Workspace:
    return msgspec.structs.replace(workspace_store.get(tx, request.workspace), role=context.role)


async def update_workspace(server: Server, context: Context, request: UpdateWorkspace) -> Workspace:
    """Change a workspace. Running sessions keep the engine and the capacity that they started with."""
    if request.engine is not None:
        session_entry(request.engine, server.capacities)

    def work(tx: Write) -> Workspace:
        if request.capacity is not None:
            capacity_store.chosen(tx, server.session_capacities, request.capacity)
        changes = {name: getattr(request, name) for name in ("name", "description", "engine", "capacity")}
        workspace_store.change(tx, request.workspace, **changes)
        return msgspec.structs.replace(workspace_store.get(tx, request.workspace), role=context.role)

    return await server.write(work)


async def preview_removal(server: Server, context: Context, request: WorkspacePath) -> Removal:
    sessions = sum(session.workspace == request.workspace for session in server.sessions.list())
    used = await server.on_thread(lambda: server.artifacts.usage(request.workspace, ""))
    return await server.read(lambda tx: workspace_store.removal(tx, request.workspace, sessions, used))


async def remove_workspace(server: Server, context: Context, request: RemoveWorkspace) -> Empty:
    await workspace_removal.remove_workspace(server, request.workspace, request.name)
    return Empty()


ONE = "/api/v1/workspaces/{workspace}"
ROUTES: list[Route] = [
    read("GET", "/api/v1/workspaces", list_workspaces, role=None, summary="List the caller's workspaces."),
    live(
        "POST",
        "/api/v1/workspaces",
        create_workspace,
        audit="workspace.create",
        role=None,
        summary="Create a workspace with the caller as admin.",
    ),
    read("GET", ONE, get_workspace, summary="Get a workspace and the caller's role in it."),
    live(
        "PATCH",
        ONE,
        update_workspace,
        audit="workspace.change",
        role=Role.ADMIN,
        summary="Change a workspace's name, description, Spark engine or capacity.",
    ),
    live(
        "GET",
        f"{ONE}/removal",
        preview_removal,
        role=Role.ADMIN,
        summary="Count what deleting the workspace would delete.",
    ),
    live(
        "DELETE",
        ONE,
        remove_workspace,
        audit="workspace.remove",
        role=Role.ADMIN,
        summary="Delete a workspace and everything in it; `name` must be its name.",
    ),
]
