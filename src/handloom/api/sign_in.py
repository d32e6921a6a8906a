"""Sign-in at /sign-in by a one-time link, by name and password, or with an OpenID Connect provider. The pages work
without JavaScript.
"""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from handloom.api import errors, session_cookie, sign_in_pages, text_check
from handloom.api.audit import MAX_TEXT
from handloom.api.authenticator import Authenticator
from handloom.api.routing import JsonReply, body, catch_errors
from handloom.api.server import Server
from handloom.api.session_cookie import origin, target
from handloom.api.single_sign_on import SingleSignOn
from handloom.domain.audit import Actor
from handloom.domain.errors import Forbidden, Unauthenticated
from handloom.domain.members import Caller, User
from handloom.store.audit import rows as audit_store
from handloom.store.engine.database import Write
from handloom.store.tokens import rows as token_store

_FORM_BYTES = 4_096


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to sign in besides a link."""

    passwords: bool
    provider: str = ""
    """What people call the OpenID Connect provider; "" without one."""


class SignIn:
    """The routes below /sign-in, for Starlette."""

    def __init__(self, server: Server, authenticator: Authenticator) -> None:
        self.server = server
        self.authenticator = authenticator
        self.provider = server.settings.oidc_name if server.settings.oidc_issuer else ""
        self.single_sign_on = SingleSignOn(server, authenticator.cookie)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/sign-in", self.answer, methods=["GET", "HEAD", "POST"]),
            Route("/sign-in/ways", self.ways),
            *self.single_sign_on.routes(),
        ]

    async def answer(self, request: Request) -> Response:
        work = self._post(request) if request.method == "POST" else self._page(request)
        return await catch_errors(request, work, errors.failure)

    async def ways(self, request: Request) -> Response:
        """Return the ways to sign in, for pages of users who are signed out."""
        return JsonReply(Ways(passwords=self.server.settings.passwords, provider=self.provider))

    async def _page(self, request: Request) -> Response:
        """Show the user of a sign-in link and a button that redeems it. Opening alone redeems nothing, because mail
        scanners open links.

        A browser in which the same user is signed in already is redirected, and the link stays unused. Without a link,
        show the other ways to sign in.
        """
        text = request.query_params.get("token", "")
        then = target(request.query_params.get("next", ""))
        user = await self.server.read(lambda tx: token_store.sign_in_user(tx, text)) if text else None
        caller = await self._caller(request)
        if caller is not None and (user is None or user.id == caller.user.id):
            return _go(then)
        if user is not None:
            return sign_in_pages.link_form(request, text, user.display_name)
        if text or not (self.server.settings.passwords or self.provider):
            return self._refused(request, link=bool(text))
        return self._form(request, then=then)

    async def _post(self, request: Request) -> Response:
        """Handle the form: redeem the link, or check name and password; set the session cookie."""
        form = parse_qs((await body(request, _FORM_BYTES)).decode("utf-8", "replace"))
        sent = {name: values[0] for name, values in form.items()}
        if self.server.settings.passwords and "password" in sent:
            return await self._by_password(request, sent)
        text, (browser, address) = sent.get("token", ""), origin(request)
        try:
            opened = await self.server.write(lambda tx: _redeem(tx, text, browser, address))
        except Unauthenticated:
            return _go("/") if await self._caller(request) else self._refused(request, link=True)
        return self._signed_in(request, opened, "/")

    async def _by_password(self, request: Request, sent: dict[str, str]) -> Response:
        """Sign in by name and password. The reply does not reveal whether the name or the password was wrong."""
        text_check.check(sent)
        passwords, name = self.server.passwords, sent.get("name", "")
        then, (browser, address) = target(sent.get("next", "")), origin(request)
        if wait := passwords.throttle.wait(name, address or ""):
            reply = self._form(request, 429, name=name, then=then, minutes=math.ceil(wait / 60))
            reply.headers["retry-after"] = str(math.ceil(wait))
            return reply
        user = await passwords.check(self.server.database, name, sent["password"], address or "")
        if user is None:
            await self.server.write(lambda tx: audit_store.add(tx, _failed(name, address), "sign_in.failed"))
            return self._form(request, 401, name=name, then=then)

        def work(tx: Write) -> str:
            audit_store.add(tx, _signing_in(user, address), "sign_in.password", target=browser[:MAX_TEXT])
            return token_store.open_browser(tx, user.id, browser, address)

        opened = await self.server.write(work)
        return self._signed_in(request, opened, then)

    def _signed_in(self, request: Request, opened: str, then: str) -> Response:
        answer = _go(then)
        session_cookie.set_on(answer, request, self.server.settings, self.authenticator.cookie, opened)
        return answer

    def _form(self, request: Request, status: int = 200, **more: Any) -> Response:
        passwords, provider = self.server.settings.passwords, self.provider
        return sign_in_pages.sign_in_form(request, status, passwords=passwords, provider=provider, **more)

    def _refused(self, request: Request, *, link: bool) -> Response:
        """Return the page for a missing or invalid link."""
        other = self.server.settings.passwords or bool(self.provider)
        return sign_in_pages.refused(request, minutes=token_store.SIGN_IN_MINUTES, link=link, other=other)

    async def _caller(self, request: Request) -> Caller | None:
        """The user who is signed in already, or None."""
        try:
            return await self.authenticator.caller(request.headers)
        except (Unauthenticated, Forbidden):
            return None


def _redeem(tx: Write, text: str, browser: str, address: str | None) -> str:
    """Redeem a sign-in link and record it. Raises Unauthenticated for a link that is used, expired or unknown."""
    user = token_store.sign_in_user(tx, text)
    opened = token_store.redeem(tx, text, browser, address)
    if user is not None:
        audit_store.add(tx, _signing_in(user, address), "sign_in.link", target=browser[:MAX_TEXT])
    return opened


def _signing_in(user: User, address: str | None) -> Actor:
    return Actor(user=user.id, name=user.name, via="browser", address=address)


def _failed(name: str, address: str | None) -> Actor:
    """Who could not sign in: only the name that was typed is known."""
    return Actor(user=None, name=name[:MAX_TEXT], via="", address=address)


def _go(then: str) -> RedirectResponse:
    return RedirectResponse(then, status_code=303, headers={"cache-control": "no-store"})
