"""Start the Jupyter child process when it is first needed and send it requests over a private unix socket.

Handles processes, requests and kernel events, but no sessions.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import websockets

from handloom.domain.errors import Unavailable
from handloom.domain.sessions import Ended
from handloom.kernels import places
from handloom.kernels.box import Box
from handloom.kernels.child_process import ChildProcess, HandedProcess
from handloom.kernels.places import Launch

START_SECONDS = 120
TEMPLATE_SECONDS = 60
"""How long a kernel of the pool waits for the template process, which imports packages at a low priority."""
BASE = "/jupyter"
LOG_BYTES = 10_000_000


class ChildEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that the child reports. `kernel` is empty if the event concerns the child itself."""

    kernel: str
    state: str | None = None
    ready: bool = False
    pid: int | None = None
    listening: bool = False
    template: bool = False
    """Whether the template process has become ready, or has ended."""
    ended: Ended | None = None
    """Why the kernel is about to be killed."""


class HandedJupyter(msgspec.Struct, frozen=True, kw_only=True):
    """The running child as one server hands it to the next."""

    process: HandedProcess
    run: str
    token: str


class _Child:
    """One run of the child process."""

    def __init__(self, process: ChildProcess, run: Path, token: str) -> None:
        self.process = process
        self.run = run
        self.token = token
        self.socket = str(run / "jupyter.sock")
        self.http = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=self.socket),
            base_url="http://localhost",
            timeout=httpx.Timeout(60, read=None, pool=None),
            headers={"Authorization": f"token {token}"},
        )


class Jupyter:
    """Owns the child process. Calls `on_event` for each kernel event, `on_exit` when the child ends."""

    def __init__(
        self,
        root: Path,
        log: Path,
        on_event: Callable[[ChildEvent], None],
        on_exit: Callable[[], None],
        *,
        layer_bytes: int = 0,
        box: Box | None = None,
        template: bool = False,
    ) -> None:
        """`layer_bytes` is the maximum that %pip may add to a session; 0 means no limit. Kernels run in a `box`, if
        there is one, and are forked from a `template` where the system can do that."""
        self._root = root
        self._layer_bytes = layer_bytes
        self._box = box
        self._template = template
        self._log = log
        self._on_event = on_event
        self._on_exit = on_exit
        self._child: _Child | None = None
        self._starting = asyncio.Lock()
        self._template_settled = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self._child is not None

    @property
    def run(self) -> Path:
        """The private folder of the running child: socket, connection files, session files."""
        return self._ready().run

    @property
    def pid(self) -> int | None:
        return self._child.process.pid if self._child else None

    async def start(self) -> None:
        """Start the child unless it is running, and return once it responds. Raises Unavailable."""
        async with self._starting:
            if self._child is not None:
                return
            self._root.mkdir(parents=True, exist_ok=True)
            self._template_settled.clear()
            child = await self._spawn()
            listening = asyncio.Event()
            self._hear(child, listening)
            waiting = {asyncio.create_task(one.wait()) for one in (listening, child.process.silent)}
            _, unfinished = await asyncio.wait(waiting, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in unfinished:
                task.cancel()
            if not listening.is_set():
                await self._discard(child)
                raise Unavailable(f"The notebook server did not start. {self._log} says why.")
            self._child = child

    async def await_template(self) -> None:
        """Wait, for a time, until the running child can fork kernels. Returns at once if it forks none."""
        if self._template:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._template_settled.wait(), TEMPLATE_SECONDS)

    async def stop(self) -> None:
        """End the child and its kernels at once."""
        child = self._child
        if child is None:
            return
        child.process.end()  # the child ends at once, see child._end
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.process.silent.wait(), 5)
        await self._discard(child)

    @property
    def starting(self) -> bool:
        return self._starting.locked()

    def hand_over(self) -> HandedJupyter | None:
        """Let go of the running child for the next server, which this process becomes. None if no child runs."""
        child, self._child = self._child, None
        if child is None:
            return None
        if self._watch is not None:
            self._watch.cancel()
        return HandedJupyter(process=child.process.hand_over(), run=str(child.run), token=child.token)

    def take_over(self, handed: HandedJupyter) -> None:
        """Continue with the child of the server before. `on_event` hears what has happened meanwhile."""
        self._child = child = _Child(ChildProcess(handed.process), Path(handed.run), handed.token)
        self._template_settled.set()  # it has had the time
        self._hear(child, asyncio.Event())

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request of our own to Jupyter's API (`path` begins with /api) and return its JSON, or None.

        Raises Unavailable with Jupyter's message if it refuses.
        """
        await self.start()
        try:
            reply = await self._ready().http.request(method, BASE + path, json=body)
        except httpx.HTTPError as error:
            raise Unavailable(f"The notebook server does not answer ({error}). Try again.") from error
        if reply.status_code >= 400:
            raise Unavailable(f"The notebook server answered {reply.status_code}: {_words(reply)}")
        return reply.json() if reply.content else None

    async def start_kernel(self, kernel: str, launch: Launch) -> None:
        """Start a kernel process under an id that we choose. An event reports when it answers."""
        await self.start()
        places.write_launch(self.run, kernel, launch)
        await self.ask("POST", "/api/kernels", {"name": "python3", "kernel_id": kernel})

    async def send(
        self, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes | Any
    ) -> httpx.Response:
        """Forward a browser's request (`path` raw, with its query). The caller closes the streamed response."""
        await self.start()
        http = self._ready().http
        try:
            return await http.send(http.build_request(method, path, headers=headers, content=body), stream=True)
        except httpx.HTTPError as error:
            raise Unavailable(f"The notebook server does not answer ({error}). Try again.") from error

    @contextlib.asynccontextmanager
    async def connect(self, path: str, protocols: list[str]) -> AsyncIterator[websockets.ClientConnection]:
        """Open a WebSocket to Jupyter for the duration of the context."""
        await self.start()
        child = self._ready()
        async with websockets.unix_connect(
            child.socket,
            f"ws://localhost{path}",
            subprotocols=[websockets.Subprotocol(p) for p in protocols] or None,
            additional_headers={"Authorization": f"token {child.token}"},
            max_size=None,
            compression=None,
            ping_interval=None,
            open_timeout=60,
        ) as connection:
            yield connection

    def _ready(self) -> _Child:
        if self._child is None:
            raise Unavailable("The notebook server has ended. Try again: it restarts automatically.")
        return self._child

    async def _spawn(self) -> _Child:
        run = Path(tempfile.mkdtemp(prefix="handloom-"))  # short, as socket paths must be, and 0700
        token = secrets.token_urlsafe(32)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            self._log.replace(self._log.with_suffix(".old.log"))
        with self._log.open("ab") as log:
            words = [sys.executable, "-m", "handloom.kernels", str(self._root)]
            process = await ChildProcess.start(words, env=self._environment(run, token), log=log, reports=True)
        return _Child(process, run, token)

    def _environment(self, run: Path, token: str) -> dict[str, str]:
        data = self._root.parent.absolute()
        known = _environment(run, token, data, self._layer_bytes, self._box)
        return known | ({"HANDLOOM_TEMPLATE": "1"} if self._template else {})

    def _hear(self, child: _Child, listening: asyncio.Event) -> None:
        """Call `on_event` for each of the child's events until it ends, and `on_exit` then."""

        def hear(line: bytes) -> None:
            try:
                event = msgspec.json.decode(line, type=ChildEvent)
            except msgspec.DecodeError:
                return
            if event.listening:
                listening.set()
            elif event.template:
                self._template_settled.set()
            else:
                self._on_event(event)

        child.process.read("jupyter-events", hear)
        self._watch = asyncio.create_task(self._await_end(child), name="jupyter-end")

    async def _await_end(self, child: _Child) -> None:
        await child.process.silent.wait()
        if self._child is child:
            self._child = None
            self._on_exit()
            await self._discard(child)

    async def _discard(self, child: _Child) -> None:
        if self._child is child:
            self._child = None
        await child.http.aclose()
        await child.process.discard()
        shutil.rmtree(child.run, ignore_errors=True)


def _environment(run: Path, token: str, data: Path, layer_bytes: int, box: Box | None) -> dict[str, str]:
    """Build the child's environment: ours without the variables that configure other Jupyter installations. The data
    folder has the signatures by which notebooks stay trusted after a restart, and the packages of sessions."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "HANDLOOM_", "IPYTHON"))}
    if path := env.get("PYTHONPATH"):  # kernels run in other folders than this process
        env["PYTHONPATH"] = os.pathsep.join(str(Path(part).absolute()) for part in path.split(os.pathsep) if part)
    env |= {
        "HANDLOOM_RUN": str(run),
        "HANDLOOM_JUPYTER_TOKEN": token,
        "HANDLOOM_PARENT": str(os.getpid()),
        "HANDLOOM_LAYERS": str(data / "layers"),
        "HANDLOOM_CACHE": str(data / "cache"),
        "HANDLOOM_LAYER_BYTES": str(layer_bytes),
        "HANDLOOM_BOX": box.encode() if box else "",
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_CONFIG_DIR": str(run / "config"),
        "JUPYTER_DATA_DIR": str(data / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(run / "runtime"),
        "IPYTHONDIR": str(run / "ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    return env


def _words(reply: httpx.Response) -> str:
    try:
        return str(reply.json().get("message") or reply.reason_phrase)
    except ValueError:
        return reply.reason_phrase
