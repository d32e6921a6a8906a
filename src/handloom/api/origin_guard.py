"""ASGI middleware against DNS rebinding and cross-site requests: check Host and Origin, add security headers.

It runs before everything else and knows nothing about the caller; authenticator.py does that.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handloom.api.errors import refusal
from handloom.settings import Settings

# 'unsafe-eval': JupyterLab compiles its JSON schemas into functions. 'unsafe-inline': Fluent UI, CodeMirror and pandas'
# tables insert styles.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
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
POLICY_WITH_PICTURES = POLICY.replace("img-src 'self' data: blob:", "img-src 'self' data: blob: https:")
"""For the page of a notebook whose reader allowed pictures from other addresses, which tell those who is reading."""

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
"""Accepted values of the Host header that are cached."""


class OriginGuard:
    """Refuse requests with a foreign Host or Origin, and add security headers that the response does not set itself."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._names = _server_names(settings)
        self._proxied = frozenset(name.lower() for name in (*settings.allowed_hosts, _public_name(settings)))
        self._any_address = settings.host in _WILDCARDS
        self._allowed_hosts: dict[bytes, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if (problem := self._problem(scope)) is None:
            await self.app(scope, receive, _with_security_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": problem[:120]})
        else:
            await refusal(403, "forbidden", problem)(scope, receive, _with_security_headers(send))

    def _problem(self, scope: Scope) -> str | None:
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # the first value of a repeated header wins
        host = headers.get(b"host", b"")
        if not self._is_allowed_host(host):
            return (
                f"The Host header “{host.decode('latin-1')}” is not one of this server's names. "
                "If a reverse proxy sends it, add it to --allowed-hosts."
            )
        return self._cross_site_problem(scope, headers, host)

    def _cross_site_problem(self, scope: Scope, headers: Mapping[bytes, bytes], host: bytes) -> str | None:
        """Why a cross-site request is refused. None for a same-site request, or a link of another site to a page."""
        socket = scope["type"] == "websocket"
        safe = not socket and scope["method"] in _SAFE
        origin = headers.get(b"origin")
        if not safe and origin is not None and not self._same_origin(scope, origin.decode("latin-1"), host):
            return f"A page of {origin.decode('latin-1')} may not send this request to this server."
        site = headers.get(b"sec-fetch-site", b"none")
        opens_page = safe and headers.get(b"sec-fetch-mode") == b"navigate"
        if site not in (b"none", b"same-origin") and not opens_page:
            return "A page of another site may not read or change anything on this server."
        return None

    def _same_origin(self, scope: Scope, origin: str, host: bytes) -> bool:
        """Whether scheme, host and port of the Origin match. Behind a proxy that terminates TLS, the scope is plain
        HTTP while the Origin is https; that is accepted for the names in --allowed-hosts.
        """
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

    def _is_allowed_host(self, host: bytes) -> bool:
        """Whether the Host header is a name of this server. Refusing others stops DNS rebinding: a foreign domain that
        resolves to this machine.
        """
        if (allowed := self._allowed_hosts.get(host)) is None:
            allowed = self._matches_name(host.decode("latin-1"))
            if allowed and len(self._allowed_hosts) < _HOSTS:
                self._allowed_hosts[host] = allowed
        return allowed

    def _matches_name(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        return name in self._names or (self._any_address and _is_address(name))


def _server_names(settings: Settings) -> frozenset[str]:
    ours = ("localhost", "127.0.0.1", "::1", settings.host, _public_name(settings), _peer_name(settings))
    names: Iterable[str] = (*ours, *settings.allowed_hosts)
    return frozenset(name.lower() for name in names if name not in _WILDCARDS)


def _public_name(settings: Settings) -> str:
    return urlsplit(settings.public_url).hostname or ""


def _peer_name(settings: Settings) -> str:
    return urlsplit(settings.peer_url).hostname or "localhost"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_security_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"]
            given = {name for name, _ in headers}
            message["headers"] = [*headers, *(pair for pair in _HEADERS if pair[0] not in given)]
        await send(message)

    return send_with_headers
