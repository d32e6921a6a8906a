"""MLflow's workspace endpoints. Workspaces are identified by names that MLflow's clients can send."""

from __future__ import annotations

import msgspec

from handloom.api.authenticator import require_unbound
from handloom.api.mlflow.encoding import Reply
from handloom.api.routing import Context, Empty, Route, live, read, write
from handloom.api.server import Server
from handloom.api.workspace_removal import remove_workspace
from handloom.domain import workspaces as rules
from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound, Unimplemented
from handloom.domain.members import Caller, Role, require
from handloom.domain.workspaces import Workspace
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces import counts as contents
from handloom.store.workspaces import rows as workspaces

MODES = ("SET_DEFAULT", "CASCADE", "RESTRICT")


class Archival(msgspec.Struct):
    location: str = ""
    retention: str = ""


class MlflowCreateWorkspace(msgspec.Struct):
    name: str = ""
    description: str | None = None
    default_artifact_root: str | None = None
    trace_archival_config: Archival | None = None


class MlflowUpdateWorkspace(msgspec.Struct):
    workspace_name: str = ""
    description: str | None = None
    default_artifact_root: str | None = None
    trace_archival_config: Archival | None = None


class Named(msgspec.Struct):
    workspace_name: str = ""


class MlflowDeleteWorkspace(msgspec.Struct):
    workspace_name: str = ""
    mode: str = "RESTRICT"


class WorkspaceReply(Reply):
    name: str
    description: str = ""


class MlflowWorkspaceReply(Reply):
    workspace: WorkspaceReply


class MlflowWorkspacesReply(Reply):
    workspaces: list[WorkspaceReply] = []


def list_all(tx: Read, context: Context, request: Empty) -> MlflowWorkspacesReply:
    local = context.caller.kind == "local"
    found = workspaces.list_all(tx) if local else workspaces.list_of(tx, context.caller.user.id)
    open_to = [each for each in found if context.caller.workspace in (None, each.id)]
    return MlflowWorkspacesReply(sorted((_reply(each) for each in open_to), key=lambda each: each.name))


def get(tx: Read, context: Context, request: Named) -> MlflowWorkspaceReply:
    return MlflowWorkspaceReply(_reply(_find(tx, context.caller, request.workspace_name)))


def create(tx: Write, context: Context, request: MlflowCreateWorkspace) -> MlflowWorkspaceReply:
    require_unbound(context.caller)
    if request.name == rules.DEFAULT_NAME:
        raise Invalid(f"The '{rules.DEFAULT_NAME}' workspace is reserved and cannot be created", field="name")
    rules.check_mlflow_name(request.name)
    _check_supported(request)
    try:
        made = workspaces.create(tx, context.caller.user.id, request.name, request.description or "")
    except AlreadyExists as error:
        raise AlreadyExists(f"Workspace '{request.name}' already exists.", field="name") from error
    return MlflowWorkspaceReply(_reply(made))


def update(tx: Write, context: Context, request: MlflowUpdateWorkspace) -> MlflowWorkspaceReply:
    require_unbound(context.caller)
    if request.description is None and request.default_artifact_root is None and request.trace_archival_config is None:
        raise Invalid("Workspace update must have at least one key")
    _check_supported(request)
    found = _find(tx, context.caller, request.workspace_name)
    require(found.role, Role.ADMIN)
    return MlflowWorkspaceReply(_reply(workspaces.change(tx, found.id, description=request.description)))


async def delete(server: Server, context: Context, request: MlflowDeleteWorkspace) -> None:
    """Delete a workspace. RESTRICT fails with 409 if it has any content; MLflow's 500 would be retried for minutes."""
    require_unbound(context.caller)
    name = request.workspace_name
    if name == rules.DEFAULT_NAME:
        raise Invalid(f"The '{rules.DEFAULT_NAME}' workspace is reserved and cannot be deleted", field="workspace_name")
    if request.mode not in MODES:
        raise Invalid(f"Invalid deletion mode '{request.mode}'. Must be one of: {', '.join(MODES)}", field="mode")
    if request.mode == "SET_DEFAULT":
        raise Unimplemented("Moving a workspace's content is not supported. Delete with mode CASCADE or RESTRICT.")
    found = await server.read(lambda tx: _find(tx, context.caller, name))
    require(found.role, Role.ADMIN)
    if request.mode == "RESTRICT" and (holds := await server.read(lambda tx: contents.of_workspace(tx, found.id))):
        what = ", ".join(f"{count} {noun}" for noun, count in holds.items())
        raise Conflict(f"Cannot delete workspace '{name}': it still holds {what}. Remove them, or use mode CASCADE.")
    await remove_workspace(server, found.id, found.name)


def _find(tx: Read, caller: Caller, reference: str) -> Workspace:
    """Return the workspace with the caller's role. Raises NotFound if they have none."""
    known = workspaces.find(tx, reference)
    found = workspaces.get(tx, known, caller.user.id) if known else None
    if found is not None and caller.kind == "local":
        return msgspec.structs.replace(found, role=Role.ADMIN)
    if found is None or found.role is None or caller.workspace not in (None, found.id):
        raise NotFound(f"Workspace '{reference}' not found")
    return found


def _reply(workspace: Workspace) -> WorkspaceReply:
    name = rules.mlflow_name(workspace)
    original_name = [workspace.name] if name != workspace.name else []
    return WorkspaceReply(
        name, ": ".join([*original_name, *([workspace.description] if workspace.description else [])])
    )


def _check_supported(given: MlflowCreateWorkspace | MlflowUpdateWorkspace) -> None:
    """Raise Unimplemented if the request sets an option of MLflow that this server does not have."""
    archival = given.trace_archival_config
    if given.default_artifact_root:
        raise Unimplemented("An artifact location per workspace is not supported; the server has one for all.")
    if archival is not None and (archival.location or archival.retention):
        raise Unimplemented("Archiving traces is not supported; they stay in the database.")


_ALL = "mlflow/workspaces"
_ONE = f"{_ALL}/{{workspace_name}}"

ROUTES: list[Route] = [
    read("GET", _ALL, list_all, role=None),
    write("POST", _ALL, create, audit="workspace.create", role=None, required=("name",), status=201),
    read("GET", _ONE, get, role=None),
    write("PATCH", _ONE, update, audit="workspace.change", role=None),
    live("DELETE", _ONE, delete, audit="workspace.remove", role=None, also_in_query=("mode",), status=204),
]
