"""The newest runs that a notebook created, for the lists under its cells."""

import msgspec

from handloom.api.routing import Context, Route, read
from handloom.api.ui.metrics import json_number
from handloom.api.ui.notebooks import NotebookPath, NotebookRun
from handloom.domain.include import Include
from handloom.domain.runs import CELL_TAG, PARENT_TAG
from handloom.store.engine.database import Read
from handloom.store.experiments import pages as experiment_pages
from handloom.store.notebooks import rows as notebooks
from handloom.store.runs import list_rows as run_rows

MOST_RUNS = 200
MOST_METRICS = 12
"""How many metrics of a run are given: those that the most of the runs have."""


class CreatedRun(NotebookRun, frozen=True, kw_only=True):
    """`cell` is the id of the cell that created the run; "" where none did, as in a script."""

    cell: str
    parent_run_id: str | None
    metrics: dict[str, float | None]


class NotebookRuns(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[CreatedRun]
    """The newest first, at most 200."""


def list_runs(tx: Read, context: Context, request: NotebookPath) -> NotebookRuns:
    notebooks.get(tx, request.workspace, request.notebook)
    numbers = run_rows.of_notebook(tx, request.workspace, request.notebook, MOST_RUNS)
    uses = experiment_pages.metric_uses(tx, numbers) if numbers else []
    logged = [one for one in uses if not one.key.startswith("system/")]
    keys = [one.key for one in sorted(logged, key=lambda one: (-one.runs, one.key))[:MOST_METRICS]]
    shown = Include(info=True, metrics=frozenset(keys), tags=frozenset({CELL_TAG, PARENT_TAG}))
    found = run_rows.by_internal_ids(tx, request.workspace, numbers, shown)
    return NotebookRuns(runs=[_row(one) for one in found])


def _row(listed: run_rows.ListedRun) -> CreatedRun:
    run, info = listed.run, listed.run.info
    return CreatedRun(
        run_id=info.run_id,
        name=info.name,
        experiment=info.experiment_id,
        experiment_name=listed.experiment_name,
        cell=run.tags.get(CELL_TAG, ""),
        parent_run_id=run.tags.get(PARENT_TAG),
        status=info.status,
        start_time=info.start_time,
        metrics={metric.key: json_number(metric.value) for metric in run.metrics},
    )


ROUTES: list[Route] = [
    read(
        "GET",
        "/api/v1/workspaces/{workspace}/notebooks/{notebook}/runs",
        list_runs,
        summary="List the runs that a notebook created, newest first.",
    ),
]
