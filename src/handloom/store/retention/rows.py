"""Retention rules: make and change them, find what one deletes, and delete it into the bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, delete, exists, false, func, insert, not_, or_, select, update

from handloom.domain import clock
from handloom.domain import retention as rules
from handloom.domain.audit import Actor
from handloom.domain.errors import Conflict, Invalid, NotFound
from handloom.domain.experiments import ACTIVE
from handloom.domain.retention import AgedRun, DryRun, RetentionRule
from handloom.domain.runs import PARENT_TAG
from handloom.store.audit import rows as audit_store
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.experiments import tables as experiment_tables
from handloom.store.models import tables as model_tables
from handloom.store.retention.tables import retention_rules
from handloom.store.runs import rows as runs
from handloom.store.runs import tables as run_tables

DAY_MS = 86_400_000
AT_ONCE = 100
"""Runs that one transaction deletes, or a whole family of more."""

SERVER = Actor(user=None, name="Handloom", via="server", address=None)

_L, _R, _E = retention_rules.c, run_tables.runs.c, experiment_tables.experiments.c
_ENDED = func.coalesce(_R.end_time, _R.start_time)


def _select() -> Select[Any]:
    joined = retention_rules.outerjoin(experiment_tables.experiments, _E.internal_id == _L.experiment_internal_id)
    return select(retention_rules, _E.experiment_id, _E.name.label("experiment_name")).select_from(joined)


def _rule(row: Row[Any]) -> RetentionRule:
    return RetentionRule(
        id=row.internal_id,
        experiment="" if row.experiment_id is None else str(row.experiment_id),
        experiment_name=row.experiment_name or "",
        days=row.days,
        keep_tags=msgspec.json.decode(row.keep_tags, type=list[str]),
        enabled=bool(row.enabled),
        created_at=row.created_at,
        applied_at=row.applied_at,
        deleted=row.deleted,
    )


def list_of(tx: Read, workspace: str) -> list[RetentionRule]:
    """Return the rules of a workspace, oldest first."""
    query = _select().where(_L.workspace_id == workspace).order_by(_L.internal_id)
    return [_rule(row) for row in tx.connection.execute(query)]


def enabled(tx: Read) -> list[tuple[str, int]]:
    """Return workspace and id of all rules that are carried out."""
    query = select(_L.workspace_id, _L.internal_id).where(_L.enabled).order_by(_L.internal_id)
    return [(row.workspace_id, row.internal_id) for row in tx.connection.execute(query)]


def get(tx: Read, workspace: str, rule_id: int) -> RetentionRule:
    """Return a rule. Raises NotFound."""
    row = tx.connection.execute(_select().where(_L.workspace_id == workspace, _L.internal_id == rule_id)).first()
    if row is None:
        raise NotFound("This rule is gone.")
    return _rule(row)


def create(tx: Write, workspace: str, experiment: str, days: int, keep_tags: Sequence[str]) -> None:
    """Create a rule, which is off. Raises Invalid or NotFound."""
    if len(list_of(tx, workspace)) >= rules.MOST_RULES:
        raise Invalid(f"A workspace can have {rules.MOST_RULES} rules. Delete one first.")
    found = experiments.get(tx, workspace, experiment) if experiment else None
    if found is not None and found.lifecycle_stage != ACTIVE:
        raise NotFound("This experiment was deleted.")
    tx.connection.execute(
        insert(retention_rules).values(
            workspace_id=workspace,
            experiment_internal_id=None if found is None else found.internal_id,
            days=rules.check_days(days),
            keep_tags=msgspec.json.encode(rules.clean_tags(keep_tags)).decode(),
            enabled=False,
            created_at=clock.now(),
            deleted=0,
        )
    )
    tx.changed("workspaces", workspace, workspace)


def turn(tx: Write, workspace: str, rule_id: int, *, on: bool, expected: int | None) -> None:
    """Turn a rule on or off. `expected` is how many runs the dry run showed. Raises Conflict if it deletes more now."""
    rule = get(tx, workspace, rule_id)
    if on:
        now = len(_found(tx, workspace, rule))
        if expected is None or now > expected:
            raise Conflict(
                f"This rule would delete {now:,} runs now. Look at its dry run again before you turn it on.",
                field="expected",
            )
    tx.connection.execute(update(retention_rules).where(_L.internal_id == rule.id).values(enabled=on))
    tx.changed("workspaces", workspace, workspace)


def remove(tx: Write, workspace: str, rule_id: int) -> None:
    """Delete a rule. What it deleted stays in the bin. Raises NotFound."""
    rule = get(tx, workspace, rule_id)
    tx.connection.execute(delete(retention_rules).where(_L.internal_id == rule.id))
    tx.changed("workspaces", workspace, workspace)


def _aged(workspace: str, rule: RetentionRule) -> ColumnElement[bool]:
    """The ended runs of the rule's age, whether or not something keeps them."""
    before = clock.now() - rule.days * DAY_MS
    conditions = [
        _R.workspace_id == workspace,
        _R.lifecycle_stage == ACTIVE,
        _R.status.not_in(("RUNNING", "SCHEDULED")),
        before > _ENDED,
        _E.lifecycle_stage == ACTIVE,
    ]
    if rule.experiment:
        conditions.append(_E.experiment_id == int(rule.experiment))
    return and_(*conditions)


def _has_tag(key: str, value: str | None = None) -> ColumnElement[bool]:
    t = run_tables.run_tags.c
    mine = and_(t.run_internal_id == _R.internal_id, t.key == key)
    return exists().where(mine if value is None else and_(mine, t.value == value))


def _tagged(rule: RetentionRule) -> ColumnElement[bool]:
    pairs = [tag.partition("=") for tag in rule.keep_tags]
    return or_(false(), *(_has_tag(key, value if equals else None) for key, equals, value in pairs))


def _registered(workspace: str) -> ColumnElement[bool]:
    """The runs that a registered version was made from, itself or by one of their logged models."""
    v, m = model_tables.model_versions.c, model_tables.logged_models.c
    by_run = select(v.run_id).where(v.workspace_id == workspace, v.run_id.is_not(None))
    by_model = select(m.source_run_id).where(
        m.workspace_id == workspace, m.model_id.in_(select(v.model_id).where(v.workspace_id == workspace))
    )
    return or_(_R.run_id.in_(by_run), _R.run_id.in_(by_model))


def _select_runs(columns: Sequence[Any]) -> Select[Any]:
    joined = run_tables.runs.join(experiment_tables.experiments, _E.internal_id == _R.experiment_internal_id)
    return select(*columns).select_from(joined)


def _free(workspace: str, rule: RetentionRule) -> ColumnElement[bool]:
    """The runs of the rule's age that nothing of their own keeps."""
    kept = or_(_tagged(rule), _registered(workspace), _has_tag(rules.SWEPT_TAG))
    return and_(_aged(workspace, rule), not_(kept))


def _related(tx: Read, workspace: str) -> list[tuple[str, str]]:
    """Return the pairs of a run and the one above it that are there."""
    t, above = run_tables.run_tags.c, run_tables.runs.alias()
    query = (
        select(_R.run_id, above.c.run_id.label("parent"))
        .select_from(
            run_tables.runs.join(
                run_tables.run_tags, and_(t.run_internal_id == _R.internal_id, t.key == PARENT_TAG)
            ).join(above, above.c.run_id == t.value)
        )
        .where(_R.workspace_id == workspace, _R.lifecycle_stage == ACTIVE)
        .where(above.c.workspace_id == workspace, above.c.lifecycle_stage == ACTIVE)
    )
    return [(row.run_id, row.parent) for row in tx.connection.execute(query)]


def _families(tx: Read, workspace: str, rule: RetentionRule) -> list[list[str]]:
    """Return the ids of the runs that the rule deletes, oldest first, in groups of those that are nested."""
    query = _select_runs([_R.run_id]).where(_free(workspace, rule)).order_by(_ENDED, _R.internal_id)
    free = list(tx.connection.execute(query).scalars())
    return rules.families(free, _related(tx, workspace)) if free else []


def _found(tx: Read, workspace: str, rule: RetentionRule) -> list[str]:
    return [run for family in _families(tx, workspace, rule) for run in family]


def dry_run(tx: Read, workspace: str, rule: RetentionRule) -> DryRun:
    """Return what the rule would delete now. Nothing is changed."""
    found = _found(tx, workspace, rule)
    aged, registered, tagged = _aged(workspace, rule), _registered(workspace), _tagged(rule)
    restored = _has_tag(rules.SWEPT_TAG)

    def count(*conditions: ColumnElement[bool]) -> int:
        return int(tx.connection.execute(_select_runs([func.count()]).where(aged, *conditions)).scalar_one())

    columns = (_R.run_id, _R.name, _E.experiment_id, _E.name.label("experiment_name"), _ENDED.label("ended_at"))
    rows = tx.connection.execute(_select_runs(columns).where(_R.run_id.in_(found[: rules.SHOWN]))).all()
    return DryRun(
        runs=len(found),
        shown=[
            AgedRun(
                run_id=row.run_id,
                name=row.name,
                experiment=str(row.experiment_id),
                experiment_name=row.experiment_name,
                ended_at=row.ended_at,
            )
            for row in sorted(rows, key=lambda row: (row.ended_at, row.run_id))
        ],
        tagged=count(tagged),
        registered=count(registered, not_(tagged)),
        restored=count(restored, not_(tagged), not_(registered)),
        related=count(_free(workspace, rule)) - len(found),
    )


def plan(tx: Read, workspace: str, rule_id: int) -> list[list[str]]:
    """Return what an enabled rule deletes now, in groups of which each fits a transaction; nothing if it is gone."""
    try:
        rule = get(tx, workspace, rule_id)
    except NotFound:
        return []
    groups: list[list[str]] = []
    for family in _families(tx, workspace, rule) if rule.enabled else []:
        if groups and len(groups[-1]) + len(family) <= AT_ONCE:
            groups[-1] += family
        else:
            groups.append(list(family))
    return groups


def apply(tx: Write, workspace: str, rule_id: int, group: Sequence[str]) -> int:
    """Delete the runs of a group into the bin, with an entry in the audit log; return how many.

    Nothing of it is deleted if somebody has changed the rule or one of the runs since it was planned.
    """
    rule = get(tx, workspace, rule_id)
    query = _select_runs([_R.run_id]).where(_free(workspace, rule), _R.run_id.in_(group))
    if not rule.enabled or len(list(tx.connection.execute(query))) != len(group):
        return 0
    at = clock.now()
    detail = {"runs": str(len(group)), "days": str(rule.days)}
    target = rule.experiment_name
    audit_store.add(tx, SERVER, "retention.apply", workspace=workspace, target=target, **detail)
    for run in group:
        runs.put_tags(tx, runs.find(tx, workspace, run), {rules.SWEPT_TAG: str(at)})
        runs.delete(tx, workspace, run)
    changed = {"applied_at": at, "deleted": _L.deleted + len(group)}
    tx.connection.execute(update(retention_rules).where(_L.internal_id == rule.id).values(changed))
    tx.changed("workspaces", workspace, workspace)
    return len(group)
