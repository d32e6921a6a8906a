"""Identities: what an OpenID Connect provider says about a person, and the rules on who may sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from handloom.domain.errors import Forbidden

MAX_SUBJECT = 255
"""Characters of a subject, as OpenID Connect limits it."""


Reason = Literal["address", "disabled", "provider", "stale", "token", "unknown", "unverified"]


class SignInRefused(Forbidden):
    """A sign-in with the provider is refused. The page explains the reason in the reader's language."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A person of a provider. Only `issuer` and `subject` identify them; the rest may change."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    user_name: str = ""
    display_name: str = ""
    groups: tuple[str, ...] | None = None
    """The names in the claim of groups; None where no such claim is to be read."""


def parse(issuer: str, claims: Mapping[str, Any], groups_claim: str = "") -> Identity:
    """Read an identity from the claims of an ID token and of userinfo. Raises SignInRefused without a valid subject."""
    subject = _text(claims, "sub")
    if not subject or len(subject) > MAX_SUBJECT:
        raise SignInRefused("token", "The provider did not say who signed in.")
    return Identity(
        issuer=issuer,
        subject=subject,
        email=_text(claims, "email"),
        email_verified=claims.get("email_verified") is True,
        user_name=_text(claims, "preferred_username"),
        display_name=_text(claims, "name"),
        groups=_groups(claims, groups_claim) if groups_claim else None,
    )


def _groups(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Read the names of groups from a claim, which is a list or one name; a person without groups may have none.

    Raises SignInRefused where the provider left the claim out because it is too long (`_claim_names`): who is in no
    group and who is in hundreds would look the same.
    """
    elsewhere = claims.get("_claim_names")
    if name not in claims and isinstance(elsewhere, Mapping) and name in elsewhere:
        raise SignInRefused("token", f"The provider left out the claim “{name}”, which has too many groups.")
    value = claims.get(name)
    found = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(one.strip() for one in found if isinstance(one, str) and one.strip()))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return " ".join(value.split()) if isinstance(value, str) else ""


def check_allowed(identity: Identity, allowed: Sequence[str]) -> None:
    """Raise SignInRefused unless the verified email address or its domain is in `allowed`. An empty list allows all."""
    if not allowed:
        return
    email = identity.email.casefold()
    domain = email.rpartition("@")[2]
    wanted = {entry.casefold().removeprefix("@") for entry in allowed}
    if not email or not (email in wanted or domain in wanted):
        raise SignInRefused("address", f"The email address “{email}” is not among those of --oidc-allowed.")
    if not identity.email_verified:
        raise SignInRefused("unverified", f"The provider has not verified the email address “{email}”.")


def names_for(identity: Identity) -> list[str]:
    """Return names for a new user, best first: the provider's user name, the email address, and numbered ones."""
    first = identity.user_name or identity.email.partition("@")[0] or identity.display_name or identity.subject
    found = [first, *([identity.email] if identity.email else []), *(f"{first} {number}" for number in range(2, 100))]
    return list(dict.fromkeys(found))
