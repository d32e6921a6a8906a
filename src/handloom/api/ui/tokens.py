"""API tokens of the caller: list, create and revoke; sign-in links."""

import msgspec
from msgspec import UNSET, UnsetType

from handloom.api.routing import Context, Empty, Route, live, read, write
from handloom.api.server import Server
from handloom.domain import clock
from handloom.domain.errors import Forbidden, Invalid
from handloom.domain.names import clean_name
from handloom.domain.tokens import Token
from handloom.settings import Settings
from handloom.store.engine.database import Read, Write
from handloom.store.tokens import rows as token_store

DEFAULT_DAYS = 90
MAX_DAYS = 3_650


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    tokens: list[Token]


class CreateToken(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    expires_in_days: int | UnsetType | None = UNSET
    """Left out: 90. Null: it never expires, unless the token that makes it does."""


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    token: Token
    text: str
    """The secret. This reply is the only one that has it; the database keeps its digest."""


class TokenPath(msgspec.Struct, frozen=True, kw_only=True):
    token: str


class SignInLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that signs in one browser, once; it expires after some minutes."""

    url: str


def list_tokens(tx: Read, context: Context, request: Empty) -> Tokens:
    return Tokens(tokens=token_store.list_of(tx, context.caller.user.id))


def create_token(tx: Write, context: Context, request: CreateToken) -> NewToken:
    days = DEFAULT_DAYS if request.expires_in_days is UNSET else request.expires_in_days
    token, text = token_store.create(
        tx,
        "api",
        context.caller.user.id,
        clean_name(request.name, what="token name"),
        expires_at=expiry(days),
        made_by=context.caller.token_id,
    )
    return NewToken(token=token, text=text)


def expiry(days: int | None) -> int | None:
    """Return when a token that is valid for this many days expires, in ms; None means never."""
    if days is None:
        return None
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"A token is valid for 1 to {MAX_DAYS} days, or without limit.", field="expires_in_days")
    return clock.now() + days * 86_400_000


async def create_sign_in_link(server: Server, context: Context, request: Empty) -> SignInLink:
    """Create a sign-in link. Only the command line on the server's machine may: a link gives full access."""
    if not server.settings.auth:
        return SignInLink(url=server.settings.public_address)
    if context.caller.kind != "local":
        raise Forbidden("Create sign-in links on the server's machine: handloom token sign-in")
    text = await server.write(lambda tx: token_store.sign_in_text(tx, context.caller.user.id))
    return SignInLink(url=link(server.settings, text))


def link(settings: Settings, text: str) -> str:
    return f"{settings.public_address}/sign-in?token={text}"


def revoke_token(tx: Write, context: Context, request: TokenPath) -> Empty:
    token_store.revoke(tx, context.caller.user.id, request.token)
    return Empty()


ROUTES: list[Route] = [
    read("GET", "/api/v1/tokens", list_tokens, role=None, summary="List the caller's API tokens."),
    write("POST", "/api/v1/tokens", create_token, audit="token.create", role=None, summary="Create an API token."),
    live(
        "POST",
        "/api/v1/sign-in-links",
        create_sign_in_link,
        role=None,
        summary="Create a sign-in link for one browser, for the command line.",
    ),
    write(
        "DELETE",
        "/api/v1/tokens/{token}",
        revoke_token,
        audit="token.revoke",
        role=None,
        summary="Revoke an API token.",
    ),
]
