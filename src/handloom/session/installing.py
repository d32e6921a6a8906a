"""The magics %pip, %conda and %uv, and a note after a cell that changed packages which are already imported."""

from __future__ import annotations

import importlib
import shlex
import subprocess
import sys
from typing import Any

from handloom.session import hooks, layer
from handloom.session.options import CONDA, KEPT

_SHELL = frozenset({"|", "||", "&&", "&", ";", ">", ">>", "<"})


class PackagesError(Exception):
    """An install failed. Shown without a traceback, because the user's code is not at fault."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Installing:
    """The magics and the check after each cell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._seen = layer.stamp()

    def register(self) -> None:
        if not layer.exists():
            return
        self._shell.register_magic_function(self.pip, "line", "pip")
        self._shell.register_magic_function(self.uv, "line", "uv")
        for name in ("conda", "mamba", "micromamba"):
            self._shell.register_magic_function(_conda, "line", name)
        self._shell.events.register("post_run_cell", lambda *_: self._after_change())

    def pip(self, line: str) -> None:
        """Install, remove or list packages of this session: %pip install NAME."""
        self._run("pip", line)

    def uv(self, line: str) -> None:
        """Run uv; `%uv pip` manages this session's packages."""
        self._run("uv", line)

    def _run(self, tool: str, line: str) -> None:
        words = shlex.split(line)
        start = next((at for at, word in enumerate(words) if word.startswith("#")), len(words))
        words = words[:start]
        if any(word in _SHELL or (word.startswith((">", "2>", "&>")) and "/" in word) for word in words):
            code = subprocess.call(f"{layer.prefix() / 'bin' / tool} {line}", shell=True)
        else:
            command = [sys.executable, "-P", "-m", "handloom.session.pip", "--as", tool, *words]
            code = _stream(command)
        self._after_change()
        if code not in (0, KEPT):
            raise PackagesError(f"%{tool} {line.strip()} failed, see above.")

    def _after_change(self) -> None:
        """Print the packages whose imported version differs from the installed one."""
        if (stamp := layer.stamp()) == self._seen:
            return
        self._seen = stamp
        importlib.invalidate_caches()
        outdated = layer.outdated(sys.modules, hooks.put_aside())
        for name, loaded, installed in outdated:
            print(f"{name} {loaded} is loaded already. Restart the session to use {installed}.")
        if outdated:
            print("What %pip installed stays over a restart (Session menu, Restart); variables do not.")


def _stream(command: list[str]) -> int:
    """Run a command and print its output as it arrives; return its exit code."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
        except KeyboardInterrupt:
            process.wait(10)  # it has received the interrupt as well
            raise
    return process.returncode


def _conda(line: str) -> None:
    """Raise PackagesError that names %pip as the alternative."""
    raise PackagesError(CONDA)
