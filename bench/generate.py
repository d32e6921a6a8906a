"""Experiments with any number of runs, written straight into a data folder's database, for measuring searches."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

METRICS, PARAMS, TAGS = 5, 5, 2
CHUNK = 10_000
START = 1_700_000_000_000

Rows = list[tuple[Any, ...]]


def long_series(database: Path, run_id: str, key: str, count: int) -> None:
    """A series of `count` points of a run that is there, in Handloom's database or in MLflow's."""
    with closing(sqlite3.connect(database, timeout=60)) as db, db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        values = ((step, START + step, (step * 7_919 % 10_007) / 10_007) for step in range(count))
        last = (count - 1, START + count - 1, ((count - 1) * 7_919 % 10_007) / 10_007)
        if "latest_metrics" in tables and "run_documents" not in tables:
            columns = "run_uuid, key, step, timestamp, value, is_nan"
            rows = ((run_id, key, *value, False) for value in values)
            db.executemany(f"INSERT INTO metrics ({columns}) VALUES (?, ?, ?, ?, ?, ?)", rows)
            db.execute(f"INSERT INTO latest_metrics ({columns}) VALUES (?, ?, ?, ?, ?, ?)", (run_id, key, *last, False))
            return
        found = db.execute("SELECT internal_id, experiment_internal_id FROM runs WHERE run_id = ?", (run_id,))
        number, experiment = found.fetchone()
        columns = "run_internal_id, key, step, timestamp, value, is_nan"
        rows = ((number, key, *value, False) for value in values)
        db.executemany(f"INSERT INTO metrics ({columns}) VALUES (?, ?, ?, ?, ?, ?)", rows)
        db.execute(
            f"INSERT INTO latest_metrics ({columns}, experiment_internal_id, min_value, max_value, count) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 0, 1, ?)",
            (number, key, *last, False, experiment, count),
        )


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How many metrics and params runs have: the last `full` ones `keys` of each, the others as before them."""

    metrics: int = METRICS
    params: int = PARAMS
    full: int = 0
    keys: int = 0

    def of(self, at: int, count: int) -> tuple[int, int]:
        """Metrics and params of run `at` of `count`."""
        return (self.keys, self.keys) if at >= count - self.full else (self.metrics, self.params)


PLAIN = Shape()


def fill(folder: Path, name: str, count: int, shape: Shape = PLAIN) -> str:
    """An experiment with `count` finished runs in the default workspace; its id. No server may use the folder."""
    with closing(sqlite3.connect(folder / "handloom.db", isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA cache_size=-500000")
        workspace = db.execute("SELECT workspace_id FROM experiments ORDER BY internal_id LIMIT 1").fetchone()[0]
        (experiment,) = db.execute("SELECT max(experiment_id) + 1 FROM experiments").fetchone()
        given = (workspace, experiment, name, f"mlflow-artifacts:/{experiment}", "active", None, START, START)
        made = db.execute(
            "INSERT INTO experiments (workspace_id, experiment_id, name, artifact_location, lifecycle_stage, owner_id, "
            "creation_time, last_update_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            given,
        )
        (first,) = db.execute("SELECT coalesce(max(internal_id), 0) + 1 FROM runs").fetchone()
        numbers = range(first, first + count)
        for at in range(0, count, CHUNK):
            db.execute("BEGIN")
            keys = [shape.of(n - first, count) for n in numbers[at : at + CHUNK]]
            for table, rows in _rows(numbers[at : at + CHUNK], keys, workspace, made.lastrowid or 0, experiment):
                marks = ", ".join("?" * len(rows[0]))
                db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            db.execute("COMMIT")
    return str(experiment)


def fill_mlflow(database: Path, name: str, count: int, shape: Shape) -> str:
    """The same in the database of `mlflow server`, which must not run; the id of the experiment."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA cache_size=-500000")
        (experiment,) = db.execute("SELECT max(experiment_id) + 1 FROM experiments").fetchone()
        folder = f"mlflow-artifacts:/{experiment}"
        given = (experiment, name, folder, "active", START, START)
        columns = "experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time"
        db.execute(f"INSERT INTO experiments ({columns}) VALUES (?, ?, ?, ?, ?, ?)", given)
        for at in range(0, count, CHUNK):
            numbers = range(at, min(at + CHUNK, count))
            keys = [shape.of(n, count) for n in numbers]
            db.execute("BEGIN")
            for table, rows in _mlflow_rows(numbers, keys, experiment, folder):
                marks = ", ".join("?" * len(rows[0]))
                db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            db.execute("COMMIT")
    return str(experiment)


Keys = list[tuple[int, int]]


def _mlflow_rows(numbers: range, keys: Keys, experiment: int, folder: str) -> Iterator[tuple[str, Rows]]:
    chance = random.Random(numbers.start)
    runs: Rows = []
    points: Rows = []
    params: Rows = []
    for number, (metrics, few) in zip(numbers, keys, strict=True):
        run_id, start = f"{number:032x}", START + number
        place = f"{folder}/{run_id}/artifacts"
        runs.append(
            (run_id, f"run-{number}", "LOCAL", "bench", "FINISHED", start, start + 60_000, "active", place, experiment)
        )
        points += [(run_id, f"m{m}", chance.random(), start, 0, False) for m in range(metrics)]
        params += [(run_id, f"p{k}", str(number % (k + 7))) for k in range(few)]
    names = "run_uuid, name, source_type, user_id, status, start_time, end_time, lifecycle_stage"
    yield f"runs ({names}, artifact_uri, experiment_id)", runs
    for table in ("metrics", "latest_metrics"):
        yield f"{table} (run_uuid, key, value, timestamp, step, is_nan)", points
    yield "params (run_uuid, key, value)", params
    yield "tags (run_uuid, key, value)", [(run_id, "mlflow.runName", name) for run_id, name, *_ in runs]


def _rows(numbers: range, keys: Keys, workspace: str, experiment: int, public: int) -> Iterator[tuple[str, Rows]]:
    """Rows of each table. m0 counts up evenly from 0 to 1 in steps of 1/1000, the other metrics are random."""
    chance = random.Random(numbers.start)
    runs: Rows = []
    points: Rows = []
    latest: Rows = []
    for number, (metrics, _) in zip(numbers, keys, strict=True):
        run_id, start = f"{number:032x}", START + number
        runs.append((run_id, workspace, experiment, f"run-{number}", "bench", "FINISHED", start, start + 60_000))
        for m in range(metrics):
            value = chance.random() if m else number % 1_000 / 1_000
            points.append((number, f"m{m}", 0, start, value, False))
            latest.append((number, f"m{m}", experiment, value, False, 0, start, value, value, 1))
    names = "run_id, workspace_id, experiment_internal_id, name, user_id, status, start_time, end_time"
    whole = [
        (number, *row, f"mlflow-artifacts:/{public}/{row[0]}/artifacts", "active")
        for number, row in zip(numbers, runs, strict=True)
    ]
    yield f"runs (internal_id, {names}, artifact_uri, lifecycle_stage)", whole
    yield "metrics (run_internal_id, key, step, timestamp, value, is_nan)", points
    columns = (
        "run_internal_id, key, experiment_internal_id, value, is_nan, step, timestamp, min_value, max_value, count"
    )
    yield f"latest_metrics ({columns})", latest
    yield (
        "params (run_internal_id, key, value)",
        [(n, f"p{k}", str(n % (k + 7))) for n, (_, few) in zip(numbers, keys, strict=True) for k in range(few)],
    )
    yield (
        "run_tags (run_internal_id, key, value)",
        [(n, f"t{k}", str(n % (k + 3))) for n in numbers for k in range(TAGS)],
    )
