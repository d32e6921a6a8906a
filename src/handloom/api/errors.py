"""Map HandloomErrors to status codes and error bodies of our own API (`/api/v1`)."""

import msgspec
from starlette.responses import Response

from handloom.domain.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    HandloomError,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)

CODES: dict[type[HandloomError], tuple[str, int]] = {
    NotFound: (NotFound.code, 404),
    AlreadyExists: (AlreadyExists.code, 409),
    Invalid: (Invalid.code, 400),
    Forbidden: (Forbidden.code, 403),
    Unauthenticated: (Unauthenticated.code, 401),
    Conflict: (Conflict.code, 409),
    Unavailable: (Unavailable.code, 503),
    Unimplemented: (Unimplemented.code, 501),
}

MAX_VALUE = 300
"""Characters of a value that a sentence fills in; the message has all of it."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    message: str
    field: str | None = None
    """The invalid field of the request, if the error is about one."""
    reason: str | None = None
    """Names the sentence that pages show for this error in the user's language, where they have one."""
    values: dict[str, str | int] = {}
    """What that sentence fills in."""


class FailureReply(msgspec.Struct, frozen=True, kw_only=True):
    error: Failure


def failure(error: BaseException) -> Response:
    """Return the error response for `error`. An unexpected exception becomes a 500 that reveals no details."""
    if isinstance(error, HandloomError):
        code, status = CODES.get(type(error), ("internal", 500))
        why = Failure(
            code=code,
            message=error.message,
            field=error.field,
            reason=error.reason,
            values={key: _shortened(value) for key, value in error.values.items()},
        )
        return _answer(status, why)
    return refusal(500, "internal", "An internal error occurred. The server's log has the details; saved data is safe.")


def refusal(status: int, code: str, message: str, field: str | None = None) -> Response:
    return _answer(status, Failure(code=code, message=message, field=field))


def _shortened(value: str | int) -> str | int:
    return f"{value[:MAX_VALUE]}…" if isinstance(value, str) and len(value) > MAX_VALUE else value


def _answer(status: int, failed: Failure) -> Response:
    body = msgspec.json.encode(FailureReply(error=failed))
    headers = {"Cache-Control": "no-store"}
    return Response(body, status_code=status, media_type="application/json", headers=headers)
