"""Build environments on this machine: package layers below the layers of sessions.

A build runs the session's own %pip in a new layer, so that it resolves and refuses like a notebook.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import signal
import sys
import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from handloom.domain.environments import Environment
from handloom.domain.errors import Unavailable
from handloom.kernels import layers
from handloom.kernels.installed import read_note

BUILD_SECONDS = 15 * 60
_BUILT = "environment.json"
_LAST_LINES = 12
MOST_LINES = 2_000
"""Lines of a log that are kept: the last ones."""


class BuildError(Exception):
    """A build that failed: the reason, and the lines that it has printed."""

    def __init__(self, reason: str, log: list[str]) -> None:
        super().__init__(reason)
        self.log = log


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build. `packages` are name==version, `bytes` is the size of the layer."""

    folder: Path
    packages: list[str]
    bytes: int
    log: list[str]
    """What the build has printed."""


class Environments:
    """The builds of all environments, below `environments/WORKSPACE`. Call every method on the server's event loop."""

    def __init__(self, data: Path, limit_bytes: int) -> None:
        """`data` is the data folder; `limit_bytes` is the maximum size of a build, 0 for no limit."""
        self._data = data
        self._limit_bytes = limit_bytes
        self._locks: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[bool]] = set()
        self.logs: dict[str, list[str]] = {}
        """By the id of an environment, the lines that its running build has printed."""

    @cached_property
    def _base(self) -> str:
        return _fingerprint()

    def keep(self, task: asyncio.Task[bool]) -> None:
        """Register a background build, so that `close` can cancel it."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancel running builds at shutdown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def build(self, environment: Environment, pins: list[str] | None = None) -> Build:
        """Install its requirements into a new layer; `pins` (name==version) fix the versions of some packages.

        Raises BuildError with the reason and the log if they cannot be installed.
        """
        folder = self._root(environment.workspace) / uuid.uuid4().hex
        lines = self.logs[environment.id] = []
        try:
            await asyncio.to_thread(layers.make, folder, self._data / "cache", self._limit_bytes)
            await self._install(environment, folder, pins or [], lines)
            note = read_note(folder)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, folder, True)
            raise
        finally:
            self.logs.pop(environment.id, None)
        packages = pins or sorted(f"{name}=={version}" for name, version in note.packages.items())
        draft = folder / f"{_BUILT}.draft"
        content = {"packages": packages, "base": self._base, "environment": environment.id}
        draft.write_text(json.dumps(content), encoding="utf-8")
        draft.replace(folder / _BUILT)
        return Build(folder, packages, note.bytes, lines)

    async def ensure(self, environment: Environment) -> Path:
        """Return the layer of the last successful build. Builds the same packages again if this machine or this
        release of the server has none yet. Raises Unavailable if that fails.
        """
        async with self._locks.setdefault(environment.id, asyncio.Lock()):
            if found := self._find(environment.workspace, environment.id, environment.packages):
                return found
            try:
                return (await self.build(environment, environment.packages)).folder
            except BuildError as error:
                raise Unavailable(
                    f"The environment “{environment.name}” cannot be built on this server. {error}"
                ) from error

    def built(self, environment: Environment) -> Path | None:
        """Return the layer of the last successful build if this machine has it."""
        if not environment.packages:
            return None
        return self._find(environment.workspace, environment.id, environment.packages)

    def superseded(self, every: list[Environment]) -> list[Path]:
        """List every build but the newest of each environment. Sessions that live may still use them."""
        kept = {self._find(one.workspace, one.id, one.packages) for one in every}
        return [build for build in self._data.glob("environments/*/*") if build not in kept]

    def _root(self, workspace: str) -> Path:
        return self._data / "environments" / workspace

    def _find(self, workspace: str, environment: str, packages: list[str]) -> Path | None:
        """Return the newest build of these packages: a wheel may have changed without its version."""
        wanted = {"packages": packages, "base": self._base, "environment": environment}
        notes = sorted(self._root(workspace).glob(f"*/{_BUILT}"), key=lambda note: note.stat().st_mtime_ns)
        for note in reversed(notes):
            with contextlib.suppress(OSError, ValueError):
                # builds of a release with one environment per workspace do not name it; its id is the workspace's
                if {"environment": workspace} | json.loads(note.read_text(encoding="utf-8")) == wanted:
                    return note.parent
        return None

    async def _install(self, environment: Environment, folder: Path, pins: list[str], lines: list[str]) -> None:
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(pins), encoding="utf-8")
        files = self._data / "workspaces" / environment.workspace
        files.mkdir(parents=True, exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            str(folder / "bin" / "python"),
            "-P",
            "-m",
            "handloom.session.pip",
            "install",
            "--constraint",
            str(constraints),
            *environment.requirements,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=files,  # for wheels of the workspace: Files/name.whl
            env=layers.environment_of([folder], _inherited()),
            start_new_session=True,
        )

        async def follow() -> int:
            assert process.stdout is not None
            async for raw in process.stdout:
                if text := raw.decode("utf-8", "replace").strip():
                    lines.append(text)
                    del lines[:-MOST_LINES]
            return await process.wait()

        try:
            code = await asyncio.wait_for(follow(), BUILD_SECONDS)
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            if isinstance(error, TimeoutError):
                raise BuildError(
                    f"The build was stopped because it took over {BUILD_SECONDS // 60} minutes.", lines
                ) from error
            if isinstance(error, ValueError):
                raise BuildError("The build printed a line that is too long to be read.", lines) from error
            raise
        if code != 0:
            raise BuildError("\n".join(lines[-_LAST_LINES:]) or f"The build ended with exit code {code}.", lines)


def _inherited() -> dict[str, str]:
    """Return this process's environment variables without secrets, which build scripts of packages could read."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("HANDLOOM_", "MLFLOW_"))}


def _fingerprint() -> str:
    """Return a fingerprint of the server's packages: a build on top of other packages is not used."""
    names = sorted(
        path.name for folder in layers.server_packages() for path in Path(folder).glob("*.dist-info") if path.is_dir()
    )
    text = "\n".join([sys.version, os.path.realpath(sys.executable), *names])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
