"""Users of the installation, for its admins: create, invite, disable and remove them."""

import msgspec

from handloom.api.routing import Context, Empty, Route, live, read, write
from handloom.api.server import Server
from handloom.domain.errors import Conflict, Invalid
from handloom.domain.members import Membership, Person, User, require_person
from handloom.domain.tokens import Token
from handloom.store.engine.database import Read, Write
from handloom.store.tokens import rows as token_store
from handloom.store.users import rows as user_store
from handloom.store.workspaces import members as member_store
from handloom.store.workspaces import people


class Users(msgspec.Struct, frozen=True, kw_only=True):
    users: list[Person]


class CreateUser(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    display_name: str = ""
    admin: bool = False


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time sign-in link. This reply is the only one that has it; the database keeps its digest."""

    user: User
    path: str
    """The link's path; the page or command prepends the server's URL."""
    expires_at: int


class UserPath(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    """An id or a name."""


class UserAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A user's workspaces, browsers and tokens."""

    workspaces: list[Membership]
    sign_ins: list[Token]
    tokens: list[Token]


class ChangeUser(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    display_name: str | None = None
    admin: bool | None = None
    disabled: bool | None = None


class SetUserPassword(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    password: str | None = None
    """None removes the password."""


class RemoveUser(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    successor: str | None = None
    """Who becomes the admin of workspaces that would have none: an id or a name."""


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    successor: str


class UserTokenPath(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    token: str


def list_users(tx: Read, context: Context, request: Empty) -> Users:
    return Users(users=people.list_all(tx))


def create_user(tx: Write, context: Context, request: CreateUser) -> Invitation:
    require_person(context.caller)
    return _invitation(tx, user_store.create(tx, request.name, display_name=request.display_name, admin=request.admin))


def invite(tx: Write, context: Context, request: UserPath) -> Invitation:
    require_person(context.caller)
    return _invitation(tx, user_store.find(tx, request.user))


def _invitation(tx: Write, user: User) -> Invitation:
    if user.service:
        raise Invalid("A service account signs in nowhere. Create a token for it.", field="user")
    if not user_store.can_sign_in(tx, user.id):
        raise Conflict(f"“{user.name}” is disabled. Enable them first.")
    token, text = token_store.invite(tx, user.id)
    assert token.expires_at is not None
    return Invitation(user=user, path=f"/sign-in?token={text}", expires_at=token.expires_at)


def get_access(tx: Read, context: Context, request: UserPath) -> UserAccess:
    user = user_store.find(tx, request.user)
    return UserAccess(
        workspaces=member_store.memberships(tx, user.id),
        sign_ins=token_store.list_of(tx, user.id, "browser"),
        tokens=token_store.list_of(tx, user.id),
    )


def change_user(tx: Write, context: Context, request: ChangeUser) -> User:
    """Change a user. Disabling one also revokes their browsers, tokens and links permanently."""
    require_person(context.caller)
    user = user_store.find(tx, request.user)
    if request.display_name is not None:
        user = user_store.rename(tx, user.id, request.display_name)
    if request.admin is not None:
        user = user_store.set_admin(tx, user.id, admin=request.admin)
    if request.disabled is not None:
        user = people.disable(tx, user.id) if request.disabled else user_store.enable(tx, user.id)
    return user


async def set_password(server: Server, context: Context, request: SetUserPassword) -> User:
    """Set or remove a user's password. Their browsers are signed out and unused links revoked."""
    require_person(context.caller)
    user = await server.read(lambda tx: user_store.find(tx, request.user))
    hashed = None if request.password is None else await server.passwords.hash(request.password, user.name)

    def work(tx: Write) -> User:
        token_store.revoke_all(tx, user.id, ("browser", "sign-in"), keep=context.caller.token_id)
        return user_store.set_password(tx, user.id, hashed)

    return await server.write(work)


def remove_user(tx: Write, context: Context, request: RemoveUser) -> Empty:
    require_person(context.caller)
    people.remove(tx, user_store.find(tx, request.user).id, request.successor)
    return Empty()


def hand_over(tx: Write, context: Context, request: HandOver) -> UserAccess:
    """Make the successor an admin of the workspaces that have no other admin who can sign in."""
    people.hand_over(tx, user_store.find(tx, request.user).id, request.successor)
    return get_access(tx, context, UserPath(user=request.user))


def end_sign_ins(tx: Write, context: Context, request: UserPath) -> Empty:
    """Sign out every browser of the user except the calling one, and revoke their unused links."""
    user = user_store.find(tx, request.user)
    token_store.revoke_all(tx, user.id, ("browser", "sign-in"), keep=context.caller.token_id)
    return Empty()


def revoke_token(tx: Write, context: Context, request: UserTokenPath) -> Empty:
    token_store.revoke(tx, user_store.find(tx, request.user).id, request.token)
    return Empty()


_ALL = "/api/v1/users"
_ONE = _ALL + "/{user}"
ROUTES: list[Route] = [
    read("GET", _ALL, list_users, role=None, admin=True, summary="List the users of the installation."),
    write(
        "POST",
        _ALL,
        create_user,
        audit="user.create",
        role=None,
        admin=True,
        summary="Create a user and a one-time sign-in link.",
    ),
    read(
        "GET",
        _ONE + "/access",
        get_access,
        role=None,
        admin=True,
        summary="List a user's workspaces, browsers and tokens.",
    ),
    write(
        "PATCH",
        _ONE,
        change_user,
        audit="user.change",
        role=None,
        admin=True,
        summary="Rename, disable or enable a user; make admins.",
    ),
    write(
        "DELETE",
        _ONE,
        remove_user,
        audit="user.remove",
        role=None,
        admin=True,
        summary="Remove a user; `successor` takes over their workspaces.",
    ),
    write(
        "POST",
        _ONE + "/hand-over",
        hand_over,
        audit="user.hand_over",
        role=None,
        admin=True,
        summary="Make another user admin of the workspaces whose only admin this one is.",
    ),
    write(
        "POST",
        _ONE + "/link",
        invite,
        audit="user.invite",
        role=None,
        admin=True,
        summary="Create a one-time sign-in link for a user.",
    ),
    live(
        "PUT",
        _ONE + "/password",
        set_password,
        audit="user.password",
        role=None,
        admin=True,
        summary="Set or remove a user's password.",
    ),
    write(
        "DELETE",
        _ONE + "/sign-ins",
        end_sign_ins,
        audit="user.sign_out",
        role=None,
        admin=True,
        summary="Sign a user out of all browsers.",
    ),
    write(
        "DELETE",
        _ONE + "/tokens/{token}",
        revoke_token,
        audit="token.revoke",
        role=None,
        admin=True,
        summary="Revoke a user's token.",
    ),
]
