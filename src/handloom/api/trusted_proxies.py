"""Headers of reverse proxies: believe them from the addresses that the settings name, and from nobody else."""

from __future__ import annotations

import ipaddress
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from handloom.domain.webhooks import networks
from handloom.settings import Settings


class TrustedProxies:
    """Drop the sign-in header unless a trusted proxy sent it, then apply X-Forwarded-For and X-Forwarded-Proto.

    The order matters: afterwards the client of the scope is no longer who opened the connection.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        inner: Any = app
        if settings.trusted_proxies:
            inner = ProxyHeadersMiddleware(inner, list(settings.trusted_proxies))
        self._app = inner
        self._networks = networks(settings.trusted_proxies, "trusted-proxies")
        self._header = settings.sign_in_header.lower().encode("latin-1", "replace")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._header and scope["type"] != "lifespan" and not self._trusts(scope.get("client")):
            scope["headers"] = [pair for pair in scope["headers"] if pair[0].lower() != self._header]
        await self._app(scope, receive, send)

    def _trusts(self, client: tuple[str, int] | None) -> bool:
        try:
            address = ipaddress.ip_address(client[0] if client else "")
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)
