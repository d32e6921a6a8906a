"""Retention rules of a workspace, which delete old runs: make them, see what one deletes, and turn it on."""

from __future__ import annotations

import msgspec

from handloom.api.routing import Context, Route, read, write
from handloom.domain.members import Role
from handloom.domain.retention import DryRun, RetentionRule
from handloom.store.engine.database import Read, Write
from handloom.store.retention import rows as retention


class RetentionPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class RetentionRules(msgspec.Struct, frozen=True, kw_only=True):
    rules: list[RetentionRule]


class MakeRetentionRule(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    experiment: str = ""
    """An id; "" for all experiments."""
    days: int
    keep_tags: list[str] = []
    """Keys of tags, or `key=value`, of runs that stay."""


class RetentionRulePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    retention_rule: int


class TurnRetentionRule(msgspec.Struct, frozen=True, kw_only=True):
    """Turn a rule on or off. To turn it on, `expected` says how many runs its dry run has shown."""

    workspace: str
    retention_rule: int
    enabled: bool
    expected: int | None = None


def list_rules(tx: Read, context: Context, request: RetentionPath) -> RetentionRules:
    return RetentionRules(rules=retention.list_of(tx, request.workspace))


def create(tx: Write, context: Context, request: MakeRetentionRule) -> RetentionRules:
    retention.create(tx, request.workspace, request.experiment, request.days, request.keep_tags)
    return RetentionRules(rules=retention.list_of(tx, request.workspace))


def dry_run(tx: Read, context: Context, request: RetentionRulePath) -> DryRun:
    return retention.dry_run(tx, request.workspace, retention.get(tx, request.workspace, request.retention_rule))


def turn(tx: Write, context: Context, request: TurnRetentionRule) -> RetentionRules:
    retention.turn(tx, request.workspace, request.retention_rule, on=request.enabled, expected=request.expected)
    return RetentionRules(rules=retention.list_of(tx, request.workspace))


def remove(tx: Write, context: Context, request: RetentionRulePath) -> RetentionRules:
    retention.remove(tx, request.workspace, request.retention_rule)
    return RetentionRules(rules=retention.list_of(tx, request.workspace))


_ALL = "/api/v1/workspaces/{workspace}/retention-rules"
_ONE = _ALL + "/{retention_rule}"

ROUTES: list[Route] = [
    read("GET", _ALL, list_rules, summary="List the rules that delete old runs of a workspace."),
    write(
        "POST",
        _ALL,
        create,
        audit="retention.create",
        role=Role.ADMIN,
        summary="Make a rule that deletes old runs. It is off until it is turned on.",
    ),
    read(
        "GET",
        _ONE + "/dry-run",
        dry_run,
        role=Role.ADMIN,
        summary="List the runs that a rule would delete now, and count those that stay.",
    ),
    write(
        "PATCH",
        _ONE,
        turn,
        audit="retention.change",
        role=Role.ADMIN,
        summary="Turn a rule on, having seen its dry run, or off.",
    ),
    write("DELETE", _ONE, remove, audit="retention.delete", role=Role.ADMIN, summary="Delete a rule."),
]
