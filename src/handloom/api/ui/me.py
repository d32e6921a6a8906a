"""The signed-in user, and signing out."""

import msgspec

from handloom import __version__
from handloom.api.authenticator import LOCAL
from handloom.api.routing import Context, Empty, Route, live, write
from handloom.api.server import Server
from handloom.domain.errors import Conflict
from handloom.domain.members import User
from handloom.store.engine.database import Write
from handloom.store.tokens import rows as token_store


class Me(msgspec.Struct, frozen=True, kw_only=True):
    user: User
    auth: bool
    """Whether the server requires sign-in. Without it, everybody acts as the owner and cannot sign out."""
    version: str


async def me(server: Server, context: Context, request: Empty) -> Me:
    return Me(user=context.caller.user, auth=server.settings.auth, version=__version__)


def sign_out(tx: Write, context: Context, request: Empty) -> Empty:
    """Revoke the token of this request, also for other places that use it."""
    if context.caller.token_id in ("", LOCAL):
        raise Conflict("There is nothing to sign out of: this server runs without sign-in.")
    token_store.revoke(tx, context.caller.user.id, context.caller.token_id)
    return Empty()


ROUTES: list[Route] = [
    live("GET", "/api/v1/me", me, role=None, summary="Get the signed-in user."),
    write("POST", "/api/v1/sign-out", sign_out, role=None, summary="Sign out: revoke the token of this request."),
]
