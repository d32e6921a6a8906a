"""Move runs to another experiment of the workspace with everything that is listed by experiment. Their files stay."""

from collections.abc import Sequence

from handloom.domain.errors import Conflict
from handloom.domain.experiments import Experiment
from handloom.domain.runs import RunInfo
from handloom.store.datasets import rows as datasets
from handloom.store.engine.database import Write
from handloom.store.runs import rows as runs

_MOVE_RUN = "UPDATE runs SET experiment_internal_id = :to WHERE internal_id = :run"
_MOVE_METRICS = "UPDATE latest_metrics SET experiment_internal_id = :to WHERE run_internal_id = :run"
_MOVE_MODELS = (
    "UPDATE logged_models SET experiment_internal_id = :to WHERE workspace_id = :workspace AND source_run_id = :run_id"
)
_DROP_INPUTS = "DELETE FROM run_inputs WHERE run_internal_id = :run"


def move(tx: Write, workspace: str, run_ids: Sequence[str], target: Experiment) -> list[RunInfo]:
    """Move active runs with their metrics, datasets and logged models; return those that moved, as they were before.

    Raises Conflict for a run that is still being logged to: its client has the old experiment's id.
    """
    moved = []
    for run_id in run_ids:
        info = runs.active(tx, workspace, run_id)
        if info.experiment_internal_id == target.internal_id:
            continue
        if info.status == "RUNNING":
            raise Conflict(f"The run {info.name} is still running. Move it once it has ended.")
        _move(tx, info, target)
        moved.append(info)
    return moved


def _move(tx: Write, info: RunInfo, target: Experiment) -> None:
    used = datasets.of_runs(tx, [info.internal_id])[info.internal_id]
    tx.execute_later(_MOVE_RUN, to=target.internal_id, run=info.internal_id)
    tx.execute_later(_MOVE_METRICS, to=target.internal_id, run=info.internal_id)
    tx.execute_later(_MOVE_MODELS, to=target.internal_id, workspace=info.workspace, run_id=info.run_id)
    tx.execute_later(_DROP_INPUTS, run=info.internal_id)
    datasets.log_inputs(tx, runs.find(tx, info.workspace, info.run_id), used)  # rows of datasets are per experiment
    for experiment in (info.experiment_id, target.id):
        tx.changed("runs", info.workspace, info.run_id, experiment)
