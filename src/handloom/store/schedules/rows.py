"""Schedules of notebooks: create, read, change and delete them, and claim those that are due."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, select, update

from handloom.domain import clock
from handloom.domain import schedules as rules
from handloom.domain.errors import NotFound
from handloom.domain.members import Role
from handloom.domain.schedules import Parameters, Reason, Schedule, ScheduleFields
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks import rows as notebook_store
from handloom.store.notebooks.tables import notebooks
from handloom.store.schedules import jobs as job_store
from handloom.store.schedules import times
from handloom.store.schedules.tables import notebook_jobs, schedules
from handloom.store.users import rows as user_store
from handloom.store.users.tables import users
from handloom.store.workspaces import members as member_store
from handloom.store.workspaces.tables import workspaces

_s = schedules.c


def create(tx: Write, workspace: str, notebook: str, owner: str, fields: ScheduleFields) -> Schedule:
    """Create a schedule whose fields were checked before."""
    notebook_store.get(tx, workspace, notebook)
    now, added = clock.now(), uuid4().hex
    tx.connection.execute(
        insert(schedules).values(
            id=added,
            workspace_id=workspace,
            notebook_id=notebook,
            owner_id=owner,
            paused=False,
            problem="",
            next_at=_next(fields, now),
            created_at=now,
            modified_at=now,
            **_columns(fields),
        )
    )
    tx.changed("schedules", workspace, added, notebook)
    return get(tx, workspace, added)


def _columns(fields: ScheduleFields) -> dict[str, Any]:
    values = msgspec.structs.asdict(fields)
    return values | {"cron": fields.cron.strip(), "parameters": msgspec.json.encode(fields.parameters).decode()}


def _next(fields: ScheduleFields | Schedule, after: int) -> int:
    return times.next_after(fields.cron, fields.every_seconds, fields.timezone, after)


def _select() -> Select[Any]:
    """Schedules that exist: not those of notebooks or workspaces in the bin, which come back with them."""
    return (
        select(schedules, notebooks.c.name.label("notebook_name"), users.c.display_name.label("owner_name"))
        .join(notebooks, notebooks.c.id == _s.notebook_id)
        .join(workspaces, workspaces.c.id == _s.workspace_id)
        .join(users, users.c.id == _s.owner_id)
        .where(notebooks.c.deleted_at.is_(None), workspaces.c.removed_at.is_(None))
    )


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        id=row.id,
        workspace=row.workspace_id,
        notebook=row.notebook_id,
        notebook_name=row.notebook_name,
        owner=row.owner_id,
        owner_name=row.owner_name,
        cron=row.cron,
        every_seconds=row.every_seconds,
        timezone=row.timezone,
        parameters=msgspec.json.decode(row.parameters, type=Parameters),
        environment=row.environment,
        engine=row.engine,
        capacity=row.capacity,
        retries=row.retries,
        retry_delay=row.retry_delay,
        skip_if_running=bool(row.skip_if_running),
        catch_up=bool(row.catch_up),
        max_minutes=row.max_minutes,
        notify=bool(row.notify),
        webhook_url=row.webhook_url,
        paused=bool(row.paused),
        problem=row.problem,
        next_at=row.next_at,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


def get(tx: Read, workspace: str, id: str) -> Schedule:
    row = tx.connection.execute(_select().where(_s.workspace_id == workspace, _s.id == id)).first()
    if row is None:
        raise NotFound("There is no such schedule in this workspace. It may have been deleted.")
    return _schedule(row)


def listing(tx: Read, workspace: str, notebook: str | None = None) -> list[Schedule]:
    """Return the schedules of a workspace or notebook with the newest run of each, by notebook and age."""
    found = _select().where(_s.workspace_id == workspace)
    if notebook is not None:
        found = found.where(_s.notebook_id == notebook)
    rows = [_schedule(row) for row in tx.connection.execute(found)]
    newest = job_store.newest_of(tx, [schedule.id for schedule in rows])
    known = [msgspec.structs.replace(schedule, last=newest.get(schedule.id)) for schedule in rows]
    return sorted(known, key=lambda one: (one.notebook_name.casefold(), one.created_at, one.id))


def forget_environment(tx: Write, workspace: str, environment: str) -> None:
    """Let schedules whose environment is deleted use that of their notebook."""
    chosen = (_s.workspace_id == workspace) & (_s.environment == environment)
    for row in tx.connection.execute(select(_s.id, _s.notebook_id).where(chosen)).all():
        tx.changed("schedules", workspace, row.id, row.notebook_id)
    tx.connection.execute(update(schedules).where(chosen).values(environment=""))


def forget_capacity(tx: Write, capacity: str) -> None:
    """Let schedules whose capacity is removed use that of their notebook."""
    chosen = _s.capacity == capacity
    for row in tx.connection.execute(select(_s.id, _s.workspace_id, _s.notebook_id).where(chosen)).all():
        tx.changed("schedules", row.workspace_id, row.id, row.notebook_id)
    tx.connection.execute(update(schedules).where(chosen).values(capacity=""))


def change(
    tx: Write,
    workspace: str,
    id: str,
    *,
    fields: ScheduleFields | None = None,
    paused: bool | None = None,
    owner: str | None = None,
) -> Schedule:
    """Change what is given. A schedule that stopped by itself runs again with a new `owner`, or when resumed."""
    old = get(tx, workspace, id)
    now = clock.now()
    values: dict[str, Any] = {"modified_at": now}
    if fields is not None:
        values |= _columns(fields)
    if paused is not None:
        values["paused"] = paused
    if owner is not None:
        values["owner_id"] = owner
    if owner is not None or paused is False:
        values["problem"] = ""
    rests = values.get("paused", old.paused) or values.get("problem", old.problem)
    moved = fields is not None and _when(fields) != _when(old)
    if rests:
        values["next_at"] = None
    elif moved or old.next_at is None:
        values["next_at"] = _next(old if fields is None else fields, now)
    tx.connection.execute(update(schedules).where(_s.id == id).values(values))
    tx.changed("schedules", workspace, id, old.notebook)
    return get(tx, workspace, id)


def _when(one: ScheduleFields | Schedule) -> tuple[str, int, str]:
    return one.cron.strip(), one.every_seconds, one.timezone


def remove(tx: Write, workspace: str, id: str) -> None:
    """Delete a schedule and the history of its runs."""
    old = get(tx, workspace, id)
    tx.connection.execute(delete(schedules).where(_s.id == id))
    tx.changed("schedules", workspace, id, old.notebook)


def owner_problem(tx: Read, workspace: str, user: str) -> Reason:
    """Why nothing may run as this user in the workspace; empty if it may."""
    if not user_store.is_active(tx, user):
        return "owner_disabled"
    role = member_store.role(tx, workspace, user)
    return "" if role is not None and role.rank >= Role.CONTRIBUTOR.rank else "owner_role"


def next_due(tx: Read) -> int | None:
    """Return when the next schedule or queued run is due."""
    alive = _select().where(_s.next_at.is_not(None)).subquery()
    found = (
        tx.connection.scalar(select(func.min(alive.c.next_at))),
        tx.connection.scalar(select(func.min(notebook_jobs.c.due_at)).where(notebook_jobs.c.state == "queued")),
    )
    return min((time for time in found if time is not None), default=None)


def claim_due(tx: Write, now: int) -> None:
    """Queue a run of every schedule that is due, and move each to its next time.

    Times that passed while no server ran are recorded as missed, in one row. A schedule whose owner may not run it any
    more stops, with the reason.
    """
    due = _select().where(_s.next_at <= now).order_by(_s.next_at)
    for schedule in [_schedule(row) for row in tx.connection.execute(due)]:
        problem = owner_problem(tx, schedule.workspace, schedule.owner)
        following = (
            None
            if problem
            else times.next_after(
                schedule.cron, schedule.every_seconds, schedule.timezone, now, anchor=schedule.next_at
            )
        )
        moved = tx.connection.execute(
            update(schedules)
            .where(_s.id == schedule.id, _s.next_at == schedule.next_at)
            .values(next_at=following, problem=problem)
        )
        if moved.rowcount:  # otherwise another server was first
            _queue(tx, schedule, problem, now)
            tx.changed("schedules", schedule.workspace, schedule.id, schedule.notebook)


def _queue(tx: Write, schedule: Schedule, problem: Reason, now: int) -> None:
    if problem:
        job_store.add(tx, schedule, "schedule", now, state="skipped", reason=problem, at=schedule.next_at, notice=True)
        return
    count, last = times.missed(schedule, now)
    late = now - last > rules.GRACE_MS
    if lost := count if late else count - 1:
        job_store.add(
            tx, schedule, "schedule", now, state="missed", reason="down", at=schedule.next_at, missed=lost, notice=True
        )
    if late and not schedule.catch_up:
        return
    trigger: rules.Trigger = "catch_up" if late else "schedule"
    if schedule.skip_if_running and job_store.is_running(tx, schedule.id):
        job_store.add(tx, schedule, trigger, now, state="skipped", reason="busy", at=last)
    else:
        job_store.add(tx, schedule, trigger, now, at=last)


def run_now(tx: Write, schedule: Schedule) -> rules.Job:
    """Queue a run at once, as the schedule's owner, also while it is paused or runs already."""
    added = job_store.add(tx, schedule, "manual", clock.now())
    tx.changed("schedules", schedule.workspace, schedule.id, schedule.notebook)
    return job_store.get(tx, schedule.workspace, added)
