"""The person who is signed in."""

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
    """Whether the server asks for sign-in; without it there is nothing to sign out of."""
    version: str


async def me(server: Server, context: Context, request: Empty) -> Me:
    return Me(user=context.caller.user, auth=server.settings.auth, version=__version__)


def sign_out(tx: Write, context: Context, request: Empty) -> Empty:
    """The token that made this request opens nothing any more, wherever else it is used."""
    if context.caller.token_id in ("", LOCAL):
        raise Conflict("There is nothing to sign out of: this server runs without sign-in.")
    token_store.revoke(tx, context.caller.user.id, context.caller.token_id)
    return Empty()


ROUTES: list[Route] = [
    live("GET", "/api/v1/me", me, role=None, summary="Who is signed in"),
    write("POST", "/api/v1/sign-out", sign_out, role=None, summary="End the browser's session"),
]
