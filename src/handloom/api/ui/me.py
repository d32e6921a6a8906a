"""The person who is signed in."""

import msgspec

from handloom.domain.members import User


class Me(msgspec.Struct, frozen=True, kw_only=True):
    user: User
    auth: bool
    """Whether the server asks for sign-in; without it there is nothing to sign out of."""
    version: str
