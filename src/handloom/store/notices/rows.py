"""Notices about runs: the rules of people, which runs match one, and what they have been found_notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, case, delete, func, insert, null, or_, select

from handloom.domain import notices as rules
from handloom.domain.clock import now
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.experiments import ACTIVE, Experiment
from handloom.domain.notices import Direction, NoticeKind, NoticeRule, RunNotice
from handloom.store.engine.bulk_insert import Insert
from handloom.store.engine.database import Read, Write
from handloom.store.experiments.tables import experiments
from handloom.store.metrics.tables import latest_metrics
from handloom.store.notices.tables import notice_rules, run_notices
from handloom.store.runs.tables import runs
from handloom.store.webhooks import rows as webhooks

MOST_AT_ONCE = 200
MOST_LISTED = 50
_N, _R, _M, _E, _T = notice_rules.c, runs.c, latest_metrics.c, experiments.c, run_notices.c
_PUT = Insert(run_notices, ("rule_internal_id", "run_internal_id", "reached", "noticed_at"))


def create(
    tx: Write, experiment: Experiment, user_id: str, kind: NoticeKind, metric: str, direction: Direction, value: float
) -> None:
    """Create a rule of the user for the experiment's runs from now on. Raises Invalid if there are too many."""
    rules.check_rule(kind, metric, value)
    if len(of_experiment(tx, experiment, user_id)) >= rules.MOST_RULES:
        raise Invalid(f"You have {rules.MOST_RULES} rules in this experiment. Delete one first.")
    tx.connection.execute(
        insert(notice_rules).values(
            experiment_internal_id=experiment.internal_id,
            user_id=user_id,
            kind=kind,
            metric=metric if kind == "metric" else "",
            direction=direction,
            value=value if kind == "metric" else 0.0,
            created_at=now(),
        )
    )
    tx.changed("experiments", experiment.workspace, experiment.id)


def remove(tx: Write, experiment: Experiment, user_id: str, rule_id: int) -> None:
    mine = (_N.internal_id == rule_id, _N.user_id == user_id, _N.experiment_internal_id == experiment.internal_id)
    if tx.connection.execute(delete(notice_rules).where(*mine)).rowcount == 0:
        raise NotFound("This rule is gone.")
    tx.changed("experiments", experiment.workspace, experiment.id)


def of_experiment(tx: Read, experiment: Experiment, user_id: str) -> list[NoticeRule]:
    """Return the user's rules in an experiment, oldest first."""
    mine = (_N.experiment_internal_id == experiment.internal_id, _N.user_id == user_id)
    query = select(notice_rules).where(*mine).order_by(_N.internal_id)
    return [_rule(row) for row in tx.connection.execute(query)]


def watched(tx: Read) -> set[tuple[str, str]]:
    """Return (workspace, experiment) of all experiments that have rules."""
    query = select(_E.workspace_id, _E.experiment_id).join(notice_rules, _N.experiment_internal_id == _E.internal_id)
    return {(row.workspace_id, str(row.experiment_id)) for row in tx.connection.execute(query.distinct())}


def notice(tx: Write, run_ids: Sequence[str] | None) -> int:
    """Record which of these runs (None: any) match a rule for the first time, and tell webhooks. Returns how many."""
    at = now()
    found = [row for query in (_ended(), _passed()) for row in tx.connection.execute(_limited(query, run_ids))]
    if not found:
        return 0
    tx.insert(_PUT, [(row.rule, row.run, row.reached, at) for row in found])
    for found_notice in _once([_notice(row, at) for row in found]):
        data = {
            "run_id": found_notice.run_id,
            "name": found_notice.run_name,
            "experiment_id": found_notice.experiment,
            "experiment": found_notice.experiment_name,
            "status": found_notice.status,
            "metric": found_notice.rule.metric,
            "value": found_notice.reached,
            "text": rules.sentence(found_notice),
        }
        webhooks.enqueue_event(tx, found_notice.workspace, rules.EVENT, data)
    for workspace, experiment in {(row.workspace_id, str(row.experiment_id)) for row in found}:
        tx.changed("experiments", workspace, experiment)
    return len(found)


def of_user(tx: Read, user_id: str, workspaces: Sequence[str], since: int) -> list[RunNotice]:
    """Return what the user is told about runs of these workspaces since a time, newest first."""
    query = (
        _columns(_T.reached)
        .add_columns(_T.noticed_at)
        .select_from(
            run_notices.join(notice_rules, _T.rule_internal_id == _N.internal_id)
            .join(runs, _T.run_internal_id == _R.internal_id)
            .join(experiments, _R.experiment_internal_id == _E.internal_id)
        )
        .where(_N.user_id == user_id, _T.noticed_at > since, _R.workspace_id.in_(workspaces))
        .where(_R.lifecycle_stage == ACTIVE)
        .order_by(_T.noticed_at.desc(), _R.internal_id.desc())
        .limit(MOST_LISTED)
    )
    return _once([_notice(row, row.noticed_at) for row in tx.connection.execute(query)])


def _once(found: list[RunNotice]) -> list[RunNotice]:
    """Leave out notices that say the same of a run: rules for its end and for its failure do, of one that failed."""
    said = {(one.workspace, one.run_id, rules.sentence(one)): one for one in reversed(found)}
    return [one for one in found if said[one.workspace, one.run_id, rules.sentence(one)] is one]


def _columns(reached: Any) -> Select[Any]:
    return select(
        _N.internal_id,
        _N.kind,
        _N.metric,
        _N.direction,
        _N.value,
        _N.internal_id.label("rule"),
        _R.internal_id.label("run"),
        _R.workspace_id,
        _R.run_id,
        _R.name.label("run_name"),
        _R.status,
        _E.experiment_id,
        _E.name.label("experiment_name"),
        reached.label("reached"),
    )


def _ended() -> Select[Any]:
    """The runs that ended since a rule about that was made. A client may end a run without saying when."""
    failed = and_(_N.kind == "failed", _R.status == "FAILED")
    ended = and_(_N.kind == "ended", _R.status.in_(("FINISHED", "FAILED", "KILLED")))
    return (
        _columns(null())
        .select_from(
            notice_rules.join(runs, _R.experiment_internal_id == _N.experiment_internal_id).join(
                experiments, _E.internal_id == _R.experiment_internal_id
            )
        )
        .where(or_(failed, ended), func.coalesce(_R.end_time, _N.created_at) >= _N.created_at)
    )


def _passed() -> Select[Any]:
    """The runs whose metric has ever passed the threshold of a rule that is older than they, or while they run."""
    above = and_(_N.direction == "above", _M.max_value > _N.value)
    below = and_(_N.direction == "below", _M.min_value < _N.value)
    return (
        _columns(case((_N.direction == "above", _M.max_value), else_=_M.min_value))
        .select_from(
            notice_rules.join(runs, _R.experiment_internal_id == _N.experiment_internal_id)
            .join(experiments, _E.internal_id == _R.experiment_internal_id)
            .join(latest_metrics, and_(_M.run_internal_id == _R.internal_id, _M.key == _N.metric))
        )
        .where(_N.kind == "metric", or_(above, below))
        .where(or_(_R.start_time >= _N.created_at, _R.status == "RUNNING"))
    )


def _limited(query: Select[Any], run_ids: Sequence[str] | None) -> Select[Any]:
    earlier = select(_T.run_internal_id).where(
        _T.rule_internal_id == _N.internal_id, _T.run_internal_id == _R.internal_id
    )
    fresh = query.where(_R.lifecycle_stage == ACTIVE, ~earlier.exists()).order_by(_R.internal_id).limit(MOST_AT_ONCE)
    return fresh if run_ids is None else fresh.where(_R.run_id.in_(run_ids))


def _notice(row: Row[Any], at: int) -> RunNotice:
    return RunNotice(
        rule=_rule(row),
        workspace=row.workspace_id,
        experiment=str(row.experiment_id),
        experiment_name=row.experiment_name,
        run_id=row.run_id,
        run_name=row.run_name,
        status=row.status,
        reached=row.reached,
        at=at,
    )


def _rule(row: Row[Any]) -> NoticeRule:
    return NoticeRule(id=row.internal_id, kind=row.kind, metric=row.metric, direction=row.direction, value=row.value)
