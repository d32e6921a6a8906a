"""A child process that outlives a restart of the server in place: all that leads to it is its id and two pipes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

import msgspec

from handloom.supervision import attempt

_AT_ONCE = 65_536
_LOST = -1
"""The exit code of a process that somebody else has reaped."""


class HandedProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A running child as one server hands it to the next. The descriptors are those of this process."""

    pid: int
    stdin: int
    stdout: int | None
    unread: bytes


class ChildProcess:
    """A child with a pipe to its standard input, which tells it by closing that the server has ended, and perhaps one
    from its standard output. Call every method on the server's event loop.
    """

    def __init__(self, handed: HandedProcess) -> None:
        self.pid = handed.pid
        self.returncode: int | None = None
        self.silent = asyncio.Event()
        """Set once the child has closed its standard output, which it does when it ends."""
        self._stdin: int | None = handed.stdin
        self._stdout = handed.stdout
        self._unread = handed.unread
        self._reading = False
        for descriptor in (self._stdin, self._stdout):
            if descriptor is not None:
                os.set_inheritable(descriptor, False)

    @classmethod
    async def start(
        cls,
        words: Sequence[str],
        *,
        env: Mapping[str, str],
        log: IO[bytes],
        cwd: Path | None = None,
        reports: bool = False,
    ) -> ChildProcess:
        """Start a child in a process session of its own. It writes to `log`; `reports`: its standard output is read."""
        process = await asyncio.to_thread(
            partial(
                subprocess.Popen,
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if reports else log,
                stderr=log,
                cwd=cwd,
                env=env,
                start_new_session=True,
            )
        )
        process.returncode = 0  # this class waits for the process, not Popen
        assert process.stdin is not None
        stdin = os.dup(process.stdin.fileno())
        process.stdin.close()
        stdout = None
        if process.stdout is not None:
            stdout = os.dup(process.stdout.fileno())
            process.stdout.close()
        return cls(HandedProcess(pid=process.pid, stdin=stdin, stdout=stdout, unread=b""))

    def read(self, worker: str, on_line: Callable[[bytes], None]) -> None:
        """Call `on_line` for each line of the child's standard output, until it is closed. Its errors are logged and
        counted as those of `worker`.
        """
        assert self._stdout is not None
        os.set_blocking(self._stdout, False)
        self._reading = True
        asyncio.get_running_loop().add_reader(self._stdout, self._on_readable, worker, on_line)

    def _on_readable(self, worker: str, on_line: Callable[[bytes], None]) -> None:
        assert self._stdout is not None
        try:
            read = os.read(self._stdout, _AT_ONCE)
        except BlockingIOError:
            return
        *lines, self._unread = (self._unread + read).split(b"\n")
        for line in lines:
            attempt(worker, partial(on_line, line))
        if not read:
            self._stop_reading()
            self.silent.set()

    def _stop_reading(self) -> None:
        if self._reading and self._stdout is not None:
            self._reading = False
            asyncio.get_running_loop().remove_reader(self._stdout)

    def hand_over(self) -> HandedProcess:
        """Let go of the child for the next server, which this process becomes."""
        assert self._stdin is not None
        self._stop_reading()
        handed = HandedProcess(pid=self.pid, stdin=self._stdin, stdout=self._stdout, unread=self._unread)
        for descriptor in (self._stdin, self._stdout):
            if descriptor is not None:
                os.set_inheritable(descriptor, True)
        self._stdin = self._stdout = None
        return handed

    def end(self) -> None:
        """Close the child's standard input, upon which it ends by itself."""
        if self._stdin is not None:
            os.close(self._stdin)
            self._stdin = None

    @property
    def alive(self) -> bool:
        if self.returncode is None:
            self._reap(os.WNOHANG)
        return self.returncode is None

    def _reap(self, options: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:
            self.returncode = _LOST
            return
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)

    async def wait(self) -> None:
        """Wait until the child has ended."""
        while self.alive:
            await asyncio.sleep(0.02)

    async def discard(self) -> None:
        """Kill the child, unless it has ended, and close the pipes."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            await self.wait()
        self._stop_reading()
        self.end()
        if self._stdout is not None:
            os.close(self._stdout)
            self._stdout = None
