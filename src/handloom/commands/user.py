"""`handloom user`: manage the users of an installation, through its running server or a temporary one."""

from __future__ import annotations

from typing import Any

from handloom import console
from handloom.api.ui.users import Invitation, UserAccess, Users
from handloom.client.http import path_segment
from handloom.commands import local_server
from handloom.domain.members import Person
from handloom.settings import Settings
from handloom.store.engine import data_folder


def add(settings: Settings, name: str, *, display_name: str, admin: bool) -> str:
    """Add a user and return their one-time sign-in link."""
    return _invited(settings, "/users", {"name": name, "display_name": display_name, "admin": admin})


def link(settings: Settings, name: str) -> str:
    """Create a new sign-in link for a user and revoke their unused ones."""
    return _invited(settings, f"{_path(name)}/link", {})


def _invited(settings: Settings, path: str, request: dict[str, Any]) -> str:
    running = data_folder.running(settings.data)
    with local_server.connect(settings) as client:
        invitation = client.ask("POST", path, request, reply=Invitation)
    address = settings.public_url or (running.public_url or running.url if running else settings.url)
    return address + invitation.path  # a temporary server's own port ends with the command


def list_all(settings: Settings) -> list[Person]:
    with local_server.connect(settings) as client:
        return client.ask("GET", "/users", reply=Users).users


def set_disabled(settings: Settings, name: str, *, disabled: bool) -> None:
    with local_server.connect(settings) as client:
        client.ask("PATCH", _path(name), {"disabled": disabled})


def set_admin(settings: Settings, name: str, *, admin: bool) -> None:
    with local_server.connect(settings) as client:
        client.ask("PATCH", _path(name), {"admin": admin})


def set_password(settings: Settings, name: str, password: str | None) -> None:
    """Set a user's password; None removes it."""
    with local_server.connect(settings) as client:
        client.ask("PUT", f"{_path(name)}/password", {"password": password})


def only_admin_of(settings: Settings, name: str) -> list[str]:
    """Return the names of workspaces whose only admin this user is."""
    with local_server.connect(settings) as client:
        access = client.ask("GET", f"{_path(name)}/access", reply=UserAccess)
        return [membership.name for membership in access.workspaces if membership.only_admin]


def remove(settings: Settings, name: str, successor: str | None) -> None:
    """Remove a user. `successor` becomes the admin of workspaces that would have none."""
    with local_server.connect(settings) as client:
        query = f"?successor={path_segment(successor)}" if successor else ""
        client.ask("DELETE", f"{_path(name)}{query}")


def table(people: list[Person]) -> str:
    """Format users as an aligned table for the terminal."""
    rows = [("NAME", "DISPLAY NAME", "STATE", "LAST SEEN", "WORKSPACES", "BROWSERS", "TOKENS")]
    rows += [
        (
            person.name,
            person.display_name,
            _state(person),
            console.moment(person.last_seen_at),
            str(person.workspaces),
            str(person.sign_ins),
            str(person.tokens),
        )
        for person in people
    ]
    return console.table(rows)


def _state(person: Person) -> str:
    if person.disabled_at is not None:
        return "disabled"
    if person.invited_until is not None and person.last_seen_at is None:
        return "invited"
    return "admin" if person.admin else "active"


def _path(name: str) -> str:
    return f"/users/{path_segment(name)}"
