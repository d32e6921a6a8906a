"""`make bench`: start Handloom, measure, stop; the same with the peers; print and write bench/RESULTS.md."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from bench import (
    artifacts,
    engines,
    importing,
    notebook,
    postgres,
    scaling,
    servers,
    table,
    team,
    tracking,
    tutorial,
    ui,
    versions,
)
from bench.servers import ROOT, Server
from bench.table import Row
from bench.wire import Rate, RefusedError

WORK = ROOT / "bench" / "work"
IDLE = 5.0  # seconds of rest before the memory is weighed
WARMING = 20.0  # seconds that a person reads an open notebook before the first run, at the least

UPLOAD, DOWNLOAD = "an artifact of 256 MB, upload", "an artifact of 256 MB, download"
LONG_SERIES = ("chart sample, 320 of 1,000,000 points",)
"""Figures whose points are written straight into the database, which FastTrackML lays out in its own way."""
CPU = ": the server's CPU for each"
Measure = Callable[[Server], Coroutine[Any, Any, float]]
FIGURES: list[tuple[str, str, str, Measure]] = [
    ("search 1,000 runs, first time after they were logged", "ms", "", tracking.first_search),
    ("search 1,000 runs: filter on one metric, order by another", "ms", ">= 100x", tracking.search),
    ("the same with one metric of each run (`include`; the peer sends all)", "ms", "", tracking.part),
    ("the 100 newest of 1,000 runs", "ms", "", tracking.newest),
    ("history of 20,000 points", "ms", ">= 25x", tracking.history),
    (LONG_SERIES[0], "ms", ">= 20x", tracking.sample),
    ("log-metric, 16 clients", "/s", ">= 30x", lambda s: tracking.clients(s, 16)),
    ("log-metric, 64 clients", "/s", ">= 35x", lambda s: tracking.clients(s, 64)),
    ("log-batch of 1,000 points, points", "/s", ">= 25x", tracking.batches),
    ("create + log-batch of 45 values, 8 clients, runs", "/s", ">= 30x", lambda s: tracking.whole_runs(s, 8)),
    (UPLOAD, "MB/s", "", artifacts.upload),
    (DOWNLOAD, "MB/s", "", artifacts.download),
]
COLD, WARM = "the whole tutorial, first thing after the start", "the whole tutorial, a session waiting"
START, MEMORY, LATENCY = "start to /health", "memory, idle", "log-metric, one client"
KEPT, FRESH = "log-metric, keep-alive", "log-metric, a connection each"


def measure(server: Server, say: Callable[[str], None], skipped: Sequence[str] = ()) -> dict[str, float]:
    time.sleep(IDLE)
    found = {START: server.seconds, MEMORY: server.memory()}
    for name, fresh in ((KEPT, False), (FRESH, True)):
        found[name] = asyncio.run(tracking.latency(server, fresh=fresh))
    found[LATENCY] = min(found[KEPT], found[FRESH])
    for name, _, _, work in FIGURES:
        if name in skipped:
            continue
        start = time.perf_counter()
        try:
            found[name] = value = asyncio.run(work(server))
        except RefusedError as error:  # a peer that cannot do it
            say(f"  {name}: {error}")
            continue
        if isinstance(value, Rate):
            found[name + CPU] = value.cpu
        say(f"  {name}: {time.perf_counter() - start:.0f} s of measuring")
    return found


def rows(ours: dict[str, float], quicks: dict[str, float], peers: dict[str, float]) -> list[Row]:
    shape = [
        (START, "s", ">= 40x"),
        (MEMORY, "MB", ">= 20x"),
        (LATENCY, "ms", ">= 12x"),
        (KEPT, "ms", ""),
        (FRESH, "ms", ""),
    ]
    for name, unit, target, _ in FIGURES:
        shape.append((name, unit, target))
        if name + CPU in ours:
            shape.append((name + CPU, "us", ""))
    return [
        Row(work=n, unit=u, target=t, ours=ours.get(n), quicks=quicks.get(n), peers=peers.get(n)) for n, u, t in shape
    ]


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> list[Row]:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    ours: dict[str, float] = {}
    peers: dict[str, float] = {}
    quicks: dict[str, float] = {}
    whole: dict[str, float] = {}
    say("Handloom, tracking only")
    with servers.handloom(WORK / "bare", "--no-auth", "--warm-kernels", "0") as server:
        ours = measure(server, say)
        copied = asyncio.run(artifacts.copy())
    if not arguments.tracking:
        say("Handloom, the tutorial")
        with servers.handloom(WORK / "handloom", "--no-auth"):
            whole["cold"] = tutorial.on_handloom(WORK / "handloom", WORK)
            time.sleep(WARMING)
            whole["warm"] = tutorial.on_handloom(WORK / "handloom", WORK)
    if not arguments.ours:
        say("FastTrackML")
        with servers.fasttrackml(WORK / "fasttrackml") as server:
            quicks = measure(server, say, skipped=(*LONG_SERIES, UPLOAD, DOWNLOAD))
        say("mlflow server (its start alone takes most of a minute)")
        with servers.mlflow(WORK / "mlflow") as server:
            peers = measure(server, say)
            if not arguments.tracking:
                say("JupyterLab's runner with Apache Spark, the tutorial")
                whole["peers"] = tutorial.on_peers(server, WORK)
    result = rows(ours, quicks, peers)
    for name in (UPLOAD, DOWNLOAD):
        beside = f"{name}, beside one copy over loopback to disk"
        result.append(Row(work=beside, unit="MB/s", target=">= 0.9x", ours=ours[name], peers=copied))
    if not arguments.tracking:
        for name, key, target in ((COLD, "cold", ""), (WARM, "warm", ">= 8x")):
            result.append(Row(work=name, unit="s", target=target, ours=whole[key], peers=whole.get("peers")))
        result += engines.rows(WORK / "engines", say)
    return result


HEAD = """# Figures

`make bench` wrote this: the same work on the same machine in one run, one server after the other. The peers are
FastTrackML 0.6, a server in Go whose writes are not said to be durable, and `mlflow server` 3.17.2, both with SQLite as
they start by default; for the tutorial, JupyterLab's notebook runner with Apache
Spark 4.3 and that server. Every write of Handloom's is on disk (SQLite, WAL, synchronous=FULL) when it is acknowledged.
A latency is the smaller of one connection kept open and one a request. A ratio above 1 is in Handloom's favour.

"""


def main() -> int:
    apart = {
        "scaling": scaling.main,
        "ui": ui.main,
        "postgres": postgres.main,
        "import": importing.main,
        "notebook": notebook.main,
        "engines": engines.main,
        "team": team.main,
        "versions": versions.main,
    }
    if (part := apart.get("".join(sys.argv[1:2]))) is not None:
        return part(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--tracking", action="store_true", help="leave out the tutorial")
    parser.add_argument("--ours", action="store_true", help="leave out the peers; writes nothing")
    arguments = parser.parse_args()
    machine = table.machine()
    result = run(arguments, lambda text: print(text, file=sys.stderr, flush=True))
    text = table.markdown(result)
    print(text)
    if not arguments.ours:
        Path(ROOT / "bench" / "RESULTS.md").write_text(f"{HEAD}Machine: {machine}.\n\n{text}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
