"""Users, their roles in workspaces, and the caller of a request."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Literal

import msgspec

from handloom.domain.errors import Conflict, Forbidden, Invalid

MAX_NOTE = 500


class Role(StrEnum):
    """A member's role in a workspace. Each role includes the permissions of the ones before it."""

    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"
    MEMBER = "member"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        return list(Role).index(self)


class User(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    """The name to sign in with, unique regardless of case."""
    display_name: str
    created_at: int
    admin: bool = False
    """Whether they manage the users of this installation. This is independent of roles in workspaces."""
    service: bool = False
    """Whether it is a service account: a program, with API tokens alone and only where it has a role."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user with the details that admins of the installation see."""

    id: str
    name: str
    display_name: str
    admin: bool
    created_at: int
    disabled_at: int | None
    last_seen_at: int | None
    """The last use of one of their valid browsers or tokens; recorded at most every ten minutes."""
    sign_ins: int
    tokens: int
    workspaces: int
    password: bool
    """Whether they have a password."""
    service: bool
    """Whether it is a service account."""
    invited_until: int | None
    """When their unused sign-in link expires."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A user's membership in a workspace."""

    user: str
    name: str
    display_name: str
    role: Role
    disabled: bool
    service: bool = False


class AccessRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A person who asks for a role in a workspace."""

    workspace: str
    workspace_name: str
    user: str
    name: str
    display_name: str
    note: str
    asked_at: int


class AskedAccess(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a person's request. Without any time, they may ask."""

    asked_at: int | None
    """When they asked, while the request waits."""
    declined_at: int | None
    """When it was declined, while they cannot ask again."""
    granted: bool
    """Whether they have a role."""


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace in a user's list. `only_admin`: no other user who can sign in is its admin."""

    workspace: str
    name: str
    role: Role
    only_admin: bool
    group: str = ""
    """The name of the group by which they have this role; "" where it is their own."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group of users of the installation, which can have a role in workspaces as a user can."""

    id: str
    name: str
    claim: str
    """What the OpenID Connect provider calls it in the claim of groups; "" for a group of this installation alone."""
    created_at: int
    members: int
    workspaces: int


class GroupMember(msgspec.Struct, frozen=True, kw_only=True):
    """A user in a group. `by_claim`: the provider put them there, and takes them out when they sign in next."""

    user: str
    name: str
    display_name: str
    disabled: bool
    by_claim: bool


class GroupRole(msgspec.Struct, frozen=True, kw_only=True):
    """A group's role in a workspace: every member has at least this role."""

    group: str
    name: str
    role: Role
    members: int


class GroupWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace in which a group has a role."""

    workspace: str
    name: str
    role: Role


CallerKind = Literal["browser", "proxy", "api", "kernel", "local", "open"]
"""Kind of a caller's credential: a browser's cookie, the header of a trusted proxy, an API token, a kernel's token, the
token of the command line on the server's machine, or none if the server runs without sign-in.
"""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The caller of a request. `workspace` is set for a credential that is limited to it (a kernel's token)."""

    user: User
    token_id: str
    kind: CallerKind
    workspace: str | None = None


def highest(roles: Iterable[Role]) -> Role | None:
    """Return the highest of these roles; None if there is none."""
    return max(roles, key=lambda role: role.rank, default=None)


def require(role: Role | None, needed: Role) -> None:
    """Raise Forbidden unless `role` is at least `needed`. None means that the caller is not a member."""
    if role is None or role.rank < needed.rank:
        text = f"This requires the role {needed.value} in the workspace; ask one of its admins."
        raise Forbidden(text).because(f"role_{needed.value}")


def require_admin(user: User) -> None:
    """Raise Forbidden unless the user is an admin of the installation."""
    if not user.admin:
        raise Forbidden("This requires an admin of the installation.").because("role_installation")


def require_own_work(caller: Caller) -> None:
    """Raise Forbidden for a service account, which changes nothing outside of the workspaces where it has a role."""
    if caller.user.service:
        raise Forbidden("A service account works in its workspaces only. Let a person do this.")


def check_service_role(user: User, role: Role | None) -> None:
    """Raise Invalid if a service account is to be admin of a workspace: people must remain who can change roles."""
    if user.service and role == Role.ADMIN:
        raise Invalid("A service account can be viewer, contributor or member, not admin.", field="role")


def clean_note(note: str) -> str:
    """Return the words of a request without blanks around them. Raises Invalid for more than 500 characters."""
    note = note.strip()
    if len(note) > MAX_NOTE:
        raise Invalid(f"The message has {len(note)} characters; at most {MAX_NOTE} are allowed.", field="note")
    return note


def require_person(caller: Caller) -> None:
    """Raise Forbidden for API and kernel tokens, which must not create a sign-in or a longer-lived credential."""
    if caller.kind in ("api", "kernel"):
        raise Forbidden("A token cannot do this. Sign in with a browser, or use the command line on the server.")


def check_addition(by: Role, role: Role) -> None:
    """Raise Forbidden if a member with the role `by` may not add a member with `role`."""
    require(by, Role.MEMBER)
    if role.rank > by.rank:
        raise Forbidden("Only an admin of the workspace can add admins.").because("role_admin")


def check_change(user: str, role: Role | None, members: Sequence[Member]) -> None:
    """Raise Conflict if changing the user's role to `role` (None: remove) would leave the workspace without an
    admin.
    """
    if role == Role.ADMIN:
        return
    admins = {member.user for member in members if member.role == Role.ADMIN and not member.disabled}
    if admins == {user}:
        text = "A workspace needs an admin. Make somebody else its admin first."
        raise Conflict(text, field="role").because("last_admin")
