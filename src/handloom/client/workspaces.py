"""Find workspaces by name or id, for commands."""

import msgspec

from handloom.client.http import Client
from handloom.domain.errors import NotFound
from handloom.domain.workspaces import Workspace


class _Workspaces(msgspec.Struct):
    workspaces: list[Workspace]


def list_workspaces(client: Client) -> list[Workspace]:
    return client.ask("GET", "/workspaces", reply=_Workspaces).workspaces


def find_workspace(client: Client, name: str) -> Workspace:
    """Return the workspace with this name or id. Raises NotFound."""
    for workspace in list_workspaces(client):
        if name in (workspace.name, workspace.id):
            return workspace
    raise NotFound(f"There is no workspace “{name}”.")


def find_or_create_workspace(client: Client, name: str) -> tuple[Workspace, bool]:
    """Return the workspace with this name or id, created if missing, and whether this call created it."""
    try:
        return find_workspace(client, name), False
    except NotFound:
        return client.ask("POST", "/workspaces", {"name": name}, reply=Workspace), True
