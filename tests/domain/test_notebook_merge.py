"""Merging two notebooks cell by cell: what needs no question, what does, and in which order cells stand."""

from __future__ import annotations

from typing import Any

import pytest

from handloom.domain.notebook_merge import CellChoice, merged, offered


def notebook(*cells: str, **metadata: Any) -> dict[str, Any]:
    """A notebook of cells such as "a=1": the id before the sign, the text behind it."""
    made = []
    for cell in cells:
        name, _, text = cell.partition("=")
        made.append({"id": name, "cell_type": "code", "source": [text], "metadata": {}, "outputs": []})
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def texts(document: dict[str, Any]) -> list[str]:
    return [f"{cell['id']}={''.join(cell['source'])}" for cell in document["cells"]]


BASE = notebook("a=1", "b=1", "c=1", "d=1")


@pytest.mark.parametrize(
    ("mine", "theirs", "result", "counts"),
    [
        (("a=2", "b=1", "c=1", "d=1"), ("a=1", "b=1", "c=3", "d=1"), ("a=2", "b=1", "c=3", "d=1"), (1, 1)),
        (
            ("a=1", "x=0", "b=1", "c=1", "d=1"),
            ("a=1", "y=0", "b=1", "c=1"),
            ("a=1", "x=0", "y=0", "b=1", "c=1"),
            (2, 1),
        ),
        (("b=1", "c=1", "d=1"), ("d=1", "a=1", "b=1", "c=1", "z=0"), ("d=1", "b=1", "c=1", "z=0"), (1, 1)),
        (("d=1", "c=1", "b=1", "a=1"), ("a=1", "b=1", "c=1", "d=4"), ("d=4", "c=1", "b=1", "a=1"), (1, 0)),
        (("a=5", "b=1", "c=1", "d=1"), ("a=5", "b=1", "c=1", "d=1"), ("a=5", "b=1", "c=1", "d=1"), (0, 0)),
    ],
)
def test_cells_of_one_side_need_no_question(
    mine: tuple[str, ...], theirs: tuple[str, ...], result: tuple[str, ...], counts: tuple[int, int]
) -> None:
    offer = offered(BASE, notebook(*mine), notebook(*theirs))
    assert offer is not None
    assert (offer.theirs, offer.mine, offer.conflicts) == (*counts, [])
    assert texts(merged(BASE, notebook(*mine), notebook(*theirs), {})) == list(result)


@pytest.mark.parametrize(
    ("choice", "changed", "deleted"),
    [("mine", ["a=2"], ["b=2"]), ("theirs", ["a=3"], []), ("both", ["a=2", "=3"], ["b=2"])],
)
def test_a_cell_that_both_changed_is_decided(choice: CellChoice, changed: list[str], deleted: list[str]) -> None:
    mine, theirs = notebook("a=2", "b=2", "c=1", "d=1"), notebook("a=3", "c=1", "d=1")
    offer = offered(BASE, mine, theirs)
    assert offer is not None
    assert [(one.cell, one.mine, one.theirs) for one in offer.conflicts] == [("a", "2", "3"), ("b", "2", None)]
    found = merged(BASE, mine, theirs, {"a": choice, "b": choice})
    kept = [text if text[0] in "abcd" and text[1] == "=" else f"={text.partition('=')[2]}" for text in texts(found)]
    assert kept == [*changed, *deleted, "c=1", "d=1"]
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"])


def test_outputs_are_no_change_and_metadata_is_merged_by_key() -> None:
    ran = notebook("a=1", "b=1", "c=1", "d=1", kernelspec="mine", theme=1)
    ran["cells"][0] |= {"outputs": [{"output_type": "stream"}], "execution_count": 7}
    theirs = notebook("a=9", "b=1", "c=1", "d=1", kernelspec="theirs", extra=2)
    base = notebook("a=1", "b=1", "c=1", "d=1", kernelspec="old", theme=1)
    offer = offered(base, ran, theirs)
    assert offer is not None
    assert (offer.theirs, offer.mine, offer.conflicts) == (1, 0, [])
    found = merged(base, ran, theirs, {})
    assert texts(found)[0] == "a=9"
    assert found["metadata"] == {"kernelspec": "mine", "extra": 2}


def test_cells_without_ids_cannot_be_matched() -> None:
    without = notebook("a=1")
    del without["cells"][0]["id"]
    assert offered(BASE, without, BASE) is None
    assert offered(BASE, BASE, notebook("a=1", "a=1")) is None
    offer = offered(None, notebook("a=1", "m=1"), notebook("a=2"))
    assert offer is not None
    assert (offer.mine, len(offer.conflicts)) == (1, 1)
