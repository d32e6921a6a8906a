"""`handloom token`: manage tokens through the data folder's running server, or without one in its database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from handloom import console
from handloom.api.ui import tokens as token_api
from handloom.client.http import Client, path_segment
from handloom.domain.errors import NotFound
from handloom.domain.members import User
from handloom.domain.names import clean_name
from handloom.domain.tokens import Token
from handloom.settings import Settings
from handloom.store.engine import data_folder
from handloom.store.engine.database import Database, Write
from handloom.store.tokens import rows as token_rows
from handloom.store.upgrade import upgrade
from handloom.store.users import rows as user_rows

T = TypeVar("T")


def create(settings: Settings, name: str, days: int | None) -> tuple[Token, str]:
    """Create a token that lives for so many days, or for ever; return it with its text, which is stored nowhere."""
    with _running(settings) as client:
        if client is not None:
            request = {"name": name, "expires_in_days": days}
            made = client.ask("POST", "/tokens", request, reply=token_api.NewToken)
            return made.token, made.text
    cleaned, expires_at = clean_name(name, what="token name"), token_api.expiry(days)
    return _write(settings, lambda tx, owner: token_rows.create(tx, "api", owner.id, cleaned, expires_at=expires_at))


def when_it_expires(token: Token) -> str:
    """A sentence for the terminal."""
    if token.expires_at is None:
        return "It never expires; revoke it when nobody needs it any more."
    return f"It expires on {_day(token.expires_at)}; --expires DAYS or --expires never chooses another time."


def list_tokens(settings: Settings) -> list[Token]:
    with _running(settings) as client:
        if client is not None:
            return client.ask("GET", "/tokens", reply=token_api.Tokens).tokens
    return _write(settings, lambda tx, owner: token_rows.list_of(tx, owner.id))


def revoke(settings: Settings, token_id: str) -> None:
    with _running(settings) as client:
        if client is not None:
            client.ask("DELETE", f"/tokens/{path_segment(token_id)}")
            return
    _write(settings, lambda tx, owner: token_rows.revoke(tx, owner.id, token_id))


def sign_in_link(settings: Settings) -> str:
    """Create a sign-in link, which works once. Without a running server, it works after the next start."""
    with _running(settings) as client:
        if client is not None:
            return client.ask("POST", "/sign-in-links", {}, reply=token_api.SignInLink).url
    text = _write(settings, lambda tx, owner: token_rows.sign_in_text(tx, owner.id))
    return token_api.link(settings, text)


def table(tokens: list[Token]) -> str:
    """Format tokens as an aligned table for the terminal."""
    rows = [("ID", "NAME", "CREATED", "EXPIRES", "LAST USED")]
    rows += [(t.id, t.name, _day(t.created_at), _day(t.expires_at), _day(t.last_used_at)) for t in tokens]
    return console.table(rows)


def _day(at: int | None) -> str:
    return "never" if at is None else datetime.fromtimestamp(at / 1000).astimezone().strftime("%Y-%m-%d %H:%M")


@contextmanager
def _running(settings: Settings) -> Iterator[Client | None]:
    """Yield a client of the data folder's running server; None if there is none."""
    running = data_folder.running(settings.data)
    if running is None:
        yield None
        return
    with Client(running.url, running.token) as client:
        yield client


def _write(settings: Settings, work: Callable[[Write, User], T]) -> T:
    with _stopped(settings) as database:
        return database.write_now(lambda tx: work(tx, _owner(tx)))


def _owner(tx: Write) -> User:
    owner = user_rows.owner(tx)
    if owner is None:
        raise NotFound("This data folder has never been used. Start it first: handloom up")
    return owner


@contextmanager
def _stopped(settings: Settings) -> Iterator[Database]:
    """Yield the database of a stopped server. Locks the folder, so that no server can start on it meanwhile, unless the
    database is shared.
    """
    if settings.database:
        with _opened(settings) as database:
            yield database
        return
    if not (settings.data / "handloom.db").is_file():
        raise NotFound(f"{settings.data} is not a data folder of Handloom. Start the server first: handloom up")
    lock = data_folder.lock(settings.data)
    try:
        with _opened(settings) as database:
            yield database
    finally:
        lock.release()


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    upgrade(settings.database_url, settings.data)
    database = Database(settings.database_url, settings.data)
    try:
        yield database
    finally:
        database.close()
