"""Runs, metrics, params, tags and models as rows of tables, read in pages of bounded size over several workspaces.

A page reads the values of at most RUNS runs, so that a page of a small workspace never reads the values of others.
"""

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.metrics import LARGEST
from handloom.domain.runs import PARENT_TAG
from handloom.store.engine.database import Read

RUNS = 1_000

_OF_RUN = (
    "FROM runs r JOIN experiments e ON e.internal_id = r.experiment_internal_id "
    "JOIN workspaces w ON w.id = r.workspace_id "
)
_WHERE = "r.workspace_id IN :workspaces AND r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active' "
_RUNS = (
    "SELECT r.internal_id, r.run_id, w.id AS workspace_id, w.name AS workspace, e.experiment_id, "
    "e.name AS experiment, r.name, r.status, r.user_id, r.start_time, r.end_time, n.name AS notebook, "
    f"p.value AS parent_run_id, r.artifact_uri, r.client {_OF_RUN}"
    "LEFT JOIN notebooks n ON n.id = r.notebook_id "
    "LEFT JOIN run_tags p ON p.run_internal_id = r.internal_id AND p.key = :parent "
    f"WHERE {_WHERE} AND r.internal_id >= :run ORDER BY r.internal_id LIMIT :limit"
)
_SOME_RUNS = (
    f"SELECT r.internal_id, r.run_id, w.id AS workspace_id {_OF_RUN}"
    f"WHERE {_WHERE} AND r.internal_id >= :run ORDER BY r.internal_id LIMIT :limit"
)
_VALUES = {
    "metrics": "SELECT run_internal_id, key, value, is_nan, step, timestamp, min_value, max_value, count AS points "
    "FROM latest_metrics",
    "params": "SELECT run_internal_id, key, value FROM params",
    "tags": "SELECT run_internal_id, key, value FROM run_tags",
}
_PAGE_OF_VALUES = (
    " WHERE run_internal_id IN :runs AND (run_internal_id > :run OR key > :key) ORDER BY run_internal_id, key "
    "LIMIT :limit"
)
_MODELS = (
    "SELECT w.id AS workspace_id, w.name AS workspace, m.name, m.version, m.run_id, m.stage, m.status, m.description, "
    "m.source, m.user_id, m.created_at FROM model_versions m JOIN workspaces w ON w.id = m.workspace_id "
    "WHERE m.workspace_id IN :workspaces AND (m.workspace_id > :workspace OR m.workspace_id = :workspace AND "
    "(m.name > :name OR m.name = :name AND m.version > :version)) "
    "ORDER BY m.workspace_id, m.name, m.version LIMIT :limit"
)
_ALIASES = "SELECT workspace_id, name, alias, version FROM model_aliases WHERE workspace_id IN :workspaces"
_RUN_COLUMNS = (
    "run_id",
    "workspace_id",
    "workspace",
    "experiment_id",
    "experiment",
    "name",
    "status",
    "user_id",
    "start_time",
    "end_time",
    "notebook",
    "parent_run_id",
    "artifact_uri",
    "client",
)
_MODEL_COLUMNS = (
    "workspace_id",
    "workspace",
    "name",
    "version",
    "run_id",
    "stage",
    "status",
    "description",
    "source",
    "user_id",
    "created_at",
)

_COLUMNS: dict[str, tuple[str, ...]] = {
    "runs": _RUN_COLUMNS,
    "metrics": ("run_id", "workspace_id", "key", "value", "step", "logged_at", "min_value", "max_value", "points"),
    "params": ("run_id", "workspace_id", "key", "value"),
    "tags": ("run_id", "workspace_id", "key", "value"),
    "models": (*_MODEL_COLUMNS, "aliases"),
}
NAMES = tuple(_COLUMNS)


class TablePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a table by columns. Times are ms since 1970; NaN and infinities are floats."""

    columns: dict[str, list[Any]]
    next: str
    """The cursor of the next page; empty at the end."""


def page(tx: Read, table: str, workspaces: Sequence[str], *, after: str, limit: int) -> TablePage:
    """Return a page of at most `limit` rows about active runs, or versions of models. Raises Invalid."""
    if table not in _COLUMNS:
        raise Invalid(f"There is no table {table}. Its name is one of {', '.join(NAMES)}.", field="table")
    if not workspaces:
        return _page(table, [], "")
    if table == "runs":
        return _runs(tx, workspaces, after, limit)
    if table == "models":
        return _models(tx, workspaces, after, limit)
    return _values(tx, table, workspaces, after, limit)


def _page(table: str, rows: Sequence[Sequence[Any]], following: str) -> TablePage:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in _COLUMNS[table]]
    return TablePage(columns=dict(zip(_COLUMNS[table], columns, strict=True)), next=following)


def _runs(tx: Read, workspaces: Sequence[str], after: str, limit: int) -> TablePage:
    start = _cursor(after, int, default=(0,))[0]
    found = tx.fetch(_RUNS, workspaces=list(workspaces), run=start, limit=limit, parent=PARENT_TAG)
    rows = [tuple(getattr(row, name) for name in _RUN_COLUMNS) for row in found]
    return _page("runs", rows, _text(found[-1].internal_id + 1) if len(found) == limit else "")


def _values(tx: Read, table: str, workspaces: Sequence[str], after: str, limit: int) -> TablePage:
    """A page of the values of some runs. The cursor is the run of the last row and its key, or the next run alone."""
    run, key = _cursor(after, int, str, default=(0, ""))
    runs = tx.fetch(_SOME_RUNS, workspaces=list(workspaces), run=run, limit=RUNS)
    if not runs:
        return _page(table, [], "")
    known = {row.internal_id: row for row in runs}
    found = tx.fetch(_VALUES[table] + _PAGE_OF_VALUES, runs=list(known), run=run, key=key, limit=limit)
    rows: list[tuple[Any, ...]] = []
    for row in found:
        of = known[row.run_internal_id]
        start = (of.run_id, of.workspace_id, row.key)
        if table == "metrics":
            value = math.nan if row.is_nan else _number(row.value)
            extremes = (_number(row.min_value), _number(row.max_value))
            rows.append((*start, value, row.step, row.timestamp, *extremes, row.points))
        else:
            rows.append((*start, row.value))
    if len(found) == limit:
        return _page(table, rows, _text(found[-1].run_internal_id, found[-1].key))
    return _page(table, rows, _text(runs[-1].internal_id + 1, "") if len(runs) == RUNS else "")


def _models(tx: Read, workspaces: Sequence[str], after: str, limit: int) -> TablePage:
    workspace, name, version = _cursor(after, str, str, int, default=("", "", 0))
    found = tx.fetch(_MODELS, workspaces=list(workspaces), workspace=workspace, name=name, version=version, limit=limit)
    aliases: dict[tuple[str, str, int], list[str]] = {}
    for row in tx.fetch(_ALIASES, workspaces=sorted({row.workspace_id for row in found})) if found else ():
        aliases.setdefault((row.workspace_id, row.name, row.version), []).append(row.alias)
    rows = [
        (
            *(getattr(row, name) for name in _MODEL_COLUMNS),
            sorted(aliases.get((row.workspace_id, row.name, row.version), [])),
        )
        for row in found
    ]
    last = found[-1] if found else None
    more = last is not None and len(found) == limit
    return _page("models", rows, _text(last.workspace_id, last.name, last.version) if last and more else "")


def _number(stored: float | None) -> float | None:
    """Return a number as it was logged: infinities are stored as the largest double."""
    return stored if stored is None or abs(stored) < LARGEST else math.copysign(math.inf, stored)


def _text(*parts: object) -> str:
    return msgspec.json.encode(parts).decode()


def _cursor(text: str, *kinds: type, default: tuple[Any, ...]) -> tuple[Any, ...]:
    if not text:
        return default
    try:
        found: tuple[Any, ...] = msgspec.json.decode(text, type=tuple[kinds])  # type: ignore[valid-type]
    except msgspec.DecodeError as error:
        raise Invalid("This page does not exist. Begin with the first one.", field="after") from error
    if any(isinstance(part, int) and not 0 <= part < 2**53 for part in found):
        raise Invalid("This page does not exist. Begin with the first one.", field="after")
    return found
