"""The person who is signed in."""

import msgspec

from handloom import __version__
from handloom.api.auth import LOCAL
from handloom.api.routes import Empty, Route, live, write
from handloom.api.server import Server
from handloom.domain.errors import Conflict
from handloom.domain.members import Caller, User
from handloom.store.engine.database import Write
from handloom.store.tokens import rows as token_store


class Me(msgspec.Struct, frozen=True, kw_only=True):
    user: User
    auth: bool
    """Whether the server asks for sign-in; without it there is nothing to sign out of."""
    version: str


async def me(server: Server, caller: Caller, request: Empty) -> Me:
    return Me(user=caller.user, auth=server.settings.auth, version=__version__)


def sign_out(tx: Write, caller: Caller, request: Empty) -> Empty:
    """The token that made this request opens nothing any more, wherever else it is used."""
    if caller.token_id in ("", LOCAL):
        raise Conflict("There is nothing to sign out of: this server runs without sign-in.")
    token_store.revoke(tx, caller.user.id, caller.token_id)
    return Empty()


ROUTES: list[Route] = [
    live("GET", "/api/v1/me", Empty, Me, me, role=None, summary="Who is signed in"),
    write("POST", "/api/v1/sign-out", Empty, Empty, sign_out, role=None, summary="End the browser's session"),
]
