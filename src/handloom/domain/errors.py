"""The few errors of Handloom. Nothing below `api/` knows HTTP; one table there maps these to responses."""

from __future__ import annotations

from typing import ClassVar


class HandloomError(Exception):
    """An error whose message is written for the person who caused it: what happened and what to do.

    `code` names the kind of error in a response of our own API, so that the client raises the same kind again.
    """

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(HandloomError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "not_found"


class AlreadyExists(HandloomError):
    """The name is taken."""

    code = "already_exists"


class Invalid(HandloomError):
    """The input breaks a rule; `field` names it where one field is to blame."""

    code = "invalid"


class Forbidden(HandloomError):
    """The caller is known but may not do this."""

    code = "forbidden"


class Unauthenticated(HandloomError):
    """The caller is not known: no session, no token, or one that was revoked."""

    code = "unauthenticated"


class Conflict(HandloomError):
    """The thing is in a state that does not allow this, or changed in the meantime."""

    code = "conflict"


class Unavailable(HandloomError):
    """A part of the server cannot respond now (disk full, engine starting); the same request may work later."""

    code = "unavailable"


class Unimplemented(HandloomError):
    """This server does not offer what was asked for, and will not later; the message names the way out."""

    code = "unimplemented"


BY_CODE: dict[str, type[HandloomError]] = {
    kind.code: kind
    for kind in (
        *(NotFound, AlreadyExists, Invalid, Forbidden, Unauthenticated, Conflict, Unavailable),
        Unimplemented,
    )
}
