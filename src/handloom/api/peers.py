"""The servers beside this one on the same database: know them, and ask them for the sessions that they hold.

A session runs on one server. Each server registers what it holds, so that any of them can answer for it, see
`forwarding`. Servers on SQLite are alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import msgspec
from starlette.requests import HTTPConnection

from handloom.api.authenticator import PEER_USER, credential
from handloom.api.errors import CODES, FailureReply
from handloom.domain.capacities import Capacity
from handloom.domain.changes import Change
from handloom.domain.errors import Conflict, HandloomError, Unavailable
from handloom.domain.members import Caller
from handloom.domain.servers import CapacityPlace, LiveSession, Peer
from handloom.kernels.jupyter import BASE
from handloom.kernels.sessions import SessionRegistry
from handloom.kernels.waiting import capacity_of
from handloom.settings import Settings
from handloom.store.engine import secrets
from handloom.store.engine.database import Database, Read, Write
from handloom.store.servers import rows
from handloom.supervision import attempt_task, supervised_task

T = TypeVar("T")

log = logging.getLogger("handloom.peers")

BEAT_SECONDS = 5.0
SECRET, USER, CLIENT = "x-handloom-peer", PEER_USER, "x-handloom-peer-client"
"""Headers between servers: the secret of the one that is asked, the id of the user for whom, and their address. No
handler sees them unless the secret is right, see `forwarding`."""
_AWAY = (
    "The server that runs this session does not answer. If it has ended, the session is gone within half a minute, and "
    "a new one can be started."
)


_OTHER_KEY = (
    "The server that runs this session seals its secrets with another key. Give all servers of this database the same "
    "secret key (docs/team.md), and start them anew."
)


class HandedIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is known by, for the program that continues it."""

    id: str
    secret: str


class Peers:
    """Registers this server between `start` and `close`. Call every method on the event loop."""

    def __init__(self, settings: Settings, database: Database, sessions: SessionRegistry, cookie: str) -> None:
        """`cookie` is the name of the browser's cookie, whose token is passed on."""
        self._settings = settings
        self._database = database
        self._sessions = sessions
        self._cookie = cookie
        self._identity = HandedIdentity(id=uuid4().hex, secret=token_urlsafe(32))
        self._others: dict[str, Peer] = {}
        self._registered: tuple[LiveSession, ...] = ()
        self._changed = asyncio.Event()
        self._registering = asyncio.Lock()
        self._http: httpx.AsyncClient | None = None
        self._beating: asyncio.Task[None] | None = None

    @property
    def any(self) -> bool:
        """Whether another server runs beside this one."""
        return bool(self._others)

    @property
    def ids(self) -> list[str]:
        """The servers that run beside this one."""
        return list(self._others)

    def opens(self, secret: str) -> bool:
        """Whether a request that has this secret comes from another server."""
        return hmac.compare_digest(secret.encode(), self._identity.secret.encode())

    @staticmethod
    def asks(http: HTTPConnection) -> bool:
        """Whether a request comes from another server, which has looked for its own sessions already."""
        return SECRET in http.headers

    def take_over(self, identity: HandedIdentity | None) -> None:
        """Be known as the program before was."""
        if identity is not None:
            self._identity = identity

    def hand_over(self) -> HandedIdentity:
        """Stop without being forgotten: another program continues with the sessions."""
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None
        return self._identity

    def start(self) -> None:
        if self._settings.database:
            self._sessions.listen(self._on_change)
            self._beating = asyncio.create_task(supervised_task("peers", self._beat, asyncio.sleep))

    async def close(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beating
            await attempt_task("peers-gone", self._unregister)
        if self._http is not None:
            await self._http.aclose()

    async def _unregister(self) -> None:
        await asyncio.wrap_future(self._database.write(lambda tx: rows.unregister(tx, self._identity.id)))

    def _on_change(self, _: Change) -> None:
        if self._held() != self._registered:
            self._changed.set()

    def _held(self) -> tuple[LiveSession, ...]:
        return tuple(
            LiveSession(
                id=one.id,
                user=one.spec.user.id,
                workspace=one.spec.workspace,
                notebook=one.spec.notebook or "",
                job=one.spec.job or "",
                kernel=one.kernel,
                capacity=capacity_of(one),
            )
            for one in self._sessions.running()
        )

    async def _beat(self) -> bool:
        await self.register()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), BEAT_SECONDS)
        return True

    async def register(self) -> dict[str, str]:
        """Register the sessions of now. Returns those that another server has already, see `rows.register`."""
        async with self._registering:
            self._changed.clear()
            mine, root = self._held(), self._settings.data
            secret = secrets.seal(root, self._identity.secret, self._identity.id)
            own = Peer(id=self._identity.id, url=self._settings.peer_address, secret=secret)

            def beat(tx: Write) -> tuple[dict[str, str], list[Peer], Counter[CapacityPlace]]:
                return rows.register(tx, own, mine), rows.others(tx, own.id), rows.places_at_others(tx, own.id)

            elsewhere, others, taken = await asyncio.wrap_future(self._database.write(beat))
            self._registered = tuple(one for one in mine if one.id not in elsewhere)
            self._others = {one.id: self._others.get(one.id) or _opened(one, root) for one in others}
            if taken != self._sessions.queues.elsewhere:
                self._sessions.queues.elsewhere = taken
                self._sessions.admit()
            return elsewhere

    async def count_places(self, capacity: Capacity) -> None:
        """Know how many sessions each person has at other servers now, if the capacity limits that."""
        if self.any and capacity.sessions_per_person:
            await self.register()

    async def publish(self, session: str) -> None:
        """Let every server know of a session that was just started. Raises Conflict, and stops the session, if its
        user's notebook was given one at another server at the same moment."""
        if self._beating is not None and session in await self.register():
            await self._sessions.stop(session)
            raise Conflict("This notebook's session was started at the same moment elsewhere. Try again.")

    async def holder(self, session: str) -> str | None:
        """Return the id of the other server that holds a session, given the session's id or its kernel's."""
        return await self._read(lambda tx: rows.holder_of(tx, self._identity.id, session)) if self.any else None

    async def holder_of_notebook(self, notebook: str, user: str) -> str | None:
        """Return the id of the other server that holds this user's session of a notebook."""
        if not self.any:
            return None
        return await self._read(lambda tx: rows.holder_of_notebook(tx, self._identity.id, notebook, user))

    async def _read(self, work: Callable[[Read], T]) -> T:
        return await asyncio.wrap_future(self._database.read(work))

    async def holder_of_bound(self, caller: Caller, http: HTTPConnection, id: str) -> str | None:
        """Return the other server whose Jupyter has bound a kernel of the caller to a path under this id, unless that
        of this one has."""
        jupyter = self._sessions.jupyter
        if jupyter.running and any(one.get("id") == id for one in await jupyter.ask("GET", "/api/sessions")):
            return None
        own, user = self._identity.id, caller.user.id
        for server in await self._read(lambda tx: rows.holders(tx, own, user=user)):
            listed = await self.ask(server, caller, http, "GET", f"{BASE}/api/sessions", list[dict[str, Any]])
            if any(one.get("id") == id for one in listed):
                return server
        return None

    def address(self, server: str) -> str:
        """Return the URL of another server. Raises Unavailable if it is not known any more."""
        return self._peer(server).url

    def _peer(self, server: str) -> Peer:
        if (other := self._others.get(server)) is None:
            raise Unavailable(_AWAY)
        if not other.secret:
            raise Unavailable(_OTHER_KEY)
        return other

    def headers(self, server: str, caller: Caller, http: HTTPConnection) -> dict[str, str]:
        """Return the headers that let a request in there as this caller: with their own token, if they sent one."""
        sent = {SECRET: self._peer(server).secret, CLIENT: http.client.host if http.client else ""}
        token = credential(http.headers, self._cookie)
        if caller.kind in ("proxy", "open", "local") or token is None:
            return sent | {USER: caller.user.id}
        return sent | {"authorization": f"Bearer {token}"}

    async def send(
        self, server: str, method: str, target: str, headers: Mapping[str, str] | list[tuple[bytes, bytes]], body: Any
    ) -> httpx.Response:
        """Send a request to another server; the caller closes the streamed reply. Raises Unavailable."""
        if self._http is None:
            self._http = httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(60, connect=3, read=None, pool=None))
        request = self._http.build_request(method, self.address(server) + target, headers=headers, content=body)
        try:
            return await self._http.send(request, stream=True)
        except httpx.HTTPError as error:
            raise Unavailable(_AWAY) from error

    async def ask(
        self, server: str, caller: Caller, http: HTTPConnection, method: str, path: str, kind: type[T], body: Any = None
    ) -> T:
        """Ask another server's own API as this caller. Raises the error that it answers with, or Unavailable."""
        sent = self.headers(server, caller, http) | {"content-type": "application/json"}
        content = b"" if body is None else msgspec.json.encode(body)
        reply = await self.send(server, method, path, sent, content)
        try:
            text = await reply.aread()
        except httpx.HTTPError as error:
            raise Unavailable(_AWAY) from error
        finally:
            await reply.aclose()
        if reply.status_code >= 400:
            raise _error_of(text)
        return msgspec.json.decode(text or b"null", type=kind)

    async def ask_all(
        self,
        caller: Caller,
        http: HTTPConnection,
        path: str,
        kind: type[T],
        *,
        workspace: str | None = None,
        user: str | None = None,
    ) -> list[T]:
        """Ask every server that holds sessions (`workspace` or `user` narrow it), and leave out those that are away."""
        if not self.any or self.asks(http):
            return []
        own = self._identity.id
        found: list[str] = await self._read(lambda tx: rows.holders(tx, own, workspace=workspace, user=user))
        asked = [self.ask(one, caller, http, "GET", path, kind) for one in found]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        return [one for one in answers if not isinstance(one, BaseException)]


def _opened(sealed: Peer, root: Path) -> Peer:
    """Return the server with its secret in clear; with none if it has another key."""
    try:
        secret = secrets.unseal(root, sealed.secret, sealed.id)
    except Unavailable:
        secret = ""
        log.warning("The server at %s has another secret key, so nothing is passed on to it.", sealed.url)
    return Peer(id=sealed.id, url=sealed.url, secret=secret)


def _error_of(text: bytes) -> HandloomError:
    try:
        failure = msgspec.json.decode(text, type=FailureReply).error
    except msgspec.DecodeError:
        return Unavailable(_AWAY)
    kind = next((kind for kind, (code, _) in CODES.items() if code == failure.code), Unavailable)
    return kind(failure.message)
