"""Users as they are kept. The first one is made at the first start; their name is the account's that started it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import clock
from handloom.domain.errors import AlreadyExists, Conflict, NotFound
from handloom.domain.members import User
from handloom.domain.names import clean_name
from handloom.store.engine.database import Read, Write
from handloom.store.users.tables import users

REMOVED = "removed "
"""How the names of removed users begin, followed by their id, so that another person may take the name."""


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id, name=row.name, display_name=row.display_name, created_at=row.created_at, admin=bool(row.admin)
    )


def active() -> ColumnElement[bool]:
    """The condition of users who can sign in."""
    return users.c.disabled_at.is_(None) & users.c.removed_at.is_(None)


def get(tx: Read, user_id: str) -> User:
    """A user who was not removed; raise NotFound."""
    row = tx.connection.execute(select(users).where(users.c.id == user_id, users.c.removed_at.is_(None))).first()
    if row is None:
        raise NotFound("There is no such user.")
    return _user(row)


def find(tx: Read, reference: str) -> User:
    """The user with this id or this name, in any case; raise NotFound."""
    everybody = _all(tx)
    exact = [user for user in everybody if reference in (user.id, user.name)]
    found = exact or [user for user in everybody if user.name.casefold() == reference.strip().casefold()]
    if not found:
        raise NotFound(f"There is no user “{reference}”.", field="user")
    return found[0]


def _all(tx: Read) -> list[User]:
    return [_user(row) for row in tx.connection.execute(select(users).where(users.c.removed_at.is_(None)))]


def can_sign_in(tx: Read, user_id: str) -> bool:
    """Whether the user is there and neither disabled nor removed."""
    return tx.connection.scalar(select(users.c.id).where(users.c.id == user_id, active())) is not None


def owner(tx: Read) -> User | None:
    """The oldest admin who can sign in: who the caller is where nobody signs in, and on the command line."""
    by_age = select(users).order_by(users.c.created_at, users.c.id).limit(1)
    row = tx.connection.execute(by_age.where(active(), users.c.admin)).first()
    return None if row is None else _user(row)


def create(tx: Write, name: str, *, display_name: str = "", admin: bool = False) -> User:
    """A new user, who cannot sign in yet; raise Invalid or AlreadyExists."""
    name = clean_name(name, what="user name")
    if name.startswith(REMOVED) or any(user.name.casefold() == name.casefold() for user in _all(tx)):
        raise AlreadyExists(f"A user named “{name}” exists already. Choose another name.", field="name")
    user = User(
        id=uuid4().hex,
        name=name,
        display_name=clean_name(display_name, what="display name") if display_name.strip() else name,
        created_at=clock.now(),
        admin=admin,
    )
    values = {field: getattr(user, field) for field in ("id", "name", "display_name", "created_at", "admin")}
    try:
        tx.connection.execute(insert(users).values(values))
    except IntegrityError as error:
        raise AlreadyExists(f"A user named “{name}” exists already. Choose another name.", field="name") from error
    tx.changed("users", "")
    return user


def rename(tx: Write, user_id: str, display_name: str) -> User:
    """Give the user another display name; raise Invalid or NotFound."""
    return _change(tx, user_id, display_name=clean_name(display_name, what="display name"))


def set_admin(tx: Write, user_id: str, *, admin: bool) -> User:
    """Raise Conflict where nobody would be left who manages people."""
    if not admin:
        _check_admins(tx, user_id)
    return _change(tx, user_id, admin=admin)


def disable(tx: Write, user_id: str) -> User:
    """Let the user in no more. Raise Conflict where nobody would be left who manages people."""
    _check_admins(tx, user_id)
    return _change(tx, user_id, disabled_at=clock.now())


def enable(tx: Write, user_id: str) -> User:
    return _change(tx, user_id, disabled_at=None)


def remove(tx: Write, user_id: str) -> None:
    """Keep no more than id and display name, which what they made goes on showing; free the name for others."""
    _check_admins(tx, user_id)
    now = clock.now()
    _change(tx, user_id, name=REMOVED + user_id, admin=False, disabled_at=now, password=None)
    tx.connection.execute(update(users).where(users.c.id == user_id).values(removed_at=now))


def set_password(tx: Write, user_id: str, hashed: str | None) -> User:
    """Keep the hash of a password; None takes it away."""
    return _change(tx, user_id, password=hashed)


def password_of(tx: Read, name: str) -> tuple[User, str] | None:
    """The user of this name or id who can sign in, and the hash of their password; None where there is no such."""
    try:
        user = find(tx, name)
    except NotFound:
        return None
    hashed = tx.connection.scalar(select(users.c.password).where(users.c.id == user.id, active()))
    return None if hashed is None else (user, hashed)


def _change(tx: Write, user_id: str, **values: Any) -> User:
    get(tx, user_id)
    tx.connection.execute(update(users).where(users.c.id == user_id).values(values))
    tx.changed("users", "")
    return get(tx, user_id)


def _check_admins(tx: Read, leaving: str) -> None:
    """Raise Conflict where `leaving` is the only user who manages people and can sign in."""
    found = tx.connection.execute(select(users.c.id).where(active(), users.c.admin)).scalars()
    if list(found) == [leaving]:
        raise Conflict("The installation needs an admin who can sign in. Make somebody else its admin first.")
