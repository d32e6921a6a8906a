"""`make bench ARGS=scaling`: how the cost of a search grows with the runs of an experiment, 1,000 to 1,000,000.

Runs are written straight into the store; the searches go over HTTP. Writes bench/SCALING.md and bench/scaling.svg.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bench import chart, generate, servers, table
from bench.servers import ROOT, Server
from bench.wire import Wire, best

SIZES = (1_000, 10_000, 100_000, 1_000_000)
FLAGS = ("--no-auth", "--warm-kernels", "0")
FOLDER = ROOT / "bench" / "work" / "scaling"
TIMES = 15

Search = dict[str, Any]
PAGE = "filter on one metric, order by another, 1,000 runs"
SEARCHES: dict[str, Search] = {
    PAGE: {"filter": "metrics.m0 >= 0.2", "order_by": ["metrics.m1 DESC"], "max_results": 1_000},
    "the same, its second page": {
        "filter": "metrics.m0 >= 0.2",
        "order_by": ["metrics.m1 DESC"],
        "max_results": 1_000,
        "page": 2,
    },
    "a rare filter (1 run in 1,000), ordered": {
        "filter": "metrics.m0 = 0.5",
        "order_by": ["metrics.m1 DESC"],
        "max_results": 100,
    },
    "the 100 newest": {"max_results": 100},
    "the best run by one metric": {"order_by": ["metrics.m2 DESC"], "max_results": 1},
    "OR and NOT, 100 runs": {
        "filter": "metrics.m3 > 0.9 OR NOT params.p1 = '2'",
        "order_by": ["metrics.m1"],
        "max_results": 100,
    },
    "by the greatest value, 100 runs": {"order_by": ["max(metrics.m4) DESC"], "max_results": 100},
    "by a param, 100 runs": {"order_by": ["params.p1"], "max_results": 100},
    "by a tag, 100 runs": {"order_by": ["tags.t0 DESC"], "max_results": 100},
}
LOG = "log-metric"


async def measure(server: Server, experiment: str) -> dict[str, float]:
    """Seconds for each kind of work."""
    wire = Wire(server.url, server.token)
    found = {}
    for name, given in SEARCHES.items():
        body = {"experiment_ids": [experiment], **given}
        if body.pop("page", 1) == 2:  # of 1,000 runs there is none: the first is asked again
            first = await wire.post("/runs/search", **body)
            body["page_token"] = first.get("next_page_token", "")
        await _twice(wire, body)
        found[name] = await best(_asking(wire, body), TIMES)
    made = await wire.post("/runs/create", experiment_id=experiment, start_time=1)
    run = made["run"]["info"]["run_id"]
    found[LOG] = await best(
        lambda step: wire.post("/runs/log-metric", run_id=run, key="loss", value=0.5, timestamp=1, step=step), 40
    )
    return found


def _asking(wire: Wire, body: Search) -> Callable[[int], Awaitable[bytes]]:
    return lambda _: wire.bytes("POST", "/runs/search", body)


async def _twice(wire: Wire, body: Search) -> None:
    """Runs are kept ready made after the first search that met them, and an order gets its index."""
    for _ in range(2):
        await wire.bytes("POST", "/runs/search", body)
        wire.close()  # servers close what is silent for some seconds
        await asyncio.sleep(2.5)
    if any(word in str(body.get("order_by")) for word in ("max(", "params.", "tags.")):
        await _indexed(wire, body)


async def _indexed(wire: Wire, body: Search) -> None:
    """Wait until the index of an order is made: until three answers in a row are as quick as the quickest."""
    quick, slow = 0, 0.0
    for _ in range(600):
        start = time.perf_counter()
        await wire.bytes("POST", "/runs/search", body)
        taken = time.perf_counter() - start
        slow = max(slow, taken)
        quick = quick + 1 if taken < slow / 3 or taken < 0.02 else 0
        if quick == 3:
            return
        await asyncio.sleep(0.5)


def run(sizes: Sequence[int], say: Callable[[str], None]) -> dict[int, dict[str, float]]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    with servers.handloom(FOLDER, *FLAGS):
        pass  # makes the tables and the first workspace
    experiments = {}
    for size in sizes:
        start = time.perf_counter()
        experiments[size] = generate.fill(FOLDER, f"{size} runs", size)
        say(f"{size:,} runs written in {time.perf_counter() - start:.0f} s")
    found = {}
    with servers.handloom(FOLDER, *FLAGS) as server:
        for size, experiment in experiments.items():
            found[size] = asyncio.run(measure(server, experiment))
            say(f"{size:,} runs measured")
        say(f"resident memory afterwards: {server.memory() / 1e6:.0f} MB")
    return found


HEAD = """# Cost against size

`make bench ARGS=scaling` wrote this: one experiment of each size in one SQLite file, every run finished, with
{metrics} metrics, {params} params and {tags} tags, written straight into the store; each search asked over HTTP, the
quickest of {times} answers after two that made the runs ready. Milliseconds.

Machine: {machine}.

"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=scaling", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), help="runs in each experiment")
    parser.add_argument("--keep", action="store_true", help="leave the data folder where it is")
    parsed = parser.parse_args(arguments)
    machine = table.machine()
    found = run(parsed.sizes, lambda text: print(text, file=sys.stderr, flush=True))
    names = [*SEARCHES, LOG]
    rows = [["work", *(f"{size:,} runs" for size in found)], ["---", *("--:" for _ in found)]]
    rows += [[name, *(f"{each[name] * 1e3:,.2f}" for each in found.values())] for name in names]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n\n![Cost against size](scaling.svg)\n"
    head = HEAD.format(
        metrics=generate.METRICS, params=generate.PARAMS, tags=generate.TAGS, times=TIMES, machine=machine
    )
    (ROOT / "bench" / "SCALING.md").write_text(head + text, encoding="utf-8")
    lines = {name: [each[name] * 1e3 for each in found.values()] for name in names}
    drawn = chart.svg("Milliseconds of one answer", list(found), lines)
    (ROOT / "bench" / "scaling.svg").write_text(drawn, encoding="utf-8")
    print(text)
    if not parsed.keep:
        shutil.rmtree(FOLDER, ignore_errors=True)
    return 0
