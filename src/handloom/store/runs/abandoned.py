"""Runs whose session ended without ending them, because the server or machine was killed."""

from __future__ import annotations

import logging
from functools import partial

from handloom.domain.clock import now
from handloom.domain.runs import ABANDONED_REASON, ABANDONED_TAG, SESSION_TAG
from handloom.store.engine.database import Database, Read, Write
from handloom.store.engine.statements import Row
from handloom.store.runs import rows

log = logging.getLogger("handloom.store")

_BATCH = 100  # runs of one transaction
_NEWEST = "SELECT max(internal_id) AS internal_id FROM runs"
_ABANDONED = (
    "SELECT r.workspace_id, r.run_id FROM runs r JOIN run_tags t ON t.run_internal_id = r.internal_id AND t.key = :tag "
    "WHERE r.internal_id <= :newest AND r.status IN ('RUNNING', 'SCHEDULED') AND r.lifecycle_stage = 'active'"
)


class _Abandoned(Row, frozen=True):
    workspace_id: str
    run_id: str


def newest(tx: Read) -> int:
    """Return the internal id of the newest run: later ones belong to running sessions."""
    (row,) = tx.fetch(_NEWEST)
    return row.internal_id or 0


def end_abandoned(database: Database, last: int) -> int:
    """Set unfinished runs of sessions, up to the internal id `last`, to KILLED, with the reason in a tag.

    Call it when no session runs that started before the newest of these. Returns the number of runs.
    """
    found = database.read_now(lambda tx: tx.fetch(_ABANDONED, _Abandoned, tag=SESSION_TAG, newest=last))
    for begin in range(0, len(found), _BATCH):
        batch = found[begin : begin + _BATCH]
        database.write_now(partial(_kill, found=batch))
    if found:
        log.info("%d unfinished runs of sessions that have ended were set to KILLED.", len(found))
    return len(found)


def _kill(tx: Write, found: list[_Abandoned]) -> None:
    for run in found:
        info = rows.find(tx, run.workspace_id, run.run_id)
        if info.status in ("RUNNING", "SCHEDULED") and info.lifecycle_stage == "active":
            rows.update(tx, run.workspace_id, run.run_id, status="KILLED", end_time=now())
            rows.put_tags(tx, info, {ABANDONED_TAG: ABANDONED_REASON})
