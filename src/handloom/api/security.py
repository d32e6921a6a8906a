"""What every request and WebSocket passes before anything else: Host and Origin checks on the way in, security headers
on the way out. Says nothing of who the caller is."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handloom.api.errors import refusal
from handloom.settings import Settings

# JupyterLab compiles its JSON schemas into functions, hence 'unsafe-eval'; styles come from Fluent UI, CodeMirror and
# pandas' tables. Markdown in notebooks shows pictures of other places.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob: https:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_WILDCARDS = frozenset({"0.0.0.0", "::", ""})


class Gate:
    """ASGI middleware. A header that the answer sets itself stays as it is."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._names = _known_names(settings)
        self._any_address = settings.host in _WILDCARDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if (problem := self._problem(scope)) is None:
            await self.app(scope, receive, _hardened(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": problem[:120]})
        else:
            await refusal(403, "forbidden", problem)(scope, receive, _hardened(send))

    def _problem(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._known(host):
            return (
                f"The Host header “{host}” is not one of this server's names. "
                "If a reverse proxy sends it, name it in --allowed-hosts."
            )
        return _foreign(scope, headers, host)

    def _known(self, host: str) -> bool:
        """Guards against DNS rebinding: a foreign page's own name that resolves to this machine is refused."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        return name in self._names or (self._any_address and _is_address(name))


def _known_names(settings: Settings) -> frozenset[str]:
    names: Iterable[str] = ("localhost", "127.0.0.1", "::1", settings.host, *settings.allowed_hosts)
    return frozenset(name.lower() for name in names if name not in _WILDCARDS)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _foreign(scope: Scope, headers: Headers, host: str) -> str | None:
    """Why a request of another site is refused; None where it is none, or only opens a page."""
    socket = scope["type"] == "websocket"
    method = "GET" if socket else scope["method"]
    origin = headers.get("origin")
    if (socket or method not in _SAFE) and origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return f"A page of {origin} may not do this here."
    site = headers.get("sec-fetch-site", "none")
    opens_page = not socket and method in _SAFE and headers.get("sec-fetch-mode") == "navigate"
    if site not in ("none", "same-origin") and not opens_page:
        return "A page of another site may not read or change anything here."
    return None


def _hardened(send: Send) -> Send:
    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return hardened
