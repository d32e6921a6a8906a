"""Reproductions of runs: which run of a repeated notebook answers to the first one, and how their results differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

TOLERANCE = 1e-9
"""The relative difference up to which two values of a metric are `close`."""

Verdict = Literal["equal", "close", "differs", "missing"]


class NotebookSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What a run needs to be run again. `notebook` has no outputs; `ran` are the ids of the cells that had run."""

    notebook: dict[str, Any]
    ran: list[str]
    python: str
    packages: list[str]


class RunTraits(msgspec.Struct, frozen=True, kw_only=True):
    """What runs of the same notebook are told apart by."""

    run_id: str
    cell: str
    name: str
    params: dict[str, str]
    start_time: int


class ReproducedMetric(msgspec.Struct, frozen=True, kw_only=True):
    """The last value of a metric in both runs; NaN is null."""

    key: str
    before: float | None
    after: float | None
    verdict: Verdict


class PackageChange(msgspec.Struct, frozen=True, kw_only=True):
    """A package whose version differs; an empty version: it was not installed."""

    name: str
    before: str
    after: str


def verdict(before: float, after: float | None) -> Verdict:
    """Judge a metric's new value; None: it was not logged."""
    if after is None:
        return "missing"
    if before == after or (math.isnan(before) and math.isnan(after)):
        return "equal"
    return "close" if math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=0) else "differs"


def answering(first: RunTraits, found: Sequence[RunTraits]) -> str | None:
    """Return the id of the run that answers to `first`: of the same cell, with the most equal params, then of the same
    name, then the earliest.
    """
    same = [run for run in found if run.cell == first.cell] if first.cell else list(found)
    if not same:
        return None

    def rank(run: RunTraits) -> tuple[int, bool, int]:
        equal = sum(run.params.get(key) == value for key, value in first.params.items())
        return -equal, run.name != first.name, run.start_time

    return min(same, key=rank).run_id


def package_changes(before: Sequence[str], after: Sequence[str]) -> list[PackageChange]:
    """Compare two lists of `name==version`."""
    old, new = _versions(before), _versions(after)
    return [
        PackageChange(name=name, before=old.get(name, ""), after=new.get(name, ""))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _versions(packages: Sequence[str]) -> Mapping[str, str]:
    return {name: version for name, _, version in (one.partition("==") for one in packages)}


def notebook_until(snapshot: NotebookSnapshot, cell: str) -> dict[str, Any]:
    """Return the notebook to run: cells below the run's, and cells that had not run, are frozen."""
    ran, cells, below = set(snapshot.ran), [], False
    for one in snapshot.notebook.get("cells", []):
        if one.get("cell_type") == "code" and (below or (one.get("id") not in ran)):
            one = {**one, "metadata": {**one.get("metadata", {}), "frozen": True}}  # noqa: PLW2901
        cells.append(one)
        below = below or (bool(cell) and one.get("id") == cell)
    return {**snapshot.notebook, "cells": cells}
