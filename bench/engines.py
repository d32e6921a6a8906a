"""Both Spark engines in a session: the first result, a query over many rows, and the end of an interrupted one."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import servers
from bench.table import Row
from handloom.client.http import Client
from handloom.client.session import RemoteSession

ROWS = 20_000_000
NAMES = {"quick": "the quick engine", "apache": "Apache Spark"}
FIRST = "print(spark.range(3).count())"
AGAIN = "print(spark.range(4).count())"
QUERY = """
rows = spark.range({rows}).selectExpr("id % 1000 AS k", "cast(id % 977 AS double) AS v")
print(rows.groupBy("k").agg({{"v": "avg"}}).count())
"""
ENDLESS = "spark.range(10**13).selectExpr('sum(id % 7)').collect()"
RUNS_SECONDS = 2.0
"""How long the endless query runs before it is interrupted."""
PATIENCE = 900.0


def measure(server: servers.Server, engine: str, rows: int) -> dict[str, float]:
    """Seconds by what was done, on a server whose engines have not been started yet."""
    client = Client(server.url, server.token)
    workspace = str(client.ask("POST", "/workspaces", {"name": f"bench {engine}"})["id"])
    client.ask("PATCH", f"/workspaces/{workspace}", {"engine": engine})
    name, found = NAMES[engine], {}
    with RemoteSession(client, workspace, name="first") as session:
        found[f"first result of a session, {name}"] = _seconds(lambda: _run(session, FIRST))
    with RemoteSession(client, workspace, name="second") as session:
        found[f"first result of a further session, {name}"] = _seconds(lambda: _run(session, FIRST))
        found[f"a query over {rows:,} rows, {name}"] = _seconds(lambda: _run(session, QUERY.format(rows=rows)))
        found |= _interrupted(session, name)
    return found


def _interrupted(session: RemoteSession, name: str) -> dict[str, float]:
    """Interrupt an endless query: until its cell has ended, and until the engine has answered another one."""
    ended: list[float] = []

    def run() -> None:
        session.run(ENDLESS, seconds=PATIENCE)
        ended.append(time.perf_counter())

    worker = threading.Thread(target=run)
    worker.start()
    time.sleep(RUNS_SECONDS)
    began = time.perf_counter()
    session.interrupt()
    worker.join(PATIENCE)
    if not ended:
        raise RuntimeError(f"The interrupted query did not end on {name}.")
    _run(session, AGAIN)
    free = time.perf_counter() - began
    return {
        f"an interrupted query: its cell has ended, {name}": ended[0] - began,
        f"an interrupted query: the next one has its result, {name}": free,
    }


def _run(session: RemoteSession, code: str) -> None:
    ran = session.run(code, seconds=PATIENCE)
    if ran.error is not None:
        raise RuntimeError("\n".join(ran.error["traceback"]))


def _seconds(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def rows(
    folder: Path,
    say: Callable[[str], None],
    engines: Iterable[str] = NAMES,
    count: int = ROWS,
    flags: Iterable[str] = (),
) -> list[Row]:
    """The rows of both engines. Apache Spark is left out, and said so, where its packages cannot be installed."""
    found = []
    for engine in engines:
        say(f"Handloom, {NAMES[engine]}")
        with servers.handloom(folder / engine, "--no-auth", *flags) as server:
            try:
                seconds = measure(server, engine, count)
            except RuntimeError as error:
                say(f"  {error}")
                continue
        found += [Row(work=work, unit="s", target="", ours=taken) for work, taken in seconds.items()]
        for work, taken in seconds.items():
            say(f"  {work}: {taken:.2f} s")
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog='make bench ARGS="engines"', description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--engine", choices=NAMES, action="append")
    parser.add_argument("--spark-home", help="an installed pyspark 4.2, instead of installing Apache Spark")
    parsed = parser.parse_args(arguments)
    flags = ("--spark-home", parsed.spark_home) if parsed.spark_home else ()
    with tempfile.TemporaryDirectory(prefix="handloom-bench") as folder:
        rows(Path(folder), _say, parsed.engine or NAMES, parsed.rows, flags)
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
