"""`make soak`: the tutorial again and again on one server, watching that neither memory nor processes pile up."""

from __future__ import annotations

import argparse
import shutil
import sys
import time

from bench import servers, tutorial
from bench.servers import ROOT, Server

WORK = ROOT / "bench" / "work" / "soak"
GROWTH = 1.5  # the last weight against the first after warming up, beyond which something leaks
WARM_UP = 3  # rounds before the first weight counts


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    arguments = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    with servers.handloom(WORK / "data", "--no-auth") as server:
        return soak(server, arguments.minutes * 60)


def soak(server: Server, seconds: float) -> int:
    """0 where the server ends as light as it was after its first rounds."""
    end = time.monotonic() + seconds
    seen: list[tuple[float, int]] = []
    while time.monotonic() < end or len(seen) <= WARM_UP:
        taken = tutorial.on_handloom(WORK / "data", WORK)
        time.sleep(3)  # the session's processes take a moment to go
        own, family = server.process.memory_info().rss, len(server.process.children(recursive=True))
        seen.append((own, family))
        print(f"round {len(seen)}: {taken:.1f} s, server {own / 1e6:.0f} MB, {family} child processes", flush=True)
    (first, few), (last, many) = seen[WARM_UP - 1], seen[-1]
    if last > first * GROWTH or many > few:
        print(f"grew from {first / 1e6:.0f} MB and {few} processes to {last / 1e6:.0f} MB and {many}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
