"""HTTP client for URLs that users typed (webhooks), guarded against SSRF.

It resolves the name once, checks every address, and connects to a checked address. So neither DNS rebinding, a redirect
nor a proxy can lead to an internal server.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpcore
import httpx
import msgspec

from handloom.domain import webhooks as rules
from handloom.domain.errors import Invalid

RESOLVE_SECONDS = 5
SECONDS = 30
"""Timeout of one request in total. Shorter than the claim on a message in the outbox, so none is sent twice."""

MAX_ANSWER = 64 * 1024
_FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError, TimeoutError)


class OutboundResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver's response. `text` is the first MAX_ANSWER bytes of the body; `retry_after` is in seconds, or 0."""

    status: int
    text: str
    retry_after: int


class NoResponse(Exception):
    """The receiver sent no response (network error or timeout); the message says why."""


class Outbound:
    """Send requests to public addresses and to the private `networks` (CIDR) that the settings allow."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = rules.networks(networks)
        self._context: Any = None

    async def check(self, url: str) -> None:
        """Raise Invalid if the host of this URL currently resolves to an address that is not allowed."""
        host, port, secure = rules.host_of(url)
        await self.addresses(host, port, secure)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> OutboundResponse:
        """Send a POST once. Raises Invalid for an address that is not allowed, NoResponse without a response."""
        _, _, secure = rules.host_of(url)
        try:
            async with asyncio.timeout(SECONDS), self._pool(secure) as pool:
                return await _post(pool, url, headers, body)
        except _FAILURES as error:
            raise NoResponse(f"{type(error).__name__}: {error}".rstrip(": ")) from error

    def _pool(self, secure: bool) -> httpcore.AsyncConnectionPool:
        if secure and self._context is None:
            self._context = httpx.create_ssl_context()
        return httpcore.AsyncConnectionPool(
            ssl_context=self._context, max_connections=1, network_backend=_CheckedBackend(self, secure)
        )

    async def addresses(self, host: str, port: int, secure: bool, what: str = "Webhook URL") -> list[str]:
        """Resolve the host of a URL, which messages call `what`. Raises Invalid unless every one of its addresses is
        allowed.
        """
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise Invalid(f"Timed out resolving {what} hostname {host!r}.", field="url") from error
        except (OSError, UnicodeError) as error:
            raise Invalid(f"Cannot resolve {what} hostname {host!r}: {error}", field="url") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            rules.check_address(host, address, secure, self._networks, what)
        return addresses


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connect to a checked address of the host. TLS still verifies the certificate for the name in the URL."""

    def __init__(self, outbound: Outbound, secure: bool) -> None:
        self._outbound = outbound
        self._secure = secure
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        last: Exception | None = None
        for address in await self._outbound.addresses(host, port, self._secure):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError(f"{host} has no address")


async def _post(
    pool: httpcore.AsyncConnectionPool, url: str, headers: Mapping[str, str], body: bytes
) -> OutboundResponse:
    parsed = httpx.URL(url)  # encodes international domain names
    host = parsed.netloc.decode("ascii")
    target = httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path)
    sent = {"Host": host, "Content-Length": str(len(body)), "Connection": "close", **headers}
    async with pool.stream("POST", target, headers=list(sent.items()), content=body) as answer:
        text = b""
        async for chunk in answer.aiter_stream():
            text += chunk
            if len(text) >= MAX_ANSWER:
                break
    asked = dict(answer.headers).get(b"retry-after", b"0")
    return OutboundResponse(
        status=answer.status,
        text=text[:MAX_ANSWER].decode("utf-8", "replace"),
        retry_after=int(asked) if asked.isdigit() and len(asked) < 8 else 0,
    )
