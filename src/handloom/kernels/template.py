"""The template process of the Jupyter child, which forks kernels instead of starting a new Python for each.

A forked kernel shares the memory of imported packages with the template and with other kernels. Where a kernel cannot
be forked, it is spawned; see `provisioner`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

MODULE = "handloom.session.template"
READY, FORKED = b"ready", b"forked"
STARTED, SETTLED, GO = b"started", b"settled", b"go"
"""The messages of MODULE, which says what they mean."""
FORK_SECONDS = 20
RESTART_SECONDS = 60
_ROOM = "-" * 400
"""Argument that makes room for a forked kernel's own command line, which may be longer than the template's."""
_PR_SET_CHILD_SUBREAPER = 36
_SEALS = 0xF
"""F_SEAL_SEAL, SHRINK, GROW and WRITE. The module fcntl has their names on Linux only."""


class NotForked(Exception):
    """The template cannot fork a kernel now; the message says why."""


class NotReady(NotForked):
    """The template is still importing packages."""


class ForkedKernel:
    """A forked kernel, with the methods of subprocess.Popen that Jupyter calls.

    Where it is in a box, the process that Jupyter sees is the box's, as for a spawned kernel. Each ends with the other.
    """

    def __init__(self, pidfd: int, box: subprocess.Popen[bytes] | None = None) -> None:
        self.kernel_pid = _pid_of(pidfd)
        self.pid = self.kernel_pid if box is None else box.pid
        self.returncode: int | None = None
        self._pidfd = pidfd
        self._box = box
        self.stdin = None if box is None else box.stdin
        self.stdout = self.stderr = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._poll_child() if self._box is None else self._poll_box(self._box)
            if self.returncode is not None:
                os.close(self._pidfd)
        return self.returncode

    def wait(self) -> int | None:
        """Return the exit code. Jupyter waits only for what has ended."""
        while self.poll() is None:
            select.select([self._pidfd], [], [])
        return self.returncode

    def send_signal(self, signum: int) -> None:
        if self.poll() is not None:
            return
        if self._box is not None:
            self._box.send_signal(signum)
        else:
            signal.pidfd_send_signal(self._pidfd, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _poll_child(self) -> int | None:
        pid, status = os.waitpid(self.kernel_pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def _poll_box(self, box: subprocess.Popen[bytes]) -> int | None:
        if box.poll() is None and select.select([self._pidfd], [], [], 0)[0]:
            box.kill()
            box.wait()
        return box.poll()


class Template:
    """Owns the template process. It is started by `start` on the main thread, since it ends with the thread that
    started it, and again when it has ended."""

    def __init__(self, folder: Path, layer: Path, environment: Mapping[str, str], *, sealed: bool) -> None:
        """`layer` is a package layer like those of kernels. `sealed` runs a copy of Python that nobody can change: in a
        box, /proc/self/exe would otherwise lead to the machine's own, outside of what is read-only there."""
        self._folder = folder
        self._layer = layer
        self._environment = environment
        self._sealed = sealed
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._captures: socket.socket | None = None
        self._ready = False
        self._started_at = 0.0
        self.on_settled: Callable[[], None] | None = None
        """Called by the `check` that first finds the process ready, or ended."""

    def start(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._captures, captures = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        python = str(self._layer / "bin" / "python")
        program = _sealed_copy(python) if self._sealed else None
        with theirs, captures:
            fds = [theirs.fileno(), captures.fileno(), *([] if program is None else [program])]
            self._process = subprocess.Popen(
                [python, "-m", MODULE, str(theirs.fileno()), str(captures.fileno()), _ROOM],
                executable=python if program is None else f"/proc/self/fd/{program}",
                env=dict(self._environment),
                cwd=self._folder,
                stdin=subprocess.PIPE,  # for kernels: an empty one, as Jupyter gives them
                pass_fds=fds,
                start_new_session=True,
            )
        if self._process.stdin is not None:
            self._process.stdin.close()
        if program is not None:
            os.close(program)
        self._ready = False
        self._started_at = time.monotonic()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable once the started process is ready, or has ended."""
        assert self._control is not None
        return self._control.fileno()

    def check(self) -> None:
        """Raise NotForked unless the template can fork now. Starts it again if it has ended; call on the main
        thread."""
        if self._process is None or self._control is None or self._captures is None:
            raise NotForked("it has not been started")
        if (code := self._process.poll()) is not None:
            self._settle()
            self._control.close()
            self._captures.close()
            if time.monotonic() - self._started_at > RESTART_SECONDS:
                self.start()
            raise NotForked(f"it has ended with {code}")
        if not self._ready:
            with contextlib.suppress(BlockingIOError):
                self._ready = self._control.recv(16, socket.MSG_DONTWAIT) == READY
                self._settle()
        if not self._ready:
            raise NotReady("it is starting")

    def _settle(self) -> None:
        if self.on_settled is not None:
            self.on_settled()

    def fork(
        self, arguments: list[str], environment: dict[str, str], cwd: str, prefix: Path, box: tuple[int, int] | None
    ) -> int:
        """Fork a kernel and return its pidfd. `box` has the pid of the first process in its box, and a pidfd of it.

        Blocks until the kernel runs. Raises NotForked.
        """
        request = {
            "box": box[0] if box else 0,
            "environment": environment,
            "cwd": cwd,
            "prefix": str(prefix),
            "arguments": arguments,
        }
        with self._lock:
            try:
                ours, theirs = socket.socketpair()
                with ours, theirs:
                    inside = [box[1]] if box else []
                    kernel = self._fork(_encoded(request), [*inside, ours.fileno()], boxed=bool(box))
                    self._fork_capture(_encoded(request | {"arguments": []}), [*inside, theirs.fileno()])
                    return kernel
            except OSError as error:
                self.kill()  # an answer that comes later would be taken for the next one's
                raise NotForked(str(error)) from error

    def _fork_capture(self, request: bytes, fds: list[int]) -> None:
        """Fork the process that finds the requirements of the kernel's models, see `handloom.session.capture`. Where
        that fails, the kernel sees that its connection is closed, and does without."""
        assert self._captures is not None
        ours, theirs = socket.socketpair()
        with ours, theirs, contextlib.suppress(OSError):
            ours.settimeout(FORK_SECONDS)
            self._captures.settimeout(FORK_SECONDS)
            sent = socket.send_fds(ours, [request], fds)
            socket.send_fds(self._captures, [b"fork"], [theirs.fileno()])
            theirs.close()
            ours.sendall(request[sent:])

    def _fork(self, request: bytes, fds: list[int], *, boxed: bool) -> int:
        assert self._control is not None
        ours, theirs = socket.socketpair()
        with ours, _subreaper(on=not boxed):
            with theirs:
                for side in (ours, self._control):
                    side.settimeout(FORK_SECONDS)
                socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
            sent = socket.send_fds(ours, [request], fds)
            ours.sendall(request[sent:])
            forked = self._control.recv(16) == FORKED
            said, received, _, _ = socket.recv_fds(ours, 1024, 1)
            if not forked or said != STARTED or not received:
                raise NotForked(said.decode(errors="replace") or "the fork has ended")
            ours.sendall(GO)
            if ours.recv(16) != SETTLED:
                os.close(received[0])
                raise NotForked("the fork could not become a kernel")
            return received[0]

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()


def _encoded(request: dict[str, object]) -> bytes:
    return json.dumps(request).encode() + b"\n"


@contextlib.contextmanager
def _subreaper(*, on: bool) -> Iterator[None]:
    """Become the parent of descendants that lose theirs. Only while a fork goes on: this process reaps no others."""
    prctl = ctypes.CDLL(None).prctl
    if on:
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _pid_of(pidfd: int) -> int:
    """Return the pid of a process as this process sees it: in a box it has another."""
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pid":
            return int(value)
    raise NotForked("its process cannot be found")


def _sealed_copy(python: str) -> int:
    """Return the descriptor of a copy of this program in memory that cannot be changed."""
    copy = os.memfd_create("python", os.MFD_ALLOW_SEALING)
    with Path(python).open("rb") as file:
        content = file.read()
    with os.fdopen(os.dup(copy), "wb") as file:
        file.write(content)
    fcntl.fcntl(copy, fcntl.F_ADD_SEALS, _SEALS)
    return copy
