"""Notices about runs: which runs match a rule, once, and who is told."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from handloom.domain.clock import now
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.metrics import Metric
from handloom.domain.notices import MOST_RULES
from handloom.store.engine.database import Database, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.notices import rows as notices
from handloom.store.runs import rows as runs
from handloom.store.webhooks import rows as webhooks
from handloom.store.webhooks import tables as webhook_tables


def rule(tx: Write, kind: Any, metric: str = "", direction: Any = "above", value: float = 0) -> None:
    notices.create(tx, experiments.get(tx, "w1", "0"), "u1", kind, metric, direction, value)


def run(tx: Write, status: str = "", loss: tuple[float, ...] = (), start: int | None = None) -> str:
    info = runs.create(tx, "w1", "0", user_id="kim", start_time=start or now() + 1).info
    points = [Metric(key="loss", value=value, timestamp=step, step=step) for step, value in enumerate(loss)]
    metrics.log(tx, info, points)
    if status:
        runs.update(tx, "w1", info.run_id, status=status, end_time=(start or now()) + 2)
    return info.run_id


def told(database: Database, workspaces: tuple[str, ...] = ("w1",)) -> list[tuple[str, str, float | None]]:
    found = database.read_now(partial(notices.of_user, user_id="u1", workspaces=workspaces, since=0))
    return [(one.run_id, one.rule.kind, one.reached) for one in found]


def test_a_failed_run_is_told_once_and_one_from_before_the_rule_is_not(tracked: Database) -> None:
    tracked.write_now(lambda tx: run(tx, "FAILED", start=1))
    tracked.write_now(lambda tx: rule(tx, "failed"))
    failed = tracked.write_now(lambda tx: run(tx, "FAILED"))
    tracked.write_now(run)
    tracked.write_now(lambda tx: run(tx, "FINISHED"))
    assert tracked.write_now(partial(notices.notice, run_ids=None)) == 1
    assert tracked.write_now(partial(notices.notice, run_ids=None)) == 0
    assert told(tracked) == [(failed, "failed", None)]
    assert told(tracked, ("w2",)) == []


def test_a_failed_run_is_told_once_where_rules_for_ends_and_failures_both_match(tracked: Database) -> None:
    made = partial(webhooks.create, workspace="w1", name="s", url="https://s.test/", events=["run.noticed"])
    tracked.write_now(partial(made, format="slack"))
    tracked.write_now(lambda tx: rule(tx, "ended"))
    tracked.write_now(lambda tx: rule(tx, "failed"))
    failed = tracked.write_now(lambda tx: run(tx, "FAILED"))
    finished = tracked.write_now(lambda tx: run(tx, "FINISHED"))
    tracked.write_now(partial(notices.notice, run_ids=None))
    assert sorted(one[0] for one in told(tracked)) == sorted([failed, finished])
    sent = tracked.read_now(lambda tx: tx.connection.scalars(select(webhook_tables.webhook_deliveries.c.body)).all())
    assert len(sent) == 2


def test_a_metric_that_passes_a_threshold_is_told_with_its_extreme(tracked: Database) -> None:
    tracked.write_now(lambda tx: rule(tx, "metric", "loss", "below", 0.2))
    low = tracked.write_now(lambda tx: run(tx, loss=(0.5, 0.1, 0.4)))
    tracked.write_now(lambda tx: run(tx, loss=(0.5, 0.2, float("nan"))))
    assert tracked.write_now(partial(notices.notice, run_ids=["other"])) == 0
    assert tracked.write_now(partial(notices.notice, run_ids=[low])) == 1
    assert told(tracked) == [(low, "metric", 0.1)]


def test_webhooks_with_the_event_are_told_in_a_sentence(tracked: Database) -> None:
    made = partial(webhooks.create, workspace="w1", name="s", url="https://s.test/", events=["run.noticed"])
    tracked.write_now(partial(made, format="slack"))
    tracked.write_now(lambda tx: rule(tx, "ended"))
    ended = tracked.write_now(lambda tx: run(tx, "KILLED"))
    tracked.write_now(partial(notices.notice, run_ids=[ended]))
    (body,) = tracked.read_now(lambda tx: tx.connection.scalars(select(webhook_tables.webhook_deliveries.c.body)).all())
    assert msgspec.json.decode(body)["text"].endswith("of experiment Default ended: killed")


def test_rules_are_each_persons_own_and_bounded(tracked: Database) -> None:
    for _ in range(MOST_RULES):
        tracked.write_now(lambda tx: rule(tx, "failed"))
    with pytest.raises(Invalid, match="Delete one first"):
        tracked.write_now(lambda tx: rule(tx, "failed"))
    with pytest.raises(Invalid, match="finite"):
        tracked.write_now(lambda tx: rule(tx, "metric", "loss", "above", float("inf")))
    with pytest.raises(Invalid, match="metric"):
        tracked.write_now(lambda tx: rule(tx, "metric", ""))
    place = tracked.read_now(lambda tx: experiments.get(tx, "w1", "0"))
    (first, *_) = tracked.read_now(lambda tx: notices.of_experiment(tx, place, "u1"))
    with pytest.raises(NotFound):
        tracked.write_now(lambda tx: notices.remove(tx, place, "u2", first.id))
    tracked.write_now(lambda tx: notices.remove(tx, place, "u1", first.id))
    assert tracked.read_now(notices.watched) == {("w1", "0")}
