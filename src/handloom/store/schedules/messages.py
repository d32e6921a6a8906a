"""The outbox of messages about failed runs of schedules: each is written with the end of its run, and kept until its
receiver has accepted it or the last attempt has failed. It has the functions of the webhooks' outbox.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, or_, select, update

from handloom.domain.clock import now as current_time
from handloom.domain.errors import NotFound
from handloom.domain.schedules import FAILED_EVENT, Job, JobState, Reason, webhook_message
from handloom.domain.webhooks import LEASE_MS, Delivery
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks.tables import notebooks
from handloom.store.schedules import jobs, rows
from handloom.store.schedules.tables import schedule_messages, schedules

_M = schedule_messages.c


def finish(
    tx: Write,
    job: Job,
    state: JobState,
    *,
    public_address: str,
    reason: Reason = "",
    error: str = "",
    exit_value: str = "",
    done: int = 0,
) -> None:
    """Record the end of a running job as `jobs.finish` does, and put the message about a failure into the outbox."""
    if jobs.finish(tx, job, state, reason=reason, error=error, exit_value=exit_value, done=done):
        _enqueue(tx, job, public_address)


def end_lost(tx: Write, now: int, *, alone: bool, public_address: str) -> None:
    """End the running jobs whose server has ended as `jobs.end_lost` does, and put the messages into the outbox."""
    for job in jobs.end_lost(tx, now, alone=alone):
        _enqueue(tx, job, public_address)


def _enqueue(tx: Write, job: Job, public_address: str) -> None:
    try:
        schedule = rows.get(tx, job.workspace, job.schedule or "")
    except NotFound:  # its notebook or workspace went into the bin while it ran
        return
    if not schedule.webhook_url:
        return
    address = f"{public_address}/workspaces/{job.workspace}/jobs/{job.id}"
    body = webhook_message(schedule, jobs.get(tx, job.workspace, job.id), address)
    tx.connection.execute(
        insert(schedule_messages).values(
            delivery_id=job.id,
            schedule_id=schedule.id,
            body=msgspec.json.encode(body).decode(),
            attempts=0,
            due_at=current_time(),
        )
    )


def next_at(tx: Read, at: int) -> int | None:
    """Return when the next message is due, ms since 1970 UTC; None if the outbox is empty."""
    waiting = select(func.min(_M.due_at)).where(_free(at))
    leased = select(func.min(_M.claimed_until)).where(_M.claimed_until > at)
    times = [time for time in (tx.connection.scalar(waiting), tx.connection.scalar(leased)) if time is not None]
    return min(times, default=None)


def claim(tx: Write, at: int, limit: int) -> list[Delivery]:
    """Claim up to `limit` messages that are due. The caller sends them to the URL that the schedule now has."""
    silent = select(schedules.c.id).where(schedules.c.webhook_url == "")  # its URL was taken out meanwhile
    tx.connection.execute(delete(schedule_messages).where(_M.schedule_id.in_(silent)))
    query = (
        select(schedule_messages, schedules.c.webhook_url, notebooks.c.name)
        .join(schedules, schedules.c.id == _M.schedule_id)
        .join(notebooks, notebooks.c.id == schedules.c.notebook_id)
        .where(_M.due_at <= at, _free(at))
        .order_by(_M.due_at, _M.internal_id)
        .limit(limit)
    )
    found = tx.connection.execute(query).all()
    if found:
        taken = _M.internal_id.in_([row.internal_id for row in found])
        tx.connection.execute(update(schedule_messages).where(taken).values(claimed_until=at + LEASE_MS))
    return [
        Delivery(
            internal_id=row.internal_id,
            id=row.delivery_id,
            webhook_id="",
            name=row.name,
            url=row.webhook_url,
            secret=None,
            body=row.body,
            attempts=row.attempts,
            event=FAILED_EVENT,
        )
        for row in found
    ]


def _free(at: int) -> Any:
    return or_(_M.claimed_until.is_(None), _M.claimed_until <= at)


def end_message(tx: Write, delivery: Delivery, state: str, attempts: int, problem: str = "") -> None:
    """Take a message that was delivered or given up out of the outbox; the run itself tells of the failure."""
    tx.connection.execute(delete(schedule_messages).where(_M.internal_id == delivery.internal_id))


def retry_at(tx: Write, internal_id: int, attempts: int, due_at: int, problem: str = "") -> None:
    """Schedule another attempt."""
    values = {"attempts": attempts, "due_at": due_at, "claimed_until": None}
    tx.connection.execute(update(schedule_messages).where(_M.internal_id == internal_id).values(values))


def release_claims(tx: Write) -> None:
    """Release all claims at the start, if no other server shares the database. On PostgreSQL claims expire instead."""
    if tx.connection.dialect.name == "sqlite":
        tx.connection.execute(update(schedule_messages).values(claimed_until=None))
