"""Runs as lists show them: with the names of what they hang on and the versions made from them, a page at a time."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from handloom.domain.include import ALL, Include
from handloom.domain.runs import Run
from handloom.store.engine.database import Read
from handloom.store.experiments import tables as experiment_tables
from handloom.store.models import versions as model_versions
from handloom.store.notebooks import tables as notebook_tables
from handloom.store.runs import rows as runs
from handloom.store.runs import tables as run_tables


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run whole; `notebook` is (id, name), `versions` are (model, version)."""

    run: Run
    experiment_name: str
    notebook: tuple[str, str] | None
    versions: list[tuple[str, int]]


def of_ids(tx: Read, workspace: str, ids: Sequence[str]) -> list[RunRow]:
    """The runs with these ids, in their order; what does not exist is left out."""
    r = run_tables.runs.c
    found: dict[str, int] = {}
    for at in range(0, len(ids), runs.CHUNK):
        query = select(r.run_id, r.number).where(r.workspace_id == workspace, r.run_id.in_(ids[at : at + runs.CHUNK]))
        found.update((row.run_id, row.number) for row in tx.connection.execute(query))
    return of_numbers(tx, workspace, [found[run_id] for run_id in dict.fromkeys(ids) if run_id in found])


def of_numbers(tx: Read, workspace: str, numbers: Sequence[int], include: Include = ALL) -> list[RunRow]:
    """The runs with these internal numbers, in their order, in ten statements whatever their number."""
    found = runs.by_numbers(tx, numbers, include)
    e, n = experiment_tables.experiments.c, notebook_tables.notebooks.c
    experiments = {run.info.experiment_number for run in found}
    names = {
        row.number: row.name for row in tx.connection.execute(select(e.number, e.name).where(e.number.in_(experiments)))
    }
    ids = {run.info.notebook_id for run in found if run.info.notebook_id}
    notebooks = {row.id: row.name for row in tx.connection.execute(select(n.id, n.name).where(n.id.in_(ids)))}
    versions = model_versions.of_runs(tx, workspace, [run.info.run_id for run in found])
    return [
        RunRow(
            run=run,
            experiment_name=names[run.info.experiment_number],
            notebook=(notebook, notebooks[notebook]) if (notebook := run.info.notebook_id or "") in notebooks else None,
            versions=versions[run.info.run_id],
        )
        for run in found
    ]
