"""Sign-in with an OpenID Connect provider at /sign-in/oidc: send the browser there, and take its answer.

What belongs to one sign-in (state, nonce, PKCE verifier, target) is in an encrypted cookie, so that any server can take
the answer, and only in the browser that started it.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from handloom.api import audit, errors, session_cookie, sign_in_pages, text_check
from handloom.api.oidc import OidcClient
from handloom.api.routing import catch_errors
from handloom.api.server import Server
from handloom.domain import clock, identities
from handloom.domain.audit import Actor
from handloom.domain.errors import HandloomError, NotFound, Unavailable
from handloom.domain.identities import Identity, SignInRefused
from handloom.domain.members import User
from handloom.store.audit import rows as audit_store
from handloom.store.engine import secrets as sealing
from handloom.store.engine.database import Write
from handloom.store.tokens import rows as token_store
from handloom.store.users import groups as group_store
from handloom.store.users import identities as identity_store

log = logging.getLogger("handloom.sign-in")

MINUTES = 10
PATH = "/sign-in/oidc"
_SEALED_FOR = "oidc sign-in"


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that was started in this browser and not yet answered."""

    state: str
    nonce: str
    verifier: str
    target: str
    expires_at: int


class SingleSignOn:
    """The routes below /sign-in/oidc, for Starlette. They answer 404 unless the settings name a provider."""

    def __init__(self, server: Server, session: str) -> None:
        """`session` is the name of the cookie that a signed-in browser has."""
        self.server = server
        self.client = OidcClient(server.settings) if server.settings.oidc_issuer else None
        self._session = session
        self._cookie = session.replace("session", "oidc")

    def routes(self) -> list[BaseRoute]:
        return [
            Route(PATH, self.start),
            Route(f"{PATH}/callback", self.callback),
            Route(f"{PATH}/sign-out", self.sign_out),
        ]

    async def start(self, request: Request) -> Response:
        return await catch_errors(request, self._start(request), errors.failure)

    async def callback(self, request: Request) -> Response:
        return await catch_errors(request, self._callback(request), errors.failure)

    async def sign_out(self, request: Request) -> Response:
        """Redirect to the provider, which ends its session; the one here has ended before."""
        return await catch_errors(request, self._sign_out(request), errors.failure)

    def _required(self) -> OidcClient:
        if self.client is None:
            raise NotFound("This server has no OpenID Connect provider; the setting --oidc-issuer names one.")
        return self.client

    async def _sign_out(self, request: Request) -> Response:
        client = self._required()
        if not self.server.settings.oidc_sign_out:
            raise NotFound("This server leaves the session at the provider alone; the setting --oidc-sign-out ends it.")
        try:
            return _redirect(await client.sign_out_address())
        except Unavailable as error:
            return self._failed(request, error)

    async def _start(self, request: Request) -> Response:
        """Redirect to the provider. A browser that uses another name of this server first goes to the public one, where
        the provider sends it back.
        """
        client, settings = self._required(), self.server.settings
        target = session_cookie.target(request.query_params.get("next", ""))
        if request.url.netloc != urlsplit(settings.public_address).netloc and "again" not in request.query_params:
            query = urlencode({"next": target, "again": "1"})
            return _redirect(f"{settings.public_address}{PATH}?{query}")
        pending = Pending(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            target=target,
            expires_at=clock.now() + MINUTES * 60_000,
        )
        try:
            address = await client.address(pending.state, pending.nonce, pending.verifier)
        except Unavailable as error:
            return self._failed(request, error)
        text = msgspec.json.encode(pending).decode()
        sealed = await self.server.on_thread(lambda: sealing.seal(settings.data, text, _SEALED_FOR))
        reply = _redirect(address)
        reply.set_cookie(
            self._cookie,
            sealed,
            max_age=MINUTES * 60,
            path=PATH,
            httponly=True,
            samesite="lax",  # the answer is a navigation from the provider's site, with which no strict cookie is sent
            secure=session_cookie.is_secure(request, settings),
        )
        return reply

    async def _callback(self, request: Request) -> Response:
        client = self._required()
        try:
            text_check.check(dict(request.query_params))
            pending = await self._pending(request)
            await client.check_sender(request.query_params.get("iss"))
            if error := request.query_params.get("error"):
                said = request.query_params.get("error_description", error)
                raise SignInRefused("provider", f"The provider said: {said[:200]}")
            code = request.query_params.get("code", "")
            identity = await client.identity(code, pending.nonce, pending.verifier)
            reply = await self._sign_in(request, identity, pending.target)
        except (SignInRefused, Unavailable) as error:
            reply = self._failed(request, error)
        reply.delete_cookie(self._cookie, path=PATH)
        return reply

    async def _pending(self, request: Request) -> Pending:
        """Return the sign-in that this browser started. Raises SignInRefused for a forged, foreign or late answer."""
        sealed, state = request.cookies.get(self._cookie, ""), request.query_params.get("state", "")
        stale = SignInRefused("stale", "It was not started in this browser, or it took too long.")
        try:
            text = await self.server.on_thread(lambda: sealing.unseal(self.server.settings.data, sealed, _SEALED_FOR))
            pending = msgspec.json.decode(text, type=Pending)
        except (HandloomError, msgspec.DecodeError) as error:
            raise stale from error
        if pending.expires_at < clock.now() or not hmac.compare_digest(pending.state.encode(), state.encode()):
            raise stale
        return pending

    async def _sign_in(self, request: Request, identity: Identity, target: str) -> Response:
        browser, address = session_cookie.origin(request)
        settings = self.server.settings

        def work(tx: Write) -> str:
            user, added = identity_store.sign_in(tx, identity, create=settings.create_people)
            actor = _actor(user, address)
            if added:
                audit_store.add(tx, actor, "user.create", target=user.name)
            if identity.groups is not None:
                _follow_groups(tx, actor, identity.groups)
            audit_store.add(tx, actor, "sign_in.provider", target=browser[: audit.MAX_TEXT])
            return token_store.open_browser(tx, user.id, browser, address)

        try:
            identities.check_allowed(identity, settings.oidc_allowed)
            opened = await self.server.write(work)
        except SignInRefused:
            name = (identity.email or identity.user_name or identity.subject)[: audit.MAX_TEXT]
            stranger = Actor(user=None, name=name, via="", address=address)
            await self.server.write(lambda tx: audit_store.add(tx, stranger, "sign_in.failed"))
            raise
        # Not a redirect: the browser would follow it without the new strict cookie, as part of the navigation that the
        # provider's site started.
        reply = sign_in_pages.forward(request, target)
        session_cookie.set_on(reply, request, settings, self._session, opened)
        return reply

    def _failed(self, request: Request, error: HandloomError) -> Response:
        log.warning("A sign-in with the provider failed: %s", error.message)
        reason = error.reason if isinstance(error, SignInRefused) else ""
        return sign_in_pages.provider_failed(request, reason, self.server.settings.oidc_name)


def _follow_groups(tx: Write, actor: Actor, claimed: Sequence[str]) -> None:
    """Let the actor join and leave groups as the provider's claim says, and record both."""
    assert actor.user is not None
    joined, left = group_store.follow_claim(tx, actor.user, claimed)
    for name in joined:
        audit_store.add(tx, actor, "group.join", target=actor.name, group=name)
    for name in left:
        audit_store.add(tx, actor, "group.leave", target=actor.name, group=name)


def _actor(user: User, address: str | None) -> Actor:
    return Actor(user=user.id, name=user.name, via="browser", address=address)


def _redirect(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303, headers={"cache-control": "no-store"})
