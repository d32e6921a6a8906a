"""Users: create, read, update and remove. The first one is created at the first start, named after the account that
started it.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import clock
from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from handloom.domain.members import User
from handloom.domain.names import clean_name
from handloom.store.engine.database import Read, Write
from handloom.store.users.tables import users

REMOVED = "removed "
"""How the names of removed users begin, followed by their id, so that another person may take the name."""


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        created_at=row.created_at,
        admin=bool(row.admin),
        service=bool(row.service),
    )


def active() -> ColumnElement[bool]:
    """Return the condition for users who are neither disabled nor removed. Service accounts are among them."""
    return users.c.disabled_at.is_(None) & users.c.removed_at.is_(None)


def get(tx: Read, user_id: str) -> User:
    """Return a user who was not removed. Raises NotFound."""
    row = tx.connection.execute(select(users).where(users.c.id == user_id, users.c.removed_at.is_(None))).first()
    if row is None:
        raise NotFound("There is no such user.")
    return _user(row)


def find(tx: Read, reference: str) -> User:
    """Return the user with this id, or this name in any case. Raises NotFound."""
    everybody = _all(tx)
    exact = [user for user in everybody if reference in (user.id, user.name)]
    found = exact or [user for user in everybody if user.name.casefold() == reference.strip().casefold()]
    if not found:
        raise NotFound(f"There is no user “{reference}”.", field="user")
    return found[0]


def by_name(tx: Read, name: str) -> User | None:
    """Return the user with this name in any case, disabled ones included."""
    return next((user for user in _all(tx) if user.name.casefold() == name.casefold()), None)


def _all(tx: Read) -> list[User]:
    return [_user(row) for row in tx.connection.execute(select(users).where(users.c.removed_at.is_(None)))]


def is_active(tx: Read, user_id: str) -> bool:
    """Return whether the user exists and is neither disabled nor removed."""
    return tx.connection.scalar(select(users.c.id).where(users.c.id == user_id, active())) is not None


def can_sign_in(tx: Read, user_id: str) -> bool:
    """Return whether the user is an active person. A service account has tokens, and signs in nowhere."""
    person = select(users.c.id).where(users.c.id == user_id, active(), ~users.c.service)
    return tx.connection.scalar(person) is not None


def owner(tx: Read) -> User | None:
    """Return the oldest admin who can sign in: the user of requests without sign-in, and of the command line."""
    by_age = select(users).order_by(users.c.created_at, users.c.id).limit(1)
    row = tx.connection.execute(by_age.where(active(), users.c.admin)).first()
    return None if row is None else _user(row)


def create(tx: Write, name: str, *, display_name: str = "", admin: bool = False, service: bool = False) -> User:
    """Create a user, who cannot sign in yet, or a service account. Raises Invalid or AlreadyExists."""
    name = clean_name(name, what="user name")
    if name.startswith(REMOVED) or any(user.name.casefold() == name.casefold() for user in _all(tx)):
        raise AlreadyExists(f"A user named “{name}” exists already. Choose another name.", field="name").because(
            "name_taken", name=name
        )
    user = User(
        id=uuid4().hex,
        name=name,
        display_name=clean_name(display_name, what="display name") if display_name.strip() else name,
        created_at=clock.now(),
        admin=admin,
        service=service,
    )
    fields = ("id", "name", "display_name", "created_at", "admin", "service")
    values = {field: getattr(user, field) for field in fields}
    try:
        tx.connection.execute(insert(users).values(values))
    except IntegrityError as error:
        raise AlreadyExists(f"A user named “{name}” exists already. Choose another name.", field="name").because(
            "name_taken", name=name
        ) from error
    tx.changed("users", "")
    return user


def rename(tx: Write, user_id: str, display_name: str) -> User:
    """Change the user's display name. Raises Invalid or NotFound."""
    return _change(tx, user_id, display_name=clean_name(display_name, what="display name"))


def set_admin(tx: Write, user_id: str, *, admin: bool) -> User:
    """Grant or withdraw admin rights. Raises Conflict for the last admin who can sign in."""
    if not admin:
        _check_admins(tx, user_id)
    elif get(tx, user_id).service:
        raise Invalid("A service account cannot be an admin of the installation.", field="admin")
    return _change(tx, user_id, admin=admin)


def disable(tx: Write, user_id: str) -> User:
    """Disable the user's sign-in. Raises Conflict for the last admin who can sign in."""
    _check_admins(tx, user_id)
    return _change(tx, user_id, disabled_at=clock.now())


def enable(tx: Write, user_id: str) -> User:
    return _change(tx, user_id, disabled_at=None)


def remove(tx: Write, user_id: str) -> None:
    """Keep only the id and display name, which their notebooks and runs still show, and free the user name."""
    _check_admins(tx, user_id)
    now = clock.now()
    _change(tx, user_id, name=REMOVED + user_id, admin=False, disabled_at=now, password=None)
    tx.connection.execute(update(users).where(users.c.id == user_id).values(removed_at=now))


def set_password(tx: Write, user_id: str, hashed: str | None) -> User:
    """Store the hash of a password; None removes it. Raises Invalid for a service account."""
    if hashed is not None and get(tx, user_id).service:
        raise Invalid("A service account has no password. Create a token for it.", field="user")
    return _change(tx, user_id, password=hashed)


def password_of(tx: Read, name: str) -> tuple[User, str] | None:
    """Return the user with this name or id who can sign in, and their password hash; None if there is no such user."""
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
    """Raise Conflict if `leaving` is the only admin who can sign in."""
    found = tx.connection.execute(select(users.c.id).where(active(), users.c.admin)).scalars()
    if list(found) == [leaving]:
        raise Conflict("The installation needs an admin who can sign in. Make somebody else its admin first.")
