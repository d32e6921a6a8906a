"""Identities: which user a person of an OpenID Connect provider is. The provider's own id (subject) decides, never an
email address or a name alone, which may pass to another person there.
"""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from handloom.domain import clock
from handloom.domain.errors import AlreadyExists, Invalid
from handloom.domain.identities import Identity, SignInRefused, names_for
from handloom.domain.members import User
from handloom.store.engine.database import Read, Write
from handloom.store.users import rows as user_store
from handloom.store.users.tables import identities, users


def sign_in(tx: Write, identity: Identity, *, create: bool) -> tuple[User, bool]:
    """Return the identity's user, and whether they were added now. Raises SignInRefused if they may not sign in.

    At the first sign-in, a user whom an admin added under the verified email address is linked; otherwise one is added
    if `create` allows it.
    """
    known = tx.connection.scalar(
        select(identities.c.user_id).where(
            identities.c.issuer == identity.issuer, identities.c.subject == identity.subject
        )
    )
    if known is not None:
        if not user_store.can_sign_in(tx, known):
            raise SignInRefused("disabled", "This user is disabled.")
        return user_store.get(tx, known), False
    user = _invited(tx, identity)
    if user is not None and not user_store.can_sign_in(tx, user.id):
        raise SignInRefused("disabled", "This user is disabled.")
    added = user is None
    if user is None:
        if not create:
            raise SignInRefused("unknown", "No user has this identity, and --create-people is off.")
        user = create_user(tx, names_for(identity), identity.display_name)
    values = {"issuer": identity.issuer, "subject": identity.subject, "user_id": user.id, "created_at": clock.now()}
    tx.connection.execute(insert(identities).values(values))
    return user, added


def has_identity(tx: Read, user_id: str, issuer: str) -> bool:
    """Return whether a provider has signed this user in before."""
    found = select(identities.c.user_id).where(identities.c.user_id == user_id, identities.c.issuer == issuer)
    return tx.connection.scalar(found.limit(1)) is not None


def _invited(tx: Read, identity: Identity) -> User | None:
    """Return the user who was added under the identity's verified email address and has no identity yet."""
    if not identity.email_verified or "@" not in identity.email:
        return None
    linked = select(identities.c.user_id)
    people = users.c.removed_at.is_(None) & ~users.c.service
    rows = tx.connection.execute(select(users.c.id, users.c.name).where(people))
    by_name = {row.name.casefold(): row.id for row in rows}
    found = by_name.get(identity.email.casefold())
    if found is None or found in set(tx.connection.execute(linked).scalars()):
        return None
    return user_store.get(tx, found)


def create_user(tx: Write, names: list[str], display_name: str = "") -> User:
    """Create a user under the first of these names that is valid and free. Raises SignInRefused if none is."""
    taken = {name.casefold() for name in tx.connection.execute(select(users.c.name)).scalars()}
    for name in names:
        if name.casefold() in taken:
            continue
        try:
            return user_store.create(tx, name, display_name=display_name)
        except (AlreadyExists, Invalid):  # not a name here, such as a long one
            continue
    raise SignInRefused("unknown", "No user could be added: each name that the sign-in gives is taken or invalid here.")


def forget(tx: Write, user_id: str) -> None:
    """Unlink the user's identities, so that a removed person who signs in again is a new one."""
    tx.connection.execute(delete(identities).where(identities.c.user_id == user_id))
