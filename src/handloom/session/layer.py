"""The package layer of this session: its packages, the server's packages below it, and the requested ones.

`kernels/layers.py` creates the layer. Uses only the standard library, because every kernel imports this module.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

FACTS = "handloom.json"
STATE = "installed.json"
_LARGEST_STATE = 1 << 20


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that the server wrote when it created the layer."""

    uv: str
    cache: str
    limit_bytes: int
    base: str
    """sys.prefix of the server."""


@dataclass(slots=True)
class State:
    """Result of all %pip commands of this session. The server shows it in the session's details."""

    requested: list[str] = field(default_factory=list)
    packages: dict[str, str] = field(default_factory=dict)
    bytes: int = 0
    spark_off: str = ""
    """The command that turned Spark off, or empty."""


@dataclass(frozen=True, slots=True)
class Package:
    """An installed distribution in this session."""

    version: str
    in_layer: bool
    distribution: importlib.metadata.Distribution

    @property
    def name(self) -> str:
        return self.distribution.name

    @property
    def requires(self) -> list[str]:
        return list(self.distribution.requires or [])


def normalised(name: str) -> str:
    """Normalize a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def prefix() -> Path:
    return Path(sys.prefix)


def python() -> Path:
    return prefix() / "bin" / "python"


def exists() -> bool:
    """Whether this process runs in a layer."""
    return (prefix() / FACTS).is_file()


def facts() -> Facts:
    return Facts(**json.loads((prefix() / FACTS).read_text()))


def state() -> State:
    path = prefix() / STATE
    return State(**json.loads(path.read_text())) if path.exists() else State()


def write_state(changed: State) -> None:
    draft = prefix() / f"{STATE}.draft"
    draft.write_text(
        json.dumps(
            {
                "requested": changed.requested,
                "packages": changed.packages,
                "bytes": changed.bytes,
                "spark_off": changed.spark_off,
            }
        )
    )
    draft.replace(prefix() / STATE)


def packages() -> dict[str, Package]:
    """Return all installed packages by normalized name. The layer's packages hide the server's."""
    return _found(sys.path)


def server_packages() -> dict[str, Package]:
    """Return the server's packages by normalized name."""
    own = str(prefix())
    return _found([entry for entry in sys.path if not _below(entry, own)])


def _found(folders: list[str]) -> dict[str, Package]:
    """Find packages by the names of their .dist-info folders; reading the metadata of hundreds takes a second."""
    found: dict[str, Package] = {}
    for folder in folders:
        if not folder or not Path(folder).is_dir():
            continue
        inside = _below(folder, str(prefix()))
        for path in sorted(Path(folder).glob("*-*.dist-info")):
            name, _, version = path.name.removesuffix(".dist-info").partition("-")
            key = normalised(name)
            if key not in found and (path / "METADATA").exists():
                found[key] = Package(version, inside, importlib.metadata.Distribution.at(path))
    return found


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def size() -> int:
    """Return the bytes of all files in the layer."""
    total = 0
    for folder, _, files in os.walk(prefix()):
        for name in files:
            total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - tens of thousands of files
    return total


def stamp() -> int:
    """Return a value that changes with every %pip of this session, also in another process."""
    try:
        return (prefix() / STATE).stat().st_mtime_ns
    except OSError:
        return 0


class SparkOff(Exception):
    """Spark is turned off in this session, because an installed package conflicts with it."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def require_spark() -> None:
    """Raise SparkOff if an install has turned Spark off."""
    if exists() and (command := state().spark_off):
        raise SparkOff(
            f"Spark is off in this session since {command}. "
            "Stop the session and start a new one: it has Spark, without those packages."
        )


def outdated(loaded: Mapping[str, ModuleType], put_aside: Mapping[str, ModuleType]) -> list[tuple[str, str, str]]:
    """Return packages of the layer of which this process has imported another version: name, loaded and installed
    version.

    `put_aside` has modules that are imported but not in sys.modules yet; see `hooks.preload`.
    """
    found = []
    below = {name: package.version for name, package in server_packages().items()} if state().packages else {}
    for name, package in packages().items():
        if not package.in_layer:
            continue
        for top in _modules(package.distribution):
            module = loaded.get(top) or put_aside.get(top)
            if module is None:
                continue
            before = _loaded_version(module, package.version, below.get(name, ""))
            if before and before != package.version:
                found.append((package.name, before, package.version))
                break
    return found


def _loaded_version(module: ModuleType, version: str, below: str) -> str:
    """Return the version of an imported module: its `__version__`, or the server's if its file belongs to the
    server.
    """
    said: Any = getattr(module, "__version__", None)
    if isinstance(said, str):
        return said
    file = getattr(module, "__file__", None)
    return version if file is None or _below(file, str(prefix())) else below


def _modules(distribution: importlib.metadata.Distribution) -> list[str]:
    """Return the top-level modules of a distribution."""
    tops = set()
    for file in distribution.files or []:
        first = file.parts[0]
        if len(file.parts) > 1 and file.parts[-1].endswith(".py") and first.isidentifier():
            tops.add(first)
        elif len(file.parts) == 1 and first.endswith(".py"):
            tops.add(first[:-3])
    return sorted(tops)
