"""Schedules of notebooks: when one runs, what a run is started with, and how a run ended."""

from __future__ import annotations

from keyword import iskeyword
from typing import Any, Literal

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.webhooks import MAX_URL, host_of

Parameters = dict[str, bool | int | float | str]

SHORTEST_SECONDS = 60
LONGEST_SECONDS = 366 * 86_400
MAX_RETRIES = 10
MAX_DELAY = 86_400
MAX_MINUTES = 7 * 24 * 60
MAX_PARAMETERS = 100
MAX_PARAMETER_TEXT = 10_000
MAX_ERROR = 500
GRACE_MS = 60_000
"""A run that starts later than this after its time counts as missed."""
MAX_MISSED = 10_000
FAILED_EVENT = "schedule.failed"

JobState = Literal["queued", "running", "succeeded", "failed", "stopped", "missed", "skipped"]
Trigger = Literal["schedule", "catch_up", "retry", "manual", "api", "reproduce"]
Reason = Literal[
    "",
    "error",
    "restart",
    "stopped",
    "timeout",
    "session",
    "kernel",
    "file",
    "down",
    "busy",
    "owner_disabled",
    "owner_role",
]
"""Why a run did not succeed. `error`: a cell failed. `restart`: the server ended in the middle. `session`, `kernel` and
`file`: no session started, its kernel died, the notebook cannot be read. `down`: the server was down at that time.
`busy`: the run before was not over. `owner_disabled` and `owner_role`: whom it runs as cannot sign in, or may not run
code there.
"""
OVER: frozenset[JobState] = frozenset({"succeeded", "failed", "stopped", "missed", "skipped"})


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule of a notebook. Times are milliseconds since 1970 UTC."""

    id: str
    workspace: str
    notebook: str
    notebook_name: str
    owner: str
    """The id of the user as whom it runs."""
    owner_name: str
    cron: str
    """A cron expression of five fields; empty where it runs at an interval."""
    every_seconds: int
    """The interval; 0 with a cron expression."""
    timezone: str
    """The IANA name of the time zone of the cron expression."""
    parameters: Parameters
    environment: str
    """The id of the environment of its runs, or "none" for the server's packages only; empty for the notebook's."""
    engine: str
    """The id of the Spark engine of its runs; empty for the notebook's."""
    capacity: str
    """The id of the capacity of its runs; empty for the notebook's."""
    retries: int
    retry_delay: int
    """Seconds between a failed run and its next try."""
    skip_if_running: bool
    catch_up: bool
    """Whether one run makes up for those that were missed while the server was down."""
    max_minutes: int
    """After so long a run is stopped; 0 for no limit."""
    notify: bool
    """Whether its owner is told by the bell of a run that failed."""
    webhook_url: str
    """Where a message about a failed run is sent; empty for nowhere. Viewers do not see it."""
    paused: bool
    problem: Reason
    """Why it does not run any more although it is not paused."""
    next_at: int | None
    created_at: int
    modified_at: int
    last: Job | None = None
    """Its newest run."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a whole notebook without a page: by a schedule, by hand, or by the API."""

    id: str
    workspace: str
    notebook: str
    notebook_name: str
    schedule: str | None
    user_name: str
    """As whom it runs."""
    trigger: Trigger
    state: JobState
    reason: Reason
    error: str
    """The failed cell's error in one line, or what the server says about it."""
    parameters: Parameters
    attempt: int
    missed: int
    """How many times were missed, where its state is `missed`."""
    scheduled_for: int | None
    created_at: int
    started_at: int | None
    ended_at: int | None
    cells: int
    """The code cells that it runs."""
    done: int
    """Those that have ended."""
    session: str | None
    has_document: bool
    """Whether the executed notebook is kept."""
    exit_value: str
    """What the notebook passed to notebookutils.notebook.exit."""
    reproduces: str | None = None
    """The id of the MLflow run whose snapshot it runs again."""


class HandedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A running job as one server hands it to the next, which its process becomes. `asked` is the request of the cell
    that runs, `client` whose it is.
    """

    job: Job
    user: str
    document: dict[str, Any]
    session: str
    client: str
    asked: dict[str, Any] | None
    done: int
    ends_at: int | None


class ScheduleFields(msgspec.Struct, frozen=True, kw_only=True):
    """What its owner chooses about a schedule."""

    cron: str = ""
    every_seconds: int = 0
    timezone: str = "UTC"
    parameters: Parameters = {}
    environment: str = ""
    engine: str = ""
    capacity: str = ""
    retries: int = 0
    retry_delay: int = 60
    skip_if_running: bool = True
    catch_up: bool = False
    max_minutes: int = 0
    notify: bool = True
    webhook_url: str = ""


def check(fields: ScheduleFields) -> None:
    """Raise Invalid, naming the field, unless this can be kept as a schedule. Its cron expression and time zone are
    checked where they are read, see `store.schedules.times`.
    """
    if bool(fields.cron.strip()) == bool(fields.every_seconds):
        raise Invalid("Give a cron expression or an interval, one of both.", field="cron")
    if fields.every_seconds:
        _check_range(fields.every_seconds, SHORTEST_SECONDS, LONGEST_SECONDS, "every_seconds", "seconds")
    check_parameters(fields.parameters)
    _check_range(fields.retries, 0, MAX_RETRIES, "retries", "")
    _check_range(fields.retry_delay, 1, MAX_DELAY, "retry_delay", "seconds")
    _check_range(fields.max_minutes, 0, MAX_MINUTES, "max_minutes", "minutes")
    if len(fields.webhook_url) > MAX_URL:
        raise Invalid(f"The address has at most {MAX_URL:,} characters.", field="webhook_url")
    if fields.webhook_url:
        try:
            host_of(fields.webhook_url)
        except Invalid as error:
            raise Invalid(error.message, field="webhook_url") from error


def _check_range(value: int, least: int, most: int, field: str, unit: str) -> None:
    if not least <= value <= most:
        what = f" {unit}" if unit else ""
        raise Invalid(f"Give a number from {least:,} to {most:,}{what}.", field=field)


def check_parameters(parameters: Parameters) -> None:
    """Raise Invalid unless the values can be set in a notebook under these names."""
    if len(parameters) > MAX_PARAMETERS:
        raise Invalid(f"A notebook takes at most {MAX_PARAMETERS} parameters.", field="parameters")
    for name, value in parameters.items():
        if not name.isidentifier() or iskeyword(name):
            raise Invalid(f"“{name[:100]}” cannot be a parameter: it is not a Python name.", field="parameters")
        if isinstance(value, str) and len(value) > MAX_PARAMETER_TEXT:
            raise Invalid(f"The parameter {name} has more than {MAX_PARAMETER_TEXT:,} characters.", field="parameters")
        if isinstance(value, int) and abs(value) >= 10**1000:
            raise Invalid(f"The parameter {name} is too large a number.", field="parameters")


def one_line(text: str) -> str:
    """The first line that says something, of an error or message, shortened."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= MAX_ERROR else line[: MAX_ERROR - 1] + "…"


def days_before(days: int, now: int) -> int:
    return now - days * 86_400_000


def webhook_message(schedule: Schedule, job: Job, address: str) -> dict[str, Any]:
    """The body of the message about a failed run."""
    return {
        "event": FAILED_EVENT,
        "workspace": schedule.workspace,
        "notebook": {"id": schedule.notebook, "name": schedule.notebook_name},
        "schedule": schedule.id,
        "run": {
            "id": job.id,
            "state": job.state,
            "reason": job.reason,
            "error": job.error,
            "attempt": job.attempt,
            "scheduled_for": job.scheduled_for,
            "started_at": job.started_at,
            "ended_at": job.ended_at,
        },
        "address": address,
        "text": f"{schedule.notebook_name}: {job.error or job.reason}",
    }
