"""A kernel that waits in the pool imports packages at a priority at which a first cell does not wait for minutes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from running import environment

PROGRAM = """
import os, sys, threading, time, types
from handloom.session import warming

seen = {}

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "slow_part":
            me = threading.get_native_id()
            seen["warm"] = os.getpriority(os.PRIO_PROCESS, me)
            time.sleep(1)
            seen["finished"] = os.getpriority(os.PRIO_PROCESS, me)
            sys.modules[name] = types.ModuleType(name)
        return None

sys.meta_path.insert(0, Finder())
warming.PARTS = ("slow_part",)
warm = warming.Warming()
warm.start()
while "warm" not in seen:
    time.sleep(0.01)
warm.finish()
base = os.getpriority(os.PRIO_PROCESS, 0)
print(seen["warm"] - base, seen["finished"] - base, os.geteuid() == 0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority per thread")
def test_imports_before_the_first_cell_are_slowed_little_and_hurried_by_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, env=environment(), check=True
    )
    before, after, root = done.stdout.split()
    assert 0 < int(before) <= 5
    if root == "True":
        assert int(after) == 0
