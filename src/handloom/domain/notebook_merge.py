"""Merges two notebooks that both came from a third, cell by cell: cells are matched by their ids.

Outputs never conflict. A cell that only one side wrote, moved or deleted needs no question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from handloom.domain.notebook_versions import without_outputs

CellChoice = Literal["mine", "theirs", "both"]

MAX_SHOWN = 4_000
"""Characters of a cell that are shown where a person decides."""

Document = dict[str, Any]
Cell = dict[str, Any]


class CellConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A cell that both sides wrote, with the beginnings of both texts; None where a side deleted it."""

    cell: str
    mine: str | None
    theirs: str | None


class NotebookMerge(msgspec.Struct, frozen=True, kw_only=True):
    """What merging would do: how many cells change as the branch has them, and how many stay as they are only here."""

    theirs: int
    mine: int
    conflicts: list[CellConflict]


class _Sides:
    """The cells of three documents by id."""

    def __init__(self, base: Document | None, mine: Document, theirs: Document) -> None:
        self.base = _by_id(base or {"cells": []}) or {}
        self.mine = _by_id(mine) or {}
        self.theirs = _by_id(theirs) or {}

    def winner(self, cell: str) -> Literal["same", "mine", "theirs", "conflict"]:
        """Return which side changed a cell: neither or both alike, one, or both differently."""
        base, mine, theirs = (_text(side.get(cell)) for side in (self.base, self.mine, self.theirs))
        if mine == theirs:
            return "same"
        if mine == base:
            return "theirs"
        return "mine" if theirs == base else "conflict"

    def order(self) -> list[str]:
        """Return the ids of all cells: in this side's order, or in the other's where that one has moved cells."""
        theirs_kept = [cell for cell in self.theirs if cell in self.base]
        moved = theirs_kept != [cell for cell in self.base if cell in self.theirs]
        first, second = (self.theirs, self.mine) if moved else (self.mine, self.theirs)
        order = list(first)
        known = set(order)
        before: str | None = None
        for cell in second:
            if cell not in known:
                at = order.index(before) + 1 if before is not None else 0
                while at < len(order) and order[at] not in self.base and order[at] not in second:
                    at += 1  # behind what the other side has added at the same place
                order.insert(at, cell)
                known.add(cell)
            before = cell
        return order


def offered(base: Document | None, mine: Document, theirs: Document) -> NotebookMerge | None:
    """Return what merging would do; None for notebooks whose cells cannot be matched, as they have no ids."""
    if any(_by_id(one) is None for one in (mine, theirs, *([base] if base is not None else []))):
        return None
    sides = _Sides(base, mine, theirs)
    winners = {cell: sides.winner(cell) for cell in sides.order()}
    conflicts = [
        CellConflict(cell=cell, mine=_shown(sides.mine.get(cell)), theirs=_shown(sides.theirs.get(cell)))
        for cell, winner in winners.items()
        if winner == "conflict"
    ]
    counts = list(winners.values())
    return NotebookMerge(theirs=counts.count("theirs"), mine=counts.count("mine"), conflicts=conflicts)


def merged(base: Document | None, mine: Document, theirs: Document, choices: Mapping[str, CellChoice]) -> Document:
    """Return the merged notebook. A conflict without a choice keeps this side's cell; so does one of the notebook's own
    metadata.
    """
    sides = _Sides(base, mine, theirs)
    cells: list[Cell] = []
    for cell in sides.order():
        winner = sides.winner(cell)
        choice = choices.get(cell, "mine") if winner == "conflict" else winner
        here, there = sides.mine.get(cell), sides.theirs.get(cell)
        if choice == "both" and here is not None and there is not None:
            cells += [here, there | {"id": _new_id(cell, there)}]
            continue
        only = {"theirs": there, "both": here or there}.get(choice, here)
        if only is not None:
            cells.append(only)
    return mine | {"metadata": _merged_metadata(base, mine, theirs), "cells": cells}


def _by_id(document: Document) -> dict[str, Cell] | None:
    """Return the cells by id, in order; None where one has no id of its own."""
    found = {str(cell["id"]): cell for cell in document["cells"] if isinstance(cell.get("id"), str)}
    return found if len(found) == len(document["cells"]) else None


def _text(cell: Cell | None) -> Cell | None:
    """Return what a person wrote of a cell."""
    if cell is None:
        return None
    written = without_outputs(cell)
    return {key: value for key, value in written.items() if key != "source"} | {"source": source_of(cell)}


def source_of(cell: Cell) -> str:
    source = cell.get("source")
    return "".join(map(str, source)) if isinstance(source, list) else str(source or "")


def _shown(cell: Cell | None) -> str | None:
    return None if cell is None else source_of(cell)[:MAX_SHOWN]


def _new_id(cell: str, content: Cell) -> str:
    """Return an id for the second of two cells that had the same one."""
    return (
        f"{cell[:40]}-{hashlib.sha256((cell + source_of(content)).encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    )


def _merged_metadata(base: Document | None, mine: Document, theirs: Document) -> Document:
    before, here, there = (dict((one or {}).get("metadata") or {}) for one in (base, mine, theirs))
    merged = {}
    for key in here | there:
        value = there.get(key) if here.get(key) == before.get(key) else here.get(key)
        if value is not None:
            merged[key] = value
    return merged
