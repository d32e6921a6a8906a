"""`handloom group`: manage groups of users, and their roles in workspaces, through the running server or a temporary
one.
"""

from __future__ import annotations

from handloom import console
from handloom.api.ui.groups import GroupDetails, UserGroups
from handloom.client.http import path_segment
from handloom.client.workspaces import find_workspace
from handloom.commands import local_server
from handloom.domain.errors import AlreadyExists
from handloom.domain.members import Group
from handloom.settings import Settings


def add(settings: Settings, name: str, claim: str) -> None:
    with local_server.connect(settings) as client:
        client.ask("POST", "/groups", {"name": name, "claim": claim})


def change(settings: Settings, group: str, *, name: str | None, claim: str | None) -> None:
    """Rename a group or change its name at the provider; None leaves a field as it is."""
    with local_server.connect(settings) as client:
        client.ask("PATCH", _path(group), {"name": name, "claim": claim})


def remove(settings: Settings, group: str) -> None:
    with local_server.connect(settings) as client:
        client.ask("DELETE", _path(group))


def list_all(settings: Settings) -> list[Group]:
    with local_server.connect(settings) as client:
        return client.ask("GET", "/groups", reply=UserGroups).groups


def show(settings: Settings, group: str) -> GroupDetails:
    with local_server.connect(settings) as client:
        return client.ask("GET", _path(group), reply=GroupDetails)


def join(settings: Settings, group: str, user: str) -> None:
    with local_server.connect(settings) as client:
        client.ask("PUT", f"{_path(group)}/members/{path_segment(user)}")


def leave(settings: Settings, group: str, user: str) -> None:
    with local_server.connect(settings) as client:
        client.ask("DELETE", f"{_path(group)}/members/{path_segment(user)}")


def set_role(settings: Settings, group: str, workspace: str, role: str | None) -> None:
    """Give the group this role in the workspace; None takes its role away."""
    with local_server.connect(settings) as client:
        path = f"/workspaces/{find_workspace(client, workspace).id}/groups"
        if role is None:
            client.ask("DELETE", f"{path}/{path_segment(group)}")
            return
        try:
            client.ask("POST", path, {"group": group, "role": role})
        except AlreadyExists:
            client.ask("PATCH", f"{path}/{path_segment(group)}", {"role": role})


def table(groups: list[Group]) -> str:
    """Format groups as an aligned table for the terminal."""
    rows = [("NAME", "AT THE PROVIDER", "MEMBERS", "WORKSPACES")]
    rows += [(group.name, group.claim, str(group.members), str(group.workspaces)) for group in groups]
    return console.table(rows)


def details(found: GroupDetails) -> str:
    """Format a group's members and workspaces as two tables."""
    members = [("MEMBER", "DISPLAY NAME", "BY")]
    members += [(one.name, one.display_name, "provider" if one.by_claim else "admin") for one in found.members]
    workspaces = [("WORKSPACE", "ROLE")]
    workspaces += [(one.name, one.role.value) for one in found.workspaces]
    return f"{console.table(members)}\n\n{console.table(workspaces)}"


def _path(group: str) -> str:
    return f"/groups/{path_segment(group)}"
