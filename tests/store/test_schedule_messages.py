"""The outbox of messages about failed runs: a run ends whatever became of its notebook or workspace meanwhile."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from handloom.domain.schedules import Job, ScheduleFields
from handloom.store.engine.database import Database, Write
from handloom.store.notebooks.tables import notebooks
from handloom.store.schedules import jobs, messages, rows
from handloom.store.schedules.tables import notebook_jobs
from handloom.store.workspaces.tables import workspaces

IN_BIN = {
    "its notebook": update(notebooks).where(notebooks.c.id == "n1").values(deleted_at=1),
    "its workspace": update(workspaces).where(workspaces.c.id == "w1").values(removed_at=1),
}
HOME = "https://lab.example.com"


def running(tx: Write) -> Job:
    """A running job of a schedule that sends its failures to an address."""
    fields = ScheduleFields(every_seconds=3600, webhook_url="https://example.com/failed")
    schedule = rows.create(tx, "w1", "n1", "u1", fields)
    added = jobs.add(tx, schedule, "manual", 1, due_at=1)
    tx.connection.execute(update(notebook_jobs).where(notebook_jobs.c.id == added).values(state="running"))
    return jobs.get(tx, "w1", added)


def state(tracked: Database, job: Job) -> str:
    found = select(notebook_jobs.c.state).where(notebook_jobs.c.id == job.id)
    return str(tracked.read_now(lambda tx: tx.connection.scalar(found)))


def test_a_failed_run_puts_one_message_into_the_outbox(tracked: Database) -> None:
    job = tracked.write_now(running)
    for _ in range(2):
        tracked.write_now(lambda tx: messages.finish(tx, job, "failed", public_address=HOME, reason="error"))
    (delivery,) = tracked.write_now(lambda tx: messages.claim(tx, 2**50, 9))
    assert (delivery.id, delivery.url) == (job.id, "https://example.com/failed")
    assert f"{HOME}/workspaces/w1/jobs/{job.id}" in delivery.body


@pytest.mark.parametrize("what", IN_BIN)
def test_a_run_ends_though_it_is_in_the_bin_and_tells_nobody(tracked: Database, what: str) -> None:
    job = tracked.write_now(running)
    tracked.write_now(lambda tx: tx.connection.execute(IN_BIN[what]) and None)
    tracked.write_now(lambda tx: messages.finish(tx, job, "failed", public_address=HOME, reason="error"))
    assert state(tracked, job) == "failed"
    assert tracked.read_now(lambda tx: messages.next_at(tx, 2**50)) is None


def test_lost_runs_of_a_removed_workspace_do_not_stop_the_worker(tracked: Database) -> None:
    job = tracked.write_now(running)
    tracked.write_now(lambda tx: tx.connection.execute(IN_BIN["its workspace"]) and None)
    tracked.write_now(lambda tx: messages.end_lost(tx, 2, alone=True, public_address=HOME))
    assert state(tracked, job) == "failed"
