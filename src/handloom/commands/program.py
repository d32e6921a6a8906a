"""`handloom service`: service accounts with tokens for CI, through the running server or a temporary one."""

from __future__ import annotations

from collections.abc import Sequence

from handloom import console
from handloom.api.ui.tokens import NewToken
from handloom.api.ui.users import UserAccess, Users
from handloom.client.http import path_segment
from handloom.client.workspaces import find_workspace
from handloom.commands import local_server
from handloom.domain.errors import Conflict
from handloom.domain.members import Person
from handloom.settings import Settings


def add(settings: Settings, name: str, workspaces: Sequence[str], role: str, days: int | None) -> NewToken:
    """Create a service account with this role in the workspaces; return its first token."""
    with local_server.connect(settings) as client:
        first, *others = [find_workspace(client, workspace).id for workspace in workspaces]
        request = {"name": name, "role": role, "expires_in_days": days}
        made = client.ask("POST", f"/workspaces/{first}/service-accounts", request, reply=NewToken)
        for other in others:
            client.ask("POST", f"/workspaces/{other}/members", {"user": made.token.user, "role": role})
        return made


def create_token(settings: Settings, name: str, token_name: str, days: int | None) -> NewToken:
    """Create one more token for a service account. Raises Conflict if it has a role nowhere."""
    with local_server.connect(settings) as client:
        access = client.ask("GET", f"/users/{path_segment(name)}/access", reply=UserAccess)
        if not access.workspaces:
            raise Conflict(f"“{name}” has no role in any workspace. Give it one under Manage access first.")
        path = f"/workspaces/{access.workspaces[0].workspace}/service-accounts/{path_segment(name)}/tokens"
        return client.ask("POST", path, {"name": token_name, "expires_in_days": days}, reply=NewToken)


def list_all(settings: Settings) -> list[Person]:
    with local_server.connect(settings) as client:
        return [person for person in client.ask("GET", "/users", reply=Users).users if person.service]


def table(accounts: list[Person]) -> str:
    """Format service accounts as an aligned table for the terminal."""
    rows = [("NAME", "STATE", "LAST USED", "WORKSPACES", "TOKENS")]
    rows += [
        (
            one.name,
            "active" if one.disabled_at is None else "disabled",
            console.moment(one.last_seen_at),
            str(one.workspaces),
            str(one.tokens),
        )
        for one in accounts
    ]
    return console.table(rows)
