"""Importance of params for a metric over all runs of an experiment."""

from __future__ import annotations

import msgspec

from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.api.ui.experiments import active
from handloom.domain.param_importance import LEAST_RUNS, ImportanceTable, ParamImportance
from handloom.domain.search import RUNS, parse_filter
from handloom.store.engine.database import Read
from handloom.store.runs import importance_rows


class ReadImportance(msgspec.Struct, frozen=True, kw_only=True):
    """`filter` speaks the grammar of SearchRuns."""

    workspace: str
    experiment: str
    metric: str
    filter: str = ""


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """`params` are the greatest first; empty if there are too few runs, or no param that differs between them."""

    params: list[ParamImportance]
    runs: int
    """The runs with a value of the metric, at most the 5,000 newest."""
    more_runs: bool
    """Whether older runs with the metric do not count."""
    left_out: int
    """How many params do not count, because fewer runs have a value of them than of 200 others."""
    least_runs: int = LEAST_RUNS


async def importance(server: Server, context: Context, request: ReadImportance) -> Importance:
    def work(tx: Read) -> ImportanceTable:
        experiment = active(tx, request.workspace, request.experiment)
        return importance_rows.table(tx, experiment.internal_id, request.metric, parse_filter(request.filter, RUNS))

    table = await server.read(work)
    runs = len(table.metric)
    if runs < LEAST_RUNS or not table.params:
        return Importance(params=[], runs=runs, more_runs=table.more_runs, left_out=table.left_out)
    params = await server.importance.compute(table)
    return Importance(params=params, runs=runs, more_runs=table.more_runs, left_out=table.left_out)


ROUTES: list[Route] = [
    live(
        "GET",
        "/api/v1/workspaces/{workspace}/experiments/{experiment}/importance",
        importance,
        summary="Compute which params explain a metric, over all runs that a filter matches.",
    ),
]
