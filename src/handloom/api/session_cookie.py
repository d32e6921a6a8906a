"""The cookie of a signed-in browser, and what each way to sign in reads from its request."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from handloom.settings import Settings
from handloom.store.tokens import rows as token_store


def set_on(reply: Response, request: Request, settings: Settings, name: str, token: str) -> None:
    """Set the session cookie on a response."""
    reply.set_cookie(
        name,
        token,
        max_age=token_store.BROWSER_DAYS * 86_400,
        path="/",
        httponly=True,
        samesite="strict",
        secure=is_secure(request, settings),
    )


def is_secure(request: Request, settings: Settings) -> bool:
    """Whether browsers reach the server by https, so that a cookie must not be sent by http."""
    return request.url.scheme == "https" or settings.public_url.startswith("https:")


def origin(request: Request) -> tuple[str, str | None]:
    """Return the User-Agent and the client's address of a request."""
    return request.headers.get("user-agent", "a browser"), request.client.host if request.client else None


def target(then: str) -> str:
    """Return the path to open after sign-in. Rejects URLs of other servers (open redirect)."""
    inside = then.startswith("/") and not then.startswith(("//", "/sign-in")) and "\\" not in then
    return then if inside and then.isprintable() else "/"
