"""When schedules run, what is missed, and the parameters of a notebook that runs as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from handloom.domain import parameters, schedules
from handloom.domain.errors import Invalid
from handloom.domain.schedules import Schedule, ScheduleFields
from handloom.store.schedules import times


def ms(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000


def shown(times: list[int], zone: str) -> list[str]:
    return [datetime.fromtimestamp(time / 1_000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %z") for time in times]


def schedule(**values: Any) -> Schedule:
    plain = msgspec.structs.asdict(ScheduleFields(every_seconds=60))
    rest = dict.fromkeys(("id", "workspace", "notebook", "notebook_name", "owner", "owner_name", "problem"), "")
    times = {"next_at": 0, "created_at": 0, "modified_at": 0}
    return Schedule(**(plain | rest | times | {"paused": False} | values))


def test_a_cron_expression_runs_by_the_clock_of_its_time_zone() -> None:
    found = times.next_times("0 6 * * *", 0, "Asia/Seoul", ms("2026-11-29T00:00"), 2)
    assert shown(found, "Asia/Seoul") == ["2026-11-30 06:00 +0900", "2026-12-01 06:00 +0900"]
    weekdays = times.next_times("30 9 * * MON-FRI", 0, "UTC", ms("2026-11-27T10:00"), 1)
    assert shown(weekdays, "UTC") == ["2026-11-30 09:30 +0000"]


def test_a_time_that_the_clock_skips_is_run_after_the_jump_and_one_that_it_repeats_once() -> None:
    spring = times.next_times("30 2 * * *", 0, "Europe/Berlin", ms("2026-03-28T12:00"), 2)
    assert shown(spring, "Europe/Berlin") == ["2026-03-29 03:00 +0200", "2026-03-30 02:30 +0200"]
    autumn = times.next_times("30 2 * * *", 0, "Europe/Berlin", ms("2026-10-24T12:00"), 2)
    assert shown(autumn, "Europe/Berlin") == ["2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"]


def test_an_interval_counts_from_its_time_before_and_never_runs_twice_for_one_delay() -> None:
    assert times.next_after("", 60, "UTC", 100_000) == 160_000
    assert times.next_after("", 60, "UTC", 350_000, anchor=100_000) == 400_000
    assert times.next_after("", 60, "UTC", 400_000, anchor=100_000) == 460_000


def test_times_that_passed_are_counted() -> None:
    assert times.missed(schedule(every_seconds=60, next_at=60_000), 60_000) == (1, 60_000)
    assert times.missed(schedule(every_seconds=60, next_at=60_000), 250_000) == (4, 240_000)
    daily = schedule(every_seconds=0, cron="0 6 * * *", timezone="UTC", next_at=ms("2026-11-01T06:00"))
    assert times.missed(daily, ms("2026-11-04T07:00")) == (4, ms("2026-11-04T06:00"))
    often = schedule(every_seconds=0, cron="* * * * *", timezone="UTC", next_at=ms("2020-01-01T00:00"))
    assert times.missed(often, ms("2026-11-04T07:00"))[0] == schedules.MAX_MISSED


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({}, "cron", "one of both"),
        ({"cron": "* * * * *", "every_seconds": 60}, "cron", "one of both"),
        ({"cron": "* * * *"}, "cron", "five fields"),
        ({"cron": "0 0 0 6 * *"}, "cron", "five fields"),
        ({"cron": "61 * * * *"}, "cron", "bad minute"),
        ({"cron": "0 0 30 2 *"}, "cron", "bad day-of-month"),
        ({"cron": "0 0 * * *", "timezone": "Mars/Base"}, "timezone", "no time zone"),
        ({"every_seconds": 59}, "every_seconds", "from 60"),
        ({"every_seconds": 60, "retries": 11}, "retries", "from 0 to 10"),
        ({"every_seconds": 60, "parameters": {"a b": 1}}, "parameters", "not a Python name"),
        ({"every_seconds": 60, "parameters": {"class": 1}}, "parameters", "not a Python name"),
        ({"every_seconds": 60, "webhook_url": "ftp://example.com"}, "webhook_url", "."),
    ],
)
def test_a_schedule_that_cannot_run_is_refused_with_the_field(values: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(Invalid, match=message) as refused:
        times.check(ScheduleFields(**values))
    assert refused.value.field == field


def test_parameters_of_the_command_line_are_numbers_booleans_or_text() -> None:
    given = dict(map(parameters.parsed, ["a=1", "b=0.5", "c=true", "d=text", "e=", 'f="7"', "g=1,2", "h=x=y"]))
    assert given == {"a": 1, "b": 0.5, "c": True, "d": "text", "e": "", "f": "7", "g": "1,2", "h": "x=y"}
    for text in ("a", "1a=3", "=3"):
        with pytest.raises(Invalid, match="name=value"):
            parameters.parsed(text)


def test_parameters_are_set_after_the_parameter_cell_and_replace_those_of_an_earlier_run() -> None:
    def code(source: str, **metadata: Any) -> dict[str, Any]:
        return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": ["old"], "execution_count": 3}

    document = {
        "cells": [
            {"cell_type": "markdown", "source": "# Title", "metadata": {}},
            code("a = 1", tags=["parameters"]),
            code("a = 5", tags=["injected-parameters"]),
            code("", collapsed=False),
            code("raise SystemError", frozen=True),
            code("print(a)"),
        ]
    }
    cells = parameters.prepare(document, {"a": 2, "b": float("inf"), "c": "x'\n", "d": True})
    assert [cell["source"] for cell in cells] == [
        "a = 1",
        'a = 2\nb = float("inf")\nc = "x\'\\n"\nd = True',
        "print(a)",
    ]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
    assert len(document["cells"]) == 6
