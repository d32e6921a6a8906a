"""Run uv, the resolver and installer of %pip, with the package index of this machine's pip configuration."""

from __future__ import annotations

import configparser
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from handloom.session import layer

_NETWORK = (
    "failed to fetch",
    "error sending request",
    "dns error",
    "request failed after",
    "client error (connect)",
    "operation timed out",
    "network connectivity is disabled",
    "network was disabled",
)
_ELSEWHERE = ("VIRTUAL_ENV", "UV_PYTHON", "UV_SYSTEM_PYTHON", "PYTHONPATH")
_PROGRESS = ("Downloading", "Building", "Built", "Updating", "Updated")


class UvError(Exception):
    """uv failed; the message is its output."""

    @property
    def is_network(self) -> bool:
        return any(sign in str(self).lower() for sign in _NETWORK)

    @property
    def is_conflict(self) -> bool:
        return "No solution found" in str(self)


def run(arguments: list[str], *, watch: Callable[[], str] | None = None) -> str:
    """Run uv and return its standard output. Prints lines about downloads and builds as they arrive. Raises UvError.

    `watch` is called every second; uv is stopped if it returns a reason.
    """
    process = subprocess.Popen(
        [layer.facts().uv, *arguments, "--color", "never"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[str] = []
    reader = threading.Thread(target=_read, args=(process.stderr, said), daemon=True)
    reader.start()
    stopped: list[str] = []
    guard = threading.Thread(target=_guard, args=(process, watch, stopped), daemon=True)
    if watch is not None:
        guard.start()
    output = process.stdout.read()
    code = process.wait()
    reader.join()
    if stopped:
        raise UvError(stopped[0])
    if code != 0:
        raise UvError("".join(said).strip() or f"uv ended with exit code {code}.")
    return output


def _read(lines: object, said: list[str]) -> None:
    for line in lines:  # type: ignore[attr-defined]
        if line.strip().startswith(_PROGRESS):
            print(line.rstrip(), flush=True)
        else:
            said.append(line)


def _guard(process: subprocess.Popen[str], watch: Callable[[], str] | None, stopped: list[str]) -> None:
    while watch is not None:
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            if reason := watch():
                stopped.append(reason)
                process.kill()
                return
        else:
            return


def environment() -> dict[str, str]:
    """Return uv's environment variables: without those that select another environment, and with pip's certificate."""
    known = {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_PYTHON", "PYTHONPATH")
    }
    known.setdefault("UV_CACHE_DIR", layer.facts().cache)
    known.setdefault("UV_HTTP_RETRIES", "1")
    known["UV_PYTHON_DOWNLOADS"] = "never"
    known["UV_NO_PROGRESS"] = "1"
    if "SSL_CERT_FILE" not in known and (certificate := pip_setting("cert")):
        known["SSL_CERT_FILE"] = certificate
    return known


def index_arguments() -> list[str]:
    """Return uv's arguments for package indexes: from uv's own settings, or else from pip's."""
    if any(name.startswith(("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX", "UV_FIND_LINKS")) for name in os.environ):
        return []
    arguments = []
    if pip_setting("no-index").lower() in ("1", "true", "yes", "on"):
        arguments.append("--no-index")
    if index := pip_setting("index-url"):
        arguments += ["--default-index", index]
    for extra in pip_setting("extra-index-url").split():
        arguments += ["--index", extra]
    for place in pip_setting("find-links").split():
        if "://" in place or Path(place).is_dir():
            arguments += ["--find-links", place]
    for host in pip_setting("trusted-host").split():
        arguments += ["--allow-insecure-host", host]
    if "--index" in arguments:  # pip uses the best version of all indexes; uv by default that of the first
        arguments += ["--index-strategy", "unsafe-best-match"]
    return arguments


def constraints() -> list[str]:
    """Return the constraint files of pip's configuration."""
    return [path for path in shlex.split(pip_setting("constraint")) if Path(path).is_file()]


def pip_setting(name: str) -> str:
    """Return a setting of pip from its variable, or from its files, of which the last takes precedence."""
    if (value := os.environ.get(f"PIP_{name.upper().replace('-', '_')}")) is not None:
        return value
    found = ""
    for path in _pip_files():
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            found = parser.get(section, name, fallback=found)
    return found


def _pip_files() -> list[Path]:
    home = Path.home()
    own = os.environ.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return []
    shared = [Path(part) for part in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep) if part]
    mac = (
        [Path("/Library/Application Support"), home / "Library/Application Support"] if sys.platform == "darwin" else []
    )
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return [
        *(folder / "pip" / "pip.conf" for folder in shared),
        Path("/etc/pip.conf"),
        *(folder / "pip" / "pip.conf" for folder in mac),
        home / ".pip" / "pip.conf",
        config / "pip" / "pip.conf",
        Path(layer.facts().base) / "pip.conf",
        *([Path(own)] if own else []),
    ]
