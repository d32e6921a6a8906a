"""Build the environments of workspaces on this machine: package layers below the layer of each session.

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

from handloom.domain.errors import Invalid, Unavailable
from handloom.kernels import layers
from handloom.kernels.installed import read_note

BUILD_SECONDS = 15 * 60
_BUILT = "environment.json"
_LAST_LINES = 12


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build. `packages` are name==version, `bytes` is the size of the layer."""

    folder: Path
    packages: list[str]
    bytes: int


class Environments:
    """The builds of all workspaces, each below `root/WORKSPACE`. Call every method on the server's event loop."""

    def __init__(self, data: Path, limit_bytes: int) -> None:
        """`data` is the data folder; `limit_bytes` is the maximum size of a build, 0 for no limit."""
        self._data = data
        self._limit_bytes = limit_bytes
        self._locks: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[bool]] = set()
        self.progress: dict[str, str] = {}
        """Workspace -> the last line that its running build has printed."""

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

    async def build(self, workspace: str, requirements: list[str], pins: list[str] | None = None) -> Build:
        """Install requirements into a new layer; `pins` (name==version) fix the versions of some packages.

        Raises Invalid with the reason if they cannot be installed.
        """
        folder = self._root(workspace) / uuid.uuid4().hex
        try:
            await asyncio.to_thread(layers.make, folder, self._data / "cache", self._limit_bytes)
            await self._install(workspace, folder, requirements, pins or [])
            note = read_note(folder)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, folder, True)
            raise
        finally:
            self.progress.pop(workspace, None)
        packages = pins or sorted(f"{name}=={version}" for name, version in note.packages.items())
        draft = folder / f"{_BUILT}.draft"
        draft.write_text(json.dumps({"packages": packages, "base": self._base}), encoding="utf-8")
        draft.replace(folder / _BUILT)
        return Build(folder, packages, note.bytes)

    async def ensure(self, workspace: str, requirements: list[str], packages: list[str]) -> Path:
        """Return the layer with these packages (name==version). Builds it from the requirements if this machine or this
        release of the server has none yet. Raises Unavailable if that fails.
        """
        async with self._locks.setdefault(workspace, asyncio.Lock()):
            if found := self._find(workspace, packages):
                return found
            try:
                return (await self.build(workspace, requirements, packages)).folder
            except Invalid as error:
                raise Unavailable(f"The workspace's environment cannot be built here. {error}") from error

    def superseded(self, packages: dict[str, list[str]]) -> list[Path]:
        """List every build but the newest of each workspace's `packages`. Sessions that live may still use them."""
        found = []
        for workspace in self._data.glob("environments/*"):
            kept = self._find(workspace.name, packages.get(workspace.name, []))
            found += [build for build in workspace.iterdir() if build != kept]
        return found

    def _root(self, workspace: str) -> Path:
        return self._data / "environments" / workspace

    def _find(self, workspace: str, packages: list[str]) -> Path | None:
        """Return the newest build of these packages: a wheel may have changed without its version."""
        wanted = {"packages": packages, "base": self._base}
        notes = sorted(self._root(workspace).glob(f"*/{_BUILT}"), key=lambda note: note.stat().st_mtime_ns)
        for note in reversed(notes):
            with contextlib.suppress(OSError, ValueError):
                if json.loads(note.read_text(encoding="utf-8")) == wanted:
                    return note.parent
        return None

    async def _install(self, workspace: str, folder: Path, requirements: list[str], pins: list[str]) -> None:
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(pins), encoding="utf-8")
        files = self._data / "workspaces" / workspace
        files.mkdir(parents=True, exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            str(folder / "bin" / "python"),
            "-P",
            "-m",
            "handloom.session.pip",
            "install",
            "--constraint",
            str(constraints),
            *requirements,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=files,  # for wheels of the workspace: Files/name.whl
            env=layers.environment_of([folder], _inherited()),
            start_new_session=True,
        )
        lines: list[str] = []

        async def follow() -> int:
            assert process.stdout is not None
            async for raw in process.stdout:
                if text := raw.decode("utf-8", "replace").strip():
                    lines.append(text)
                    self.progress[workspace] = text
            return await process.wait()

        try:
            code = await asyncio.wait_for(follow(), BUILD_SECONDS)
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            if isinstance(error, TimeoutError):
                raise Invalid(f"The build was stopped because it took over {BUILD_SECONDS // 60} minutes.") from error
            if isinstance(error, ValueError):
                raise Invalid("The build printed a line that is too long to be read.") from error
            raise
        if code != 0:
            raise Invalid("\n".join(lines[-_LAST_LINES:]) or f"The build ended with exit code {code}.")


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
