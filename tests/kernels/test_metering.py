"""What a session uses is measured for its kernel and all of its children."""

from __future__ import annotations

import subprocess
import sys

from handloom.kernels.metering import Meter

PROGRAM = """
import subprocess, sys
if sys.argv[1] == "root":
    child = subprocess.Popen([sys.executable, "-c", sys.argv[2], "child", sys.argv[2]], stdin=0, stdout=1)
    sys.exit(child.wait())
print("ready", flush=True)
sys.stdin.readline()
held = bytearray(b"x") * 100_000_000
print("held", flush=True)
sys.stdin.readline()
"""


def test_memory_that_a_child_takes_counts_at_once() -> None:
    meter = Meter()
    command = [sys.executable, "-c", PROGRAM, "root", PROGRAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as root:
        assert root.stdin is not None
        assert root.stdout is not None
        assert root.stdout.readline() == "ready\n"
        before = meter.read([root.pid])[root.pid].memory_bytes
        assert meter.read([root.pid])[root.pid].memory_bytes == before
        root.stdin.write("\n")
        root.stdin.flush()
        assert root.stdout.readline() == "held\n"
        after = meter.read([root.pid])[root.pid].memory_bytes
        root.stdin.write("\n")
        root.stdin.flush()
    assert 95_000_000 < after - before < 115_000_000
    assert meter.read([root.pid])[root.pid].memory_bytes == 0
