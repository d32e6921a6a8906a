"""Tokens from the command line: through the running server of a data folder, else in its database directly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from unicodedata import east_asian_width

import httpx
import msgspec

from handloom.api.errors import CODES, FailureReply
from handloom.api.ui import tokens as pages
from handloom.domain.errors import HandloomError, NotFound, Unavailable
from handloom.domain.members import User
from handloom.domain.names import clean_name
from handloom.domain.tokens import Token
from handloom.settings import Settings
from handloom.store.engine import data_folder as folder
from handloom.store.engine.database import Database, Write
from handloom.store.engine.upgrade import upgrade
from handloom.store.tokens import rows as token_store
from handloom.store.users import rows as user_store

T = TypeVar("T")
SECONDS = 30


def create(settings: Settings, name: str, days: int | None) -> str:
    """The new token's text."""
    if server := folder.running(settings.data):
        request = {"name": name, "expires_in_days": days}
        return _ask(server, "POST", "/tokens", request, pages.NewToken).text
    cleaned, expires_at = clean_name(name, what="token name"), pages.expiry(days)
    return _write(settings, lambda tx, me: token_store.create(tx, "api", me.id, cleaned, expires_at=expires_at)[1])


def list_all(settings: Settings) -> list[Token]:
    if server := folder.running(settings.data):
        return _ask(server, "GET", "/tokens", None, pages.Tokens).tokens
    return _write(settings, lambda tx, me: token_store.list_of(tx, me.id))


def revoke(settings: Settings, token_id: str) -> None:
    if server := folder.running(settings.data):
        _ask(server, "DELETE", f"/tokens/{token_id}", None, dict)
        return
    _write(settings, lambda tx, me: token_store.revoke(tx, me.id, token_id))


def sign_in_link(settings: Settings) -> str:
    """A link that works once; where no server runs, it works once one does, at the address of the settings."""
    if server := folder.running(settings.data):
        return _ask(server, "POST", "/sign-in-links", {}, pages.SignInLink).url
    text = _write(settings, lambda tx, me: token_store.sign_in_text(tx, me.id))
    return pages.link(settings, text)


def table(tokens: list[Token]) -> str:
    rows = [("ID", "NAME", "CREATED", "EXPIRES", "LAST USED")]
    rows += [(t.id, t.name, _day(t.created_at), _day(t.expires_at), _day(t.last_used_at)) for t in tokens]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    """Columns that a terminal needs for it; Hangul takes two a character."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _day(at: int | None) -> str:
    return "never" if at is None else datetime.fromtimestamp(at / 1000).astimezone().strftime("%Y-%m-%d %H:%M")


def _ask(server: folder.Running, method: str, path: str, body: Any, reply: type[T]) -> T:
    try:
        answer = httpx.request(
            method,
            f"{server.url}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {server.token}"},
            timeout=SECONDS,
            trust_env=False,
        )
    except httpx.TransportError as error:
        raise Unavailable(f"The server at {server.url} (process {server.pid}) does not answer: {error}.") from error
    if answer.is_success:
        return msgspec.json.decode(answer.content, type=reply)
    raise _error(answer)


def _error(answer: httpx.Response) -> HandloomError:
    try:
        failure = msgspec.json.decode(answer.content, type=FailureReply).error
    except msgspec.DecodeError:
        return Unavailable(f"The server answered {answer.status_code}.")
    kind = next((kind for kind, (code, _) in CODES.items() if code == failure.code), Unavailable)
    return kind(failure.message, field=failure.field)


def _write(settings: Settings, work: Callable[[Write, User], T]) -> T:
    with _stopped(settings) as database:
        return database.write_now(lambda tx: work(tx, _owner(tx)))


def _owner(tx: Write) -> User:
    owner = user_store.first(tx)
    if owner is None:
        raise NotFound("This data folder has never been used. Start it first: handloom up")
    return owner


@contextmanager
def _stopped(settings: Settings) -> Iterator[Database]:
    """The database while no server runs on its folder; none starts meanwhile, unless the database is for several."""
    if settings.database:
        with _opened(settings) as database:
            yield database
        return
    if not (settings.data / "handloom.db").is_file():
        raise NotFound(f"There is no data of Handloom in {settings.data}. Start it first: handloom up")
    lock = folder.lock(settings.data)
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
