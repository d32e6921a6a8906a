"""Rules for notices about runs, each person's own, and what the bell tells."""

from __future__ import annotations

import msgspec

from handloom.api.routing import Context, Route, read, write
from handloom.api.ui.experiments import ExperimentPath, active
from handloom.domain import clock
from handloom.domain import notices as rules
from handloom.domain.members import Role
from handloom.store.engine.database import Read, Write
from handloom.store.notices import rows as notices
from handloom.store.workspaces import members as member_store

NOTICE_DAYS = 7
_DAY = 86_400_000


class MakeNoticeRule(msgspec.Struct, frozen=True, kw_only=True):
    """`metric`, `direction` and `value` are of rules about a metric."""

    workspace: str
    experiment: str
    kind: rules.NoticeKind
    metric: str = ""
    direction: rules.Direction = "above"
    value: float = 0.0


class NoticeRulePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    experiment: str
    rule: int


class NoticeRules(msgspec.Struct, frozen=True, kw_only=True):
    rules: list[rules.NoticeRule]


class RunNoticesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`since` is a time in ms since 1970 UTC; at most seven days are looked back."""

    since: int = 0


class RunNoticeList(msgspec.Struct, frozen=True, kw_only=True):
    notices: list[rules.RunNotice]


def _mine(tx: Read, context: Context, workspace: str, experiment: str) -> NoticeRules:
    found = active(tx, workspace, experiment)
    return NoticeRules(rules=notices.of_experiment(tx, found, context.caller.user.id))


def list_rules(tx: Read, context: Context, request: ExperimentPath) -> NoticeRules:
    return _mine(tx, context, request.workspace, request.experiment)


def create(tx: Write, context: Context, request: MakeNoticeRule) -> NoticeRules:
    experiment = active(tx, request.workspace, request.experiment)
    user = context.caller.user.id
    notices.create(tx, experiment, user, request.kind, request.metric, request.direction, request.value)
    return _mine(tx, context, request.workspace, request.experiment)


def remove(tx: Write, context: Context, request: NoticeRulePath) -> NoticeRules:
    experiment = active(tx, request.workspace, request.experiment)
    notices.remove(tx, experiment, context.caller.user.id, request.rule)
    return _mine(tx, context, request.workspace, request.experiment)


def list_notices(tx: Read, context: Context, request: RunNoticesQuery) -> RunNoticeList:
    user = context.caller.user.id
    since = max(request.since, clock.now() - NOTICE_DAYS * _DAY)
    return RunNoticeList(notices=notices.of_user(tx, user, sorted(member_store.roles(tx, user)), since))


_RULES = "/api/v1/workspaces/{workspace}/experiments/{experiment}/notice-rules"

# Viewers may make rules: they tell nobody but their owner, and the webhooks that members have made for such events.
ROUTES: list[Route] = [
    read("GET", _RULES, list_rules, summary="List the caller's rules for notices about runs of an experiment."),
    write(
        "POST",
        _RULES,
        create,
        role=Role.VIEWER,
        summary="Tell the caller when a run fails, ends or passes a threshold from now on.",
    ),
    write("DELETE", _RULES + "/{rule}", remove, role=Role.VIEWER, summary="Delete a rule for notices about runs."),
    read(
        "GET",
        "/api/v1/run-notices",
        list_notices,
        role=None,
        summary="List what the caller's rules noticed about runs since a time.",
    ),
]
