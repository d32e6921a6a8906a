"""MLflow's workspace endpoints: the workspaces of the house by the names that MLflow's clients can send."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from handloom.api.auth import everywhere
from handloom.api.mlflow.encoding import Reply
from handloom.api.mlflow.endpoints import Endpoint, live
from handloom.api.mlflow.errors import refusal
from handloom.api.mlflow.parsing import Reader
from handloom.api.reading import body
from handloom.api.removing import remove_workspace
from handloom.api.server import Server
from handloom.domain import workspaces as rules
from handloom.domain.errors import AlreadyExists, Invalid, NotFound
from handloom.domain.members import Caller, Role, require
from handloom.domain.workspaces import Workspace
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces import counts as contents
from handloom.store.workspaces import rows as workspaces

MODES = ("SET_DEFAULT", "CASCADE", "RESTRICT")


class Nothing(msgspec.Struct):
    pass


class Archival(msgspec.Struct):
    location: str = ""
    retention: str = ""


class Create(msgspec.Struct):
    name: str = ""
    description: str | None = None
    default_artifact_root: str | None = None
    trace_archival_config: Archival | None = None


class Update(msgspec.Struct):
    description: str | None = None
    default_artifact_root: str | None = None
    trace_archival_config: Archival | None = None


class Named(msgspec.Struct):
    workspace_name: str = ""


class Delete(msgspec.Struct):
    workspace_name: str = ""
    mode: str = "RESTRICT"


class WorkspaceReply(Reply):
    name: str
    description: str = ""


class OneReply(Reply):
    workspace: WorkspaceReply


class ListReply(Reply):
    workspaces: list[WorkspaceReply] = []


_CREATE = Reader(Create, ("name",))
_UPDATE = Reader(Update, ())


async def list_all(server: Server, caller: Caller, workspace: str, request: Nothing, http: Request) -> Response:
    found = await server.read(lambda tx: workspaces.list_of(tx, caller.user.id))
    open_to = [each for each in found if caller.workspace in (None, each.id)]
    shown = sorted((_shown(each) for each in open_to), key=lambda each: each.name)
    return _sent(ListReply(shown))


async def get(server: Server, caller: Caller, workspace: str, request: Named, http: Request) -> Response:
    found = await server.read(lambda tx: _find(tx, caller, request.workspace_name))
    return _sent(OneReply(_shown(found)))


async def create(server: Server, caller: Caller, workspace: str, request: Nothing, http: Request) -> Response:
    everywhere(caller)
    given: Create = _CREATE.body(await body(http, server.settings.max_request_bytes), {})
    if given.name == rules.DEFAULT_NAME:
        raise Invalid(f"The '{rules.DEFAULT_NAME}' workspace is reserved and cannot be created", field="name")
    rules.check_mlflow_name(given.name)
    if (refused := _beyond(given)) is not None:
        return refused

    def make(tx: Write) -> Workspace:
        try:
            return workspaces.create(tx, caller.user.id, given.name, given.description or "")
        except AlreadyExists as error:
            raise AlreadyExists(f"Workspace '{given.name}' already exists.", field="name") from error

    return _sent(OneReply(_shown(await server.write(make))), 201)


async def update(server: Server, caller: Caller, workspace: str, request: Named, http: Request) -> Response:
    given: Update = _UPDATE.body(await body(http, server.settings.max_request_bytes), {})
    if given.description is None and given.default_artifact_root is None and given.trace_archival_config is None:
        raise Invalid("Workspace update must have at least one key")
    if (refused := _beyond(given)) is not None:
        return refused

    def change(tx: Write) -> Workspace:
        found = _find(tx, caller, request.workspace_name)
        require(found.role, Role.ADMIN)
        return workspaces.change(tx, found.id, description=given.description)

    return _sent(OneReply(_shown(await server.write(change))))


async def delete(server: Server, caller: Caller, workspace: str, request: Delete, http: Request) -> Response:
    """RESTRICT refuses what holds anything: with 409, not MLflow's 500, which its clients repeat for minutes."""
    name = request.workspace_name
    if name == rules.DEFAULT_NAME:
        raise Invalid(f"The '{rules.DEFAULT_NAME}' workspace is reserved and cannot be deleted", field="workspace_name")
    if request.mode not in MODES:
        raise Invalid(
            f"Invalid deletion mode '{request.mode}'. Must be one of: {', '.join(MODES)}",
            field="mode",
        )
    if request.mode == "SET_DEFAULT":
        return refusal("NOT_IMPLEMENTED", 501, "Workspaces are not merged here. Delete with mode CASCADE or RESTRICT.")
    found = await server.read(lambda tx: _find(tx, caller, name))
    require(found.role, Role.ADMIN)
    everywhere(caller)
    if request.mode == "RESTRICT":
        holds = await server.read(lambda tx: contents.of_workspace(tx, found.id))
        if holds:
            what = ", ".join(f"{count} {noun}" for noun, count in holds.items())
            message = f"Cannot delete workspace '{name}': it still holds {what}. Remove them, or use mode CASCADE."
            return refusal("RESOURCE_CONFLICT", 409, message)
    await remove_workspace(server, found.id, found.name)
    return Response(status_code=204)


def _find(tx: Read, caller: Caller, reference: str) -> Workspace:
    """With the caller's role in it; raise NotFound where they have none."""
    known = workspaces.find(tx, reference)
    found = workspaces.get(tx, known, caller.user.id) if known else None
    if found is None or found.role is None or caller.workspace not in (None, found.id):
        raise NotFound(f"Workspace '{reference}' not found")
    return found


def _shown(workspace: Workspace) -> WorkspaceReply:
    name = rules.mlflow_name(workspace)
    told = [workspace.name] if name != workspace.name else []
    return WorkspaceReply(name, ": ".join([*told, *([workspace.description] if workspace.description else [])]))


def _beyond(given: Create | Update) -> Response | None:
    """The answer to what a workspace has none of here."""
    archival = given.trace_archival_config
    if given.default_artifact_root:
        return refusal("NOT_IMPLEMENTED", 501, "Artifacts of all workspaces are kept in one place, set for the server.")
    if archival is not None and (archival.location or archival.retention):
        return refusal("NOT_IMPLEMENTED", 501, "Traces stay in the database: there is no archive of traces here.")
    return None


def _sent(reply: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(reply), status_code=status, media_type="application/json")


_ALL = "mlflow/workspaces"
_ONE = f"{_ALL}/{{workspace_name}}"

ENDPOINTS: list[Endpoint] = [
    live("GET", _ALL, Nothing, list_all, role=None),
    live("POST", _ALL, Nothing, create, role=None),
    live("GET", _ONE, Named, get, role=None),
    live("PATCH", _ONE, Named, update, role=None),
    live("DELETE", _ONE, Delete, delete, role=None),
]
