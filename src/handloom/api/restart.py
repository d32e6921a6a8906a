"""Restart of the server in place: the process runs the installed program anew and keeps its sessions.

The process keeps its id, so that its children stay its own: the Jupyter child with the kernels, and Apache Spark. It
keeps its listening socket too, so that requests wait for the new program instead of being refused.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from handloom.api.peers import HandedIdentity, Peers
from handloom.domain import clock
from handloom.domain.errors import Conflict, Unavailable
from handloom.domain.schedules import HandedJob
from handloom.kernels.apache.server import ApacheServers, HandedApache
from handloom.kernels.environments import Environments
from handloom.kernels.handed_sessions import HandedSessions
from handloom.kernels.sessions import SessionRegistry

log = logging.getLogger("handloom")

PROTOCOL = 1
"""What a server hands over, and how it speaks with children that another release has started. A release that changes
either has another number, and then only a stop and a start lead to it."""
CHECK_SECONDS = 60
_LOOK_SECONDS = 0.05


class HandedParts(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on while the program is replaced."""

    sessions: HandedSessions
    apache: list[HandedApache]
    jobs: list[HandedJob]
    identity: HandedIdentity | None = None


class JobsWorker(Protocol):
    """The worker that runs whole notebooks."""

    @property
    def settled(self) -> bool: ...
    async def hand_over(self) -> list[HandedJob]: ...
    def take_over(self, handed: Sequence[HandedJob]) -> None: ...


class Restart:
    """Prepares the restart and hands over the parts. Call every method on the server's event loop."""

    def __init__(
        self, sessions: SessionRegistry, apache: ApacheServers, environments: Environments, peers: Peers
    ) -> None:
        self._sessions = sessions
        self._peers = peers
        self._apache = apache
        self._environments = environments
        self._preparing = asyncio.Lock()
        self.jobs: JobsWorker | None = None
        """Is set once, before the server starts."""
        self.started_at = clock.now()
        self.begin: Callable[[], None] = lambda: None
        """Ends the HTTP server of a prepared restart. Is set once, by the HTTP server."""
        self.prepared = False
        """Whether the process restarts as soon as its HTTP server has ended."""
        self.handed: HandedParts | None = None

    async def prepare(self, seconds: float) -> None:
        """Check that the installed program starts, and wait until nothing is being started or built, at most `seconds`.

        Sessions that run go on, and none starts from now on. Raises Unavailable where processes cannot be replaced, and
        Conflict if the program does not start or the time is over; nothing has changed then.
        """
        if os.name != "posix":
            raise Unavailable("A server restarts in place on Linux and macOS only. Stop it and start it here.")
        async with self._preparing:
            if self.prepared:
                return
            if self._sessions.draining or self._sessions.until is not None:
                raise Conflict("The server is about to stop. Cancel that first: handloom drain --cancel")
            await asyncio.to_thread(check_program)
            self._sessions.restarting = True
            try:
                await self._await_good_moment(seconds)
                self.prepared = True
            finally:
                self._sessions.restarting = self.prepared  # also where the request was given up
            log.info("Restarting in place: %d sessions go on.", len(self._sessions.running()))

    async def _await_good_moment(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while unfinished := self._unfinished():
            if time.monotonic() > end:
                raise Conflict(f"{unfinished} Nothing was changed. Try again later.")
            await asyncio.sleep(_LOOK_SECONDS)

    def _unfinished(self) -> str:
        """What cannot be handed over now, as a sentence; empty if everything can."""
        if not self._sessions.settled:
            return "A session is still being started or stopped."
        if self._apache.starting:
            return "Apache Spark is still being started."
        if self._environments.logs:
            return "An environment is still being built."
        settled = self.jobs is None or self.jobs.settled
        return "" if settled else "A notebook that runs as a whole is still being started."

    async def hand_over(self) -> None:
        """Let go of what goes on, when no request is being answered any more. Without `prepare`, do nothing."""
        if not self.prepared:
            return
        jobs = await self.jobs.hand_over() if self.jobs is not None else []
        sessions = self._sessions.hand_over()
        self.handed = HandedParts(
            sessions=sessions, apache=self._apache.hand_over(), jobs=jobs, identity=self._peers.hand_over()
        )

    def take_over(self, handed: HandedParts) -> None:
        """Continue with what the program before has handed over."""
        self._sessions.take_over(handed.sessions)
        self._apache.take_over(handed.apache)
        self._peers.take_over(handed.identity)
        if self.jobs is not None:
            self.jobs.take_over(handed.jobs)
        log.info("Restarted in place with %d sessions of before.", len(handed.sessions.sessions))


def check_program() -> None:
    """Raise Conflict if the installed program does not start, or cannot continue with what this one hands over."""
    code = "from handloom.commands import up; from handloom.api.restart import PROTOCOL; print(PROTOCOL)"
    try:
        ran = subprocess.run(
            [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=CHECK_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Conflict("The installed Handloom does not start within a minute. Nothing was changed.") from error
    if ran.returncode != 0:
        why = next((line for line in reversed(ran.stderr.splitlines()) if line.strip()), "it says nothing")
        raise Conflict(f"The installed Handloom does not start: {why}. Nothing was changed.")
    if ran.stdout.strip() != str(PROTOCOL):
        raise Conflict(
            "The installed Handloom cannot continue with the sessions of this one. Nothing was changed. Drain the "
            "server (handloom drain) and start it again."
        )
