"""Notices about runs: rules of an experiment that say when to tell somebody, and what they are told."""

from __future__ import annotations

from math import isfinite
from typing import Literal

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.keys import check_key

NoticeKind = Literal["failed", "ended", "metric"]
Direction = Literal["above", "below"]
MOST_RULES = 50
"""Rules that a person can have in one experiment."""

EVENT = "run.noticed"
"""The event of webhooks."""


class NoticeRule(msgspec.Struct, frozen=True, kw_only=True):
    """When to tell its owner: a run failed, or ended however, or its metric passed `value` once in that direction."""

    id: int
    kind: NoticeKind
    metric: str
    direction: Direction
    value: float


class RunNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A rule matched a run, which happens once for each run. `reached` is the metric's extreme value by then."""

    rule: NoticeRule
    workspace: str
    experiment: str
    experiment_name: str
    run_id: str
    run_name: str
    status: str
    reached: float | None
    at: int


def check_rule(kind: NoticeKind, metric: str, value: float) -> None:
    """Raise Invalid for a rule about a metric without its name, or with a threshold that nothing can pass."""
    if kind != "metric":
        return
    check_key(metric, path="metric", what="metric")
    if not isfinite(value):
        raise Invalid("The threshold must be a finite number.", field="value")


def sentence(notice: RunNotice) -> str:
    """Say in one line what happened, for messages to other servers."""
    run = f"Run {notice.run_name} of experiment {notice.experiment_name}"
    rule = notice.rule
    if rule.kind == "metric":
        return f"{run}: {rule.metric} is {notice.reached:g}, {rule.direction} {rule.value:g}"
    failed = rule.kind == "failed" or notice.status == "FAILED"
    return f"{run} failed" if failed else f"{run} ended: {notice.status.lower()}"
