"""`make bench ARGS=postgres`: Handloom on PostgreSQL, directly and with 1 ms of network between the two.

The network is a proxy that hands each byte on a set time after it came, so that what is sent together arrives together.
Writes bench/POSTGRES.md. CPU times and counts of bytes tell more than rates on a machine with other work.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import selectors
import shutil
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from bench import servers, table, tracking
from bench.servers import ROOT, Server
from bench.table import Row
from bench.wire import Rate, Wire

sys.path.insert(0, str(ROOT / "tests"))

from databases import Postgres, postgres

FOLDER = ROOT / "bench" / "work" / "postgres"
FLAGS = ("--no-auth", "--warm-kernels", "0")
ROUND_TRIP = 0.001
POINTS = 100_000
KEYS = 20
_SIZES = (
    "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname LIKE :tables"
)

Work = Callable[[Server], Coroutine[Any, Any, float]]
RATES: list[tuple[str, str, Work]] = [
    ("log-metric, one client", ">= 300/s with network", lambda s: tracking.clients(s, 1)),
    ("log-metric, 64 clients", ">= 3,000/s with network", lambda s: tracking.clients(s, 64)),
    ("create + log-batch of 45 values, 8 clients, runs", "", lambda s: tracking.whole_runs(s, 8)),
    ("log-batch of 1,000 points, points", "", tracking.batches),
]


class DelayingProxy:
    """A TCP proxy on a thread of its own, which hands bytes on `delay` seconds after they came."""

    def __init__(self, socket_file: str, delay: float) -> None:
        self._socket_file, self._delay = socket_file, delay
        self._loop = asyncio.SelectorEventLoop(selectors.SelectSelector())  # epoll waits whole milliseconds
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._connected, "127.0.0.1", 0), self._loop)
        self.port: int = starting.result().sockets[0].getsockname()[1]

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs = await asyncio.open_unix_connection(self._socket_file)
        await asyncio.gather(self._pass(reader, theirs[1]), self._pass(theirs[0], writer), return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                self._loop.call_later(self._delay, writer.write, data)  # the loop keeps the order of equal delays
        finally:
            self._loop.call_later(self._delay, writer.close)


@contextlib.contextmanager
def proxied(url: str, delay: float) -> Iterator[str]:
    """The address of the same database through a proxy."""
    parsed = make_url(url)
    proxy = DelayingProxy(f"{parsed.query['host']}/.s.PGSQL.5432", delay)
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{proxy.port}/{parsed.database}"
    finally:
        proxy.close()


def bytes_per_point(server: Server, url: str) -> float:
    """Bytes that the tables of metrics grow by for each point, logged in batches of 20 series."""

    def size() -> int:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
            found = int(connection.execute(text(_SIZES), {"tables": "%metric%"}).scalar_one())
        engine.dispose()
        return found

    before = size()
    asyncio.run(_log(server))
    return (size() - before) / POINTS


async def _log(server: Server) -> None:
    experiment = await tracking.new_experiment(server, "growth")
    wire = Wire(server.url, server.token)
    steps = 1_000 // KEYS
    for run in range(10):
        made = await wire.post("/runs/create", experiment_id=experiment, start_time=run)
        run_id = made["run"]["info"]["run_id"]
        for first in range(0, POINTS // 10 // KEYS, steps):
            points = [
                {**point, "key": f"train/metric_{key}"}
                for key in range(KEYS)
                for point in tracking.points("", first, steps)
            ]
            await wire.post("/runs/log-batch", run_id=run_id, metrics=points)
    wire.close()


def run(database: Postgres, say: Callable[[str], None]) -> tuple[list[Row], float]:
    found: dict[str, dict[str, float]] = {}
    growth = 0.0
    for where, delay in (("direct", 0.0), ("network", ROUND_TRIP / 2)):
        url = database.current(FOLDER)
        with contextlib.ExitStack() as stack:
            reached = stack.enter_context(proxied(url, delay)) if delay else url
            server = stack.enter_context(servers.handloom(FOLDER / where, "--database", reached, *FLAGS))
            figures = found[where] = {}
            for name, _, work in RATES:
                value = figures[name] = asyncio.run(work(server))
                cpu = f", {value.cpu * 1e6:.0f} us of CPU each" if isinstance(value, Rate) else ""
                say(f"{where}: {name}: {value:,.0f}/s{cpu}")
            if not delay:
                growth = bytes_per_point(server, url)
                say(f"{growth:.0f} bytes a point")
    rows = []
    for name, target, _ in RATES:
        direct, remote = found["direct"][name], found["network"][name]
        rows.append(Row(work=name, unit="/s", target=target, ours=direct, peers=remote))
        if isinstance(direct, Rate) and isinstance(remote, Rate):
            rows.append(Row(work=f"{name}: the server's CPU for each", unit="us", ours=direct.cpu, peers=remote.cpu))
    return rows, growth


HEAD = """# PostgreSQL

`make bench ARGS=postgres` wrote this: Handloom on the PostgreSQL server of the tests (fsync off, so that the figures
are the servers' work and not the disk's), reached directly and through a proxy that adds {delay:.0f} ms to each round
trip.

Machine: {machine}.

The tables of metrics and their indexes grow by **{growth:.0f} bytes a point** (target: at most 110).

| work | direct | {delay:.0f} ms of network | target |
|---|--:|--:|---|
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=postgres", description=__doc__)
    parser.parse_args(arguments)
    machine = table.machine()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with postgres() as database:
        rows, growth = run(database, lambda line: print(line, file=sys.stderr, flush=True))
    cells = [[row.work, *row.cells()[1:4:2], row.target] for row in rows]
    head = HEAD.format(delay=ROUND_TRIP * 1e3, machine=machine, growth=growth)
    written = head + "".join(f"| {' | '.join(row)} |\n" for row in cells)
    Path(ROOT / "bench" / "POSTGRES.md").write_text(written, encoding="utf-8")
    print(written)
    shutil.rmtree(FOLDER, ignore_errors=True)
    return 0
