"""The processes that read tables for the server: one per workspace that somebody looks at, in a box where there is one.

A process ends after a minute without a question, after a question that takes too long, and when another needs its
place. The next question starts a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from handloom.domain.errors import BY_CODE, Unavailable
from handloom.kernels.box import Box, View

log = logging.getLogger("handloom.tables")

MODULE = "handloom.session.table_reader"
MAX_READERS = 4
IDLE_SECONDS = 60.0
ANSWER_SECONDS = 60.0
MAX_REPLY = 64_000_000
"""Bytes of a reply."""
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""Environment variables that a reader gets without a box. None of them is a secret."""

Reply = TypeVar("Reply", bound=msgspec.Struct)


class _Answer(msgspec.Struct):
    reply: Any = None
    code: str = ""
    message: str = ""


@dataclass(slots=True)
class _Reader:
    """A running process with the folder that is its /tmp and home folder in a box."""

    process: asyncio.subprocess.Process
    folder: Path
    used: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class TableReaders:
    """Asks the readers of all workspaces. Call every method on the server's event loop."""

    def __init__(self, data: Path, box: Box | None = None, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._data = data
        self._box = box
        self._seconds = answer_seconds
        self._readers: dict[str, _Reader] = {}
        self._starting = asyncio.Lock()
        self._sweep: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def ask(self, workspace: str, action: str, reply: type[Reply], **arguments: object) -> Reply:
        """Ask the workspace's reader. Raises the error that it names, or Unavailable if it gives no answer."""
        async with self._starting:
            reader = await self._reader(workspace)
            reader.waiting += 1
        try:
            async with reader.lock:
                line = await self._answer(workspace, reader, msgspec.json.encode({"ask": action, **arguments}))
        finally:
            reader.waiting -= 1
            reader.used = asyncio.get_running_loop().time()
        answer = msgspec.json.decode(line, type=_Answer)
        if answer.message:
            raise BY_CODE.get(answer.code, Unavailable)(answer.message)
        return msgspec.convert(answer.reply, type=reply)

    async def forget(self, workspace: str) -> None:
        """End the workspace's reader, if it has one."""
        if (reader := self._readers.pop(workspace, None)) is not None:
            await _end(reader)

    async def close(self) -> None:
        """End all readers at shutdown."""
        if self._sweep is not None:
            self._sweep.cancel()
        for workspace in list(self._readers):
            await self.forget(workspace)
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _answer(self, workspace: str, reader: _Reader, question: bytes) -> bytes:
        process = reader.process
        assert process.stdin is not None
        assert process.stdout is not None
        why = "it ended without an answer"
        try:
            process.stdin.write(question + b"\n")
            line = await asyncio.wait_for(process.stdout.readline(), self._seconds)
            if line.endswith(b"\n"):
                return line
        except TimeoutError:
            why = f"it took over {self._seconds:g} seconds"
        except ValueError:
            why = "the answer is too large"
        except OSError as error:
            why = str(error)
        except asyncio.CancelledError:  # the next question would get this one's answer
            self._drop(workspace, reader)
            raise
        self._drop(workspace, reader)
        log.warning("The reader of tables of workspace %s was ended: %s.", workspace, why)
        raise Unavailable(f"The table could not be read here: {why}. Read it in a notebook, or try again.")

    def _drop(self, workspace: str, reader: _Reader) -> None:
        if self._readers.get(workspace) is reader:
            del self._readers[workspace]
        task = asyncio.get_running_loop().create_task(_end(reader))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _reader(self, workspace: str) -> _Reader:
        reader = self._readers.get(workspace)
        if reader is not None and reader.process.returncode is None:
            return reader
        if reader is not None:
            await self.forget(workspace)
        while len(self._readers) >= MAX_READERS:
            free = [one for one, found in self._readers.items() if not found.waiting]
            if not free:
                raise Unavailable("Tables of several other workspaces are being read now. Try again in a minute.")
            await self.forget(min(free, key=lambda one: self._readers[one].used))
        self._readers[workspace] = reader = await self._start(workspace)
        self._sweep_later()
        return reader

    async def _start(self, workspace: str) -> _Reader:
        root = self._data / "workspaces" / workspace
        folder = Path(tempfile.mkdtemp(prefix="handloom-tables-"))
        command = [sys.executable, "-P", "-m", MODULE, str(root.absolute())]
        environment = {name: value for name, value in os.environ.items() if name in _KEPT}
        if self._box is not None:
            home, tmp = folder / "home", folder / "tmp"
            home.mkdir()
            tmp.mkdir()
            view = View(tmp=tmp, home=home, cwd=Path("/tmp"), workspace=root.absolute())
            command = [*self._box.command(view), *command]
            environment = self._box.environment(environment)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=folder,
                env=environment,
                limit=MAX_REPLY,
                start_new_session=True,
            )
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Unavailable(f"No process that reads tables can be started ({error.strerror}).") from error
        return _Reader(process, folder, asyncio.get_running_loop().time())

    def _sweep_later(self) -> None:
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._sweep_idle)

    def _sweep_idle(self) -> None:
        self._sweep = None
        before = asyncio.get_running_loop().time() - IDLE_SECONDS
        for workspace, reader in list(self._readers.items()):
            if not reader.waiting and reader.used <= before:
                self._drop(workspace, reader)
        if self._readers:
            self._sweep_later()


async def _end(reader: _Reader) -> None:
    with contextlib.suppress(ProcessLookupError):
        reader.process.kill()
    await reader.process.wait()
    await asyncio.to_thread(shutil.rmtree, reader.folder, True)
