"""`make bench ARGS=import`: runs of an MLflow database a second, into SQLite and PostgreSQL. Writes bench/IMPORT.md.

The runs are written straight into the tables of an MLflow database, since logging them would take longer than all else.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench import servers, table
from bench.servers import ROOT, Server

sys.path.insert(0, str(ROOT / "tests"))

from databases import postgres

FOLDER = ROOT / "bench" / "work" / "import"
FLAGS = ("--no-auth", "--warm-kernels", "0")
PARAMS, TAGS, KEYS = 10, 4, 10
SIZES = ((5_000, 1), (3_000, 10))
"""Runs of a source, and points of each of their metrics."""


def source(file: Path, runs: int, points: int) -> None:
    """Write an MLflow database in which each run has 10 params, 5 tags and 10 metrics of so many points."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415 - it takes seconds

    store: Any = SqlAlchemyStore(f"sqlite:///{file}", str(file.parent / "artifacts"))  # type: ignore[no-untyped-call]
    experiment = int(store.create_experiment("imported"))
    now = round(time.time() * 1000)
    rows: dict[str, list[tuple[object, ...]]] = {
        "runs": [],
        "params": [],
        "tags": [],
        "metrics": [],
        "latest_metrics": [],
    }
    for number in range(runs):
        run = uuid4().hex
        start, end, place = now + number, now + number + 1000, f"{file.parent}/artifacts/{experiment}/{run}/artifacts"
        rows["runs"].append((run, f"run {number}", "FINISHED", start, end, "active", place, experiment, "ana"))
        rows["params"] += [(f"p{key}", str(key * number), run) for key in range(PARAMS)]
        rows["tags"] += [
            ("mlflow.runName", f"run {number}", run),
            *((f"t{n}", str(number % 7), run) for n in range(TAGS)),
        ]
        for key in range(KEYS):
            series = [(f"m{key}", step * 0.1 + number, now + step, run, step, 0) for step in range(points)]
            rows["metrics"] += series
            rows["latest_metrics"].append(series[-1])
    columns = {
        "runs": "run_uuid, name, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id, user_id",
        "params": "key, value, run_uuid",
        "tags": "key, value, run_uuid",
        "metrics": "key, value, timestamp, run_uuid, step, is_nan",
        "latest_metrics": "key, value, timestamp, run_uuid, step, is_nan",
    }
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        for name, content in rows.items():
            marks = ", ".join("?" * len(content[0]))
            database.executemany(f"INSERT INTO {name} ({columns[name]}) VALUES ({marks})", content)


def imported(server: Server, file: Path, data: Path, database: str) -> float:
    """Import everything into a new workspace of an idle server. Returns seconds, with those of the command's start."""
    words = ["import", "mlflow", f"sqlite:///{file}", "--workspace", file.stem, "--no-artifacts", "--data", str(data)]
    if database:
        words += ["--database", database]
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "handloom.cli", *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def run(say: Callable[[str], None]) -> list[tuple[str, ...]]:
    files = {}
    for runs, points in SIZES:
        file = files[runs, points] = FOLDER / f"{runs}x{points}.db"
        say(f"a database of {runs:,} runs with {points} points a metric")
        source(file, runs, points)
    seconds: dict[tuple[str, int], float] = {}
    with postgres() as made:
        for where, database in (("SQLite", ""), ("PostgreSQL", made.current(FOLDER))):
            flags = ("--database", database) if database else ()
            with servers.handloom(FOLDER / where, *flags, *FLAGS) as server:
                for (runs, _), file in files.items():
                    seconds[where, runs] = imported(server, file, FOLDER / where, database)
                    say(f"{where}: {runs:,} runs in {seconds[where, runs]:.1f} s")
    return [
        (
            f"{runs:,} runs: {PARAMS} params, {TAGS + 1} tags, {KEYS} metrics, steps of each: {points}",
            *(f"{runs / seconds[where, runs]:,.0f}/s" for where in ("SQLite", "PostgreSQL")),
        )
        for runs, points in SIZES
    ]


HEAD = """# Import from MLflow

`make bench ARGS=import` wrote this: runs a second of `handloom import mlflow` from an MLflow database into an idle
server, with the start of the command and the comparison of all counts at the end, without artifacts. The PostgreSQL
server is that of the tests (fsync off). Target: at least 1,000 runs a second.

Machine: {machine}.

| source | into SQLite | into PostgreSQL |
|---|--:|--:|
"""


def main(arguments: Sequence[str]) -> int:
    argparse.ArgumentParser(prog="make bench ARGS=import", description=__doc__).parse_args(arguments)
    machine = table.machine()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    found = run(lambda line: print(line, file=sys.stderr, flush=True))
    written = HEAD.format(machine=machine) + "".join(f"| {' | '.join(row)} |\n" for row in found)
    (ROOT / "bench" / "IMPORT.md").write_text(written, encoding="utf-8")
    print(written)
    shutil.rmtree(FOLDER, ignore_errors=True)
    return 0
