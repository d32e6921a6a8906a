"""Control groups of kernels, in a group of this system that is delegated to a process as to a server.

They need root, and a system whose groups (cgroup v2) can limit memory and tasks; `test_virtual_machine` brings one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from handloom.kernels.control_groups import NEEDED, SERVER, SESSION

SYSTEM = Path("/sys/fs/cgroup")
KERNEL = f"""import json, os, subprocess, sys, time
from handloom.domain.capacities import Limits
from handloom.kernels import control_groups
groups = control_groups.find(os.getpid())
if groups is None:
    print(json.dumps(None))
    raise SystemExit
code = sys.argv[1]
groups.add("k", Limits(memory_mb=100), 30)
words, pipe = [sys.executable, "-c", "input()\\n" + code], subprocess.PIPE
kernel = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
groups.move("k", kernel.pid)
said = kernel.communicate("go\\n")[0]
group = groups.base / "{SESSION}k"
for _ in range(100):  # killed processes need a moment to end
    if not (left := len((group / "cgroup.procs").read_text().split())):
        break
    time.sleep(0.05)
killed, own = groups.has_killed("k"), open("/proc/self/cgroup").read()
groups.remove("k")
for _ in range(100):
    if not group.exists():
        break
    time.sleep(0.05)
    groups.remove("k")
print(json.dumps(dict(said=said, code=kernel.returncode, left=left, killed=killed, own=own, gone=not group.exists())))
"""


@pytest.fixture
def delegated() -> Iterator[Path]:
    """A new control group, which processes may be moved into."""
    try:
        subtree = SYSTEM / "cgroup.subtree_control"
        if not set(NEEDED) <= set(subtree.read_text().split()):
            subtree.write_text(" ".join(f"+{name}" for name in NEEDED))
        group = SYSTEM / f"handloom-test-{os.getpid()}"
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control groups with limits can be made here ({error.strerror})")
    yield group
    with suppress(OSError):
        (group / "cgroup.kill").write_text("1")
    for folder in (*(one for one in group.iterdir() if one.is_dir()), group):
        until = time.monotonic() + 10
        while folder.exists() and time.monotonic() < until:
            with suppress(OSError):
                folder.rmdir()
            time.sleep(0.05)


def _served(group: Path, code: str) -> Any:
    """Run `code` as a kernel in a group of its own, of a server in this group, and return what is found after it."""
    words = ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh", sys.executable, "-c", KERNEL, code]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_kernel_that_uses_more_than_its_memory_is_ended_by_the_system(delegated: Path) -> None:
    told = _served(delegated, "data = bytearray(90_000_000); print('one', flush=True); more = bytearray(90_000_000)")
    assert (told["said"], told["code"], told["killed"]) == ("one\n", -9, True)
    assert told["own"].strip().endswith(f"{delegated.name}/{SERVER}")  # the server is not in the group that it divides


def test_what_a_kernel_starts_counts_and_all_of_it_ends(delegated: Path) -> None:
    code = """import subprocess, sys
words = [sys.executable, "-c", "data = bytearray(60_000_000); import time; time.sleep(60)"]
for child in [subprocess.Popen(words), subprocess.Popen(words)]:
    child.wait()
print("never")"""
    told = _served(delegated, code)
    assert (told["said"], told["code"], told["killed"], told["left"]) == ("", -9, True, 0)


def test_a_kernel_cannot_have_more_tasks_than_its_limit(delegated: Path) -> None:
    code = """import threading, time
started = 0
try:
    for _ in range(60):
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
print(started)"""
    told = _served(delegated, code)
    assert (told["said"], told["code"], told["killed"]) == ("29\n", 0, False)


def test_a_process_that_left_the_kernel_ends_with_its_group(delegated: Path) -> None:
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.close(1)\n    time.sleep(600)"
    told = _served(delegated, code)
    assert (told["code"], told["left"], told["gone"]) == (0, 1, True)


def test_a_group_with_processes_of_others_is_left_alone(delegated: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as stranger:
        try:
            (delegated / "cgroup.procs").write_text(str(stranger.pid))
            assert _served(delegated, "") is None
            assert (delegated / "cgroup.procs").read_text().split() == [str(stranger.pid)]
            assert not (delegated / SERVER).exists()
        finally:
            stranger.kill()
