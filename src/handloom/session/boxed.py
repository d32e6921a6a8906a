"""Move a forked process into a box that bubblewrap has made, with no more rights than a process that it starts there.

Called before any code of a user can run: the process has all capabilities in the box for a moment.
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_NAMESPACES = {
    "user": 0x10000000,
    "mnt": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "pid": 0x20000000,
}
_REQUIRED = ("user", "mnt", "pid", "ipc", "uts")
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_CAPABILITY_VERSION = 0x20080522
_CAPABILITIES = 64
_EINVAL = 22
_STATES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")

_libc = ctypes.CDLL(None, use_errno=True)


class NotBoxed(Exception):
    """The process could not be moved into the box, or has rights there that it must not have."""


def enter(box: int, pid: int) -> None:
    """Enter the namespaces of the process `pid`, whose pidfd is `box`, and give up all capabilities. Children are then
    in the box's namespace of processes; this process is not.

    Raises NotBoxed.
    """
    flags = 0
    for name, flag in _NAMESPACES.items():
        if _namespace("self", name) != _namespace(str(pid), name):
            flags |= flag
        elif name in _REQUIRED:
            raise NotBoxed(f"the box has no {name} namespace of its own")
    _check(_libc.setns(box, flags), "setns")
    _drop_capabilities()
    os.chdir("/")


def verify() -> None:
    """Raise NotBoxed unless this process has no capability and can never have one. Needs the box's own /proc."""
    lines = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    left = [name for name in _STATES if int(lines[name], 16) != 0]
    if left or lines["NoNewPrivs"] != "1" or int(lines["Pid"]) != os.getpid():
        raise NotBoxed(f"rights are left: {left}, no_new_privs {lines['NoNewPrivs']}")


def _namespace(pid: str, name: str) -> tuple[int, int]:
    found = os.stat(f"/proc/{pid}/ns/{name}")  # noqa: PTH116 - follows the link to the namespace
    return found.st_dev, found.st_ino


def _drop_capabilities() -> None:
    for capability in range(_CAPABILITIES):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            if ctypes.get_errno() == _EINVAL:
                break  # the system has no more
            _check(-1, "prctl")
    _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl")
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _check(_libc.capset(header, bytes(24)), "capset")
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def _check(result: int, call: str) -> None:
    if result != 0:
        raise NotBoxed(f"{call}: {os.strerror(ctypes.get_errno())}")
