"""Which run answers to a run that was run again, and how their results are judged."""

from __future__ import annotations

import math

import pytest

from handloom.domain import reproductions as rules
from handloom.domain.reproductions import NotebookSnapshot, PackageChange, RunTraits


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (1.0, 1.0, "equal"),
        (math.nan, math.nan, "equal"),
        (math.inf, math.inf, "equal"),
        (1.0, 1.0 + 1e-10, "close"),
        (1e12, 1e12 + 1, "close"),
        (1.0, 1.0 + 1e-8, "differs"),
        (0.0, 1e-12, "differs"),
        (math.inf, -math.inf, "differs"),
        (1.0, math.nan, "differs"),
        (1.0, None, "missing"),
    ],
)
def test_a_metric_is_equal_close_different_or_missing(before: float, after: float | None, verdict: str) -> None:
    assert rules.verdict(before, after) == verdict


def traits(run_id: str, cell: str = "c", name: str = "n", start_time: int = 1, **params: str) -> RunTraits:
    return RunTraits(run_id=run_id, cell=cell, name=name, params=params, start_time=start_time)


def test_the_run_of_the_same_cell_with_the_most_equal_params_answers() -> None:
    first = traits("first", depth="3", rate="0.1")
    found = [
        traits("other cell", cell="d", depth="3", rate="0.1"),
        traits("one param", depth="3", rate="0.2"),
        traits("both", depth="3", rate="0.1", start_time=9),
    ]
    assert rules.answering(first, found) == "both"
    assert rules.answering(first, found[:2]) == "one param"
    assert rules.answering(first, found[:1]) is None
    assert rules.answering(traits("x", name="b"), [traits("a", name="a"), traits("b", name="b", start_time=5)]) == "b"
    assert rules.answering(traits("x"), [traits("late", start_time=5), traits("early", start_time=2)]) == "early"


def test_packages_are_compared_by_version() -> None:
    before, after = ["a==1", "b==2", "gone==1"], ["a==1", "b==3", "new==1"]
    assert rules.package_changes(before, after) == [
        PackageChange(name="b", before="2", after="3"),
        PackageChange(name="gone", before="1", after=""),
        PackageChange(name="new", before="", after="1"),
    ]


def test_only_cells_that_had_run_up_to_that_of_the_run_are_run_again() -> None:
    cells = [{"cell_type": "markdown", "id": "m"}]
    cells += [{"cell_type": "code", "id": one, "source": one} for one in ("a", "never", "c", "below")]
    snapshot = NotebookSnapshot(
        notebook={"nbformat": 4, "cells": cells}, ran=["below", "c", "a"], python="3", packages=[]
    )
    frozen = {
        one["id"]: one.get("metadata", {}).get("frozen", False) for one in rules.notebook_until(snapshot, "c")["cells"]
    }
    assert frozen == {"m": False, "a": False, "never": True, "c": False, "below": True}
    assert not rules.notebook_until(snapshot, "")["cells"][4].get("metadata")
