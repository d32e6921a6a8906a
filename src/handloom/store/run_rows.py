"""Runs as lists show them: everything a page needs of many runs, read in six statements whatever their number."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, Table, select

from handloom.store import model_versions
from handloom.store import schema as t
from handloom.store.database import Read

_CHUNK = 900  # keys in one IN list
_HUGE = 1.797e308  # MLflow keeps infinities as the largest double


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run with what hangs on it. `metrics` are the latest values, None where no number; `notebook` is (id, name)."""

    number: int
    run_id: str
    experiment_id: str
    experiment_name: str
    name: str
    status: str
    user: str
    start_time: int
    end_time: int | None
    lifecycle_stage: str
    artifact_uri: str
    notebook: tuple[str, str] | None
    metrics: dict[str, float | None]
    params: dict[str, str]
    tags: dict[str, str]
    versions: list[tuple[str, int]]


def finite(value: float, is_nan: bool) -> float | None:
    """A metric's value as a page may draw it."""
    return None if is_nan or abs(value) >= _HUGE else value


def read(
    tx: Read, workspace: str, *, numbers: Sequence[int] | None = None, ids: Sequence[str] | None = None
) -> list[RunRow]:
    """The runs with these internal numbers or these ids, in the order given; what does not exist is left out."""
    r, e, n = t.runs.c, t.experiments.c, t.notebooks.c
    joined = t.runs.join(t.experiments, r.experiment_number == e.number).outerjoin(t.notebooks, r.notebook_id == n.id)
    columns = (t.runs, e.experiment_id, e.name.label("experiment_name"), n.name.label("notebook_name"))
    query = select(*columns).select_from(joined).where(r.workspace_id == workspace)
    column, keys = (r.run_id, list(ids)) if ids is not None else (r.number, list(numbers or ()))
    found: dict[Any, Row[Any]] = {}
    for at in range(0, len(keys), _CHUNK):
        for row in tx.connection.execute(query.where(column.in_(keys[at : at + _CHUNK]))):
            found[row.run_id if ids is not None else row.number] = row
    return _whole(tx, workspace, [found[key] for key in dict.fromkeys(keys) if key in found])


def _whole(tx: Read, workspace: str, rows: Sequence[Row[Any]]) -> list[RunRow]:
    numbers = [row.number for row in rows]
    metrics = _metrics(tx, numbers)
    params, tags = _pairs(tx, t.params, numbers), _pairs(tx, t.run_tags, numbers)
    versions = model_versions.of_runs(tx, workspace, [row.run_id for row in rows])
    return [
        RunRow(
            number=row.number,
            run_id=row.run_id,
            experiment_id=str(row.experiment_id),
            experiment_name=row.experiment_name,
            name=row.name,
            status=row.status,
            user=row.user_id,
            start_time=row.start_time,
            end_time=row.end_time,
            lifecycle_stage=row.lifecycle_stage,
            artifact_uri=row.artifact_uri,
            notebook=(row.notebook_id, row.notebook_name) if row.notebook_name is not None else None,
            metrics=metrics[row.number],
            params=params[row.number],
            tags=tags[row.number],
            versions=versions[row.run_id],
        )
        for row in rows
    ]


def _metrics(tx: Read, numbers: Sequence[int]) -> defaultdict[int, dict[str, float | None]]:
    found: defaultdict[int, dict[str, float | None]] = defaultdict(dict)
    m = t.latest_metrics.c
    query = select(m.run_number, m.key, m.value, m.is_nan).order_by(m.run_number, m.key)
    for at in range(0, len(numbers), _CHUNK):
        for number, key, value, is_nan in tx.connection.execute(
            query.where(m.run_number.in_(numbers[at : at + _CHUNK]))
        ):
            found[number][key] = finite(value, is_nan)
    return found


def _pairs(tx: Read, table: Table, numbers: Sequence[int]) -> defaultdict[int, dict[str, str]]:
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    c = table.c
    query = select(c.run_number, c.key, c.value).order_by(c.run_number, c.key)
    for at in range(0, len(numbers), _CHUNK):
        for number, key, value in tx.connection.execute(query.where(c.run_number.in_(numbers[at : at + _CHUNK]))):
            found[number][key] = value
    return found
