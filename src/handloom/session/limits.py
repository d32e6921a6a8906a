"""Limits that a kernel sets for itself before it imports anything large, from the variable HANDLOOM_LIMITS.

They hold for everything that it starts. The server measures as well, and ends a session that exceeds its capacity.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
_FIRST_TO_END = "400"
"""Badness that the system adds to a session's processes when the machine runs out of memory; the server has none."""


def apply() -> None:
    """Set the limits. Without the variable, only make the kernel end before the server where memory runs out."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_END)
    if "HANDLOOM_LIMITS" not in os.environ:
        return
    wanted = json.loads(os.environ["HANDLOOM_LIMITS"])
    # Processes that lose their parent become this one's children, so that the server still counts them as its own.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    if cores := wanted.get("cores"):
        os.sched_setaffinity(0, cores)
    if data := wanted.get("data_bytes"):
        _limit(resource.RLIMIT_DATA, data)
    if tasks := wanted.get("tasks"):
        _limit(resource.RLIMIT_NPROC, tasks)


def _limit(kind: int, value: int) -> None:
    _, hardest = resource.getrlimit(kind)
    value = value if hardest == resource.RLIM_INFINITY else min(value, hardest)
    resource.setrlimit(kind, (value, value))
