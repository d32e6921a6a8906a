"""Runs the `git` program with a clean environment, in a box where there is one, with limits of time and output.

No configuration, hook, filter, pager, editor or helper of the machine, a workspace or a remote repository takes part.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handloom.domain.errors import Unavailable
from handloom.kernels.box import Box, View

log = logging.getLogger("handloom.git")

SECONDS = 60.0
MAX_OUTPUT = 96_000_000
"""Bytes of standard output."""
MAX_ERRORS = 64_000
_WATCH_SECONDS = 0.5

_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.sshCommand": "false",
    "core.gitProxy": "",
    "core.pager": "cat",
    "core.editor": "false",
    "core.bigFileThreshold": "8m",
    "credential.helper": "",
    "diff.external": "",
    "gc.autoDetach": "false",
    "maintenance.auto": "false",
    "gpg.program": "false",
    "commit.gpgSign": "false",
    "push.gpgSign": "false",
    "log.showSignature": "false",
    "http.followRedirects": "false",
    "http.proxy": "",
    "http.cookieFile": "",
    "http.emptyAuth": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "30",
    "pack.threads": "1",
    "pack.windowMemory": "64m",
    "submodule.recurse": "false",
    "transfer.fsckObjects": "true",
    "transfer.bundleURI": "false",
    "uploadpack.packObjectsHook": "",
}
"""Settings that stand above a repository's own, given with each command."""

_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS": "false",
    "GIT_ALLOW_PROTOCOL": "https:http",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "false",
    "GIT_SSH_COMMAND": "false",
}
_CERTIFICATES = ("SSL_CERT_FILE", "GIT_SSL_CAINFO")


class GitError(Exception):
    """Git ended with an error; the message is what it said, and `code` its exit status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class GitProgram:
    """The git program of this machine."""

    def __init__(self, box: Box | None = None, most_output: int = MAX_OUTPUT) -> None:
        self._path = shutil.which("git")
        self._box = box
        self._most_output = most_output

    @property
    def is_installed(self) -> bool:
        return self._path is not None

    async def run(
        self,
        repository: Path,
        *arguments: str,
        given: bytes = b"",
        settings: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        network: bool = False,
        seconds: float = SECONDS,
        most_bytes: int = 0,
    ) -> bytes:
        """Run a command on a repository's folder and return what it wrote. `given` is its standard input.

        `secrets` are settings that must not be seen in the list of processes. In a box, only a command with `network`
        reaches another host. The repository may grow to `most_bytes`.
        Raises GitError for an exit code other than 0, Unavailable without git, or beyond a limit.
        """
        if self._path is None:
            raise Unavailable("The program git is not installed on the server. Its admin can install the package git.")
        with tempfile.TemporaryDirectory(prefix="handloom-git-") as folder:
            command, environment = self._command(self._path, Path(folder), repository, arguments, settings or {})
            if self._box is not None and not network:
                command.insert(1, "--unshare-net")
            for number, (name, value) in enumerate((secrets or {}).items()):
                environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
            environment["GIT_CONFIG_COUNT"] = str(len(secrets or {}))
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(seconds):
                    return await self._talk(process, given, repository, most_bytes)
            except TimeoutError as error:
                raise Unavailable(f"Git took over {seconds:g} seconds and was stopped. Try again.") from error
            finally:
                await _end(process)

    def _command(
        self, program: str, folder: Path, repository: Path, arguments: Sequence[str], settings: Mapping[str, str]
    ) -> tuple[list[str], dict[str, str]]:
        """Return the words and the environment of a process; `folder` is its /tmp in a box."""
        home = folder / "home"
        home.mkdir()
        words = [os.path.realpath(program), f"--git-dir={repository}", "--no-pager"]
        for name, value in {**_SETTINGS, **settings}.items():
            words += ["-c", f"{name}={value}"]
        words += arguments
        path = os.environ.get("PATH", os.defpath)
        environment = {**_ENVIRONMENT, "PATH": path, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
        found = (os.environ.get(name) for name in _CERTIFICATES)
        if certificates := next(filter(None, found), None):
            environment["GIT_SSL_CAINFO"] = certificates
        if self._box is not None:
            view = View(tmp=folder, home=home, cwd=Path("/tmp"), writable=(repository,))
            words = [*self._box.command(view), *words]
            environment |= {"HOME": "/tmp/home", "XDG_CONFIG_HOME": "/tmp/home"}
        return words, environment

    async def _talk(
        self, process: asyncio.subprocess.Process, given: bytes, repository: Path, most_bytes: int
    ) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        parts = _feed(process.stdin, given), _read(process.stdout, self._most_output), _read(process.stderr, MAX_ERRORS)
        talking: asyncio.Future[Any] = asyncio.ensure_future(asyncio.gather(*parts))
        watching: asyncio.Future[Any] = asyncio.ensure_future(_wait_until_larger(repository, most_bytes))
        try:
            await asyncio.wait({talking, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not talking.done():
                raise Unavailable(
                    f"The repository has over {most_bytes // 1_000_000:,} MB, which is more than is kept here."
                )
            said, wrong = talking.result()[1:]
        finally:
            talking.cancel()
            watching.cancel()
        if not isinstance(said, bytes):
            raise Unavailable("Git's answer is too large to be shown here.")
        code = await process.wait()
        if code != 0:
            raise GitError(code, (wrong or b"").decode(errors="replace").strip())
        return said


async def _feed(stream: asyncio.StreamWriter, content: bytes) -> None:
    """Write the standard input. Uvloop raises RuntimeError where the process has ended and others BrokenPipeError."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, RuntimeError):
        if content:
            stream.write(content)
            await stream.drain()
        stream.close()


async def _read(stream: asyncio.StreamReader, most: int) -> bytes | None:
    """Return all of a stream, or None if it is longer; the rest is read and dropped."""
    parts: list[bytes] = []
    size = 0
    while chunk := await stream.read(256_000):
        size += len(chunk)
        if size <= most:
            parts.append(chunk)
    return b"".join(parts) if size <= most else None


async def _wait_until_larger(repository: Path, most: int) -> None:
    """Return as soon as the repository has more than `most` bytes; with 0, never."""
    while not most or await asyncio.to_thread(size_of, repository) <= most:
        await asyncio.sleep(_WATCH_SECONDS)


def size_of(folder: Path) -> int:
    """Return the bytes of the files below a folder."""
    total = 0
    for below, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(below, name).lstat().st_size
    return total


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the process and its children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
