"""Headers of reverse proxies: believe them from the addresses that the settings name, and from nobody else."""

from __future__ import annotations

import hmac
import ipaddress
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from handloom.domain.errors import Invalid
from handloom.domain.webhooks import networks
from handloom.settings import Settings

SECRET_HEADER = b"x-handloom-proxy-secret"
MIN_SECRET = 32


class TrustedProxies:
    """Drop the sign-in header unless a trusted proxy sent it, then apply X-Forwarded-For and X-Forwarded-Proto.

    The proxy proves itself by a secret besides its address, which notebook code on the proxy's machine shares. No
    handler sees the secret.

    The order matters: afterwards the client of the scope is no longer who opened the connection.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        inner: Any = app
        if settings.trusted_proxies:
            inner = ProxyHeadersMiddleware(inner, list(settings.trusted_proxies))
        self._app = inner
        self._networks = networks(settings.trusted_proxies, "trusted-proxies")
        self._header = settings.sign_in_header.lower().encode("latin-1", "replace")
        self._secret = _secret(settings.proxy_secret_file) if self._header else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._header and scope["type"] != "lifespan":
            sent = [value for name, value in scope["headers"] if name.lower() == SECRET_HEADER]
            dropped = {SECRET_HEADER}
            if not self._trusts(scope.get("client")) or not self._proves(sent):
                dropped.add(self._header)
            scope["headers"] = [pair for pair in scope["headers"] if pair[0].lower() not in dropped]
        await self._app(scope, receive, send)

    def _proves(self, sent: list[bytes]) -> bool:
        return len(sent) == 1 and hmac.compare_digest(sent[0], self._secret)

    def _trusts(self, client: tuple[str, int] | None) -> bool:
        try:
            address = ipaddress.ip_address(client[0] if client else "")
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


def _secret(file: str) -> bytes:
    """Return the content of the file without space around it. Raises Invalid if it cannot be read or is short."""
    try:
        secret = Path(file).read_bytes().strip()
    except OSError as error:
        raise Invalid(f"--proxy-secret-file cannot be read: {error}.") from error
    if len(secret) < MIN_SECRET:
        raise Invalid(f"The secret in --proxy-secret-file has fewer than {MIN_SECRET} characters.")
    return secret
