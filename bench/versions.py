"""`make bench ARGS="versions TREE"`: this checkout beside another one, request by request, in alternating rounds."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import shutil
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import generate, servers, table, tracking
from bench.servers import ROOT, Server
from bench.wire import Wire

WORK = ROOT / "bench" / "work" / "versions"
RESULT = ROOT / "bench" / "VERSIONS.md"
CLIENTS = 16
LONG = 200_000  # points of the sampled series

Work = Callable[[Wire], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of request. `prepare` makes what it needs and returns the request; `times` are sent in one round."""

    name: str
    times: int
    prepare: Callable[[Server], Awaitable[Work]]
    clients: int = 1


@dataclass(slots=True)
class Taken:
    """Seconds of CPU and of waiting for one request, a value for each round."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


async def get_run(server: Server) -> Work:
    found = await tracking.newest_run(server)
    return lambda wire: wire.bytes("GET", f"/runs/get?run_id={found}")


async def log_metric(server: Server) -> Work:
    run = await tracking.new_run(server, f"log-metric-{time.time_ns()}")
    steps = itertools.count()
    return lambda wire: tracking.log_metric(wire, run, "loss", next(steps))


async def log_batch(server: Server) -> Work:
    run = await tracking.new_run(server, "log-batch")
    batches = itertools.count()

    async def work(wire: Wire) -> None:
        await wire.post("/runs/log-batch", run_id=run, metrics=tracking.points("loss", next(batches) * 1_000, 1_000))

    return work


async def whole_run(server: Server) -> Work:
    experiment = await tracking.new_experiment(server, "create-and-batch")
    numbers = itertools.count()
    return lambda wire: tracking.whole_run(wire, experiment, next(numbers))


async def search(server: Server) -> Work:
    experiment = await tracking.thousand(server)
    return lambda wire: tracking.search_runs(wire, experiment)


async def newest(server: Server) -> Work:
    experiment = await tracking.thousand(server)
    return lambda wire: wire.bytes("POST", "/runs/search", {"experiment_ids": [experiment], "max_results": 100})


async def history(server: Server) -> Work:
    run = await tracking.new_run(server, "history")
    generate.long_series(server.database, run, "loss", tracking.POINTS)
    path = f"/metrics/get-history?run_id={run}&metric_key=loss&max_results={tracking.POINTS}"
    return lambda wire: wire.bytes("GET", path)


async def sample(server: Server) -> Work:
    run = await tracking.new_run(server, "sample")
    generate.long_series(server.database, run, "loss", LONG)
    path = f"/metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results=320"
    wire = Wire(server.url, server.token)
    await wire.bytes("GET", path)
    wire.close()
    await asyncio.sleep(8)  # a server prepares a long series after the first look at it
    return lambda wire: wire.bytes("GET", path)


CASES = [
    Case(name="get a run", times=400, prepare=get_run),
    Case(name="log-metric, one client", times=400, prepare=log_metric),
    Case(name=f"log-metric, {CLIENTS} clients", times=1_600, prepare=log_metric, clients=CLIENTS),
    Case(name="log-batch of 1,000 points", times=40, prepare=log_batch),
    Case(name="create + log-batch of 45 values", times=100, prepare=whole_run),
    Case(name="search 1,000 runs: filter on one metric, order by another", times=20, prepare=search),
    Case(name="the 100 newest of 1,000 runs", times=100, prepare=newest),
    Case(name="history of 20,000 points", times=10, prepare=history),
    Case(name=f"chart sample, 320 of {LONG:,} points", times=30, prepare=sample),
]


async def _round(server: Server, case: Case, work: Work) -> tuple[float, float]:
    """Seconds of CPU and of waiting for one request of the case."""
    wires = [Wire(server.url, server.token) for _ in range(case.clients)]
    for wire in wires:
        await work(wire)
    waits: list[float] = []

    async def client(wire: Wire) -> None:
        for _ in range(case.times // case.clients):
            start = time.perf_counter()
            await work(wire)
            waits.append(time.perf_counter() - start)

    before = server.cpu()
    await asyncio.gather(*(client(wire) for wire in wires))
    used = server.cpu() - before
    for wire in wires:
        wire.close()
    return used / len(waits), statistics.median(waits)


async def _measure(pair: tuple[Server, Server], case: Case, rounds: int) -> tuple[Taken, Taken]:
    """Both servers by turns, each first in every other round, so that neither has the quieter machine."""
    works = [await case.prepare(server) for server in pair]
    taken = (Taken(), Taken())
    await asyncio.sleep(2)  # what a server prepares after the first look
    for number in range(rounds + 1):
        for which in (0, 1) if number % 2 else (1, 0):
            cpu, wall = await _round(pair[which], case, works[which])
            if number:  # the first round warms up
                taken[which].cpu.append(cpu)
                taken[which].wall.append(wall)
    return taken


def _line(case: Case, before: Taken, after: Taken) -> str:
    cells = [case.name]
    for old, new, unit in ((before.cpu, after.cpu, 1e6), (before.wall, after.wall, 1e3)):
        first, second = min(old), min(new)
        shape = ",.0f" if unit == 1e6 else ",.2f"
        cells += [format(first * unit, shape), format(second * unit, shape), f"{second / first:.2f}"]
    return f"| {' | '.join(cells)} |"


HEAD = """# Two versions side by side

`make bench ARGS="versions TREE"` wrote this: before is {before}, after is {after}.
Both ran on one machine and took turns, in {rounds} rounds. CPU is the server's time for one request, from the operating
system; waiting is the client's median. Both are those of the best round, which the machine's other work disturbed
least. A ratio above 1 means that the later version takes longer.

Machine: {machine}.

| request | CPU before, µs | after | ratio | waiting before, ms | after | ratio |
| --- | --: | --: | --: | --: | --: | --: |
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=versions", description=__doc__)
    parser.add_argument("tree", type=Path, help="a checkout of the earlier version")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--only", default="", help="a pattern of the names of cases; writes no file")
    parser.add_argument("--before", default="the other checkout", help="what to call the earlier version")
    parser.add_argument("--after", default="this checkout", help="what to call this version")
    given = parser.parse_args(arguments)
    head = HEAD.format(before=given.before, after=given.after, rounds=given.rounds, machine=table.machine())
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    flags = ("--no-auth", "--warm-kernels", "0")
    lines: list[str] = []
    with (
        servers.handloom(WORK / "before", *flags, tree=given.tree.absolute()) as before,
        servers.handloom(WORK / "after", *flags) as after,
    ):
        for case in CASES:
            if re.search(given.only, case.name):
                lines.append(_line(case, *asyncio.run(_measure((before, after), case, given.rounds))))
                print(lines[-1], file=sys.stderr, flush=True)
    text = head + "\n".join(lines) + "\n"
    print(text)
    if not given.only:
        RESULT.write_text(text, encoding="utf-8")
    return 0
