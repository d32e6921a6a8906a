"""Start, monitor and stop sessions: kernels that belong to a workspace, a user and usually a notebook.

Does not know the database: the caller decides who may do what and which token a kernel gets.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from handloom.domain import clock
from handloom.domain.capacities import BUILT_IN, Capacity
from handloom.domain.changes import Change
from handloom.domain.errors import Conflict, NotFound, Unavailable
from handloom.domain.members import User
from handloom.domain.sessions import Isolation, Session
from handloom.kernels import installed, places
from handloom.kernels.box import Box
from handloom.kernels.handed_sessions import HandedSessions, sessions_of
from handloom.kernels.jupyter import ChildEvent, Jupyter
from handloom.kernels.launches import launch_of
from handloom.kernels.metering import Meter
from handloom.kernels.places import Launch
from handloom.kernels.pool import KernelPool
from handloom.kernels.running import RunningSession, SessionSpec, reachable
from handloom.kernels.waiting import Queues
from handloom.supervision import attempt_task, supervised_task

log = logging.getLogger("handloom.kernels")

READY_SECONDS = 120
WARN_MINUTES = 2
"""How long before the end of an idle session its page is warned."""
METER_SECONDS = 5.0
INTERRUPT_SECONDS = 1.0
"""How long a busy cell may take to end its MLflow runs before its kernel is stopped."""

MOST_WAITING = 100
"""How many sessions of one person may wait for places."""


class SessionRegistry:
    """All sessions of this server. Call every method on the server's event loop."""

    def __init__(
        self,
        *,
        data: Path,
        url: str,
        warm: int = 1,
        forked: bool = False,
        packages_mb: int = 0,
        minute_ms: int = 60_000,
        box: Box | None = None,
        isolation: Isolation | None = None,
        on_end: Callable[[SessionSpec], object] = lambda spec: None,
    ) -> None:
        """`data` is the data folder, `url` the server's address as a kernel on this machine reaches it, `warm` the size
        of the pool of started kernels, `forked` whether kernels are forked from a template process, `packages_mb` the
        most that %pip may add to a session (0: no limit), `minute_ms` the length of a minute of idle time (tests
        shorten it), `box` where kernels run; `isolation` says whether sessions may start without one; `on_end` gets
        each spec that was given to `start` once its token is needed no more."""
        self._data = data
        self._folder = data / "workspaces"
        self._boxed = box is not None
        self.isolation = isolation or Isolation(boxed=self._boxed)
        self._refused = self.isolation.required and not self._boxed
        self._url = reachable(url)
        self._on_end = on_end
        self._sessions: dict[str, RunningSession] = {}
        self.queues = Queues(self._sessions)
        self._listeners: list[Callable[[Change], None]] = []
        self._meter = Meter()
        self._minute_ms = minute_ms
        self._watcher: asyncio.Task[None] | None = None
        self._metered_at = 0.0
        self._starting = asyncio.Lock()
        self.draining = False
        """Whether the server is stopping, so that cells are interrupted."""
        self.until: int | None = None
        """Until when cells may run (ms) on a server that is to stop, see `draining`. No session starts there."""
        self.restarting = False
        """Whether the server is about to restart in place: running sessions go on, and no other starts."""
        self._tasks: set[asyncio.Task[bool]] = set()
        log = data / "logs" / "jupyter.log"
        most, on_event, on_exit = packages_mb * 1_000_000, self._on_event, self._on_exit
        self.jupyter = Jupyter(self._folder, log, on_event, on_exit, layer_bytes=most, box=box, template=forked)
        self._pool = KernelPool(self.jupyter, warm)

    def listen(self, callback: Callable[[Change], None]) -> None:
        """Call `callback` with a Change (noun "sessions", parent the notebook) whenever a session changes, and with one
        of the tables of its workspace when its cells have run."""
        self._listeners.append(callback)

    def warm(self, workspace: str = "", capacity: Capacity = BUILT_IN) -> None:
        """Start Jupyter in the background, because a session may be needed soon, and fill the kernel pool where its
        workspace is known. Waiting kernels take no place of the capacity."""
        if not self._refused:
            self._pool.refill(self._launch_of(workspace, capacity)) if workspace else self._pool.prepare()

    def _launch_of(self, workspace: str, capacity: Capacity, environment: Path | None = None) -> Launch:
        return launch_of(self._data, workspace, capacity, environment, boxed=self._boxed)

    async def start(self, spec: SessionSpec) -> Session:
        """Start a session and return once its kernel answers, or return the one that this user and notebook have.

        Where its capacity has no place, it is returned at once in the state "queued", and starts by itself later. A
        dead session is restarted; where Jupyter refuses that, a new one takes its place. Raises Unavailable if no
        kernel starts.
        """
        if self.restarting:
            raise Unavailable("This server restarts. Try again in a few seconds.")
        if self.draining or self.until is not None:
            raise Unavailable("This server is about to stop and starts no sessions. Try again in a few minutes.")
        if self._refused:
            raise Unavailable(
                f"Sessions cannot start: this server requires boxes for them, but {self.isolation.reason}."
            )
        async with self._starting:
            existing = None if spec.job else self.find(spec.user, spec.workspace, spec.notebook)
            if existing is None:
                running = RunningSession(
                    id=uuid.uuid4().hex,
                    spec=spec,
                    name=spec.name,
                    timeout=spec.capacity.idle_timeout(spec.timeout),
                    boxed=self._boxed,
                )
                queued = not self.queues.fits(running)
                if queued:
                    self._queue(running)
                self._sessions[running.id] = running
                if not queued:
                    await running.lock.acquire()
        if existing is not None:
            return await self._reuse(existing, spec)
        if queued:
            self._watch()
            self._changed(running)
            return self._view(running)
        try:
            await self._launch(running)
        except BaseException:
            self._forget(running)
            raise
        finally:
            running.lock.release()
        self._watch()
        self._changed(running)
        return self._view(running)

    def _queue(self, running: RunningSession) -> None:
        """Let a session wait for a place. It starts by itself, see `admit`. Raises Unavailable for too many."""
        mine = [one for one in self._sessions.values() if one.spec.user.id == running.spec.user.id]
        if sum(one.state == "queued" for one in mine) >= MOST_WAITING:
            raise Unavailable(f"{MOST_WAITING} of your sessions wait for a place. Stop some of them first.")
        running.state, running.queued_at = "queued", clock.now()
        running.last_activity = running.queued_at

    def admit(self) -> None:
        """Start the waiting sessions that places are free for."""
        if self.draining or self.until is not None or self.restarting:
            return
        queued = [one.spec.capacity.id for one in self._sessions.values() if one.state == "queued"]
        for capacity in set(queued):
            for running in self.queues.order(capacity):
                if self.queues.fits(running):
                    running.state = "starting"
                    begin = partial(self._begin, running)
                    self._tasks.add(task := asyncio.create_task(attempt_task("queued-session", begin)))
                    task.add_done_callback(self._tasks.discard)
                self._changed(running)  # its place, or that it has one

    async def admitted(self, session_id: str) -> Session:
        """Wait until a session has a place of its capacity and a kernel. Raises Unavailable if it ends before that."""
        running = self._get(session_id)
        while running.state in ("queued", "starting") and running.id in self._sessions:
            await asyncio.sleep(0.1)
        if running.state == "dead":
            raise Unavailable(running.problem or "The session ended while it waited for a place of its capacity.")
        return self._view(running)

    async def _begin(self, running: RunningSession) -> None:
        """Start a session that has waited. Where that fails, it is left dead with the reason."""
        async with running.lock:
            if running.id not in self._sessions or running.ending:
                return
            try:
                if running.kernel:
                    await self._restart(running)
                else:
                    await self._launch(running)
            except Unavailable as error:
                running.problem = error.message
            finally:
                if running.state == "starting":
                    running.state = "dead"
                self._changed(running)
                self.admit()

    def change_capacity(self, capacity: Capacity, *, notebook: str | None = None) -> None:
        """Let waiting sessions of this capacity, or of a notebook that has chosen it, wait under its changed limits."""
        for running in self._sessions.values():
            spec = running.spec
            concerned = spec.capacity.id == capacity.id if notebook is None else spec.notebook == notebook
            if running.state == "queued" and concerned:
                running.spec = replace(spec, capacity=capacity)
                running.timeout = capacity.idle_timeout(spec.timeout)
        self.admit()

    async def _reuse(self, existing: Session, spec: SessionSpec) -> Session:
        """Give back the session that exists, restarted if it is dead. `spec` and its token are needed only if the
        restart fails."""
        if existing.state == "dead":
            if existing.problem or existing.capacity != spec.capacity.id or existing.limits != spec.capacity.limits():
                await self.stop(existing.id)  # it has no kernel, or one with other limits
                return await self.start(spec)
            try:
                restarted = await self.restart(existing.id)
            except Unavailable:
                await self.stop(existing.id)
                return await self.start(spec)
            self._on_end(spec)
            return restarted
        self._on_end(spec)
        return await self._settled(existing.id)

    async def stop(self, session_id: str) -> None:
        """End a session, after interrupting a running cell so that it can end its MLflow runs. Raises NotFound."""
        running = self._get(session_id)
        if running.ending:
            return
        running.ending = True
        async with running.lock:
            if running.state == "busy":
                await self._interrupt(running)
                await self._until(lambda: running.state != "busy", INTERRUPT_SECONDS)
            try:
                if running.kernel and self.jupyter.running:
                    with contextlib.suppress(Unavailable):  # the kernel has ended already
                        await self.jupyter.ask("DELETE", f"/api/kernels/{running.kernel}")
            finally:
                self._forget(running)

    async def stop_workspace(self, workspace: str) -> None:
        """End every session of a workspace."""
        mine = [running.id for running in self._sessions.values() if running.spec.workspace == workspace]
        await asyncio.gather(*(self.stop(session) for session in mine))
        if self._boxed:
            await self._pool.stop_workspace(str((self._folder / workspace).absolute()))

    async def stop_notebook(self, notebook: str) -> None:
        """End every session of a notebook, for example because it is deleted."""
        mine = [running.id for running in self._sessions.values() if running.spec.notebook == notebook]
        await asyncio.gather(*(self.stop(session) for session in mine))

    async def restart(self, session_id: str) -> Session:
        """Give the session a new kernel process under the same kernel id, also where the old one is dead. A dead
        session holds no place of its capacity, and waits for one if there is none.

        Where Jupyter refuses or no kernel starts, the session is left dead, so that it can be restarted again. Raises
        NotFound or Unavailable.
        """
        running = self._get(session_id)
        async with running.lock:
            if running.state == "queued":
                return self._view(running)
            if running.state == "dead" and not self.queues.fits(running):
                self._queue(running)
                self._changed(running)
            else:
                await self._restart(running)
        return self._view(running)

    async def _restart(self, running: RunningSession) -> None:
        began = time.monotonic()
        running.state, running.pid, running.engine_running, running.busy_since = "starting", None, False, None
        running.ended = None
        running.last_activity = clock.now()
        self._changed(running)
        self._write_file(running)
        try:
            await self.jupyter.ask("POST", f"/api/kernels/{running.kernel}/restart")
            await self._ready(running, began)
        except BaseException:
            if running.state == "starting":
                running.state = "dead"
                self._changed(running)
            raise

    async def interrupt(self, session_id: str) -> None:
        """Interrupt the running cell, as Ctrl+C does. Raises NotFound, or Conflict if the kernel is dead."""
        running = self._get(session_id)
        if running.state == "dead":
            raise Conflict("The kernel of this session is dead. Restart it.")
        if running.state == "queued":
            raise Conflict("This session waits for a place of its capacity. Stop it to leave the queue.")
        await self._interrupt(running)

    async def keep_alive(self, session_id: str) -> Session:
        """Reset the idle time to zero."""
        running = self._get(session_id)
        running.last_activity = clock.now()
        running.warned = False
        self._changed(running)
        return self._view(running)

    def list(self, user: User | None = None) -> list[Session]:
        """List the sessions of `user`, or of everybody, oldest first."""
        return [
            self._view(running)
            for running in self._sessions.values()
            if user is None or running.spec.user.id == user.id
        ]

    def _view(self, running: RunningSession) -> Session:
        shown = running.view()
        place = self.queues.place_of(running)
        return shown if place is None else msgspec.structs.replace(shown, queue=place)

    def get(self, session_id: str) -> Session:
        return self._view(self._get(session_id))

    def holds(self, session_id: str) -> bool:
        return session_id in self._sessions

    def owner(self, session_id: str) -> User:
        return self._get(session_id).spec.user

    def token(self, session_id: str) -> str:
        """The token that the session's kernel holds."""
        return self._get(session_id).spec.token

    def find(self, user: User, workspace: str, notebook: str | None) -> Session | None:
        """Find the session that this user's pages of this notebook share."""
        for running in self._sessions.values():
            spec = running.spec
            mine = (spec.user.id, spec.workspace, spec.notebook) == (user.id, workspace, notebook)
            if notebook is not None and mine and not running.ending and spec.job is None:
                return self._view(running)
        return None

    def reach(self, kernel: str) -> None:
        """Note that a page or program has connected to a kernel."""
        if (running := self._of_kernel(kernel)) is not None:
            running.reached = True

    def by_kernel(self, kernel: str) -> Session | None:
        running = self._of_kernel(kernel)
        return self._view(running) if running else None

    def update(self, notebook: str, *, timeout: int) -> None:
        """Apply a notebook's changed settings to its sessions."""
        for running in self._sessions.values():
            allowed = running.spec.capacity.idle_timeout(timeout)
            if running.spec.notebook == notebook and running.spec.job is None and running.timeout != allowed:
                running.timeout = allowed
                self._changed(running)

    def choose_engine(self, notebook: str, engine: dict[str, Any]) -> None:
        """Change the engine of a notebook's sessions. A session whose Spark runs uses it after its next restart."""
        for running in self._sessions.values():
            if running.spec.notebook == notebook:
                running.engine = engine
                if running.kernel and self.jupyter.running:
                    self._write_file(running)
                self._changed(running)

    def uses_engine(self, kind: str, workspace: str) -> bool:
        """Whether a running session of a workspace uses an engine of this kind."""
        return (kind, workspace) in {(one.engine_file["kind"], one.spec.workspace) for one in self._sessions.values()}

    async def renamed(self, notebook_id: str, old_path: str, new_path: str) -> None:
        """Give the sessions of a renamed notebook, and the runs they will log, its new name. The paths are those of the
        contents API."""
        for running in [running for running in self._sessions.values() if running.spec.notebook == notebook_id]:
            running.name = Path(new_path).stem
            if running.kernel and self.jupyter.running:
                self._write_file(running)
            self._changed(running)
        if not self.jupyter.running:
            return
        with contextlib.suppress(Unavailable):  # then only Jupyter's own list shows the old name
            for bound in await self.jupyter.ask("GET", "/api/sessions"):
                if bound["path"] == old_path:
                    body = {"path": new_path, "name": Path(new_path).name}
                    await self.jupyter.ask("PATCH", f"/api/sessions/{bound['id']}", body)

    def running(self) -> tuple[RunningSession, ...]:
        return tuple(self._sessions.values())

    @property
    def settled(self) -> bool:
        """Whether no session is being started, restarted or stopped now."""
        moving = (one.lock.locked() or one.state == "starting" or one.ending for one in self._sessions.values())
        return not self.jupyter.starting and not self._starting.locked() and not any(moving)

    def hand_over(self) -> HandedSessions:
        """Let go of everything for the next server, which this process becomes. Nothing is left to close."""
        if self._watcher:
            self._watcher.cancel()
        found = [running.facts() for running in self._sessions.values()]
        self._sessions.clear()
        return HandedSessions(sessions=found, pool=self._pool.hand_over(), jupyter=self.jupyter.hand_over())

    def take_over(self, handed: HandedSessions) -> None:
        """Continue with the sessions of the server before, in a new registry."""
        self._sessions.update((running.id, running) for running in sessions_of(handed))
        self._pool.take_over(handed.pool)
        if handed.jupyter is not None:
            self.jupyter.take_over(handed.jupyter)
            self._pool.end_strangers(lambda kernel: self._of_kernel(kernel) is not None)
        if self._sessions:
            self._watch()

    async def close(self) -> None:
        """End everything at once, because the server shuts down. Sessions that wait are given up, too."""
        self.draining = True
        if self._watcher:
            self._watcher.cancel()
        self._pool.close()
        await self.jupyter.stop()
        for running in list(self._sessions.values()):
            self._forget(running)

    async def _launch(self, running: RunningSession) -> None:
        began = time.monotonic()
        await self.jupyter.start()
        spec = running.spec
        plain = self._launch_of(spec.workspace, spec.capacity)
        fresh = spec.installs or spec.environment is not None
        taken = None if fresh else await self._pool.take(plain)
        if taken:
            running.kernel, running.pid = taken
            self._write_file(running)  # the kernel reads it before its first cell
            running.state = "idle"
            running.ready_in = max(1, round((time.monotonic() - began) * 1000))
        else:
            running.kernel = str(uuid.uuid4())
            self._write_file(running)
            launch = self._launch_of(spec.workspace, spec.capacity, spec.environment)
            await self.jupyter.start_kernel(running.kernel, launch)
            await self._ready(running, began)
        running.last_activity = clock.now()
        self._pool.refill(plain, after_seconds=3)  # after the first cell, which needs the processor

    async def _settled(self, session_id: str) -> Session:
        """Wait for a session that another request is starting."""
        running = self._get(session_id)
        async with running.lock:
            return self._get(session_id).view()

    async def _ready(self, running: RunningSession, began: float) -> None:
        if not await self._until(lambda: running.pid is not None or running.state == "dead", READY_SECONDS):
            raise Unavailable("The kernel did not start in two minutes. The machine may be short of memory.")
        if running.state == "dead":
            raise Unavailable("The kernel ended while it started. The log of the notebook server says why.")
        if running.state == "starting":
            running.state = "idle"
        running.ready_in = max(1, round((time.monotonic() - began) * 1000))
        running.last_activity = clock.now()
        self._changed(running)

    async def _until(self, true: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.01)
        return True

    async def _interrupt(self, running: RunningSession) -> None:
        await self.jupyter.ask("POST", f"/api/kernels/{running.kernel}/interrupt")

    def _write_file(self, running: RunningSession) -> None:
        """Write the session file (mode 0600) atomically."""
        workspace = running.spec.workspace
        folder = self._folder / workspace
        folder.mkdir(parents=True, exist_ok=True)
        content = running.file(f"{self._url}/mlflow/{workspace}", folder.absolute())
        places.write_session(self.jupyter.run, running.kernel, content)

    def _on_event(self, event: ChildEvent) -> None:
        """Apply an event that the child reported about a kernel."""
        self._pool.on_event(event)
        running = self._of_kernel(event.kernel)
        if running is None:
            return
        if event.ready:
            running.pid = event.pid
        if event.ended is not None:
            running.ended = event.ended
        if running.state == "queued":
            return  # what a kernel that has died still reports
        if event.state in ("idle", "busy", "dead") and not (event.state == "idle" and running.pid is None):
            running.last_activity = clock.now()
            running.warned = False
            if running.state != event.state:
                running.state = event.state  # type: ignore[assignment]  # narrowed by the tuple above
                if running.busy_since is not None:
                    # code has run, which may have written tables and files
                    self.publish(Change(noun="tables", workspace=running.spec.workspace))
                running.busy_since = clock.now() if event.state == "busy" else None
                self._changed(running)
                if event.state == "dead":
                    self.admit()

    def _on_exit(self) -> None:
        """Forget the sessions that had kernels, because the child ended and its kernels with it."""
        self._pool.clear()
        for running in [one for one in self._sessions.values() if one.state != "queued" or one.kernel]:
            self._forget(running)

    def _forget(self, running: RunningSession) -> None:
        if self._sessions.pop(running.id, None) is None:
            return
        running.state = "dead"
        if running.kernel and self.jupyter.running:
            places.session_file(self.jupyter.run, running.kernel).unlink(missing_ok=True)
        self._on_end(running.spec)
        self._changed(running)
        self.admit()

    def _watch(self) -> None:
        if self._watcher is None or self._watcher.done():
            watch = supervised_task("session-watch", self._watch_once, asyncio.sleep)
            self._watcher = asyncio.create_task(watch, name="session-watch")

    async def _watch_once(self) -> bool:
        """End idle sessions, warn before that, and measure what each session uses. Returns whether there are any."""
        await asyncio.sleep(self._minute_ms / 60_000)
        for running in list(self._sessions.values()):
            self._look(running)
        self.admit()
        if time.monotonic() - self._metered_at >= METER_SECONDS:
            self._metered_at = time.monotonic()
            await self._read_costs()
        return bool(self._sessions)

    def _look(self, running: RunningSession) -> None:
        left = running.idle_time_left(self._minute_ms)
        if running.ending:
            return
        if running.is_lost() or (left is not None and left <= 0):
            self._stop_soon(running)
        elif left is not None and left <= WARN_MINUTES * self._minute_ms and not running.warned:
            running.warned = True
            self._changed(running)

    def _stop_soon(self, running: RunningSession) -> None:
        self._tasks.add(task := asyncio.create_task(attempt_task("idle-session", partial(self.stop, running.id))))
        task.add_done_callback(self._tasks.discard)

    async def _read_costs(self) -> None:
        pids = {running.pid: running for running in self._sessions.values() if running.pid is not None}
        for pid, cost in (await asyncio.to_thread(self._meter.read, list(pids))).items():
            running = pids[pid]
            before = running.rounded_use
            if self.jupyter.running:
                running.installed = installed.read(
                    self.jupyter.run, running.kernel, self._folder / running.spec.workspace
                )
            running.memory_bytes, running.cpu_percent = cost.memory_bytes, cost.cpu_percent
            running.engine_running = cost.engine_running
            if before != running.rounded_use:
                self._changed(running)

    def _changed(self, running: RunningSession) -> None:
        change = Change(noun="sessions", workspace=running.spec.workspace, id=running.id, parent=running.spec.notebook)
        self.publish(change)

    def publish(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)

    def _get(self, session_id: str) -> RunningSession:
        running = self._sessions.get(session_id)
        if running is None:
            raise NotFound("This session has ended. Start a new one.")
        return running

    def _of_kernel(self, kernel: str) -> RunningSession | None:
        return next((running for running in self._sessions.values() if running.kernel == kernel), None)
