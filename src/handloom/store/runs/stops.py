"""Stopping runs: a run that a person stopped is KILLED, and its client is refused when it logs more."""

from handloom.domain.clock import now
from handloom.domain.errors import Conflict, Invalid
from handloom.domain.runs import FINISHED, SESSION_TAG, STOPPED_TAG, RunInfo
from handloom.store.engine.database import Read, Write
from handloom.store.runs import rows as runs


def session_of(tx: Read, workspace: str, run_id: str) -> str | None:
    """Return the id of the session that made a run; None for other clients. Raises Conflict if the run has ended."""
    return runs.tag(tx, _unfinished(tx, workspace, run_id), SESSION_TAG)


def stop(tx: Write, workspace: str, run_id: str, by: str) -> None:
    """Set an unfinished run to KILLED and note who stopped it. Raises Conflict if it has ended."""
    info = _unfinished(tx, workspace, run_id)
    runs.put_tags(tx, info, {STOPPED_TAG: by})
    runs.update(tx, workspace, run_id, status="KILLED", end_time=now())


def check(tx: Read, info: RunInfo) -> None:
    """Raise Invalid for a run that a person stopped, so that its client ends. A resumed run is RUNNING again."""
    if info.status == "KILLED" and (by := runs.tag(tx, info, STOPPED_TAG)) is not None:
        raise Invalid(f"The run {info.run_id} was stopped by {by}. Start a new run, or resume it by its run_id.")


def final_status(tx: Read, workspace: str, run_id: str, status: str | None) -> str | None:
    """Return the status to set. A stopped run stays KILLED: its client sets FAILED because it was interrupted."""
    if status not in ("FAILED", "4"):
        return status
    info = runs.active(tx, workspace, run_id)
    return "KILLED" if info.status == "KILLED" and runs.tag(tx, info, STOPPED_TAG) is not None else status


def _unfinished(tx: Read, workspace: str, run_id: str) -> RunInfo:
    info = runs.active(tx, workspace, run_id)
    if info.status in FINISHED:
        raise Conflict(f"The run {info.name} has ended already.")
    return info
