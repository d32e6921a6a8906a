"""Runs that change at random, for what is kept of them in memory and must stay right."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from handloom.domain.experiments import Experiment
from handloom.domain.runs import RunInfo
from handloom.store.engine.database import Database, Write
from handloom.store.experiments import rows as experiments
from handloom.store.runs import moves
from handloom.store.runs import rows as runs

Log = Callable[[Write, RunInfo], object]
Create = Callable[[Write, int, str | None], str]
STEPS = 40


def change_at_random(
    database: Database, seed: int, create: Create, logs: Sequence[Log], check: Callable[[int], None]
) -> None:
    """Create runs of the experiment 0 with `create`, given their number and sometimes a parent, and delete, restore,
    finish and move them, or change them by one of `logs`. `check` is called after each step, with its number."""
    chance = random.Random(seed)
    other = database.write_now(lambda tx: experiments.create(tx, "w1", "other", owner=None))
    ids: list[str] = []
    for step in range(STEPS):
        for _ in range(chance.randrange(4)):
            parent = chance.choice(ids) if ids and step % 3 == 0 else None
            ids.append(database.write_now(_creation(create, len(ids), parent)))
        for _ in range(chance.randrange(4) if ids else 0):
            kind = chance.randrange(3 + len(logs))
            change = partial(_change, run_id=chance.choice(ids), kind=kind, other=other, logs=logs)
            database.write_now(change)
        if step == 30:
            database.write_now(lambda tx: experiments.delete_experiment(tx, "w1", "0"))
            database.write_now(lambda tx: experiments.restore(tx, "w1", "0"))
        check(step)


def _creation(create: Create, number: int, parent: str | None) -> Callable[[Write], str]:
    return lambda tx: create(tx, number, parent)


def _change(tx: Write, run_id: str, kind: int, other: Experiment, logs: Sequence[Log]) -> None:
    info = runs.find(tx, "w1", run_id)
    if info.experiment_internal_id == other.internal_id or info.lifecycle_stage != "active":
        runs.restore(tx, "w1", run_id)
    elif kind == 0:
        runs.delete(tx, "w1", run_id)
    elif kind == 1:
        runs.update(tx, "w1", run_id, status="FINISHED")
    elif kind == 2:
        moves.move(tx, "w1", [run_id] if info.status == "FINISHED" else [], other)
    else:
        logs[kind - 3](tx, info)
