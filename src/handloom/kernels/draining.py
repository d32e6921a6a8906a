"""Draining: no session starts on this server any more, running cells may end, and then they are interrupted."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from handloom.domain import clock
from handloom.domain.changes import Change
from handloom.domain.errors import HandloomError
from handloom.domain.sessions import Draining
from handloom.kernels.running import RunningSession
from handloom.kernels.sessions import SessionRegistry

log = logging.getLogger("handloom.kernels")

LOOK_SECONDS = 0.2
QUIET_LOOKS = 5
"""Looks in a row without a running cell until all have ended: a page sends the next cell after the end of one."""


class Drain:
    """Takes one server out of service. Call every method on the server's event loop."""

    def __init__(self, sessions: SessionRegistry, *, grace: float, interrupting: float) -> None:
        """`grace`: seconds that cells get when the process is told to end; `interrupting`: seconds that they get after
        they were interrupted, to end their MLflow runs."""
        self._sessions = sessions
        self._grace = grace
        self._interrupting = interrupting

    @property
    def state(self) -> Draining | None:
        """Until when cells may run, and how many still do; None while the server is in service."""
        until = self._sessions.until
        return None if until is None else Draining(until=until, running=len(self._unfinished()))

    def begin(self, seconds: float) -> None:
        """Start no session from now on; cells may run for `seconds`. Calling it again changes the time."""
        self._sessions.until = clock.now() + round(seconds * 1000)
        log.info("Draining: no session starts any more, and %d cells may end.", len(self._unfinished()))
        self._tell()

    def cancel(self) -> None:
        """Put the server into service again."""
        if not self._sessions.draining:
            self._sessions.until = None
            log.info("Draining was cancelled.")
            self._tell()

    async def wait(self) -> bool:
        """Wait until no cell runs or the time is over. Returns whether the server is still to stop."""
        quiet = 0
        while (until := self._sessions.until) is not None and clock.now() < until and quiet < QUIET_LOOKS:
            quiet = 0 if self._unfinished() else quiet + 1
            await asyncio.sleep(LOOK_SECONDS)
        return self._sessions.until is not None

    async def finish(self) -> None:
        """Let cells end, as far as there is time, then interrupt those that run. The process ends after it."""
        if self._sessions.until is None:
            self.begin(self._grace)
        if self._unfinished():
            await self.wait()
        await self.interrupt()

    async def interrupt(self) -> int:
        """Interrupt every busy cell, so that it can end its MLflow runs. Returns how many are busy nevertheless."""
        self._sessions.draining = True
        busy = [running for running in self._sessions.running() if running.state == "busy"]
        if not busy:
            return 0
        seconds = self._interrupting
        log.info("Interrupting %d running cells, and waiting for them up to %g s.", len(busy), seconds)
        await asyncio.gather(*(self._interrupt(running) for running in busy))
        end = time.monotonic() + seconds
        while any(running.state == "busy" for running in busy) and time.monotonic() < end:
            await asyncio.sleep(0.01)
        left = sum(running.state == "busy" for running in busy)
        if left:
            log.warning("%d cells did not end in time and are killed.", left)
        return left

    async def _interrupt(self, running: RunningSession) -> None:
        with suppress(HandloomError):  # it has ended, or its kernel does not answer
            await self._sessions.interrupt(running.id)

    def _unfinished(self) -> list[RunningSession]:
        """The sessions that run a cell, or a whole notebook, which may be between two of its cells."""
        found = self._sessions.running()
        return [one for one in found if one.state in ("busy", "starting") or (one.spec.job and one.state == "idle")]

    def _tell(self) -> None:
        self._sessions.publish(Change(noun="server", workspace=""))
