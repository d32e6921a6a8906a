"""Authentication and roles: find the caller of a request and their role in a workspace, cached until either changes."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers

from handloom.domain import clock, tokens
from handloom.domain.audit import Actor
from handloom.domain.changes import ANYTHING, Change
from handloom.domain.errors import Forbidden, HandloomError, NotFound, Unauthenticated, Unavailable
from handloom.domain.members import Caller, Role, User
from handloom.settings import Settings
from handloom.store.audit import rows as audit_store
from handloom.store.engine.database import Database, Write
from handloom.store.tokens import rows as token_store
from handloom.store.users import rows as user_store
from handloom.store.workspaces import members as member_store
from handloom.store.workspaces import rows as workspace_store

LOCAL = "local"
"""Token id of the command line on the server's own machine. Its secret is in server.json only, in no table."""

PEER_USER = "x-handloom-peer-user"
"""Header by which another server of the database says who sends a request, see `peers`."""

_LOOK_AGAIN = 30.0
"""Seconds after which a long-lived connection is authenticated again, even without a notification."""

_TOUCH_EVERY = 10 * 60_000
_REMEMBERED = 10_000  # entries per cache; a full cache is cleared


def cookie_name(settings: Settings) -> str:
    """Name the session cookie by the port that browsers use, since they share cookies between the ports of a host: two
    servers on one machine would otherwise sign each other out. Servers behind one public URL have the same name.
    """
    port = urlsplit(settings.public_url).port if settings.public_url else settings.port
    standard = port in (None, Settings.__dataclass_fields__["port"].default)
    return "handloom_session" if standard else f"handloom_session_{port}"


class Authenticator:
    """Cache of callers, roles and workspace ids. Every commit that changes tokens, members or workspaces clears it."""

    def __init__(self, settings: Settings, database: Database, *, local_token: str) -> None:
        self.auth = settings.auth
        self.cookie = cookie_name(settings)
        self._owner: User | None = None
        self._database = database
        self._local = tokens.digest(local_token)
        self._header = settings.sign_in_header
        self._create_people = settings.create_people
        self._named: dict[str, User] = {}
        self._callers: dict[str, tuple[Caller, int | None, int]] = {}
        self._roles: dict[tuple[str, str], Role] = {}
        self._workspaces: dict[str, str] = {}
        self._age = 0
        self._access_changed: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        database.listen(self._on_changes)

    def _on_changes(self, changes: Sequence[Change]) -> None:
        nouns = {change.noun for change in changes}
        if nouns & {"tokens", "members", "workspaces", "users", ANYTHING.noun}:
            self._age += 1  # first, so that a lookup in progress does not cache what it read before the change
            self._callers.clear()
            self._named.clear()
            self._roles.clear()
            self._workspaces.clear()
            self._owner = None
            for event, loop in list(self._access_changed.items()):
                with contextlib.suppress(RuntimeError):  # the loop has closed
                    loop.call_soon_threadsafe(event.set)

    async def until_refused(
        self, headers: Headers, check: Callable[[Caller], Awaitable[object]] | None = None
    ) -> HandloomError:
        """Wait until authentication with these headers fails, or `check` raises for their caller; return the error.

        Authenticates again after every change of tokens, members, users or workspaces, and when the credential
        expires. For long-lived connections (WebSockets), which send their headers once.
        """
        changed = asyncio.Event()
        self._access_changed[changed] = asyncio.get_running_loop()
        try:
            while True:
                changed.clear()
                pause = _LOOK_AGAIN
                try:
                    caller = await self.caller(headers)
                    if check is not None:
                        await check(caller)
                except Unavailable:  # the database is unreachable: that signs nobody out
                    pause = 1.0
                except HandloomError as error:
                    return error
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), min(pause, self._seconds_left(headers)))
        finally:
            del self._access_changed[changed]

    def _seconds_left(self, headers: Headers) -> float:
        """Seconds until the credential of these headers expires, or `_LOOK_AGAIN` where it has no expiry in the
        cache.
        """
        text = credential(headers, self.cookie)
        known = self._callers.get(tokens.digest(text)) if text else None
        if known is None or known[1] is None:
            return _LOOK_AGAIN
        return max(0.0, (known[1] - clock.now()) / 1_000) + 0.01

    async def caller(self, headers: Headers) -> Caller:
        """Return the caller whose credential is in these headers. Raises Unauthenticated, or Forbidden for a user whom
        a proxy signed in but this server does not admit.

        The name that a trusted proxy sends takes precedence over a cookie, which may be another user's, and over Basic
        credentials, which the proxy checked itself. A token is an API client's own.
        """
        if (peer := headers.get(PEER_USER)) is not None:  # only another server's headers come this far
            return Caller(user=await self._user_of_peer(peer), token_id="", kind="proxy")
        name = self._name_by_proxy(headers)
        if name and not headers.get("authorization", "").lower().startswith("bearer "):
            return Caller(user=await self._user_by_proxy(name), token_id="", kind="proxy")
        text = credential(headers, self.cookie)
        found = await self._lookup(tokens.digest(text)) if text else None
        if found is not None:
            return found
        if not self.auth:
            return Caller(user=await self.owner(), token_id="", kind="open")
        if text is None:
            raise Unauthenticated("Sign in first: open the link that handloom token sign-in prints, or send a token.")
        raise Unauthenticated("This sign-in or token is not known; it was revoked or has expired. Get a new one.")

    def _name_by_proxy(self, headers: Headers) -> str:
        """Return the name in the sign-in header, "" without one. Only trusted proxies' headers come this far."""
        names = headers.getlist(self._header) if self._header else []
        if len(names) > 1:
            raise Unauthenticated(f"The header {self._header} was sent more than once; the proxy must replace it.")
        try:
            return "".join(names).strip().encode("latin-1").decode()
        except UnicodeError as error:
            raise Unauthenticated(f"The header {self._header} is not UTF-8.") from error

    async def _user_by_proxy(self, name: str) -> User:
        """Return the user with the name that a proxy sent; add them if the settings allow it."""
        if (known := self._named.get(name)) is not None:
            return known
        age = self._age
        found = await asyncio.wrap_future(self._database.read(lambda tx: user_store.by_name(tx, name)))
        if found is None:
            if not self._create_people:
                raise Forbidden(f"“{name}” has no account on this server yet. Ask an admin to add you.")
            return await asyncio.wrap_future(self._database.write(lambda tx: _add(tx, name)))
        if not await asyncio.wrap_future(self._database.read(lambda tx: user_store.can_sign_in(tx, found.id))):
            raise Forbidden("Your account on this server is disabled. Ask an admin to enable it.")
        self._store(age, self._named, name, found)
        return found

    async def _user_of_peer(self, id: str) -> User:
        """Return the user whom another server has signed in."""
        found = await asyncio.wrap_future(
            self._database.read(lambda tx: user_store.get(tx, id) if user_store.can_sign_in(tx, id) else None)
        )
        if found is None:
            raise Forbidden("Your account on this server is disabled. Ask an admin to enable it.")
        return found

    async def owner(self) -> User:
        """The oldest admin of the installation: who the caller is without sign-in, and on the command line."""
        if (known := self._owner) is not None:
            return known
        age = self._age
        found = await asyncio.wrap_future(self._database.read(user_store.owner))
        if found is None:
            raise Unavailable("The database holds no admin of the installation. Restore a backup.")
        if age == self._age and self._database.in_sync:
            self._owner = found
        return found

    async def _lookup(self, digest: str) -> Caller | None:
        if digest == self._local:
            return Caller(user=await self.owner(), token_id=LOCAL, kind="local")
        now, age = clock.now(), self._age
        known = self._callers.get(digest)
        if known is None or (known[1] is not None and known[1] <= now):  # its expiry may have been extended
            found = await asyncio.wrap_future(self._database.read(lambda tx: token_store.opens(tx, digest)))
            if found is None:
                return None
            caller, token = found
            known = (caller, token.expires_at, token.last_used_at or 0)
            self._store(age, self._callers, digest, known)
        caller, expires_at, used_at = known
        if expires_at is not None and expires_at <= now:
            return None
        if now - used_at > _TOUCH_EVERY:
            self._store(age, self._callers, digest, (caller, expires_at, now))
            self._database.write(lambda tx: token_store.touch(tx, caller.token_id)).add_done_callback(_ignore_error)
        return caller

    def _store(self, age: int, cache: dict[Any, Any], key: Any, value: Any) -> None:
        """Cache a value that was read while the cache had this age; a clear since then makes it stale."""
        if age != self._age or not self._database.in_sync:
            return
        if len(cache) >= _REMEMBERED:
            cache.clear()
        cache[key] = value

    async def role(self, caller: Caller, workspace: str) -> Role | None:
        """Return the caller's role in the workspace with this id; None where they may not know that it exists.

        A kernel's token runs any code that a notebook holds, so its role is contributor at most, whoever started it.
        The command line on the server's machine reads and writes the data folder anyway, so it is admin everywhere.
        """
        if caller.kind == "local":
            return Role.ADMIN if await self._exists(workspace) else None
        if caller.workspace is None:
            return await self._full_role(caller, workspace)
        if caller.workspace != workspace:
            return None
        role = await self._full_role(caller, workspace)
        return role if role is None or role.rank < Role.CONTRIBUTOR.rank else Role.CONTRIBUTOR

    async def _full_role(self, caller: Caller, workspace: str) -> Role | None:
        """The role of the caller's user in the workspace, whatever token they use."""
        key = (caller.user.id, workspace)
        if (role := self._roles.get(key)) is not None:
            return role
        age = self._age
        found = await asyncio.wrap_future(
            self._database.read(lambda tx: member_store.role(tx, workspace, caller.user.id))
        )
        if found is not None:
            self._store(age, self._roles, key, found)
        return found

    async def _exists(self, workspace: str) -> bool:
        try:
            return await self.workspace(workspace) == workspace
        except NotFound:
            return False

    async def member(self, caller: Caller, workspace: str) -> Role:
        """Return the caller's role like `role`, but raise NotFound instead of returning None."""
        role = await self.role(caller, workspace)
        if role is None:
            raise NotFound("There is no such workspace. It may have been removed.")
        return role

    async def workspaces_of(self, caller: Caller) -> set[str]:
        """The ids of all workspaces that the caller may read."""
        if caller.kind == "local":
            return set(await asyncio.wrap_future(self._database.read(workspace_store.ids)))
        roles = await asyncio.wrap_future(self._database.read(lambda tx: member_store.roles(tx, caller.user.id)))
        return {workspace for workspace in roles if caller.workspace in (None, workspace)}

    async def workspace(self, reference: str) -> str:
        """Return the id of the workspace with this id or this name. Raises NotFound."""
        if (known := self._workspaces.get(reference)) is not None:
            return known
        age = self._age
        found = await asyncio.wrap_future(self._database.read(lambda tx: workspace_store.find(tx, reference)))
        if found is None:
            raise NotFound(f"There is no workspace “{reference}”.")
        self._store(age, self._workspaces, reference, found)
        return found


def _add(tx: Write, name: str) -> User:
    """Add the user whom a proxy signed in, unless another request did so meanwhile."""
    known = user_store.by_name(tx, name)
    if known is not None:
        return known
    user = user_store.create(tx, name)
    audit_store.add(tx, Actor(user=user.id, name=user.name, via="proxy", address=None), "user.create", target=name)
    return user


def require_unbound(caller: Caller) -> None:
    """Raise Forbidden if the caller's token is limited to one workspace."""
    if caller.workspace is not None:
        raise Forbidden("This token gives access to its own workspace only.")


def credential(headers: Headers, cookie: str) -> str | None:
    """Return the token of a request: Bearer, Basic with the token as password, or the browser's cookie."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == cookie:
            return unquote(value)
    return None


def _ignore_error(write: Future[None]) -> None:
    """Drop the error of updating a token's last use: a full disk must not fail the request that used the token."""
    write.exception()
