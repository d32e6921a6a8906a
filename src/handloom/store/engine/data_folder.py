"""The data folder: who may use it now, and the address of its running server."""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import shutil
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from uuid import uuid4

import msgspec

from handloom.domain.errors import Conflict, Invalid, NotFound, Unavailable
from handloom.supervision import attempt

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl
    import pwd


log = logging.getLogger("handloom")

SERVERS = "servers"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `server.json`. `token` signs the command line in."""

    url: str
    pid: int
    token: str
    public_url: str = ""


class Lock:
    """The lock of a data folder. The operating system releases it when the process ends, however it ends."""

    def __init__(self, root: Path, inherited: int | None = None) -> None:
        """`inherited` is the descriptor of a lock that this process took before it ran this program."""
        if inherited is not None:
            os.set_inheritable(inherited, False)
            self._file = os.fdopen(inherited, "a+b")
            return
        self._file = (root / "lock").open("a+b")
        try:
            _lock(self._file.fileno())
        except OSError:
            self._file.close()
            raise

    def keep(self) -> int:
        """Keep the lock while this process runs another program; return its descriptor."""
        os.set_inheritable(self._file.fileno(), True)
        return self._file.fileno()

    def release(self) -> None:
        self._file.close()


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


PRIVATE_FILES = ("handloom.db", "handloom.db-wal", "handloom.db-shm", "secret.key", "server.json", "lock")
BIN = "bin"
"""Folder of what was deleted and has no row in the database: tables, by workspace."""
PRIVATE_FOLDERS = ("workspaces", "artifacts", "trash", "backups", "environments", "git", BIN, SERVERS)


def prepare(root: Path) -> None:
    """Create the folder with permissions for its owner only, and set the umask accordingly.

    Raises Invalid if it belongs to another account, Unavailable if it cannot be written. Logs a warning if the folder
    existed and other accounts could enter it.
    """
    os.umask(0o077)  # SQLite creates its files with the umask's permissions
    try:
        root.mkdir(parents=True, exist_ok=True)
        check_owner(root)
        for name in ("workspaces", "artifacts", "trash"):
            (root / name).mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
        _restrict(root)
    except OSError as error:
        raise Unavailable(
            f"The data folder {root} cannot be written ({error.strerror}). Give another one with --data."
        ) from error


def check_owner(root: Path) -> None:
    """Raise Invalid if the folder belongs to another account."""
    if os.name == "posix" and (owner := root.stat().st_uid) != os.geteuid():
        name = _account(owner)
        raise Invalid(
            f"The data folder {root} belongs to another account ({name}); files written now would lock it out. "
            f"Start Handloom as {name}, or give another folder with --data. Nothing was changed."
        )


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def _restrict(root: Path) -> None:
    """Remove other accounts' permissions from files and folders that an older release created."""
    if os.name != "posix":
        return
    for name, mode in (*((name, 0o600) for name in PRIVATE_FILES), *((name, 0o700) for name in PRIVATE_FOLDERS)):
        with contextlib.suppress(FileNotFoundError):
            (root / name).chmod(mode)
    if root.stat().st_mode & 0o077:
        log.warning(
            "Other accounts of this machine can enter the data folder %s; its database, secrets and workspaces are "
            "closed to them. To close the folder itself: chmod 700 %s",
            root,
            root,
        )


def place(root: Path, *, alone: bool) -> Path:
    """Return the folder for this process's lock and `server.json`: the data folder itself, or a subfolder per server if
    servers share it.
    """
    if alone:
        return root
    for left in _own_places(root):
        if _free(left):  # of a killed server
            shutil.rmtree(left, ignore_errors=True)
    mine = root / SERVERS / f"{platform.node()}-{os.getpid()}"
    mine.mkdir(mode=0o700, parents=True, exist_ok=True)
    return mine


def leave(place: Path) -> None:
    """Remove what `place` created."""
    if place.parent.name == SERVERS:
        shutil.rmtree(place, ignore_errors=True)


def shared(root: Path, mine: Path) -> bool:
    """Return whether another server uses the folder now, on this machine or another one."""
    return any(not _free(other) for other in (root, *(root / SERVERS).glob("*/")) if other != mine)


def _own_places(root: Path) -> list[Path]:
    """List the places of servers on this machine; the address of a server elsewhere is not reachable."""
    return sorted(path for path in (root / SERVERS).glob("*/") if path.name.rpartition("-")[0] == platform.node())


def _free(place: Path) -> bool:
    if not (place / "lock").is_file():
        return True
    try:
        Lock(place).release()
    except OSError:
        return False
    return True


def lock(root: Path) -> Lock:
    """Lock the folder for this process; raise Conflict, naming the server that holds the lock."""
    for _ in range(10):  # `running` holds the lock for a moment
        with contextlib.suppress(OSError):
            return Lock(root)
        time.sleep(0.03)
    try:
        return Lock(root)
    except OSError as error:
        other = _announced(root)
        where = f" at {other.url} (process {other.pid})" if other else ""
        raise Conflict(
            f"A Handloom already runs on {root}{where}. Open that one (handloom token sign-in prints a link), "
            "or start this one on another folder with --data."
        ) from error


def running(root: Path) -> Running | None:
    """Return a server that runs on the folder now, on this machine."""
    return next((_announced(at) for at in (root, *_own_places(root)) if not _free(at)), None)


def announced_by(root: Path, pid: int) -> Running | None:
    """Return what the server with this process id announced, once it has. Never takes the lock, which that server may
    need.
    """
    return next((at for at in map(_announced, (root, *_own_places(root))) if at is not None and at.pid == pid), None)


def named(root: Path, pid: int | None) -> Running:
    """Return the server on this machine that a command is about: of several, the one with this process id. Raises
    NotFound.
    """
    found = running(root) if pid is None else announced_by(root, pid)
    if found is None:
        which = f"with the process id {pid} " if pid is not None else ""
        raise NotFound(f"No server {which}runs on {root} on this machine.")
    return found


def _announced(root: Path) -> Running | None:
    try:
        return msgspec.json.decode((root / "server.json").read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None


def announce(root: Path, server: Running) -> None:
    path = root / "server.json"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(server))


def withdraw(root: Path) -> None:
    (root / "server.json").unlink(missing_ok=True)


def bin_of(root: Path, workspace: str) -> Path:
    """Return the folder of the workspace's bin."""
    return root / BIN / workspace


def discard(root: Path, folder: Path) -> None:
    """Move a folder to the trash; `empty_trash` deletes it. A missing folder is no error."""
    with contextlib.suppress(FileNotFoundError):
        folder.rename(root / "trash" / f"{folder.name}-{uuid4().hex}")


def empty_trash(root: Path) -> None:
    """Start deleting the trash in the background. If the server stops before, the next one continues."""
    threading.Thread(target=attempt, args=("trash", partial(_empty, root / "trash")), name="trash", daemon=True).start()


def _empty(trash: Path) -> None:
    for entry in trash.iterdir():
        shutil.rmtree(entry, ignore_errors=True)
