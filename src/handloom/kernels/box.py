"""Boxes: processes of a session run by bubblewrap, where they see their own workspace and nothing else of the server.

A box has its own processes, /tmp and home folder. Programs and packages are read-only. The network is not limited.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from handloom.domain.errors import Invalid
from handloom.kernels import layers

PROGRAM = "bwrap"
PROBE_SECONDS = 20
LAKEHOUSE = "/lakehouse/default"
"""Fabric's path of the default lakehouse, which in a box is really there."""
HOME = "/session"
"""The home folder in a box. Each workspace has one, so that downloaded models and font caches stay."""

_NAMESPACES = ("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
_ROOT_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_SYSTEM = (
    *("/usr", "/etc", "/nix", "/run/current-system", "/run/systemd/resolve"),
    *("/sys/devices/system/cpu", "/sys/devices/system/node", "/var/lib/ca-certificates", "/var/cache/fontconfig"),
)
_GRAPHICS = ("/dev/dri", "/dev/kfd")
_CONFIGURATION = ("PIP_", "UV_", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""Prefixes of variables whose values may be paths that %pip and HTTP clients read."""
_ELSEWHERE = ("JPY_", "XDG_", "UV_CACHE_DIR", "PIP_CACHE_DIR", "TMP", "TEMP")
"""Prefixes of variables that name processes and folders outside of the box."""
_NEVER_SHARED = ("/proc", "/sys", "/dev")
_SECRET_PREFIXES = ("HANDLOOM_", "PG", "AWS_", "AZURE_", "GOOGLE_", "S3_")
_SECRET_WORDS = ("SECRET", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY")


class NoBoxError(Exception):
    """No box can be made on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Box:
    """How to make boxes on this machine."""

    program: str
    hidden: tuple[str, ...]
    """Folders of the server, of which a box has only what is named for it."""
    folders: tuple[str, ...] = ()
    """Folders of the machine that every session may use, from the setting `session_folders`."""
    variables: tuple[str, ...] = ()
    """Environment variables that sessions get although their names look like secrets."""

    def encode(self) -> str:
        return json.dumps(asdict(self))

    def environment(self, known: Mapping[str, str]) -> dict[str, str]:
        """Return the environment variables for a process in a box: `known` without those that may be secrets."""
        kept = {name: value for name, value in known.items() if name in self.variables or not _is_private(name)}
        return kept | {"HOME": HOME, "TMPDIR": "/tmp", "IPYTHONDIR": "/tmp/.ipython", "UV_LINK_MODE": "copy"}

    def hiding(self, folder: Path) -> Box:
        """Return this box with one more hidden folder."""
        return replace(self, hidden=(*self.hidden, str(folder)))

    def command(self, view: View) -> list[str]:
        """Return the words to put before a command so that it runs in a box."""
        words = [self.program, *_NAMESPACES, "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        words += ["--unsetenv", "JPY_PARENT_PID"]  # the kernel would end, as it cannot see that process
        words += [*_system(), "--bind", str(view.tmp), "/tmp", "--bind", str(view.home), HOME]
        words += [*_programs(), *_configuration(self.hidden)]
        for folder in self.folders:
            words += ["--bind-try", os.path.realpath(folder), folder]
        for folder in self.hidden:
            words += ["--tmpfs", folder]
        for path in view.readable:
            words += ["--ro-bind", str(path), str(path)]
        for path in view.writable:
            words += ["--bind", str(path), str(path)]
        if view.workspace is not None:
            words += ["--bind", str(view.workspace), str(view.workspace), "--bind", str(view.workspace), LAKEHOUSE]
        for folder in self.hidden:
            words += ["--remount-ro", folder]
        return [*words, "--chdir", str(view.cwd), "--"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one box shows besides the machine's programs. `tmp` and `home` are its /tmp and its home folder."""

    tmp: Path
    home: Path
    cwd: Path
    workspace: Path | None = None
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()


def decode(text: str) -> Box | None:
    """Return the box that `Box.encode` wrote; None for an empty text."""
    if not text:
        return None
    said = json.loads(text)
    return Box(said["program"], tuple(said["hidden"]), tuple(said["folders"]), tuple(said["variables"]))


def find(data: Path, folders: tuple[str, ...] = (), variables: tuple[str, ...] = ()) -> Box:
    """Return how to make boxes here, after running a process in one. Raises NoBoxError with the reason."""
    if sys.platform != "linux":
        raise NoBoxError("boxes need Linux")
    program = shutil.which(PROGRAM)
    if program is None:
        raise NoBoxError("the program bwrap is not installed (package bubblewrap)")
    check_folders(folders, data)
    box = Box(program, (str(data.absolute()),), folders, variables)
    with TemporaryDirectory(prefix="handloom-probe-") as folder:
        home, tmp = Path(folder, "home"), Path(folder, "tmp")
        home.mkdir()
        tmp.mkdir()
        view = View(tmp=tmp, home=home, cwd=Path("/tmp"))
        command = [*box.command(view), os.path.realpath(sys.executable), "-I", "-S", "-c", ""]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoBoxError(f"bwrap does not run ({error})") from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise NoBoxError(f"bwrap cannot make a box here ({said})")
    return box


def check_folders(folders: tuple[str, ...], data: Path) -> None:
    """Raise Invalid for a shared folder that would show the server's own files or processes."""
    hidden = Path(os.path.realpath(data))
    for folder in folders:
        real = Path(os.path.realpath(folder))
        system = any(real.is_relative_to(path) for path in _NEVER_SHARED)
        if not Path(folder).is_absolute() or real == Path("/") or system:
            raise Invalid(f"--session-folders: {folder} cannot be shared. Name absolute paths of folders with data.")
        if real.is_relative_to(hidden) or hidden.is_relative_to(real):
            raise Invalid(f"--session-folders: {folder} cannot be shared: the data folder is in it or above it.")


def of_workspace(data: Path, workspace: str) -> Path:
    """The folder that keeps the home folder and the package cache of a workspace's boxes."""
    return data / "cache" / "boxes" / workspace


def _is_private(name: str) -> bool:
    upper = name.upper()
    return upper.startswith((*_SECRET_PREFIXES, *_ELSEWHERE)) or any(word in upper for word in _SECRET_WORDS)


@cache
def _system() -> tuple[str, ...]:
    """The arguments for the machine's own folders, /proc and /dev."""
    words: list[str] = []
    for name in _ROOT_FOLDERS:
        folder = Path("/", name)
        if folder.is_symlink():
            words += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            words += ["--ro-bind", str(folder), str(folder)]
    for path in _SYSTEM:
        words += ["--ro-bind-try", path, path]
    words += list(_masks(Path("/etc")))
    words += ["--proc", "/proc"]
    for path in ("/proc/sys", "/proc/sysrq-trigger"):  # root may write them even without capabilities
        words += ["--ro-bind-try", path, path]
    words += ["--dev", "/dev"]
    for path in (*_GRAPHICS, *map(str, sorted(Path("/dev").glob("nvidia*")))):
        words += ["--dev-bind-try", path, path]
    return tuple(words)


def _masks(folder: Path) -> Iterator[str]:
    """Hide what other accounts of the machine may not read, which the server's account may be allowed to."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_symlink():
                continue
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                if mode & 0o005 == 0o005:
                    yield from _masks(Path(entry.path))
                else:
                    yield from ("--tmpfs", entry.path)
            elif not mode & 0o004:
                yield from ("--ro-bind", "/dev/null", entry.path)


@cache
def _programs() -> tuple[str, ...]:
    """The arguments for the server's Python and its packages, read-only."""
    source = Path(__file__).parents[2]
    real = Path(os.path.realpath(sys.executable))
    paths = [sys.base_prefix, sys.prefix, str(real.parent.parent), *layers.server_packages(), str(source)]
    paths += [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    paths += [sysconfig.get_path("stdlib"), str(Path(layers.uv_program()).resolve())]
    words: list[str] = []
    for path in dict.fromkeys(str(Path(part).absolute()) for part in paths):
        if not Path(path).is_relative_to("/usr"):
            words += ["--ro-bind-try", os.path.realpath(path), path]
    return tuple(words)


def _configuration(hidden: tuple[str, ...]) -> list[str]:
    """The arguments for files that %pip and HTTP clients read: settings, certificates, and local package indexes."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = {
        Path.home() / ".pip" / "pip.conf": f"{HOME}/.pip/pip.conf",
        config / "pip" / "pip.conf": f"{HOME}/.config/pip/pip.conf",
        config / "uv" / "uv.toml": f"{HOME}/.config/uv/uv.toml",
    }
    for name, value in os.environ.items():
        if name.startswith(_CONFIGURATION) and not _is_private(name):
            files |= {Path(word): word for word in value.removeprefix("file://").split() if word.startswith("/")}
    words: list[str] = []
    for file, inside in files.items():
        real = os.path.realpath(file)
        shows = any(Path(folder).is_relative_to(real) for folder in hidden) or file.is_relative_to("/etc")
        if file.exists() and str(file) != os.devnull and not shows:
            words += ["--ro-bind-try", real, inside]
    return words
