"""Schedules of notebooks for the UI: create, change, pause, run now, delete; their history is in `jobs`."""

from __future__ import annotations

import msgspec

from handloom.api.authenticator import require_unbound
from handloom.api.routing import Context, Empty, Route, live, read, write
from handloom.api.server import Server
from handloom.domain import clock
from handloom.domain import schedules as rules
from handloom.domain.engines import session_entry
from handloom.domain.errors import Forbidden
from handloom.domain.members import Role
from handloom.domain.schedules import Job, Parameters, Schedule, ScheduleFields
from handloom.store.capacities import rows as capacity_store
from handloom.store.engine.database import Read, Write
from handloom.store.environments import rows as environment_store
from handloom.store.schedules import jobs as job_store
from handloom.store.schedules import rows, times

SHOWN_TIMES = 3
NOTICE_DAYS = 7


class SchedulePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    schedule: str


class ListSchedules(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    notebook: str = ""
    """Of this notebook only."""


class Schedules(msgspec.Struct, frozen=True, kw_only=True):
    """Schedules, by the name of their notebook."""

    schedules: list[Schedule]


class CreateSchedule(ScheduleFields, frozen=True, kw_only=True):
    """Run a notebook by a cron expression in a time zone, or at an interval, as the caller."""

    workspace: str
    notebook: str


class UpdateSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """Change what is given. `paused` pauses or resumes it; with `take_over` it runs as the caller from now on."""

    workspace: str
    schedule: str
    cron: str | None = None
    every_seconds: int | None = None
    timezone: str | None = None
    parameters: Parameters | None = None
    environment: str | None = None
    engine: str | None = None
    capacity: str | None = None
    retries: int | None = None
    retry_delay: int | None = None
    skip_if_running: bool | None = None
    catch_up: bool | None = None
    max_minutes: int | None = None
    notify: bool | None = None
    webhook_url: str | None = None
    paused: bool | None = None
    take_over: bool = False


class ScheduleTimesQuery(msgspec.Struct, frozen=True, kw_only=True):
    cron: str = ""
    every_seconds: int = 0
    timezone: str = "UTC"


class ScheduleTimes(msgspec.Struct, frozen=True, kw_only=True):
    """The next times of a schedule."""

    times: list[int]


class NoticesQuery(msgspec.Struct, frozen=True, kw_only=True):
    since: int = 0


class ScheduleNotices(msgspec.Struct, frozen=True, kw_only=True):
    """Failed and missed runs of the caller's schedules, oldest first; `now` is the server's time."""

    jobs: list[Job]
    now: int


def list_schedules(tx: Read, context: Context, request: ListSchedules) -> Schedules:
    found = rows.listing(tx, request.workspace, request.notebook or None)
    return Schedules(schedules=[_seen(schedule, context) for schedule in found])


def get_schedule(tx: Read, context: Context, request: SchedulePath) -> Schedule:
    return _seen(rows.get(tx, request.workspace, request.schedule), context)


def _seen(schedule: Schedule, context: Context) -> Schedule:
    """The address of a webhook is often a secret, so viewers do not get it."""
    if context.role is None or context.role.rank < Role.CONTRIBUTOR.rank:
        return msgspec.structs.replace(schedule, webhook_url="")
    return schedule


async def create_schedule(server: Server, context: Context, request: CreateSchedule) -> Schedule:
    require_unbound(context.caller)
    fields = msgspec.convert(msgspec.structs.asdict(request), ScheduleFields)

    def work(tx: Write) -> Schedule:
        _check(tx, server, request.workspace, fields)
        return rows.create(tx, request.workspace, request.notebook, context.caller.user.id, fields)

    return await server.write(work)


def _check(tx: Write, server: Server, workspace: str, fields: ScheduleFields) -> None:
    """Raise Invalid or NotFound, naming the field, unless a schedule can be kept with these."""
    times.check(fields)
    environment_store.check_choice(tx, workspace, fields.environment)
    if fields.engine:
        session_entry(fields.engine, server.capacities)
    if fields.capacity:
        capacity_store.chosen(tx, server.session_capacities, fields.capacity)


async def update_schedule(server: Server, context: Context, request: UpdateSchedule) -> Schedule:
    require_unbound(context.caller)
    return await server.write(lambda tx: _update(tx, server, context, request))


def _update(tx: Write, server: Server, context: Context, request: UpdateSchedule) -> Schedule:
    old = rows.get(tx, request.workspace, request.schedule)
    _require_control(context, old, take_over=request.take_over)
    given = {
        name: getattr(request, name) for name in ScheduleFields.__struct_fields__ if getattr(request, name) is not None
    }
    fields = None
    if given:
        if given.get("cron"):
            given.setdefault("every_seconds", 0)
        elif given.get("every_seconds"):
            given.setdefault("cron", "")
        fields = msgspec.convert(
            {name: getattr(old, name) for name in ScheduleFields.__struct_fields__} | given, ScheduleFields
        )
        _check(tx, server, request.workspace, fields)
    owner = context.caller.user.id if request.take_over else None
    return rows.change(tx, request.workspace, request.schedule, fields=fields, paused=request.paused, owner=owner)


def _require_control(context: Context, schedule: Schedule, *, take_over: bool) -> None:
    """Raise Forbidden unless the caller owns the schedule or is an admin of the workspace.

    What runs, runs as its owner, so that nobody else decides when and with which values. A schedule whose owner may not
    run it any more can be taken over by every contributor.
    """
    if schedule.owner == context.caller.user.id or context.role is Role.ADMIN:
        return
    if take_over and schedule.problem.startswith("owner"):
        return
    raise Forbidden("Only the owner of a schedule and admins of the workspace can change it.")


def delete_schedule(tx: Write, context: Context, request: SchedulePath) -> Empty:
    require_unbound(context.caller)
    _require_control(context, rows.get(tx, request.workspace, request.schedule), take_over=False)
    rows.remove(tx, request.workspace, request.schedule)
    return Empty()


def run_schedule(tx: Write, context: Context, request: SchedulePath) -> Job:
    require_unbound(context.caller)
    schedule = rows.get(tx, request.workspace, request.schedule)
    _require_control(context, schedule, take_over=False)
    return rows.run_now(tx, schedule)


def next_times(tx: Read, context: Context, request: ScheduleTimesQuery) -> ScheduleTimes:
    times.check(ScheduleFields(cron=request.cron, every_seconds=request.every_seconds, timezone=request.timezone))
    return ScheduleTimes(
        times=times.next_times(request.cron, request.every_seconds, request.timezone, clock.now(), SHOWN_TIMES)
    )


def list_notices(tx: Read, context: Context, request: NoticesQuery) -> ScheduleNotices:
    now = clock.now()
    since = max(request.since, rules.days_before(NOTICE_DAYS, now))
    return ScheduleNotices(jobs=job_store.notices(tx, context.caller.user.id, since), now=now)


ALL = "/api/v1/workspaces/{workspace}/schedules"
ONE = f"{ALL}/{{schedule}}"
ROUTES: list[Route] = [
    read("GET", ALL, list_schedules, summary="List the schedules of a workspace or notebook, each with its last run."),
    live(
        "POST",
        ALL,
        create_schedule,
        role=Role.CONTRIBUTOR,
        audit="schedule.create",
        summary="Create a schedule that runs as the caller.",
    ),
    read("GET", ONE, get_schedule, summary="Get a schedule."),
    live(
        "PATCH",
        ONE,
        update_schedule,
        role=Role.CONTRIBUTOR,
        audit="schedule.change",
        summary="Change, pause, resume or take over a schedule.",
    ),
    write("DELETE", ONE, delete_schedule, audit="schedule.delete", summary="Delete a schedule and its history."),
    write("POST", f"{ONE}/run", run_schedule, audit="schedule.run", summary="Run a schedule's notebook now."),
    read("GET", "/api/v1/schedule-times", next_times, role=None, summary="Compute the next times of a schedule."),
    read(
        "GET",
        "/api/v1/schedule-notices",
        list_notices,
        role=None,
        summary="List failed and missed runs of the caller's schedules since a time.",
    ),
]
