"""The signed-in user, and signing out."""

import msgspec

from handloom import __version__
from handloom.api.routing import Context, Empty, Route, live, read, write
from handloom.api.server import Server
from handloom.domain.errors import Conflict, Invalid, Unavailable
from handloom.domain.members import User, require_person
from handloom.domain.sessions import Draining
from handloom.domain.tokens import Token
from handloom.store.engine.database import Read, Write
from handloom.store.tokens import rows as token_store
from handloom.store.users import identities as identity_store
from handloom.store.users import rows as user_store


class ChangeMe(msgspec.Struct, frozen=True, kw_only=True):
    display_name: str


class SignIns(msgspec.Struct, frozen=True, kw_only=True):
    sign_ins: list[Token]
    current: str
    """The id of the calling browser; "" if the caller is not a browser."""


class Me(msgspec.Struct, frozen=True, kw_only=True):
    user: User
    auth: bool
    """Whether the server requires sign-in. Without it, everybody acts as the owner and cannot sign out."""
    signs_out: bool
    """Whether the caller can sign out here; a user whom a proxy signed in does it there."""
    version: str
    passwords: bool
    """Whether users can sign in with a password."""
    has_password: bool
    draining: Draining | None
    """Set where this server is about to stop."""


class SignedOut(msgspec.Struct, frozen=True, kw_only=True):
    next: str
    """The page to open: the one that ends the session at the provider too, or the first one."""


class SetPassword(msgspec.Struct, frozen=True, kw_only=True):
    password: str
    current: str = ""
    """The current password, if the user has one."""


async def me(server: Server, context: Context, request: Empty) -> Me:
    user = context.caller.user
    return Me(
        user=user,
        auth=server.settings.auth,
        signs_out=context.caller.kind not in ("open", "local", "proxy"),
        version=__version__,
        passwords=server.settings.passwords,
        draining=server.drain.state,
        has_password=await server.read(lambda tx: user_store.password_of(tx, user.id)) is not None,
    )


async def set_password(server: Server, context: Context, request: SetPassword) -> Empty:
    """Set or change the caller's password. Their other browsers are signed out and unused links revoked."""
    require_person(context.caller)
    if not server.settings.passwords:
        raise Conflict("Signing in with passwords is turned off; the setting --passwords turns it on.")
    user, passwords = context.caller.user, server.passwords
    if await server.read(lambda tx: user_store.password_of(tx, user.id)) is not None:
        address = context.http.client.host if context.http.client else ""
        if passwords.throttle.wait(user.name, address):
            raise Unavailable("Too many wrong passwords. Try again in a few minutes.")
        if await passwords.check(server.database, user.name, request.current, address) is None:
            raise Invalid("The current password is wrong.", field="current")
    hashed = await passwords.hash(request.password, user.name)

    def work(tx: Write) -> None:
        user_store.set_password(tx, user.id, hashed)
        token_store.revoke_all(tx, user.id, ("browser", "sign-in"), keep=context.caller.token_id)

    await server.write(work)
    return Empty()


def change_me(tx: Write, context: Context, request: ChangeMe) -> User:
    return user_store.rename(tx, context.caller.user.id, request.display_name)


def list_sign_ins(tx: Read, context: Context, request: Empty) -> SignIns:
    """List the browsers in which the caller is signed in."""
    current = context.caller.token_id if context.caller.kind == "browser" else ""
    return SignIns(sign_ins=token_store.list_of(tx, context.caller.user.id, "browser"), current=current)


def end_other_sign_ins(tx: Write, context: Context, request: Empty) -> Empty:
    token_store.revoke_all(tx, context.caller.user.id, ("browser", "sign-in"), keep=context.caller.token_id)
    return Empty()


async def sign_out(server: Server, context: Context, request: Empty) -> SignedOut:
    """Revoke the token of this request, also for other places that use it."""
    caller, settings = context.caller, server.settings
    if caller.kind in ("open", "local"):
        raise Conflict("There is nothing to sign out of: this server runs without sign-in.")
    if caller.kind == "proxy":
        raise Conflict("A proxy in front of this server signed you in. Sign out there.")

    def work(tx: Write) -> bool:
        token_store.revoke(tx, caller.user.id, caller.token_id)
        return settings.oidc_sign_out and identity_store.has_identity(tx, caller.user.id, settings.oidc_issuer)

    return SignedOut(next="/sign-in/oidc/sign-out" if await server.write(work) else "/")


ROUTES: list[Route] = [
    live("GET", "/api/v1/me", me, role=None, summary="Get the signed-in user."),
    write("PATCH", "/api/v1/me", change_me, role=None, summary="Change the caller's display name."),
    read("GET", "/api/v1/me/sign-ins", list_sign_ins, role=None, summary="List the browsers that the caller uses."),
    write(
        "DELETE",
        "/api/v1/me/sign-ins",
        end_other_sign_ins,
        audit="sign_in.out_elsewhere",
        role=None,
        summary="Sign out all other browsers.",
    ),
    live(
        "PUT",
        "/api/v1/me/password",
        set_password,
        audit="user.password",
        role=None,
        summary="Set or change the caller's password.",
    ),
    live(
        "POST",
        "/api/v1/sign-out",
        sign_out,
        audit="sign_in.out",
        role=None,
        summary="Sign out: revoke the token of this request.",
    ),
]
