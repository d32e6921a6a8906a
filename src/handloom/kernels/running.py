"""A running session: what it was started with, and its state while its kernel runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from handloom.domain import clock
from handloom.domain.capacities import BUILT_IN, Capacity
from handloom.domain.engines import QUICK
from handloom.domain.members import User
from handloom.domain.mounts import Mount
from handloom.domain.sessions import Ended, Session, State
from handloom.kernels.installed import Installed


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSpec:
    """What to start a session with."""

    user: User
    workspace: str
    workspace_name: str
    notebook: str | None = None
    name: str
    timeout: int
    autolog: bool = False
    installs: bool = False
    """Whether its cells install packages: then it cannot use a kernel of the pool, which has imported packages
    already.
    """
    environment: Path | None = None
    """The layer of its environment. With one, it cannot use a kernel of the pool either, which has none."""
    environment_packages: tuple[str, ...] = ()
    environment_id: str = ""
    environment_name: str = ""
    mounts: tuple[Mount, ...] = ()
    engine: dict[str, Any] = field(default_factory=lambda: {"kind": QUICK, "id": QUICK})
    """Session file entry of the chosen Spark engine, from `domain.engines.session_entry`."""
    capacity: Capacity = BUILT_IN
    token: str
    """The secret that the session's kernel has."""
    token_id: str = ""
    job: str | None = None
    """The run of the whole notebook that the session is for: no page uses it, and no output goes to the notebook's
    file.
    """


LOST_MS = 60_000
"""A session ends when nothing has connected to its kernel, or no client has asked for its place, for this long."""


@dataclass(slots=True, kw_only=True, eq=False)
class RunningSession:
    """The state of a session. Only `Sessions` changes it."""

    id: str
    spec: SessionSpec
    name: str
    kernel: str = ""
    pid: int | None = None
    state: State = "starting"
    started_at: int = field(default_factory=clock.now)
    queued_at: int = 0
    problem: str = ""
    """Why it could not start after it had waited."""
    ready_in: int = 0
    last_activity: int = field(default_factory=clock.now)
    busy_since: int | None = None
    timeout: int = 0
    memory_bytes: int = 0
    cpu_percent: float = 0.0
    engine: dict[str, Any] = field(default_factory=dict)
    """The engine that the next start of Spark uses: the spec's, until another is chosen."""
    engine_running: bool = False
    installed: Installed = field(default_factory=Installed)
    boxed: bool = False
    ended: Ended | None = None
    """Why the kernel of a dead session was ended."""
    warned: bool = False
    reached: bool = False
    """Whether a page or program has ever connected to its kernel."""
    ending: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def facts(self) -> dict[str, Any]:
        """Everything but the lock, from which `RunningSession` can be made again."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "lock"}

    def idle_time_left(self, minute_ms: int) -> int | None:
        """Return the milliseconds until it ends if nothing happens; None while it does not end by itself."""
        if self.timeout <= 0 or self.state not in ("idle", "dead"):
            return None
        return self.last_activity + self.timeout * minute_ms - clock.now()

    def is_lost(self) -> bool:
        """Whether whoever asked for it has gone: none has connected to its kernel, or asks for its place any more. A
        notebook that has waited for its place keeps it for its idle time: its page may be closed meanwhile."""
        waits = self.state == "queued" and self.spec.notebook is None
        unused = self.state == "idle" and not (self.reached or self.queued_at or self.spec.job)
        return (waits or unused) and clock.now() - self.last_activity > LOST_MS

    @property
    def engine_file(self) -> dict[str, Any]:
        return self.engine or self.spec.engine

    @property
    def rounded_use(self) -> tuple[object, ...]:
        """What it uses, rounded for pages, so that small fluctuations cause no events."""
        return self.engine_running, self.memory_bytes >> 23, round(self.cpu_percent / 5), self.installed

    def view(self) -> Session:
        return Session(
            id=self.id,
            workspace=self.spec.workspace,
            notebook=self.spec.notebook,
            name=self.name,
            user=self.spec.user.name,
            kernel=self.kernel,
            state=self.state,
            started_at=self.started_at,
            ready_in=self.ready_in,
            last_activity=self.last_activity,
            busy_since=self.busy_since,
            timeout=self.timeout,
            memory_bytes=self.memory_bytes,
            cpu_percent=self.cpu_percent,
            engine=self.engine_file["id"],
            engine_running=self.engine_running,
            packages=[f"{name} {version}" for name, version in sorted(self.installed.packages.items())],
            packages_bytes=self.installed.bytes,
            requested=list(self.installed.requested),
            environment=list(self.spec.environment_packages),
            environment_id=self.spec.environment_id,
            environment_name=self.spec.environment_name,
            boxed=self.boxed,
            capacity=self.spec.capacity.id,
            capacity_name=self.spec.capacity.name,
            limits=self.spec.capacity.limits(),
            ended=self.ended if self.state == "dead" else None,
            job=self.spec.job,
            problem=self.problem if self.state == "dead" else "",
        )

    def file(self, tracking_uri: str, folder: Path) -> dict[str, Any]:
        """Build the content of the session file, which `handloom.session` reads inside the kernel."""
        spec = self.spec
        notebook = {"id": spec.notebook, "name": self.name} if spec.notebook else None
        return {
            "session": self.id,
            "workspace": {"id": spec.workspace, "name": spec.workspace_name},
            "notebook": notebook,
            "job": spec.job,
            "name": self.name,
            "user": spec.user.name,
            "by": spec.user.display_name or spec.user.name,
            "tracking_uri": tracking_uri,
            "token": spec.token,
            "mounts": [{"prefix": m.prefix, "target": m.target} for m in spec.mounts],
            "autolog": spec.autolog,
            "cwd": str(folder),
            "engine": self.engine_file,
        }


def reachable(url: str) -> str:
    """Replace a wildcard listening address by the loopback address that a kernel can connect to."""
    return url.rstrip("/").replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
