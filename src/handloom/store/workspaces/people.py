"""People of the installation: list them, disable or remove them, and transfer their workspaces."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, case, distinct, func, select

from handloom.domain import clock
from handloom.domain.errors import Conflict, Invalid
from handloom.domain.members import Membership, Person, User
from handloom.store.engine.database import Read, Write
from handloom.store.tokens import rows as token_store
from handloom.store.tokens.tables import tokens
from handloom.store.users import identities
from handloom.store.users import rows as user_store
from handloom.store.users.tables import users
from handloom.store.workspaces import members as member_store
from handloom.store.workspaces.tables import access


def list_all(tx: Read) -> list[Person]:
    """Return all users who were not removed, by name."""
    t, now = tokens.c, clock.now()
    lives = t.expires_at.is_(None) | (t.expires_at > now)
    counted = (
        select(
            t.user_id,
            func.sum(case(((t.kind == "browser") & lives, 1), else_=0)).label("sign_ins"),
            func.sum(case(((t.kind == "api") & lives, 1), else_=0)).label("tokens"),
            func.max(func.coalesce(t.last_used_at, case((t.kind == "browser", t.created_at)))).label("last_seen_at"),
            func.max(case(((t.kind == "sign-in") & lives, t.expires_at))).label("invited_until"),
        )
        .group_by(t.user_id)
        .subquery()
    )
    reached = func.count(distinct(access.c.workspace_id)).label("workspaces")
    joined = select(access.c.user_id, reached).group_by(access.c.user_id).subquery()
    rows = tx.connection.execute(
        select(
            users,
            counted.c.sign_ins,
            counted.c.tokens,
            counted.c.last_seen_at,
            counted.c.invited_until,
            joined.c.workspaces,
        )
        .outerjoin(counted, counted.c.user_id == users.c.id)
        .outerjoin(joined, joined.c.user_id == users.c.id)
        .where(users.c.removed_at.is_(None))
    )
    return sorted((_person(row) for row in rows), key=lambda person: (person.display_name.casefold(), person.name))


def _person(row: Row[Any]) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        admin=bool(row.admin),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        last_seen_at=row.last_seen_at,
        sign_ins=int(row.sign_ins or 0),
        tokens=int(row.tokens or 0),
        workspaces=row.workspaces or 0,
        password=row.password is not None,
        service=bool(row.service),
        invited_until=row.invited_until,
    )


def disable(tx: Write, user_id: str) -> User:
    """Disable the user's sign-in and revoke their browsers, links and tokens permanently. They stay a member of
    workspaces.
    """
    user = user_store.disable(tx, user_id)
    token_store.revoke_all(tx, user_id)
    return user


def hand_over(tx: Write, user_id: str, successor: str) -> None:
    """Make `successor`, an id or a name, an admin of the workspaces whose only admin is the user."""
    orphans = _only_admin_of(tx, user_id)
    member_store.hand_over(tx, orphans, _successor(tx, user_id, successor, orphans))


def remove(tx: Write, user_id: str, successor: str | None) -> None:
    """Remove the user; their work stays and shows their name. `successor` becomes admin of the workspaces that would
    have none. Raises Conflict, naming these, without a successor.
    """
    orphans = _only_admin_of(tx, user_id)
    if orphans:
        member_store.hand_over(tx, orphans, _successor(tx, user_id, successor, orphans))
    member_store.leave_all(tx, user_id)
    token_store.revoke_all(tx, user_id)
    identities.forget(tx, user_id)
    user_store.remove(tx, user_id)


def _only_admin_of(tx: Read, user_id: str) -> list[Membership]:
    return [membership for membership in member_store.memberships(tx, user_id) if membership.only_admin]


def _successor(tx: Read, leaving: str, reference: str | None, orphans: list[Membership]) -> str:
    if reference is None:
        names = ", ".join(f"“{membership.name}”" for membership in orphans)
        raise Conflict(f"Nobody else is an admin of {names}. Say who takes over.", field="successor")
    found = user_store.find(tx, reference)
    if found.id == leaving or not user_store.can_sign_in(tx, found.id):
        raise Invalid("Whoever takes over must be another person who can sign in.", field="successor")
    return found.id
