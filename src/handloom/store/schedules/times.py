"""When schedules run: cron expressions in time zones, intervals, and times that have passed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from handloom.domain import schedules as rules
from handloom.domain.errors import Invalid
from handloom.domain.schedules import MAX_MISSED, Schedule, ScheduleFields


def check(fields: ScheduleFields) -> None:
    """Raise Invalid, naming the field, unless this can be kept as a schedule."""
    rules.check(fields)
    zone(fields.timezone)
    next_after(fields.cron, fields.every_seconds, fields.timezone, 0)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """Return a time zone. Raises Invalid for an unknown name."""
    if name not in _zones():
        raise Invalid(f"“{name[:100]}” is no time zone. Give one such as UTC or Asia/Seoul.", field="timezone")
    return ZoneInfo(name)


def next_after(cron: str, every_seconds: int, timezone: str, after: int, *, anchor: int | None = None) -> int:
    """Return the first time after `after`. An interval counts from `anchor`, its time before, if there is one.

    A time that the clock of the zone skips in spring is run after the jump, one that it shows twice in autumn is run
    once, as cron does. Raises Invalid for an expression that is none or that no date matches.
    """
    if every_seconds:
        step = every_seconds * 1_000
        base = after if anchor is None else anchor
        return base + (max(0, after - base) // step + 1) * step
    if len(cron.split()) != 5:
        raise Invalid(
            "A cron expression has five fields: minute, hour, day of month, month, day of week.", field="cron"
        )
    start = datetime.fromtimestamp(after / 1_000, UTC).astimezone(zone(timezone))
    try:
        found = next(CronSim(cron, start))
    except CronSimError as error:
        raise Invalid(f"The cron expression cannot be read: {str(error).lower()}.", field="cron") from error
    except StopIteration as error:
        raise Invalid("No date matches this cron expression.", field="cron") from error
    return int(found.timestamp()) * 1_000


def next_times(cron: str, every_seconds: int, timezone: str, after: int, count: int) -> list[int]:
    """Return the next times after `after`."""
    times: list[int] = []
    for _ in range(count):
        after = next_after(cron, every_seconds, timezone, after, anchor=after)
        times.append(after)
    return times


def missed(schedule: Schedule, now: int) -> tuple[int, int]:
    """Return how many of its times have passed until `now`, and the last of them. Its `next_at` is the first.

    Counting stops at MAX_MISSED, and the last is then an earlier one.
    """
    assert schedule.next_at is not None
    last = schedule.next_at
    if schedule.every_seconds:
        step = schedule.every_seconds * 1_000
        more = max(0, now - last) // step
        return more + 1, last + more * step
    count = 1
    while count < MAX_MISSED:
        following = next_after(schedule.cron, 0, schedule.timezone, last)
        if following > now:
            break
        count, last = count + 1, following
    return count, last
