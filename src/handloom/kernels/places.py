"""The files of each kernel in the run folder of the Jupyter child, which the server and the child both use.

A box shows a kernel its own folder read-only and the sockets in it writable, so that it cannot change its session file.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import msgspec

from handloom.domain.capacities import Limits


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """What a kernel's process is started with. Unlike the session, it does not change while the process runs."""

    workspace: str = ""
    """The workspace's folder; empty for a kernel of the pool that any workspace may take."""
    environment: str = ""
    """The layer of the workspace's environment; empty without one."""
    private: str = ""
    """The folder with the home folder and the package cache of the workspace's boxes; empty without boxes."""
    limits: Limits = Limits()
    capacity: str = ""
    """The name of the capacity that the limits are from."""


def folder(run: Path, kernel: str) -> Path:
    """Return the kernel's own folder, and create it."""
    path = run / "kernels" / kernel
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def sockets(run: Path, kernel: str) -> Path:
    """Return the folder of the kernel's sockets, and create it."""
    path = folder(run, kernel) / "ipc"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def session_file(run: Path, kernel: str) -> Path:
    return run / "kernels" / kernel / "session.json"


def write_session(run: Path, kernel: str, content: object) -> None:
    """Write the session file (mode 0600) atomically."""
    folder(run, kernel)
    _write(session_file(run, kernel), json.dumps(content).encode())


def write_launch(run: Path, kernel: str, launch: Launch) -> None:
    path = _launch_file(run, kernel)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _write(path, msgspec.json.encode(launch))


def read_launch(run: Path, kernel: str) -> Launch:
    """Read what the kernel was started with. A kernel that was not started by the server has the defaults."""
    try:
        return msgspec.json.decode(_launch_file(run, kernel).read_bytes(), type=Launch)
    except FileNotFoundError:
        return Launch()


def remove(run: Path, kernel: str) -> None:
    """Remove the files of a kernel that has ended."""
    shutil.rmtree(run / "kernels" / kernel, ignore_errors=True)
    _launch_file(run, kernel).unlink(missing_ok=True)


def _launch_file(run: Path, kernel: str) -> Path:
    return run / "launch" / f"{kernel}.json"


def _write(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)
