"""Members of a workspace and their roles, for the page “Manage access”."""

import msgspec

from handloom.api.routing import Context, Empty, Route, read, write
from handloom.domain.members import Member, Role, check_addition
from handloom.store.engine.database import Read, Write
from handloom.store.users import rows as user_store
from handloom.store.workspaces import members as member_store


class MembersPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class Members(msgspec.Struct, frozen=True, kw_only=True):
    members: list[Member]


class AddMember(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    user: str
    """The user's id or name."""
    role: Role


class ChangeMember(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    user: str
    role: Role


class MemberPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    user: str


class MembershipPath(msgspec.Struct, frozen=True, kw_only=True):
    membership: str
    """The workspace that the caller leaves."""


def list_members(tx: Read, context: Context, request: MembersPath) -> Members:
    return Members(members=member_store.list_of(tx, request.workspace))


def list_candidates(tx: Read, context: Context, request: MembersPath) -> Members:
    return Members(members=member_store.candidates(tx, request.workspace))


def add_member(tx: Write, context: Context, request: AddMember) -> Members:
    """Add a member. The role member may add members, contributors and viewers; only an admin may add admins."""
    assert context.role is not None  # the route requires one
    check_addition(context.role, request.role)
    user = user_store.find(tx, request.user)
    member_store.add(tx, request.workspace, user.id, request.role)
    return Members(members=member_store.list_of(tx, request.workspace))


def change_member(tx: Write, context: Context, request: ChangeMember) -> Members:
    member_store.change(tx, request.workspace, request.user, request.role)
    return Members(members=member_store.list_of(tx, request.workspace))


def remove_member(tx: Write, context: Context, request: MemberPath) -> Empty:
    member_store.change(tx, request.workspace, request.user, None)
    return Empty()


def leave(tx: Write, context: Context, request: MembershipPath) -> Empty:
    """Remove the caller from the workspace. Raises Conflict for its last admin."""
    member_store.change(tx, request.membership, context.caller.user.id, None)
    return Empty()


_ALL = "/api/v1/workspaces/{workspace}/members"
_ONE = _ALL + "/{user}"
ROUTES: list[Route] = [
    read("GET", _ALL, list_members, summary="List a workspace's members and their roles."),
    read(
        "GET",
        "/api/v1/workspaces/{workspace}/member-candidates",
        list_candidates,
        role=Role.MEMBER,
        summary="List the users who are not members yet.",
    ),
    write(
        "POST",
        _ALL,
        add_member,
        audit="member.add",
        role=Role.MEMBER,
        summary="Add a member; only an admin adds admins.",
    ),
    write("PATCH", _ONE, change_member, audit="member.change", role=Role.ADMIN, summary="Change a member's role."),
    write("DELETE", _ONE, remove_member, audit="member.remove", role=Role.ADMIN, summary="Remove a member."),
    write(
        "DELETE",
        "/api/v1/me/memberships/{membership}",
        leave,
        audit="member.leave",
        role=None,
        summary="Leave a workspace.",
    ),
]
