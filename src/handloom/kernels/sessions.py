"""Sessions: kernels bound to a workspace, a user and mostly a notebook; started, watched and ended here.

Knows nothing of the database: who may do what, and which token a kernel gets, is the caller's to decide.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from handloom.domain import clock
from handloom.domain.changes import Change
from handloom.domain.errors import Conflict, NotFound, Unavailable
from handloom.domain.members import User
from handloom.domain.sessions import Session
from handloom.kernels.jupyter import Event, Jupyter
from handloom.kernels.live import Launch, Live
from handloom.kernels.metering import Meter
from handloom.kernels.warm import Warm

READY_SECONDS = 120
WARN_MINUTES = 2
"""A page hears of a session's coming end this long before."""
METER_SECONDS = 5.0
INTERRUPT_SECONDS = 1.0
"""How long a busy cell gets to end its runs properly before its kernel is stopped."""


class Sessions:
    """All live sessions of this server. Every method must be called on the server's event loop."""

    def __init__(self, *, data: Path, url: str, warm: int = 1, minute_ms: int = 60_000) -> None:
        """`data` is the data folder, `url` how a kernel on this machine reaches the server, e.g. http://127.0.0.1:8484;
        `warm` is how many kernels wait; `minute_ms` is how long the minutes of idle times are."""
        self._folder = data / "workspaces"
        self._url = _reachable(url)
        self._live: dict[str, Live] = {}
        self._listeners: list[Callable[[Change], None]] = []
        self._meter = Meter()
        self._minute_ms = minute_ms
        self._watcher: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.jupyter = Jupyter(self._folder, data / "logs" / "jupyter.log", self._hear, self._lost)
        self._warm = Warm(self.jupyter, warm)

    def listen(self, callback: Callable[[Change], None]) -> None:
        """Call `callback` with a Change (noun "sessions", parent the notebook) whenever a session changes."""
        self._listeners.append(callback)

    def warm(self) -> None:
        """Somebody is about to need a session: start Jupyter and keep a kernel waiting. Returns at once."""
        self._warm.refill()

    async def start(self, launch: Launch) -> Session:
        """Start a session and return once its kernel answers, or return the one that this user and notebook have.

        A dead one is restarted. Raises Unavailable where no kernel starts.
        """
        async with self._starting:
            existing = self.find(launch.user, launch.workspace, launch.notebook)
            if existing is None:
                live = Live(id=uuid.uuid4().hex, launch=launch, name=launch.name, timeout=launch.timeout)
                self._live[live.id] = live
                await live.lock.acquire()
        if existing is not None:
            launch.ended()  # its token opens nothing
            return await self.restart(existing.id) if existing.state == "dead" else await self._settled(existing.id)
        try:
            await self._launch(live)
        except BaseException:
            self._forget(live)
            raise
        finally:
            live.lock.release()
        self._watch()
        self._changed(live)
        return live.view()

    async def stop(self, session_id: str) -> None:
        """End a session. A cell that runs is interrupted first, so that it can end its MLflow runs. Raises NotFound."""
        live = self._get(session_id)
        if live.ending:
            return
        live.ending = True
        async with live.lock:
            if live.state == "busy":
                await self._interrupt(live)
                await self._until(lambda: live.state != "busy", INTERRUPT_SECONDS)
            try:
                if live.kernel and self.jupyter.running:
                    with contextlib.suppress(Unavailable):  # it has gone already
                        await self.jupyter.ask("DELETE", f"/api/kernels/{live.kernel}")
            finally:
                self._forget(live)

    async def stop_workspace(self, workspace: str) -> None:
        """End every session of a workspace."""
        mine = [live.id for live in self._live.values() if live.launch.workspace == workspace]
        await asyncio.gather(*(self.stop(session) for session in mine))

    async def stop_notebook(self, notebook: str) -> None:
        """End every session of a notebook, e.g. because it is deleted."""
        mine = [live.id for live in self._live.values() if live.launch.notebook == notebook]
        await asyncio.gather(*(self.stop(session) for session in mine))

    async def restart(self, session_id: str) -> Session:
        """Give the session a fresh kernel process under the same kernel id; a dead one lives again."""
        live = self._get(session_id)
        async with live.lock:
            began = time.monotonic()
            live.state, live.pid, live.engine_running = "starting", None, False
            live.last_activity = clock.now()
            self._changed(live)
            self._write_file(live)
            await self.jupyter.ask("POST", f"/api/kernels/{live.kernel}/restart")
            await self._ready(live, began)
        return live.view()

    async def interrupt(self, session_id: str) -> None:
        """As Ctrl+C in the running cell. Raises NotFound, or Conflict where the kernel is dead."""
        live = self._get(session_id)
        if live.state == "dead":
            raise Conflict("The kernel of this session is dead. Restart it.")
        await self._interrupt(live)

    async def keep_alive(self, session_id: str) -> Session:
        """Begin the idle time anew."""
        live = self._get(session_id)
        live.last_activity = clock.now()
        live.warned = False
        self._changed(live)
        return live.view()

    def list(self, user: User | None = None) -> list[Session]:
        """The sessions of `user`, or all; oldest first."""
        return [live.view() for live in self._live.values() if user is None or live.launch.user.id == user.id]

    def get(self, session_id: str) -> Session:
        return self._get(session_id).view()

    def owner(self, session_id: str) -> User:
        return self._get(session_id).launch.user

    def find(self, user: User, workspace: str, notebook: str | None) -> Session | None:
        """The session of this user on this notebook."""
        for live in self._live.values():
            launch = live.launch
            mine = (launch.user.id, launch.workspace, launch.notebook) == (user.id, workspace, notebook)
            if notebook is not None and mine and not live.ending:
                return live.view()
        return None

    def by_kernel(self, kernel: str) -> Session | None:
        live = self._of_kernel(kernel)
        return live.view() if live else None

    def update(self, notebook: str, *, timeout: int) -> None:
        """A notebook's settings changed: its sessions follow."""
        for live in self._live.values():
            if live.launch.notebook == notebook:
                live.timeout = timeout
                self._changed(live)

    async def renamed(self, notebook_id: str, old_path: str, new_path: str) -> None:
        """The notebook's file moved (paths as the contents API has them): sessions and new runs carry the new name."""
        for live in [live for live in self._live.values() if live.launch.notebook == notebook_id]:
            live.name = Path(new_path).stem
            self._write_file(live)
            self._changed(live)
        if not self.jupyter.running:
            return
        with contextlib.suppress(Unavailable):  # only Jupyter's own list would show the old name
            for bound in await self.jupyter.ask("GET", "/api/sessions"):
                if bound["path"] == old_path:
                    body = {"path": new_path, "name": Path(new_path).name}
                    await self.jupyter.ask("PATCH", f"/api/sessions/{bound['id']}", body)

    async def close(self) -> None:
        """End everything now: the server is going."""
        if self._watcher:
            self._watcher.cancel()
        self._warm.close()
        await self.jupyter.stop()
        for live in list(self._live.values()):
            self._forget(live)

    async def _launch(self, live: Live) -> None:
        began = time.monotonic()
        await self.jupyter.start()
        waiting = await self._warm.take()
        if waiting:
            live.kernel, live.pid = waiting
            self._write_file(live)  # the kernel reads it before its first cell
            live.state = "idle"
            live.ready_in = max(1, round((time.monotonic() - began) * 1000))
        else:
            live.kernel = str(uuid.uuid4())
            self._write_file(live)
            await self.jupyter.start_kernel(live.kernel)
            await self._ready(live, began)
        live.last_activity = clock.now()
        self._warm.refill(after_seconds=3)  # the first cell goes first

    async def _settled(self, session_id: str) -> Session:
        """A session that another request is starting, once it is there."""
        live = self._get(session_id)
        async with live.lock:
            return self._get(session_id).view()

    async def _ready(self, live: Live, began: float) -> None:
        if not await self._until(lambda: live.pid is not None or live.state == "dead", READY_SECONDS):
            raise Unavailable("The kernel did not start in two minutes. The machine may be short of memory.")
        if live.state == "dead":
            raise Unavailable("The kernel ended while it started. The log of the notebook server says why.")
        if live.state == "starting":
            live.state = "idle"
        live.ready_in = max(1, round((time.monotonic() - began) * 1000))
        live.last_activity = clock.now()
        self._changed(live)

    async def _until(self, true: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.01)
        return True

    async def _interrupt(self, live: Live) -> None:
        await self.jupyter.ask("POST", f"/api/kernels/{live.kernel}/interrupt")

    def _write_file(self, live: Live) -> None:
        """The session file, 0600, whole or not at all."""
        workspace = live.launch.workspace
        folder = self._folder / workspace
        folder.mkdir(parents=True, exist_ok=True)
        path = self.jupyter.run / f"{live.kernel}.json"
        draft = path.with_suffix(".draft")
        content = json.dumps(live.file(f"{self._url}/mlflow/{workspace}", folder.absolute()))
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        draft.replace(path)

    def _hear(self, event: Event) -> None:
        """An event of a kernel, from the child."""
        self._warm.hear(event)
        live = self._of_kernel(event.kernel)
        if live is None:
            return
        if event.ready:
            live.pid = event.pid
        if event.state in ("idle", "busy", "dead") and not (event.state == "idle" and live.pid is None):
            live.last_activity = clock.now()
            live.warned = False
            if live.state != event.state:
                live.state = event.state  # type: ignore[assignment]  # narrowed by the tuple above
                self._changed(live)

    def _lost(self) -> None:
        """The child ended: so did all kernels."""
        self._warm.lost()
        for live in list(self._live.values()):
            self._forget(live)

    def _forget(self, live: Live) -> None:
        if self._live.pop(live.id, None) is None:
            return
        live.state = "dead"
        if live.kernel and self.jupyter.running:
            (self.jupyter.run / f"{live.kernel}.json").unlink(missing_ok=True)
        live.launch.ended()
        self._changed(live)

    def _watch(self) -> None:
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch_idle(), name="session-watch")

    async def _watch_idle(self) -> None:
        """While there are sessions: end the idle ones, warn before, and read what each costs."""
        metered = 0.0
        while self._live:
            await asyncio.sleep(self._minute_ms / 60_000)
            for live in list(self._live.values()):
                self._look(live)
            if time.monotonic() - metered >= METER_SECONDS:
                metered = time.monotonic()
                await self._read_costs()

    def _look(self, live: Live) -> None:
        if live.timeout <= 0 or live.state not in ("idle", "dead") or live.ending:
            return
        left = live.last_activity + live.timeout * self._minute_ms - clock.now()
        if left <= 0:
            self._tasks.add(task := asyncio.create_task(self.stop(live.id)))
            task.add_done_callback(self._tasks.discard)
        elif left <= WARN_MINUTES * self._minute_ms and not live.warned:
            live.warned = True
            self._changed(live)

    async def _read_costs(self) -> None:
        pids = {live.pid: live for live in self._live.values() if live.pid is not None}
        for pid, cost in (await asyncio.to_thread(self._meter.read, list(pids))).items():
            live = pids[pid]
            before = (live.engine_running, live.memory_bytes >> 23, round(live.cpu_percent / 5))
            live.memory_bytes, live.cpu_percent = cost.memory_bytes, cost.cpu_percent
            live.engine_running = cost.engine_running
            if before != (live.engine_running, live.memory_bytes >> 23, round(live.cpu_percent / 5)):
                self._changed(live)

    def _changed(self, live: Live) -> None:
        change = Change(noun="sessions", workspace=live.launch.workspace, id=live.id, parent=live.launch.notebook)
        for listener in self._listeners:
            listener(change)

    def _get(self, session_id: str) -> Live:
        live = self._live.get(session_id)
        if live is None:
            raise NotFound("This session has ended. Start a new one.")
        return live

    def _of_kernel(self, kernel: str) -> Live | None:
        return next((live for live in self._live.values() if live.kernel == kernel), None)


def _reachable(url: str) -> str:
    """The address that a kernel on this machine uses where the server listens on all of them."""
    return url.rstrip("/").replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
