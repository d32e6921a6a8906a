"""What every request and WebSocket passes before anything else: Host and Origin checks on the way in, security headers
on the way out. Says nothing of who the caller is."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

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
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_WILDCARDS = frozenset({"0.0.0.0", "::", ""})
_HOSTS = 100
"""Accepted values of the Host header that are remembered."""


class OriginGuard:
    """ASGI middleware. A header that the reply sets itself stays as it is."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._names = _known_names(settings)
        self._proxied = frozenset(name.lower() for name in settings.allowed_hosts)
        self._any_address = settings.host in _WILDCARDS
        self._known_hosts: dict[bytes, bool] = {}

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
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # of a name that comes twice, the first
        host = headers.get(b"host", b"")
        if not self._known(host):
            return (
                f"The Host header “{host.decode('latin-1')}” is not one of this server's names. "
                "If a reverse proxy sends it, name it in --allowed-hosts."
            )
        return self._foreign(scope, headers, host)

    def _foreign(self, scope: Scope, headers: Mapping[bytes, bytes], host: bytes) -> str | None:
        """Why a request of another site is refused; None where it is none, or only opens a page."""
        socket = scope["type"] == "websocket"
        safe = not socket and scope["method"] in _SAFE
        origin = headers.get(b"origin")
        if not safe and origin is not None and not self._same_origin(scope, origin.decode("latin-1"), host):
            return f"A page of {origin.decode('latin-1')} may not do this here."
        site = headers.get(b"sec-fetch-site", b"none")
        opens_page = safe and headers.get(b"sec-fetch-mode") == b"navigate"
        if site not in (b"none", b"same-origin") and not opens_page:
            return "A page of another site may not read or change anything here."
        return None

    def _same_origin(self, scope: Scope, origin: str, host: bytes) -> bool:
        """Whether scheme, host and port agree. A reverse proxy that ends TLS sends plain HTTP for its own name."""
        try:
            parts = urlsplit(origin)
            name = parts.hostname or ""
        except ValueError:
            return False
        if parts.netloc.lower().encode("latin-1", "replace") != host.lower():
            return False
        secure = scope["scheme"] in ("https", "wss")
        return parts.scheme == ("https" if secure else "http") or (
            parts.scheme == "https" and name.lower() in self._proxied
        )

    def _known(self, host: bytes) -> bool:
        """Guards against DNS rebinding: a foreign page's own name that resolves to this machine is refused."""
        if (known := self._known_hosts.get(host)) is None:
            known = self._is_known(host.decode("latin-1"))
            if known and len(self._known_hosts) < _HOSTS:
                self._known_hosts[host] = known
        return known

    def _is_known(self, host: str) -> bool:
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


def _hardened(send: Send) -> Send:
    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"]
            given = {name for name, _ in headers}
            message["headers"] = [*headers, *(pair for pair in _HEADERS if pair[0] not in given)]
        await send(message)

    return hardened
