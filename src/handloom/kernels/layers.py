"""Package layers: a small virtual environment per kernel, stacked on the server's packages without copying them.

What a notebook installs goes into its kernel's layer, so that it cannot change the server or another session.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
import shutil
import site
import sys
import sysconfig
import threading
import uuid
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uv

from handloom.supervision import attempt

FACTS = "handloom.json"
"""File in a layer with the paths of uv, its cache and the server's packages, for `handloom.session`."""
TOOLS = ("pip", "pip3", f"pip3.{sys.version_info.minor}", "uv", "conda", "mamba", "micromamba")
"""Commands in a layer's bin folder that call `handloom.session.pip`."""
STATE = "installed.json"
"""File in a layer that `handloom.session.pip` writes."""
_OWN_PACKAGES = {"50-base.pth", "pip"}
"""What `make` writes among a layer's packages."""
_LOCK = ".lock"
_DRAFT = ".new"


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of one Jupyter child process. `folder` is locked while it runs; see `sweep`."""

    folder: Path
    cache: Path
    limit_bytes: int
    """Maximum bytes that %pip may add to one layer; 0 means no limit."""
    lock: int
    """File descriptor that holds the lock."""

    def path(self, kernel: str) -> Path:
        return self.folder / kernel

    def temporary(self, kernel: str) -> Path:
        """The folder that is the kernel's /tmp in a box. It goes with the layer."""
        return self.folder / f"{kernel}.tmp"

    def create(self, kernel: str, environment: Path | None = None, cache: Path | None = None) -> Path:
        """Create the kernel's layer unless it exists (a restarted kernel keeps its own); return its Python.

        `environment` is the workspace's layer, which is stacked between this one and the server's packages. `cache` is
        the workspace's own cache of packages, if it has one.
        """
        layer = self.path(kernel)
        if not (layer / "pyvenv.cfg").exists():
            make(layer, cache or self.cache, self.limit_bytes, environment)
        return layer / "bin" / "python"

    def variables(self, kernel: str, known: dict[str, str], environment: Path | None = None) -> dict[str, str]:
        """Return the environment variables of a kernel's process, see `environment_of`."""
        return environment_of([self.path(kernel), *filter(None, [environment])], known)

    def remove(self, kernel: str) -> None:
        """Remove the layer and the temporary files in the background, since big ones take seconds."""
        for folder in (self.path(kernel), self.temporary(kernel)):
            gone = folder.with_name(f"{folder.name}.gone")
            with contextlib.suppress(OSError):
                folder.rename(gone)
                threading.Thread(target=shutil.rmtree, args=(gone, True), name="layer-removal", daemon=True).start()

    def close(self) -> None:
        """Remove all layers and release the lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self.lock)


def start(root: Path, cache: Path, limit_bytes: int) -> Layers:
    """Create a folder for layers below `root`, and remove those that earlier processes left behind."""
    root.mkdir(parents=True, exist_ok=True)
    threading.Thread(
        target=attempt, args=("layer-sweep", partial(sweep, root)), name="layer-sweep", daemon=True
    ).start()
    folder = root / uuid.uuid4().hex[:12]
    draft = folder.with_suffix(_DRAFT)
    draft.mkdir(mode=0o700)
    lock = os.open(draft / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    draft.rename(folder)
    return Layers(folder, cache, limit_bytes, lock)


def sweep(root: Path) -> None:
    """Remove folders of layers that no process has locked. Another server on the same data folder keeps its own
    locked.
    """
    for folder in root.iterdir():
        if folder.suffix == _DRAFT:
            continue  # it is just being created
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR)
        except OSError:
            continue  # not created by this module
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def environment_of(stack: list[Path], known: dict[str, str]) -> dict[str, str]:
    """Return `known` with the commands of these layers first, the uppermost leading, and without other virtual
    environments."""
    folders = [*(str(layer / "bin") for layer in stack), str(Path(sys.executable).parent)]
    dropped = ("PYTHONHOME", "CONDA_PREFIX", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "UV_SYSTEM_PYTHON")
    kept = {name: value for name, value in known.items() if name not in dropped}
    path = os.pathsep.join([*folders, *filter(None, [known.get("PATH")])])
    return kept | {"PATH": path, "VIRTUAL_ENV": str(stack[0])}


def packages_of(layer: Path) -> Path:
    """Return the folder of a layer that holds its packages."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(layer), "platbase": str(layer)}))


def make(layer: Path, cache: Path, limit_bytes: int, environment: Path | None = None) -> None:
    """Write the few files of a virtual environment that is stacked on `environment` and the server's packages.

    `pyvenv.cfg` is written last, so that it marks a complete one.
    """
    binaries = layer / "bin"
    packages = packages_of(layer)
    binaries.mkdir(parents=True, exist_ok=True)
    packages.mkdir(parents=True, exist_ok=True)
    real = os.path.realpath(sys.executable)
    for name in ("python", "python3", f"python3.{sys.version_info.minor}"):
        _link(binaries / name, real)
    tool = binaries / "handloom-tool"
    python = shlex.quote(str(binaries / "python"))
    tool.write_text(f'#!/bin/sh\nexec {python} -P -m handloom.session.pip --as "$(basename "$0")" "$@"\n')
    tool.chmod(0o755)
    for name in TOOLS:
        _link(binaries / name, tool.name)
    below = [str(packages_of(environment))] if environment else []
    (packages / "50-base.pth").write_text(_stack([*below, *server_packages()]))
    (packages / "pip").mkdir(exist_ok=True)
    (packages / "pip" / "__init__.py").write_text(_PIP)
    (packages / "pip" / "__main__.py").write_text(_PIP_MAIN)
    facts = {"uv": uv_program(), "cache": str(cache), "limit_bytes": limit_bytes, "base": sys.prefix}
    (layer / FACTS).write_text(json.dumps(facts))
    (layer / "pyvenv.cfg").write_text(f"home = {os.path.dirname(real)}\ninclude-system-site-packages = false\n")  # noqa: PTH120


def is_new(layer: Path) -> bool:
    """Whether a layer has no packages of its own."""
    with contextlib.suppress(OSError):
        return not (layer / STATE).exists() and set(os.listdir(packages_of(layer))) == _OWN_PACKAGES  # noqa: PTH208
    return False


def _link(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _stack(folders: list[str]) -> str:
    """Return the lines of a .pth file that adds package folders, and their own .pth files, after this one."""
    calls = "; ".join(f"site.addsitedir({folder!r})" for folder in folders)
    source = str(Path(__file__).parents[2])  # not among them if the package runs from its source folder
    return f"import site; {calls}\n" + ("" if source in folders else f"{source}\n")


def uv_program() -> str:
    """Return the path of uv."""
    return uv.find_uv_bin()


def server_packages() -> list[str]:
    """Return this process's package folders, including the user's own (user site)."""
    own = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [folder for folder in [*own, *site.getsitepackages()] if Path(folder).is_dir()]


_PIP = '"""Stands for pip in a session: `python -m pip` installs into the session only."""\n'
_PIP_MAIN = "import sys\n\nfrom handloom.session.pip import main\n\nsys.exit(main())\n"
