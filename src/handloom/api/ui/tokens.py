"""API tokens of the caller, as pages list, create and revoke them."""

import msgspec

from handloom.domain.tokens import Token


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    tokens: list[Token]


class CreateToken(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    expires_in_days: int | None = None


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    token: Token
    text: str
    """Shown this once; only its digest is kept."""


class TokenPath(msgspec.Struct, frozen=True, kw_only=True):
    token: str
