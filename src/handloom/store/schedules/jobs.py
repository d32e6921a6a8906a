"""Runs of whole notebooks: queue, claim, record and list them, with the executed notebook of each."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, or_, select, update

from handloom.domain import clock
from handloom.domain.errors import Conflict, NotFound
from handloom.domain.runs import SESSION_TAG
from handloom.domain.schedules import OVER, Job, JobState, Parameters, Reason, Schedule, Trigger, one_line
from handloom.store.engine.database import Read, Write
from handloom.store.experiments.tables import experiments
from handloom.store.notebooks.tables import notebooks
from handloom.store.runs.tables import run_tags, runs
from handloom.store.schedules.tables import notebook_job_documents, notebook_jobs, schedules
from handloom.store.users.tables import users
from handloom.store.workspaces.tables import workspaces

LEASE_MS = 60_000
"""A server that runs a job renews its claim within this time; another one then knows that it has ended."""
KEPT = 100
"""Runs that are kept of each schedule, and of each notebook outside of schedules."""
CLOCKS_MS = 3_600_000
"""How far the times that a program gives its runs may be off."""

_j = notebook_jobs.c
_d = notebook_job_documents.c


def add(
    tx: Write,
    schedule: Schedule,
    trigger: Trigger,
    now: int,
    *,
    state: JobState = "queued",
    reason: Reason = "",
    at: int | None = None,
    due_at: int | None = None,
    attempt: int = 1,
    missed: int = 0,
    notice: bool = False,
) -> str:
    """Add a run of a schedule, queued or in its final `state`; return its id."""
    added = _insert(
        tx,
        schedule.workspace,
        schedule.notebook,
        schedule.owner,
        trigger,
        schedule.parameters,
        now,
        schedule_id=schedule.id,
        state=state,
        reason=reason,
        scheduled_for=at,
        due_at=(now if due_at is None else due_at) if state == "queued" else None,
        ended_at=None if state == "queued" else now,
        attempt=attempt,
        missed=missed,
        notice=notice and schedule.notify,
    )
    _trim(tx, schedule.id, schedule.notebook)
    return added


def add_single(tx: Write, workspace: str, notebook: str, user: str, parameters: Parameters) -> Job:
    """Queue a run outside of schedules."""
    now = clock.now()
    added = _insert(tx, workspace, notebook, user, "api", parameters, now, state="queued", due_at=now)
    _trim(tx, None, notebook)
    tx.changed("schedules", workspace, None, notebook)
    return get(tx, workspace, added)


def add_reproduction(
    tx: Write, workspace: str, notebook: str, user: str, parameters: Parameters, *, run: str, document: dict[str, Any]
) -> Job:
    """Queue a run of this document, which is the snapshot of an MLflow run."""
    now = clock.now()
    added = _insert(
        tx, workspace, notebook, user, "reproduce", parameters, now, state="queued", due_at=now, reproduces=run
    )
    keep_document(tx, added, compressed(document))
    _trim(tx, None, notebook)
    tx.changed("schedules", workspace, None, notebook)
    return get(tx, workspace, added)


def _insert(
    tx: Write,
    workspace: str,
    notebook: str,
    user: str,
    trigger: Trigger,
    parameters: Parameters,
    now: int,
    **values: Any,
) -> str:
    added = uuid4().hex
    row = {
        "schedule_id": None,
        "reason": "",
        "error": "",
        "attempt": 1,
        "missed": 0,
        "scheduled_for": None,
        "notice": False,
        "ended_at": None,
        "reproduces": None,
        **values,
    }
    tx.connection.execute(
        insert(notebook_jobs).values(
            id=added,
            workspace_id=workspace,
            notebook_id=notebook,
            user_id=user,
            trigger=trigger,
            parameters=msgspec.json.encode(parameters).decode(),
            created_at=now,
            stop_requested=False,
            cells=0,
            done=0,
            exit_value="",
            **row,
        )
    )
    return added


def _trim(tx: Write, schedule: str | None, notebook: str) -> None:
    mine = _j.schedule_id == schedule if schedule else (_j.schedule_id.is_(None) & (_j.notebook_id == notebook))
    old = select(_j.id).where(mine, _j.state.in_(OVER)).order_by(_j.created_at.desc(), _j.id).offset(KEPT).limit(1000)
    if ids := list(tx.connection.execute(old).scalars()):
        tx.connection.execute(delete(notebook_jobs).where(_j.id.in_(ids)))


def _select() -> Select[Any]:
    return (
        select(
            notebook_jobs,
            notebooks.c.name.label("notebook_name"),
            users.c.display_name.label("user_name"),
            _d.job_id.label("document"),
        )
        .join(notebooks, notebooks.c.id == _j.notebook_id)
        .join(users, users.c.id == _j.user_id)
        .outerjoin(notebook_job_documents, _d.job_id == _j.id)
        .where(notebooks.c.deleted_at.is_(None))
    )


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        workspace=row.workspace_id,
        notebook=row.notebook_id,
        notebook_name=row.notebook_name,
        schedule=row.schedule_id,
        user_name=row.user_name,
        trigger=row.trigger,
        state=row.state,
        reason=row.reason,
        error=row.error,
        parameters=msgspec.json.decode(row.parameters, type=Parameters),
        attempt=row.attempt,
        missed=row.missed,
        scheduled_for=row.scheduled_for,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        cells=row.cells,
        done=row.done,
        session=row.session_id,
        has_document=row.document is not None,
        exit_value=row.exit_value,
        reproduces=row.reproduces,
    )


def get(tx: Read, workspace: str, id: str) -> Job:
    row = tx.connection.execute(_select().where(_j.workspace_id == workspace, _j.id == id)).first()
    if row is None:
        raise NotFound("There is no such run of a notebook. Only the newest are kept.")
    return _job(row)


def listing(tx: Read, workspace: str, *, schedule: str | None = None, notebook: str | None = None) -> list[Job]:
    """Return the runs of a schedule, notebook or workspace, newest first."""
    found = _select().where(_j.workspace_id == workspace)
    if schedule is not None:
        found = found.where(_j.schedule_id == schedule)
    if notebook is not None:
        found = found.where(_j.notebook_id == notebook)
    return [_job(row) for row in tx.connection.execute(found.order_by(_j.created_at.desc(), _j.id).limit(2 * KEPT))]


def reproductions_of(tx: Read, workspace: str, run: str) -> list[Job]:
    """Return the jobs that ran an MLflow run's snapshot again, newest first, at most 10."""
    found = _select().where(_j.workspace_id == workspace, _j.reproduces == run)
    return [_job(row) for row in tx.connection.execute(found.order_by(_j.created_at.desc(), _j.id).limit(10))]


def of_session(tx: Read, workspace: str, session: str) -> Job | None:
    """Return the job that this session was for, if it is kept."""
    row = tx.connection.execute(_select().where(_j.workspace_id == workspace, _j.session_id == session)).first()
    return None if row is None else _job(row)


def newest_of(tx: Read, schedule_ids: Sequence[str]) -> dict[str, Job]:
    """Return the newest run of each schedule, by the schedule's id."""
    ranked = (
        select(_j.id, func.row_number().over(partition_by=_j.schedule_id, order_by=(_j.created_at.desc(), _j.id)))
        .where(_j.schedule_id.in_(schedule_ids))
        .subquery()
    )
    first = select(ranked.c[0]).where(ranked.c[1] == 1)
    return {job.schedule or "": job for job in map(_job, tx.connection.execute(_select().where(_j.id.in_(first))))}


def is_running(tx: Read, schedule: str) -> bool:
    running = select(_j.id).where(_j.schedule_id == schedule, _j.state.in_(("queued", "running"))).limit(1)
    return tx.connection.execute(running).first() is not None


def take(tx: Write, now: int, limit: int) -> list[tuple[Job, str]]:
    """Claim queued runs that are due; return each with the id of the user as whom it runs."""
    waiting = (
        _select()
        .join(workspaces, workspaces.c.id == _j.workspace_id)
        .where(_j.state == "queued", _j.due_at <= now, workspaces.c.removed_at.is_(None))
        .order_by(_j.due_at, _j.id)
        .limit(limit)
    )
    taken = []
    for row in tx.connection.execute(waiting).all():
        values = {"state": "running", "claimed_until": now + LEASE_MS, "started_at": now, "due_at": None}
        mine = update(notebook_jobs).where(_j.id == row.id, _j.state == "queued").values(values)
        if tx.connection.execute(mine).rowcount:  # otherwise another server was first
            tx.changed("schedules", row.workspace_id, row.schedule_id, row.notebook_id)
            taken.append((get(tx, row.workspace_id, row.id), row.user_id))
    return taken


def renew(tx: Write, ids: Sequence[str], now: int) -> list[str]:
    """Renew the claims on running jobs; return those that somebody asked to stop."""
    tx.connection.execute(update(notebook_jobs).where(_j.id.in_(ids)).values(claimed_until=now + LEASE_MS))
    return list(tx.connection.execute(select(_j.id).where(_j.id.in_(ids), _j.stop_requested)).scalars())


def stop_requests(tx: Read, ids: Sequence[str]) -> list[str]:
    """Return those of the jobs that somebody asked to stop."""
    return list(tx.connection.execute(select(_j.id).where(_j.id.in_(ids), _j.stop_requested)).scalars())


def record(tx: Write, job: Job, **values: Any) -> None:
    """Record the progress of a running job: its `session_id`, `cells` or `done`."""
    tx.connection.execute(update(notebook_jobs).where(_j.id == job.id).values(values))
    tx.changed("schedules", job.workspace, job.schedule, job.notebook)


def keep_document(tx: Write, job: str, content: bytes) -> None:
    """Keep the executed notebook, compressed, in place of an earlier state of it."""
    if tx.connection.execute(select(_j.id).where(_j.id == job)).first() is None:
        return  # it was deleted meanwhile
    tx.connection.execute(delete(notebook_job_documents).where(_d.job_id == job))
    tx.connection.execute(insert(notebook_job_documents).values(job_id=job, content=content))


def document(tx: Read, workspace: str, id: str) -> bytes:
    """Return the executed notebook, compressed. Raises NotFound."""
    get(tx, workspace, id)
    content = tx.connection.scalar(select(_d.content).where(_d.job_id == id))
    if content is None:
        raise NotFound("No executed notebook is kept of this run: none of its cells has run.")
    return bytes(content)


def finish(
    tx: Write, job: Job, state: JobState, *, reason: Reason = "", error: str = "", exit_value: str = "", done: int = 0
) -> bool:
    """Record the end of a running job, and queue the next try of a failed one whose schedule has tries left. Returns
    whether it failed for good, and its schedule is there.
    """
    now = clock.now()
    values = {
        "state": state,
        "reason": reason,
        "error": one_line(error),
        "exit_value": exit_value[:1_000],
        "ended_at": now,
        "claimed_until": None,
    }
    if done:
        values["done"] = done
    mine = update(notebook_jobs).where(_j.id == job.id, _j.state == "running").values(values)
    if not tx.connection.execute(mine).rowcount:
        return False
    failed = state == "failed" and not _retry(tx, job, now)
    notify = tx.connection.scalar(select(schedules.c.notify).where(schedules.c.id == job.schedule)) if failed else None
    if notify:
        tx.connection.execute(update(notebook_jobs).where(_j.id == job.id).values(notice=True))
    tx.changed("schedules", job.workspace, job.schedule, job.notebook)
    return notify is not None


def _retry(tx: Write, job: Job, now: int) -> bool:
    s = schedules.c
    row = tx.connection.execute(
        select(s.retries, s.retry_delay, s.owner_id).where(s.id == job.schedule, s.paused.is_(False), s.problem == "")
    ).first()
    if row is None or job.attempt > row.retries:
        return False
    _insert(
        tx,
        job.workspace,
        job.notebook,
        row.owner_id,
        "retry",
        job.parameters,
        now + 1,  # newer than the run that it repeats, which may have ended in its first millisecond
        schedule_id=job.schedule,
        state="queued",
        scheduled_for=job.scheduled_for,
        due_at=now + row.retry_delay * 1_000,
        attempt=job.attempt + 1,
    )
    return True


def end_lost(tx: Write, now: int, *, alone: bool) -> list[Job]:
    """End the running jobs whose server has ended: all of them if this server is `alone` with the database. Returns
    those that failed for good.
    """
    lost = _select().where(_j.state == "running")
    if not alone:
        lost = lost.where(or_(_j.claimed_until.is_(None), _j.claimed_until < now))
    failed = []
    for job in [_job(row) for row in tx.connection.execute(lost)]:
        if finish(tx, job, "failed", reason="restart"):
            failed.append(job)
    return failed


def request_stop(tx: Write, workspace: str, id: str) -> Job:
    """Stop a queued run at once, and ask the server of a running one to stop it. Raises Conflict if it is over."""
    job = get(tx, workspace, id)
    if job.state in OVER:
        raise Conflict("This run has ended already.")
    if job.state == "queued":
        values: dict[str, Any] = {"state": "stopped", "reason": "stopped", "ended_at": clock.now(), "due_at": None}
    else:
        values = {"stop_requested": True}
    tx.connection.execute(update(notebook_jobs).where(_j.id == id).values(values))
    tx.changed("schedules", workspace, job.schedule, job.notebook)
    return get(tx, workspace, id)


def notices(tx: Read, user: str, since: int) -> list[Job]:
    """Return the runs after `since` that a schedule's owner is to be told of, oldest first, at most 50."""
    found = (
        _select()
        .join(schedules, schedules.c.id == _j.schedule_id)
        .where(schedules.c.owner_id == user, _j.notice, _j.ended_at > since)
        .order_by(_j.ended_at.desc())
        .limit(50)
    )
    return [_job(row) for row in tx.connection.execute(found)][::-1]


def compressed(document: dict[str, Any]) -> bytes:
    return zlib.compress(msgspec.json.encode(document))


def runs_of(tx: Read, job: Job) -> list[Row[Any]]:
    """Return the MLflow runs that the job's session made, newest first, with their experiment."""
    mine = select(run_tags.c.run_internal_id).where(run_tags.c.key == SESSION_TAG, run_tags.c.value == job.session)
    return list(
        tx.connection.execute(
            select(
                runs.c.run_id,
                runs.c.name,
                runs.c.status,
                runs.c.start_time,
                experiments.c.experiment_id,
                experiments.c.name.label("experiment_name"),
            )
            .join(experiments, experiments.c.internal_id == runs.c.experiment_internal_id)
            .where(
                runs.c.workspace_id == job.workspace,
                runs.c.start_time >= (job.started_at or 0) - CLOCKS_MS,
                runs.c.internal_id.in_(mine),
                runs.c.lifecycle_stage == "active",
            )
            .order_by(runs.c.start_time.desc(), runs.c.run_id)
            .limit(KEPT)
        )
    )
