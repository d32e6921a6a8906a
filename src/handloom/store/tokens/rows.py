"""Tokens: create, find, revoke. Only digests are stored; the text of a token is returned once, by the function that
creates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, case, delete, insert, or_, select, true, update

from handloom.domain import clock
from handloom.domain import tokens as rules
from handloom.domain.errors import NotFound, Unauthenticated
from handloom.domain.members import Caller, User
from handloom.domain.tokens import KINDS, Kind, Token
from handloom.store.engine.database import Read, Write
from handloom.store.tokens.tables import tokens
from handloom.store.users import rows as user_store
from handloom.store.users.tables import users

_DAY = 86_400_000
SIGN_IN_MINUTES = 10
INVITATION_DAYS = 7
BROWSER_DAYS = 30
KERNEL_DAYS = 30
"""A kernel's token ends with its session; only one whose server was killed lives on, and so long unless it is used."""


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        kind=row.kind,
        name=row.name,
        user=row.user_id,
        workspace=row.workspace_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        address=row.address,
    )


def create(
    tx: Write,
    kind: Kind,
    user_id: str,
    name: str,
    *,
    workspace: str | None = None,
    expires_at: int | None = None,
    address: str | None = None,
    made_by: str | None = None,
) -> tuple[Token, str]:
    """Create a token and return it with its text. With `workspace`, it is valid for that workspace only.

    `made_by` is the id of the token of the request. A token made by an API token expires no later than that one, and is
    revoked with it; a browser's session may end before the tokens that were made in it.
    """
    text = rules.new_text()
    if kind == "kernel":
        expires_at = clock.now() + KERNEL_DAYS * _DAY
    parent = _api_token(tx, made_by)
    if parent is not None and parent.expires_at is not None and kind == "api":
        expires_at = parent.expires_at if expires_at is None else min(expires_at, parent.expires_at)
    token = Token(
        id=uuid4().hex,
        kind=kind,
        name=name,
        user=user_id,
        workspace=workspace,
        created_at=clock.now(),
        expires_at=expires_at,
        last_used_at=None,
        address=address,
    )
    tx.connection.execute(
        insert(tokens).values(
            id=token.id,
            kind=token.kind,
            name=token.name,
            digest=rules.digest(text),
            user_id=user_id,
            workspace_id=workspace,
            created_at=token.created_at,
            expires_at=expires_at,
            address=address,
            parent_id=parent.id if parent is not None else None,
        )
    )
    tx.changed("tokens", workspace or "", token.id, user_id)
    return token, text


def opens(tx: Read, digest: str) -> tuple[Caller, Token] | None:
    """Return the caller and token with this digest; None if it is unknown, revoked or expired, or its user is disabled.

    A sign-in token is not accepted: it can only be exchanged for a browser's token, see `redeem`.
    """
    row = tx.connection.execute(
        select(
            tokens,
            users.c.name.label("user_name"),
            users.c.display_name,
            users.c.created_at.label("user_since"),
            users.c.admin,
            users.c.service,
        )
        .join(users, users.c.id == tokens.c.user_id)
        .where(
            tokens.c.digest == digest,
            tokens.c.kind != "sign-in",
            user_store.active(),
            or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > clock.now()),
        )
    ).first()
    if row is None:
        return None
    user = User(
        id=row.user_id,
        name=row.user_name,
        display_name=row.display_name,
        created_at=row.user_since,
        admin=bool(row.admin),
        service=bool(row.service),
    )
    return Caller(user=user, token_id=row.id, kind=row.kind, workspace=row.workspace_id), _token(row)


def sign_in_user(tx: Read, text: str) -> User | None:
    """Return the user of a one-time sign-in token; None if it is unknown, used or expired."""
    found = tx.connection.scalar(
        select(users.c.id)
        .join(tokens, users.c.id == tokens.c.user_id)
        .where(
            tokens.c.digest == rules.digest(text),
            tokens.c.kind == "sign-in",
            tokens.c.expires_at > clock.now(),
            user_store.active(),
        )
    )
    return None if found is None else user_store.get(tx, found)


def is_known(tx: Read, digest: str) -> bool:
    """Return whether a token with this digest exists, i.e. was not revoked."""
    return tx.connection.execute(select(tokens.c.id).where(tokens.c.digest == digest)).first() is not None


def redeem(tx: Write, text: str, browser: str, address: str | None = None) -> str:
    """Exchange a one-time sign-in token for a browser's token, and return its text. Raises Unauthenticated."""
    row = tx.connection.execute(
        delete(tokens)
        .where(tokens.c.digest == rules.digest(text), tokens.c.kind == "sign-in")
        .returning(tokens.c.user_id, tokens.c.expires_at)
    ).first()
    if row is None or row.expires_at <= clock.now() or not user_store.can_sign_in(tx, row.user_id):
        raise Unauthenticated("This sign-in link was used before or has expired. Get a new one: handloom token sign-in")
    return open_browser(tx, row.user_id, browser, address)


def open_browser(tx: Write, user_id: str, browser: str, address: str | None) -> str:
    """Create a browser's token and return its text. `browser` is its User-Agent header."""
    ends = clock.now() + BROWSER_DAYS * _DAY
    _, text = create(tx, "browser", user_id, browser[:200], expires_at=ends, address=address)
    return text


def _api_token(tx: Read, token_id: str | None) -> Row[Any] | None:
    if not token_id:
        return None
    found: Row[Any] | None = tx.connection.execute(
        select(tokens).where(tokens.c.id == token_id, tokens.c.kind == "api")
    ).first()
    return found


def sign_in_text(tx: Write, user_id: str) -> str:
    """Create a one-time sign-in token and return its text."""
    _, text = create(tx, "sign-in", user_id, "sign-in link", expires_at=clock.now() + SIGN_IN_MINUTES * 60_000)
    return text


def invite(tx: Write, user_id: str) -> tuple[Token, str]:
    """Create a one-time sign-in token that is valid for days. Revokes earlier ones of the user."""
    tx.connection.execute(delete(tokens).where(tokens.c.user_id == user_id, tokens.c.kind == "sign-in"))
    tx.changed("users", "")
    return create(tx, "sign-in", user_id, "invitation", expires_at=clock.now() + INVITATION_DAYS * _DAY)


def list_of(tx: Read, user_id: str, kind: Kind = "api") -> list[Token]:
    """Return the user's tokens of a kind that have not expired, newest first."""
    lives = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > clock.now())
    shown = lives if kind == "browser" else true()  # an expired API token is listed until the sweep, to explain a 401
    rows = tx.connection.execute(
        select(tokens)
        .where(tokens.c.user_id == user_id, tokens.c.kind == kind, shown)
        .order_by(tokens.c.created_at.desc(), tokens.c.id)
    )
    return [_token(row) for row in rows]


def revoke(tx: Write, user_id: str, token_id: str) -> None:
    """Revoke a token and those created with it, including sessions'. It takes effect with the next request.

    Raises NotFound if it is not the user's.
    """
    row = tx.connection.execute(
        delete(tokens).where(tokens.c.id == token_id, tokens.c.user_id == user_id).returning(tokens.c.workspace_id)
    ).first()
    if row is None:
        raise NotFound("There is no such token; it may have been revoked before.")
    tx.changed("tokens", row.workspace_id or "", token_id, user_id)
    revoked = [token_id]
    while revoked:
        made = tx.connection.execute(
            delete(tokens).where(tokens.c.parent_id.in_(revoked)).returning(tokens.c.id, tokens.c.workspace_id)
        ).all()
        for one in made:
            tx.changed("tokens", one.workspace_id or "", one.id, user_id)
        revoked = [one.id for one in made]


def revoke_all(tx: Write, user_id: str, kinds: Sequence[Kind] = KINDS, *, keep: str = "") -> int:
    """Revoke the user's tokens of these kinds, except the one with the id `keep`; return their number."""
    gone = tx.connection.execute(
        delete(tokens)
        .where(tokens.c.user_id == user_id, tokens.c.kind.in_(kinds), tokens.c.id != keep)
        .returning(tokens.c.id, tokens.c.workspace_id)
    ).all()
    for row in gone:
        tx.changed("tokens", row.workspace_id or "", row.id, user_id)
    return len(gone)


def revoke_bound(tx: Write, workspace: str) -> None:
    """Revoke the tokens that are limited to the workspace: those of its sessions."""
    gone = delete(tokens).where(tokens.c.workspace_id == workspace).returning(tokens.c.id, tokens.c.user_id)
    for row in tx.connection.execute(gone).all():
        tx.changed("tokens", workspace, row.id, row.user_id)


def touch(tx: Write, token_id: str) -> None:
    """Record that the token was used now. A kernel's token expires without use."""
    now, c = clock.now(), tokens.c
    later = case((c.kind == "kernel", now + KERNEL_DAYS * _DAY), else_=c.expires_at)
    tx.connection.execute(update(tokens).where(c.id == token_id).values(last_used_at=now, expires_at=later))


def sweep(tx: Write, *, alone: bool = True) -> None:
    """Delete expired tokens at the start, and all kernels' tokens if no other server uses the database, since the
    kernels ended with the server.
    """
    expired = tokens.c.expires_at <= clock.now()
    tx.connection.execute(delete(tokens).where(or_(expired, tokens.c.kind == "kernel") if alone else expired))
