"""The Jupyter server as a child process: `python -m handloom.kernels`, started only by `jupyter.Jupyter`.

It listens on a private unix socket, starts kernels of this package, and reports their events as JSON lines on its
standard output. It ends together with its kernels once its standard input closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import shutil
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.paths import jupyter_config_dir
from jupyter_server._tz import utcnow
from jupyter_server.base.handlers import APIHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from tornado.web import HTTPError, authenticated
from traitlets import observe
from traitlets.config import Config

from handloom.domain.sessions import Ended
from handloom.domain.widget_states import WidgetStates
from handloom.kernels import box as box_module
from handloom.kernels import control_groups, layers, places, provisioner
from handloom.kernels.box import Box, View
from handloom.kernels.channels import KernelChannels
from handloom.kernels.control_groups import ControlGroups
from handloom.kernels.executions import Execution
from handloom.kernels.files import WorkspaceContents
from handloom.kernels.layers import Layers
from handloom.kernels.limits import LimitWatch
from handloom.kernels.notebook_file import write_outputs
from handloom.kernels.page_connection import PageConnection
from handloom.kernels.readiness import when_ready
from handloom.kernels.spools import Spool
from handloom.kernels.template import NotForked, Template

SAVE_SECONDS = 2.0


class _Report:
    """Writes events to the pipe that leads to the server process."""

    out: IO[str]

    @classmethod
    def open(cls) -> None:
        # kernels inherit fd 1: keep the pipe from them and give them the log instead
        cls.out = os.fdopen(os.dup(1), "w", buffering=1)
        os.set_inheritable(cls.out.fileno(), False)
        os.dup2(2, 1)

    @classmethod
    def send(cls, kernel: str, **facts: Any) -> None:
        try:
            cls.out.write(json.dumps({"kernel": kernel, **facts}) + "\n")
        except (OSError, ValueError):
            _end()


class Kernel(ServerKernelManager):
    """One kernel process. A dead kernel is not restarted automatically."""

    @observe("execution_state")
    def _report_state(self, change: Any) -> None:
        if change["new"] and getattr(self, "kernel_id", None):
            _Report.send(self.kernel_id, state=change["new"])

    def update_env(self, *, env: dict[str, str]) -> None:
        """Do nothing: Jupyter would give a restarted kernel this process's environment instead of the kernel's own."""

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """Run the kernel with the Python of its package layer, see `layers`."""
        command: list[str] = super().format_kernel_cmd(extra_arguments)
        private = places.read_launch(_run_folder(), self.kernel_id).private
        cache = Path(private, "packages") if private else None
        python = _layers().create(self.kernel_id, _environment(self.kernel_id), cache)
        return [str(python), *command[1:]]

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            _layers().remove(self.kernel_id)
            places.remove(_run_folder(), self.kernel_id)

    @property
    def pid(self) -> int | None:
        return getattr(self.provisioner, "pid", None)


class Kernels(AsyncMappingKernelManager):
    """All kernels of this child."""

    files: WorkspaceContents

    def pre_start_kernel(self, kernel_name: str | None, kwargs: Any) -> tuple[Any, str, str]:
        """Give the kernel the path of its session file. The file of a kernel in the pool is written later."""
        kernel, name, kernel_id = super().pre_start_kernel(kernel_name, kwargs)
        env = _kernel_variables()
        run, box = _run_folder(), _box()
        launch = places.read_launch(run, kernel_id)
        self.limits.add(kernel_id, launch.limits, launch.capacity)
        env |= self.limits.variables(kernel_id, boxed=box is not None)
        env["HANDLOOM_SESSION_FILE"] = str(places.session_file(run, kernel_id))
        kwargs["env"] = _layers().variables(kernel_id, env, _environment(kernel_id))
        kwargs["cwd"] = str(run)  # the session changes to its workspace's folder itself
        own: Any = kernel
        own.connection_file = str(places.folder(run, kernel_id) / "connection.json")
        if own.transport == "ipc":
            own.ip = str(places.sockets(run, kernel_id) / "k")
        return kernel, name, kernel_id

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self.channels: dict[str, KernelChannels] = {}
        self.limits = LimitWatch(self._pid_of, self._on_exceeded, _control_groups())

    def start_watching_activity(self, kernel_id: str) -> None:
        """Open the kernel's channels, which also report its state, in place of Jupyter's own watching socket."""
        kernel: Any = self.get_kernel(kernel_id)
        kernel.reason = ""
        kernel.last_activity = utcnow()
        self.limits.start()
        self.limits.started(kernel_id)
        self.channels[kernel_id] = KernelChannels(
            kernel,
            spool=_run_folder() / "outputs" / kernel_id,
            person=lambda: str(_session_file(kernel_id).get("by", "")),
            write=lambda executions, widgets: self._write(kernel_id, executions, widgets),
            on_state=lambda state: self._on_state(kernel_id, state),
        )
        self._report_when_ready(kernel_id)

    def _pid_of(self, kernel_id: str) -> int | None:
        kernel: Any = self._kernels.get(kernel_id)
        return getattr(kernel, "pid", None)

    def _on_exceeded(self, kernel_id: str, ended: Ended) -> None:
        _Report.send(kernel_id, ended=msgspec.to_builtins(ended))
        if channels := self.channels.get(kernel_id):
            channels.exceeded(ended)

    def _on_state(self, kernel_id: str, state: str) -> None:
        kernel: Any = self.get_kernel(kernel_id)
        self.last_kernel_activity = kernel.last_activity = utcnow()
        kernel.execution_state = state

    async def _write(self, kernel_id: str, executions: list[Execution], widgets: WidgetStates) -> None:
        if path := _notebook_path(_session_file(kernel_id)):
            await write_outputs(self.files, path, executions, widgets)

    def on_saved(self, path: str, content: Any) -> None:
        """Tell the kernels of a notebook that a page has written it."""
        cells = content.get("cells") or []
        counts = {str(cell.get("id")): cell.get("execution_count") for cell in cells if isinstance(cell, dict)}
        for kernel_id, channels in self.channels.items():
            if _notebook_path(_session_file(kernel_id)) == path:
                channels.on_saved(counts)

    async def save_all(self) -> None:
        """Write what runs and what is not in the files, because everything is about to end."""
        await asyncio.gather(*(channels.save() for channels in list(self.channels.values())))

    async def _async_shutdown_kernel(
        self, kernel_id: str, now: bool | None = False, restart: bool | None = False
    ) -> Any:
        channels = None if restart else self.channels.pop(kernel_id, None)
        if not restart:
            self.limits.remove(kernel_id)
        if channels is not None:
            await channels.finish()
        answer = await super()._async_shutdown_kernel(kernel_id, now=now, restart=restart)  # type: ignore[no-untyped-call]
        if not restart:
            self.limits.ended(kernel_id)
        return answer

    shutdown_kernel = _async_shutdown_kernel  # type: ignore[assignment]

    async def _async_restart_kernel(self, kernel_id: str, now: bool = False) -> Any:
        kernel: Any = self.get_kernel(kernel_id)
        if not await kernel._async_is_alive():
            now = True  # otherwise a shutdown request waits in the socket and ends the new process
        kernel.execution_state = "starting"  # so that a death from now on is a change of state and is reported
        channels = self.channels[kernel_id]
        channels.restarting()
        try:
            answer = await super()._async_restart_kernel(kernel_id, now=now)  # type: ignore[no-untyped-call]
            self.limits.started(kernel_id)
        finally:
            channels.restarted()
        self._report_when_ready(kernel_id)
        return answer

    restart_kernel = _async_restart_kernel  # type: ignore[assignment]

    def _report_when_ready(self, kernel_id: str) -> None:
        kernel: Any = self.get_kernel(kernel_id)
        ready = partial(_Report.send, kernel_id, ready=True)
        when_ready(kernel, lambda: self.channels.get(kernel_id), lambda: ready(pid=kernel.pid))

    def _handle_kernel_died(self, kernel_id: str) -> None:
        kernel: Any = self.get_kernel(kernel_id)
        self.limits.died(kernel_id)
        kernel.execution_state = "dead"  # Jupyter would forget it; a restart must find it under its id
        if channels := self.channels.get(kernel_id):
            channels.died()


def _run_folder() -> Path:
    return Path(os.environ["HANDLOOM_RUN"])


def _session_file(kernel_id: str) -> dict[str, Any]:
    """Read the session file. A kernel of the pool has none yet."""
    try:
        content = json.loads(places.session_file(_run_folder(), kernel_id).read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _environment(kernel_id: str) -> Path | None:
    """Return the layer of the workspace's environment that the kernel was started with."""
    path = places.read_launch(_run_folder(), kernel_id).environment
    return Path(path) if path else None


def _kernel_variables() -> dict[str, str]:
    """Return the environment variables that all kernels get."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER_")}
    if shutil.which("git") is None:
        env.setdefault("GIT_PYTHON_REFRESH", "quiet")  # else each import of GitPython, as by MLflow, prints a page
    if (box := _box()) is not None:
        return box.environment(env) | {"HANDLOOM_BOXED": "1"}
    return env | {"HANDLOOM_PARENT": str(os.getpid())}


def _start_template() -> Template | None:
    """Start the process from which kernels are forked, if the server wants one and this system can fork it."""
    if sys.platform != "linux" or not os.environ.get("HANDLOOM_TEMPLATE"):
        return None
    layer = _layers().folder / "template"
    _layers().create("template")
    env = layers.environment_of([layer], _kernel_variables())
    env |= {"HANDLOOM_PARENT": str(os.getpid()), "MLFLOW_DISABLE_TELEMETRY": "true"}
    if _box() is None:
        env["JPY_PARENT_PID"] = str(os.getpid())  # ipykernel reads it on import
    env.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as ipykernel does
    if _box() is not None:
        home = Path(os.environ["HANDLOOM_CACHE"], "template")
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        env["HOME"] = str(home)
    template = Template(_run_folder() / "template", layer, env, sealed=_box() is not None)
    template.start()
    return template


def _report_template(template: Template | None, app: ServerApp) -> None:
    """Tell the server when kernels can be forked, or that none can: those that it keeps ready wait for it."""
    if template is None:
        _Report.send("", template=True)
        return
    control = template.fileno()

    def settled() -> None:
        template.on_settled = None
        app.io_loop.remove_handler(control)
        _Report.send("", template=True)

    def said(*_: Any) -> None:
        with contextlib.suppress(NotForked):
            template.check()

    template.on_settled = settled
    app.io_loop.add_handler(control, said, app.io_loop.READ)


def _forkable(kernel_id: str) -> bool:
    """Whether a kernel has the template's packages: those of the server, and none of its own."""
    return _environment(kernel_id) is None and layers.is_new(_layers().path(kernel_id))


@functools.cache
def _box() -> Box | None:
    """How this child makes boxes for its kernels; None if it makes none."""
    box = box_module.decode(os.environ.get("HANDLOOM_BOX", ""))
    return None if box is None else box.hiding(_run_folder())


@functools.cache
def _control_groups() -> ControlGroups | None:
    """The control groups of this child's kernels; None if the system has delegated none."""
    return control_groups.find(int(os.environ["HANDLOOM_PARENT"]))


def _box_words(kernel_id: str) -> list[str]:
    """Return the command that runs a kernel in its box."""
    box, run, layers_of = _box(), _run_folder(), _layers()
    assert box is not None
    launch = places.read_launch(run, kernel_id)
    private = Path(launch.private) if launch.private else layers_of.temporary(kernel_id) / ".workspace"
    home, cache = private / "home", private / "packages"
    for folder in (home, cache, layers_of.temporary(kernel_id)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = places.folder(run, kernel_id)
    environment = (Path(launch.environment),) if launch.environment else ()
    return box.command(
        View(
            tmp=layers_of.temporary(kernel_id),
            home=home,
            cwd=own,
            workspace=Path(launch.workspace) if launch.workspace else None,
            readable=(own, *environment),
            writable=(places.sockets(run, kernel_id), layers_of.path(kernel_id), cache),
        )
    )


def _notebook_path(session: dict[str, Any]) -> str:
    """The path of the notebook that takes the session's outputs, as the contents manager has it; empty for none."""
    notebook = None if session.get("job") else session.get("notebook")
    return f"{session['workspace']['id']}/{notebook['name']}.ipynb" if notebook else ""


class FullText(APIHandler):
    """Downloads the whole text of an output that is shown in part."""

    @authenticated
    async def head(self, kernel_id: str, key: str) -> None:
        self._find(kernel_id, key)

    @authenticated
    async def get(self, kernel_id: str, key: str) -> None:
        for block in self._find(kernel_id, key).blocks():
            self.write(block)
            await self.flush()

    def _find(self, kernel_id: str, key: str) -> Spool:
        kernels: Any = self.kernel_manager
        channels = kernels.channels.get(kernel_id)
        spool: Spool | None = channels.find_spool(key) if channels else None
        if spool is None:
            raise HTTPError(404, "The whole text is kept only while its session runs and until the cell runs again.")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{spool.file_name}"')
        return spool


class Widgets(APIHandler):
    """Returns the states of a kernel's widgets as a notebook keeps them, for who runs a notebook without a page."""

    @authenticated
    async def get(self, kernel_id: str) -> None:
        kernels: Any = self.kernel_manager
        if (channels := kernels.channels.get(kernel_id)) is None:
            raise HTTPError(404, "There is no such kernel.")
        self.finish(msgspec.json.encode(channels.widgets.saved()))


class Specs(KernelSpecManager):
    """Finds the only kernel spec."""

    def find_kernel_specs(self) -> dict[str, str]:
        return {"python3": str(Path(os.environ["HANDLOOM_RUN"]) / "kernelspec")}

    def _find_spec_directory(self, kernel_name: str) -> str | None:
        return self.find_kernel_specs().get(kernel_name)


def _write_spec(run: Path) -> None:
    folder = run / "kernelspec"
    folder.mkdir(exist_ok=True)
    spec = {
        "argv": [sys.executable, "-m", "handloom.session", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {
            "kernel_provisioner": {"provisioner_name": provisioner.BOXED_NAME if _box() else provisioner.NAME}
        },
    }
    (folder / "kernel.json").write_text(json.dumps(spec))


def _config(run: Path, root: str) -> Config:
    config = Config()
    config.IdentityProvider.token = os.environ.pop("HANDLOOM_JUPYTER_TOKEN")
    server = config.ServerApp
    server.sock = str(run / "jupyter.sock")
    server.sock_mode = "0600"
    server.base_url = "/jupyter/"
    server.root_dir = root
    server.open_browser = False
    server.allow_root = True
    server.allow_remote_access = True
    server.jpserver_extensions = {}
    server.terminals_enabled = False
    server.kernel_manager_class = Kernels
    server.kernel_spec_manager_class = Specs
    server.contents_manager_class = WorkspaceContents
    server.kernel_websocket_connection_class = PageConnection
    server.allow_unauthenticated_access = False
    server.websocket_compression_options = None
    server.log_level = "WARN"
    server.max_body_size = server.max_buffer_size = 512 * 1024 * 1024
    config.Kernels.kernel_manager_class = "handloom.kernels.child.Kernel"
    config.Kernels.default_kernel_name = "python3"
    config.Kernels.allowed_message_types = []
    config.AsyncIOLoopKernelRestarter.restart_limit = 0  # never restart by itself
    config.AsyncIOLoopKernelRestarter.time_to_dead = 0.5
    config.Kernel.shutdown_wait_time = 2.0
    if sys.platform == "linux":  # elsewhere the paths of the sockets may be longer than the system allows
        config.Kernel.transport = "ipc"
    config.FileContentsManager.delete_to_trash = False
    config.ContentsManager.allow_hidden = False
    config.Specs.ensure_native_kernel = False
    return config


@functools.cache
def _layers() -> Layers:
    """The package layers of this child's kernels."""
    data = Path(os.environ["HANDLOOM_LAYERS"])
    started = layers.start(data, Path(os.environ["HANDLOOM_CACHE"]), int(os.environ["HANDLOOM_LAYER_BYTES"]))
    (Path(os.environ["HANDLOOM_RUN"]) / "layers").symlink_to(started.folder)  # for the server, see `installed`
    return started


def _end() -> None:
    """Kill the kernels with all their child processes, then exit without waiting."""
    for pid in _kernel_pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    if (groups := _control_groups()) is not None:
        groups.remove_all()
    shutil.rmtree(os.environ["HANDLOOM_RUN"], ignore_errors=True)
    _layers().close()
    os._exit(0)


def _kernel_pids() -> list[int]:
    if not ServerApp.initialized():
        return []
    kernels = ServerApp.instance().kernel_manager
    return [kernel.pid for kernel in list(kernels._kernels.values()) if getattr(kernel, "pid", None)]


def _watch_parent() -> None:
    """Exit when standard input closes, which it does when the server process ends, also after kill -9."""
    while os.read(0, 4096):
        pass
    _save_outputs()
    _end()


def _save_outputs() -> None:
    """Let the event loop write the outputs that no page has written, for at most SAVE_SECONDS."""
    if not ServerApp.initialized():
        return
    app = ServerApp.instance()
    kernels: Any = app.kernel_manager
    loop: Any = getattr(app.io_loop, "asyncio_loop", None)
    if loop is not None and loop.is_running():
        with contextlib.suppress(TimeoutError, HTTPError):
            asyncio.run_coroutine_threadsafe(kernels.save_all(), loop).result(SAVE_SECONDS)


def main() -> None:
    _Report.open()
    run = Path(os.environ["HANDLOOM_RUN"])
    threading.Thread(target=_watch_parent, name="parent-watch", daemon=True).start()
    _write_spec(run)
    _layers()
    _control_groups()
    app = ServerApp.instance(config=_config(run, sys.argv[1]))
    template = _start_template()
    provisioner.register(box_words=None if _box() is None else _box_words, template=template, forkable=_forkable)
    app.initialize(argv=[])
    kernels: Any = app.kernel_manager
    PageConnection.channels_of = kernels.channels.__getitem__
    kernels.files = app.contents_manager
    kernels.files.on_saved = kernels.on_saved
    if (box := _box()) is not None:
        kernels.files.allowed = box.folders
    web: Any = app.web_app
    kernel = r"/jupyter/api/kernels/([\w-]+)"
    web.add_handlers(".*$", [(kernel + r"/outputs/(\w+)", FullText), (kernel + "/widgets", Widgets)])
    shutil.rmtree(jupyter_config_dir(), ignore_errors=True)  # the empty one that JUPYTER_NO_CONFIG makes in /tmp
    signal.signal(signal.SIGTERM, lambda *_: _end())
    app.io_loop.add_callback(lambda: _Report.send("", listening=True))  # the loop begins once the socket is bound
    _report_template(template, app)
    app.start()
