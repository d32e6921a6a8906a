"""Access tokens. The database has only a token's digest; its text is shown once."""

import hashlib
import secrets
from typing import Literal

import msgspec

Kind = Literal["sign-in", "browser", "api", "kernel"]
KINDS: tuple[Kind, ...] = ("sign-in", "browser", "api", "kernel")
PREFIX = "hl_"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    kind: Kind
    name: str
    user: str
    workspace: str | None
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    address: str | None = None
    """Where a browser signed in from."""


def new_text() -> str:
    """Generate a token: 256 random bits with a prefix that secret scanners recognize."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
