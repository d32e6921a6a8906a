"""Apache Spark Connect servers, one per workspace: started at their first use, stopped when idle.

A server's sessions share its catalog, global views and functions, so that no two workspaces may share a server. Each
listens on loopback only and requires a token, which only the sessions of its workspace get.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
import psutil

from handloom.domain.engines import ApacheState
from handloom.domain.errors import Unavailable
from handloom.kernels.apache import child
from handloom.kernels.apache.packages import VERSION, Packages, find
from handloom.kernels.box import Box, View
from handloom.kernels.child_process import ChildProcess, HandedProcess
from handloom.supervision import attempt_task

START_SECONDS = 600
RETRY_SECONDS = 5
"""How long a failure is reported before the next request tries to start it again."""
IDLE_SECONDS = 20 * 60
LOG_BYTES = 10_000_000
_ORDER = ("stopped", "failed", "starting", "installing", "running")
_OPENED = (
    *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util"),
    *("java.util.concurrent", "java.util.concurrent.atomic", "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs"),
    *("sun.security.action", "sun.util.calendar"),
)


class HandedApache(msgspec.Struct, frozen=True, kw_only=True):
    """The running server of a workspace as one server of ours hands it to the next. `url` has its token."""

    workspace: str
    process: HandedProcess
    url: str


class ApacheServers:
    """The servers of all workspaces. Call every method on the event loop. `in_use` returns whether a running session of
    a workspace uses its server.
    """

    def __init__(self, data: Path, home: str, in_use: Callable[[str], bool], *, box: Box | None = None) -> None:
        """With a `box`, a JVM and the functions that it runs see the files of their workspace only."""
        self._data = data
        self._home = home
        self._in_use = in_use
        self._box = box
        self._installing = asyncio.Lock()
        self._servers: dict[str, ApacheServer] = {}

    @property
    def state(self) -> ApacheState:
        """The state of the server that is the furthest, for people who ask whether Apache Spark works here."""
        states = [server.state for server in self._servers.values()]
        return max(states, key=lambda state: _ORDER.index(state.status), default=ApacheState(status="stopped"))

    def ensure(self, workspace: str) -> ApacheState:
        """Begin to start a workspace's server unless it runs, and return its state at once."""
        return self._server(workspace).ensure()

    def _server(self, workspace: str) -> ApacheServer:
        if workspace not in self._servers:
            self._servers[workspace] = ApacheServer(
                self._data,
                self._home,
                workspace,
                partial(self._in_use, workspace),
                self._installing,
                box=self._box,
            )
        return self._servers[workspace]

    @property
    def starting(self) -> bool:
        return any(server.state.status in ("starting", "installing") for server in self._servers.values())

    def hand_over(self) -> list[HandedApache]:
        """Let go of the running servers for the next server of ours, which this process becomes."""
        return [handed for server in self._servers.values() if (handed := server.hand_over()) is not None]

    def take_over(self, handed: Sequence[HandedApache]) -> None:
        """Continue with the servers that the server before has started."""
        for one in handed:
            self._server(one.workspace).take_over(one)

    async def close(self) -> None:
        await asyncio.gather(*(server.close() for server in self._servers.values()))


class ApacheServer:
    """The server of one workspace. `installing` is held while packages are looked for and installed."""

    def __init__(
        self,
        data: Path,
        home: str,
        workspace: str,
        in_use: Callable[[], bool],
        installing: asyncio.Lock,
        idle_seconds: float = IDLE_SECONDS,
        *,
        box: Box | None = None,
    ) -> None:
        self._folder = data / "engines"
        self._workspace = workspace
        self._own = self._folder / "workspaces" / workspace
        self._files = data / "workspaces" / workspace
        self._box = box
        self._log = data / "logs" / f"spark-{workspace}.log"
        self._home = home
        self._in_use = in_use
        self._installing = installing
        self._idle_seconds = idle_seconds
        self._state = ApacheState(status="stopped")
        self._process: ChildProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self._failed_at = 0.0

    @property
    def state(self) -> ApacheState:
        if self._state.status == "running" and (self._process is None or not self._process.alive):
            self._state = ApacheState(status="stopped")
        return self._state

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.alive else None

    def ensure(self) -> ApacheState:
        """Begin to start the server unless it runs, and return its state at once. Callers poll until it runs."""
        recent = time.monotonic() - self._failed_at < RETRY_SECONDS
        idle = self._task is None or self._task.done()
        if idle and (self.state.status == "stopped" or (self._state.status == "failed" and not recent)):
            self._state = ApacheState(status="starting", message=f"Starting Apache Spark {VERSION}")
            self._task = asyncio.create_task(self._run(self._serve), name="apache-spark")
        return self._state

    async def close(self) -> None:
        """Stop the server at shutdown. The JVM may still write its archive of classes after this returns."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._end()

    def hand_over(self) -> HandedApache | None:
        """Let go of the server for the next one of ours. None unless it runs."""
        process, url = self._process, self.state.url
        if process is None or self._state.status != "running":
            return None
        if self._task is not None:
            self._task.cancel()
        self._task = self._process = None
        self._state = ApacheState(status="stopped")
        return HandedApache(workspace=self._workspace, process=process.hand_over(), url=url)

    def take_over(self, handed: HandedApache) -> None:
        """Continue with a server that runs."""
        self._process = ChildProcess(handed.process)
        self._state = ApacheState(status="running", url=handed.url)
        self._task = asyncio.create_task(self._run(self._watch), name="apache-spark")

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        if not await attempt_task("apache-spark", work):
            self._end()
            self._fail("Apache Spark failed with an unexpected error. The server's log has the details.")

    async def _serve(self) -> None:
        """Install and start Apache Spark, and run it until it has been idle for `idle_seconds`."""
        try:
            async with self._installing:
                packages = await find(self._folder, self._home, self._report)
            await self._start(packages)
        except Unavailable as error:
            self._fail(str(error))
            return
        await self._watch()

    def _fail(self, message: str) -> None:
        self._failed_at = time.monotonic()
        self._state = ApacheState(status="failed", message=message)

    def _report(self, message: str) -> None:
        self._state = ApacheState(status="installing", message=message)

    async def _start(self, packages: Packages) -> None:
        self._report(f"Starting Apache Spark {VERSION}")
        token = secrets.token_urlsafe(24)
        port = _free_port()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            self._log.replace(self._log.with_suffix(".old.log"))
        work = self._own / "work"
        work.mkdir(parents=True, exist_ok=True)
        environment = _environment(packages, token, self._box)
        with self._log.open("ab") as log:
            java = [sys.executable, "-S", "-E", child.__file__, str(self._archive(packages))]
            words = [*self._box_words(packages, work), *java, *_command(packages, port, work)]
            self._process = await ChildProcess.start(words, env=environment, log=log, cwd=work)
        await self._await_port(self._process, port)
        self._state = ApacheState(status="running", url=f"sc://localhost:{port}/;token={token}")

    def _box_words(self, packages: Packages, work: Path) -> list[str]:
        """Return the command that runs the JVM in a box; none without boxes."""
        if self._box is None:
            return []
        home, tmp = self._own / "home", self._own / "tmp"
        packages_of_sessions = [self._folder.parent / name for name in ("layers", "environments")]  # for functions
        for folder in (home, tmp, self._files, *packages_of_sessions):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        java = Path(packages.java).resolve().parent.parent
        programs = (path for path in (packages.home, java) if not path.is_relative_to("/usr"))
        archive = self._archive(packages)
        shared = (archive,) if archive.exists() and not archive.is_relative_to(self._own) else ()
        readable = (*programs, *packages_of_sessions, *shared)
        view = View(tmp=tmp, home=home, cwd=work, workspace=self._files, readable=readable, writable=(self._own,))
        return self._box.command(view)

    def _archive(self, packages: Packages) -> Path:
        """Return the path of the class data archive, which is specific to a Java and a folder of jars.

        In a box each workspace writes its own, because users could change what its JVM writes.
        """
        stamp = f"{packages.java}|{packages.home}|{(packages.home / 'jars').stat().st_mtime_ns}"
        name = f"classes-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}.jsa"
        shared = self._folder / name
        return shared if self._box is None or shared.exists() else self._own / name

    async def _await_port(self, process: ChildProcess, port: int) -> None:
        end = time.monotonic() + START_SECONDS
        while process.alive and time.monotonic() < end:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        self._end()
        raise Unavailable(f"Apache Spark did not start. {self._log} says why. The quick engine needs no Java.")

    async def _watch(self) -> None:
        assert self._process is not None
        used = time.monotonic()
        while self._process.alive:
            await asyncio.sleep(min(1.0, self._idle_seconds / 4))
            if self._in_use():
                used = time.monotonic()
            elif time.monotonic() - used > self._idle_seconds:
                self._end()
                await self._process.wait()
        self._state = ApacheState(status="stopped")

    def _end(self) -> None:
        self._state = ApacheState(status="stopped")
        if self._process:
            self._process.end()  # see child._await_parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _command(packages: Packages, port: int, work: Path) -> list[str]:
    """Return the JVM's command. Spark's launcher script is not used: it costs a second JVM and hides options."""
    memory = max(1024, psutil.virtual_memory().total // 3 // 1_048_576)
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.connect.session.manager.defaultSessionTimeout": "30d",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(work),
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.sql.shuffle.partitions": str(max(2, os.cpu_count() or 2)),
        "spark.ui.enabled": "false",
        "spark.log.level": "WARN",
    }
    opened = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in _OPENED]
    return [
        packages.java,
        f"-Xmx{memory}m",
        "-XX:+UseSerialGC",
        "-XX:+IgnoreUnrecognizedVMOptions",
        "--sun-misc-unsafe-memory-access=allow",
        "--enable-native-access=ALL-UNNAMED",
        *opened,
        "-Dio.netty.tryReflectionSetAccessible=true",
        "-Dio.netty.noUnsafe=false",
        "-Dio.netty.allocator.type=pooled",
        "-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE",
        "-cp",
        f"{packages.home}/conf:{packages.home}/jars/*",
        "org.apache.spark.deploy.SparkSubmit",
        "--master",
        "local[*]",
        *(part for key, value in settings.items() for part in ("--conf", f"{key}={value}")),
        "--class",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
        "spark-internal",
    ]


def _environment(packages: Packages, token: str, box: Box | None) -> dict[str, str]:
    unwanted = ("HANDLOOM_", "JUPYTER", "MLFLOW_", "SPARK_", "PYSPARK_", "AZURE_", "AWS_", "JAVA_TOOL_OPTIONS")
    known = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    return (box.environment(known) if box else known) | {
        "SPARK_HOME": str(packages.home),
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": token,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }
