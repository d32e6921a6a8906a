"""The one table from the house's errors to the answers of our own API."""

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


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    message: str
    field: str | None = None
    """The field of the request that is to blame, where it is one."""


class FailureReply(msgspec.Struct, frozen=True, kw_only=True):
    error: Failure


def failure(error: BaseException) -> Response:
    """The answer to a request that `error` ended. What is not a HandloomError says nothing of its inside."""
    if isinstance(error, HandloomError):
        code, status = CODES.get(type(error), ("internal", 500))
        return refusal(status, code, error.message, error.field)
    return refusal(500, "internal", "The server met an error of its own. Its log says which; what was saved is safe.")


def refusal(status: int, code: str, message: str, field: str | None = None) -> Response:
    body = msgspec.json.encode(FailureReply(error=Failure(code=code, message=message, field=field)))
    headers = {"Cache-Control": "no-store"}
    return Response(body, status_code=status, media_type="application/json", headers=headers)
