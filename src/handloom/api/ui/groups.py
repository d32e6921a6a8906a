"""Groups of users, for admins of the installation, and the roles of groups in a workspace, for its admins."""

import msgspec

from handloom.api.routing import Context, Empty, Route, read, write
from handloom.domain.members import Group, GroupMember, GroupRole, GroupWorkspace, Role, check_addition, require_person
from handloom.store.engine.database import Read, Write
from handloom.store.users import groups as group_store
from handloom.store.users import rows as user_store
from handloom.store.workspaces import group_access


class UserGroups(msgspec.Struct, frozen=True, kw_only=True):
    groups: list[Group]


class CreateGroup(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    claim: str = ""
    """What the OpenID Connect provider calls the group in the claim of groups."""


class ChangeGroup(msgspec.Struct, frozen=True, kw_only=True):
    changed_group: str
    """An id or a name."""
    name: str | None = None
    claim: str | None = None


class GroupPath(msgspec.Struct, frozen=True, kw_only=True):
    group: str
    """An id or a name."""


class GroupDetails(msgspec.Struct, frozen=True, kw_only=True):
    group: Group
    members: list[GroupMember]
    workspaces: list[GroupWorkspace]


class GroupMemberPath(msgspec.Struct, frozen=True, kw_only=True):
    group: str
    user: str
    """An id or a name."""


class GroupRolesPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class GroupRoles(msgspec.Struct, frozen=True, kw_only=True):
    groups: list[GroupRole]


class SetGroupRole(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    group: str
    """An id or a name."""
    role: Role


class GroupRolePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    group: str


def list_groups(tx: Read, context: Context, request: Empty) -> UserGroups:
    return UserGroups(groups=group_store.list_all(tx))


def create_group(tx: Write, context: Context, request: CreateGroup) -> Group:
    require_person(context.caller)
    return group_store.create(tx, request.name, claim=request.claim)


def get_group(tx: Read, context: Context, request: GroupPath) -> GroupDetails:
    group = group_store.find(tx, request.group)
    return GroupDetails(
        group=group,
        members=group_store.members(tx, group.id),
        workspaces=group_store.workspaces_of(tx, group.id),
    )


def change_group(tx: Write, context: Context, request: ChangeGroup) -> Group:
    require_person(context.caller)
    return group_store.change(tx, request.changed_group, name=request.name, claim=request.claim)


def remove_group(tx: Write, context: Context, request: GroupPath) -> Empty:
    require_person(context.caller)
    group_store.remove(tx, group_store.find(tx, request.group).id)
    return Empty()


def add_group_member(tx: Write, context: Context, request: GroupMemberPath) -> GroupDetails:
    require_person(context.caller)
    group = group_store.find(tx, request.group)
    group_store.add_member(tx, group.id, user_store.find(tx, request.user).id)
    return get_group(tx, context, GroupPath(group=group.id))


def remove_group_member(tx: Write, context: Context, request: GroupMemberPath) -> GroupDetails:
    require_person(context.caller)
    group = group_store.find(tx, request.group)
    group_store.remove_member(tx, group.id, user_store.find(tx, request.user).id)
    return get_group(tx, context, GroupPath(group=group.id))


def list_group_roles(tx: Read, context: Context, request: GroupRolesPath) -> GroupRoles:
    return GroupRoles(groups=group_access.list_of(tx, request.workspace))


def list_group_candidates(tx: Read, context: Context, request: GroupRolesPath) -> GroupRoles:
    return GroupRoles(groups=group_access.candidates(tx, request.workspace))


def add_group_role(tx: Write, context: Context, request: SetGroupRole) -> GroupRoles:
    """Give a group a role. The role member may give it up to member; only an admin may make a group admin."""
    assert context.role is not None  # the route requires one
    check_addition(context.role, request.role)
    group_access.add(tx, request.workspace, group_store.find(tx, request.group).id, request.role)
    return GroupRoles(groups=group_access.list_of(tx, request.workspace))


def change_group_role(tx: Write, context: Context, request: SetGroupRole) -> GroupRoles:
    group_access.change(tx, request.workspace, group_store.find(tx, request.group).id, request.role)
    return GroupRoles(groups=group_access.list_of(tx, request.workspace))


def remove_group_role(tx: Write, context: Context, request: GroupRolePath) -> Empty:
    group_access.change(tx, request.workspace, group_store.find(tx, request.group).id, None)
    return Empty()


_ALL = "/api/v1/groups"
_ONE = _ALL + "/{group}"
_ROLES = "/api/v1/workspaces/{workspace}/groups"
_ROLE = _ROLES + "/{group}"
ROUTES: list[Route] = [
    read("GET", _ALL, list_groups, role=None, admin=True, summary="List the groups of the installation."),
    write("POST", _ALL, create_group, audit="group.create", role=None, admin=True, summary="Create a group."),
    read("GET", _ONE, get_group, role=None, admin=True, summary="A group's members and workspaces."),
    write(
        "PATCH",
        _ALL + "/{changed_group}",
        change_group,
        audit="group.change",
        role=None,
        admin=True,
        summary="Rename a group, or change its name at the OpenID Connect provider.",
    ),
    write(
        "DELETE",
        _ONE,
        remove_group,
        audit="group.remove",
        role=None,
        admin=True,
        summary="Remove a group with its roles.",
    ),
    write(
        "PUT",
        _ONE + "/members/{user}",
        add_group_member,
        audit="group.join",
        role=None,
        admin=True,
        summary="Add a user to a group.",
    ),
    write(
        "DELETE",
        _ONE + "/members/{user}",
        remove_group_member,
        audit="group.leave",
        role=None,
        admin=True,
        summary="Remove a user from a group.",
    ),
    read("GET", _ROLES, list_group_roles, summary="List the groups with a role in a workspace."),
    read(
        "GET",
        "/api/v1/workspaces/{workspace}/group-candidates",
        list_group_candidates,
        role=Role.MEMBER,
        summary="List the groups without a role in a workspace.",
    ),
    write(
        "POST",
        _ROLES,
        add_group_role,
        audit="member.add",
        role=Role.MEMBER,
        summary="Give a group a role; only an admin makes it admin.",
    ),
    write("PATCH", _ROLE, change_group_role, audit="member.change", role=Role.ADMIN, summary="Change a group's role."),
    write(
        "DELETE",
        _ROLE,
        remove_group_role,
        audit="member.remove",
        role=Role.ADMIN,
        summary="Take a group's role away.",
    ),
]
