"""A tracking server's work over MLflow's own protocol: each function takes a server and gives one figure."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bench import generate
from bench.servers import Server
from bench.wire import Rate, Wire, median, rate

RUNS = 1_000
POINTS = 20_000
LONG = 1_000_000
SECONDS = 4.0


async def latency(server: Server, *, fresh: bool) -> float:
    """Seconds for one log-metric; each is on disk when it is acknowledged."""
    wire, run = await _run(server, f"latency-{fresh}", fresh=fresh)
    return await median(lambda step: log_metric(wire, run, "loss", step), 60)


async def clients(server: Server, count: int) -> Rate:
    """log-metric a second from `count` connections, a run each."""
    pairs = [await _run(server, f"clients-{count}-{n}") for n in range(count)]
    steps = itertools.count()

    def worker(wire: Wire, run: str) -> Callable[[], Awaitable[int]]:
        async def work() -> int:
            await log_metric(wire, run, "loss", next(steps))
            return 1

        return work

    return await rate([worker(*pair) for pair in pairs], SECONDS, server.cpu)


async def batches(server: Server) -> Rate:
    """Points a second in log-batch requests of 1,000."""
    wire, run = await _run(server, "batches")
    batch = itertools.count()

    async def work() -> int:
        first = next(batch) * 1_000
        await wire.post("/runs/log-batch", run_id=run, metrics=points("loss", first, 1_000))
        return 1_000

    return await rate([work], SECONDS, server.cpu)


async def whole_runs(server: Server, count: int) -> Rate:
    """Runs a second, each made and given 20 metrics, 20 params and 5 tags, from `count` connections."""
    experiment = await new_experiment(server, "whole-runs")
    number = itertools.count()

    def worker() -> Callable[[], Awaitable[int]]:
        wire = Wire(server.url, server.token)

        async def work() -> int:
            await whole_run(wire, experiment, next(number))
            return 1

        return work

    return await rate([worker() for _ in range(count)], SECONDS, server.cpu)


async def first_search(server: Server) -> float:
    """Seconds of the first search after the runs were logged."""
    experiment = await thousand(server)
    start = time.perf_counter()
    await search_runs(Wire(server.url, server.token), experiment)
    return time.perf_counter() - start


async def search(server: Server) -> float:
    """Seconds to find 800 of 1,000 runs by one metric, ordered by another."""
    experiment = await thousand(server)
    wire = Wire(server.url, server.token)
    await search_runs(wire, experiment)
    wire.close()  # servers close what is silent for some seconds
    await asyncio.sleep(5)  # what a server prepares after the first look
    return await median(lambda _: search_runs(wire, experiment), 5)


async def part(server: Server) -> float:
    """Seconds for the same runs with one metric of each, where a server can answer with a part."""
    experiment = await thousand(server)
    wire = Wire(server.url, server.token)
    return await median(lambda _: search_runs(wire, experiment, include="info,metrics.m1"), 5)


async def newest(server: Server) -> float:
    """Seconds for the 100 newest of 1,000 runs."""
    experiment = await thousand(server)
    wire = Wire(server.url, server.token)

    async def work(_: int) -> None:
        reply = await wire.bytes("POST", "/runs/search", {"experiment_ids": [experiment], "max_results": 100})
        assert _runs_in(reply) == 100

    return await median(work, 5)


async def search_runs(wire: Wire, experiment: str, **more: Any) -> None:
    body = {
        "experiment_ids": [experiment],
        "filter": "metrics.m0 >= 0.2",
        "order_by": ["metrics.m1 DESC"],
        "max_results": RUNS,
    }
    reply = await wire.bytes("POST", "/runs/search", body | more)
    assert _runs_in(reply) == RUNS * 0.8


def _runs_in(reply: bytes) -> int:
    return reply.count(b'"run_uuid"')


_FILLED: dict[str, str] = {}


async def newest_run(server: Server) -> str:
    """The id of a run with 20 metrics, 20 params and 5 tags."""
    wire = Wire(server.url, server.token)
    reply = await wire.post("/runs/search", experiment_ids=[await thousand(server)], max_results=1)
    wire.close()
    return str(reply["runs"][0]["info"]["run_id"])


async def thousand(server: Server) -> str:
    """An experiment with 1,000 finished runs, made once on each server."""
    if server.url not in _FILLED:
        experiment = await new_experiment(server, "search")
        number = iter(range(RUNS))

        async def fill() -> None:
            wire = Wire(server.url, server.token)
            for one in number:
                run = await whole_run(wire, experiment, one)
                await wire.post("/runs/update", run_id=run, status="FINISHED", end_time=_now())

        await asyncio.gather(*(fill() for _ in range(8)))
        _FILLED[server.url] = experiment
    return _FILLED[server.url]


async def history(server: Server) -> float:
    """Seconds to read one metric's 20,000 points."""
    wire, run = await _run(server, "history")
    for first in range(0, POINTS, 1_000):
        await wire.post("/runs/log-batch", run_id=run, metrics=points("loss", first, 1_000))

    async def work(_: int) -> None:
        found, page = 0, ""
        while True:
            token = f"&page_token={page}" if page else ""
            path = f"/metrics/get-history?run_id={run}&metric_key=loss&max_results={POINTS}{token}"
            reply = await wire.bytes("GET", path)
            found, page = found + reply.count(b'"step"'), _token(reply)
            if not page:
                break
        assert found == POINTS

    return await median(work, 3)


def _token(reply: bytes) -> str:
    """The next page's token: the only field after a long list, or before it."""
    found = re.search(rb'"next_page_token":\s*"([^"]*)"', reply[-400:] + reply[:400])
    return found[1].decode() if found else ""


async def sample(server: Server) -> float:
    """Seconds for 320 points of a series of 1,000,000."""
    wire, run = await _run(server, "long")
    wire.close()  # servers close what is silent for some seconds
    generate.long_series(server.database, run, "loss", LONG)
    path = f"/metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results=320"
    await wire.bytes("GET", path)
    wire.close()
    await asyncio.sleep(8)  # what a server prepares after the first look

    async def work(_: int) -> None:
        reply = await wire.bytes("GET", path)
        assert reply.count(b'"step"') == 320

    return await median(work, 3)


async def new_experiment(server: Server, name: str) -> str:
    wire = Wire(server.url, server.token)
    made = await wire.post("/experiments/create", name=name)
    wire.close()
    return str(made["experiment_id"])


async def _run(server: Server, name: str, *, fresh: bool = False) -> tuple[Wire, str]:
    experiment = await new_experiment(server, name)
    wire = Wire(server.url, server.token, fresh=fresh)
    made = await wire.post("/runs/create", experiment_id=experiment, start_time=_now())
    return wire, str(made["run"]["info"]["run_id"])


async def new_run(server: Server, name: str) -> str:
    """The id of a new run in an experiment of this name."""
    wire, run = await _run(server, name)
    wire.close()
    return run


async def log_metric(wire: Wire, run: str, key: str, step: int) -> None:
    await wire.post("/runs/log-metric", run_id=run, key=key, value=step / 7, timestamp=_now(), step=step)


async def whole_run(wire: Wire, experiment: str, number: int) -> str:
    made = await wire.post("/runs/create", experiment_id=experiment, start_time=_now(), run_name=f"run-{number}")
    run = made["run"]["info"]["run_id"]
    values = [(number * (k + 1) * 7919 + (number if k else 0)) % RUNS / RUNS for k in range(20)]
    values[0] = number % RUNS / RUNS
    await wire.post(
        "/runs/log-batch",
        run_id=run,
        metrics=[{"key": f"m{k}", "value": v, "timestamp": _now(), "step": 0} for k, v in enumerate(values)],
        params=[{"key": f"p{k}", "value": str(number + k)} for k in range(20)],
        tags=[{"key": f"t{k}", "value": str(number + k)} for k in range(5)],
    )
    return str(run)


def points(key: str, first: int, count: int) -> list[dict[str, Any]]:
    now = _now()
    return [{"key": key, "value": s / 7, "timestamp": now + s, "step": s} for s in range(first, first + count)]


def _now() -> int:
    return int(time.time() * 1_000)
