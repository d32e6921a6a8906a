"""The few errors of the house. Nothing below `api/` knows HTTP; one table there maps these to answers."""


class HandloomError(Exception):
    """An error whose message is written for the person who caused it: what happened and what to do."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(HandloomError):
    """The thing does not exist, or the caller may not know that it does."""


class AlreadyExists(HandloomError):
    """The name is taken."""


class Invalid(HandloomError):
    """The input breaks a rule; `field` names it where one field is to blame."""


class Forbidden(HandloomError):
    """The caller is known but may not do this."""


class Unauthenticated(HandloomError):
    """The caller is not known: no session, no token, or one that was revoked."""


class Conflict(HandloomError):
    """The thing is in a state that does not allow this, or changed in the meantime."""


class Unavailable(HandloomError):
    """A part of the house cannot answer now (disk full, engine starting); the same request may work later."""


class Unimplemented(HandloomError):
    """This server does not offer what was asked for, and will not later; the message names the way out."""
