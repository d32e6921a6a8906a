"""Handloom's exceptions. `api/errors.py` maps them to HTTP responses; no other package knows HTTP."""

from __future__ import annotations

from typing import ClassVar, Self


class HandloomError(Exception):
    """Base of all. The message is for the user: what happened and what to do.

    `code` identifies the class in responses of our own API, so that our HTTP client can raise the same class.
    """

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.reason: str | None = None
        self.values: dict[str, str | int] = {}

    def because(self, reason: str, **values: str | int) -> Self:
        """Name the reason, under which pages have a sentence in the user's language, with the values it fills in."""
        self.reason, self.values = reason, values
        return self


class NotFound(HandloomError):
    """The object does not exist, or the caller may not know that it does."""

    code = "not_found"


class AlreadyExists(HandloomError):
    """The name is taken."""

    code = "already_exists"


class Invalid(HandloomError):
    """The input is invalid; `field` names the invalid field, if it is one."""

    code = "invalid"


class Forbidden(HandloomError):
    """The caller is authenticated but may not do this."""

    code = "forbidden"


class Unauthenticated(HandloomError):
    """The caller is not authenticated: no session or token, or one that was revoked or has expired."""

    code = "unauthenticated"


class Conflict(HandloomError):
    """The object's state does not allow this, or it has changed in the meantime."""

    code = "conflict"


class Unavailable(HandloomError):
    """A part of the server cannot respond now (disk full, engine starting); retrying later may succeed."""

    code = "unavailable"


class Unimplemented(HandloomError):
    """This server does not support the request; the message names an alternative."""

    code = "unimplemented"


BY_CODE: dict[str, type[HandloomError]] = {
    kind.code: kind
    for kind in (
        *(NotFound, AlreadyExists, Invalid, Forbidden, Unauthenticated, Conflict, Unavailable),
        Unimplemented,
    )
}
