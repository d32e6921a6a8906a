"""Map HandloomErrors to MLflow's error bodies, `{"error_code", "message"}`, and status codes."""

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


class InvalidState(Conflict):
    """A Conflict that MLflow reports with status 500, which its clients retry."""


class Unprocessable(Invalid):
    """An Invalid that MLflow answers with 422: spans that it cannot take, or cannot tell where to."""


CODES: dict[type[HandloomError], tuple[str, int]] = {
    NotFound: ("RESOURCE_DOES_NOT_EXIST", 404),
    AlreadyExists: ("RESOURCE_ALREADY_EXISTS", 400),  # 400, not 409: clients rely on it
    Invalid: ("INVALID_PARAMETER_VALUE", 400),
    Unprocessable: ("INVALID_PARAMETER_VALUE", 422),
    Forbidden: ("PERMISSION_DENIED", 403),
    Unauthenticated: ("UNAUTHENTICATED", 401),
    Conflict: ("RESOURCE_CONFLICT", 409),
    InvalidState: ("INVALID_STATE", 500),
    Unavailable: ("TEMPORARILY_UNAVAILABLE", 503),
    Unimplemented: ("NOT_IMPLEMENTED", 501),
}


class _Body(msgspec.Struct):
    error_code: str
    message: str


def failure(error: BaseException) -> Response:
    """Return the error response for `error`. An unexpected exception becomes a 500 that reveals no details."""
    if isinstance(error, HandloomError):
        code, status = CODES.get(type(error), ("INTERNAL_ERROR", 500))
        return refusal(code, status, error.message)
    return refusal("INTERNAL_ERROR", 500, "An internal error occurred. The server's log has the details.")


def refusal(code: str, status: int, message: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="handloom"'
    body = msgspec.json.encode(_Body(error_code=code, message=message))
    return Response(body, status_code=status, media_type="application/json", headers=headers)
