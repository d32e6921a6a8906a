"""Users as they are kept. The first one is made at the first start; their name is the account's that started it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import Row, insert, select

from handloom.domain import clock
from handloom.domain.errors import NotFound
from handloom.domain.members import User
from handloom.store.engine.database import Read, Write
from handloom.store.users.tables import users


def _user(row: Row[Any]) -> User:
    return User(id=row.id, name=row.name, display_name=row.display_name, created_at=row.created_at)


def get(tx: Read, user_id: str) -> User:
    row = tx.connection.execute(select(users).where(users.c.id == user_id)).first()
    if row is None:
        raise NotFound("There is no such user.")
    return _user(row)


def first(tx: Read) -> User | None:
    """The oldest user: the owner of the installation, who also is the caller where nobody signs in."""
    row = tx.connection.execute(select(users).order_by(users.c.created_at, users.c.id).limit(1)).first()
    return None if row is None else _user(row)


def create(tx: Write, name: str) -> User:
    user = User(id=uuid4().hex, name=name, display_name=name, created_at=clock.now())
    tx.connection.execute(
        insert(users).values(id=user.id, name=user.name, display_name=user.display_name, created_at=user.created_at)
    )
    return user
