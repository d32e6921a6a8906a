"""What ran in this session, and which cells are stale: their inputs, or they themselves, have changed since they ran.

Pure data. The page decides in the same way (`ui/src/pages/notebooks/stale.ts`), from the records that it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from handloom.session.cells.names import VIEW, CellNames, Deferred, analyse

CONSOLE = ""
"""The id of code that belongs to no cell."""
LONGEST_SOURCE = 100_000
"""The characters up to which a record holds its source. A longer cell is never found edited."""

Kind = Literal["edited", "changed", "upstream"]


@dataclass(frozen=True, slots=True)
class Record:
    """The last execution of a cell. `order` counts executions; `writes` tells when the value of a name last changed."""

    cell: str
    order: int
    source: str | None
    uses: frozenset[str]
    defines: frozenset[str]
    writes: dict[str, int]

    def message(self) -> dict[str, Any]:
        return {
            "cell": self.cell,
            "order": self.order,
            "source": self.source,
            "uses": sorted(self.uses),
            "defines": sorted(self.defines),
            "writes": self.writes,
        }


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a cell is stale: it was `edited`, `name` was `changed` by the cell `by`, or `by` is stale (`upstream`)."""

    kind: Kind
    name: str = ""
    by: str = ""


@dataclass(slots=True)
class CellHistory:
    """Records the executions of one kernel."""

    records: dict[str, Record] = field(default_factory=dict)
    _order: int = 0
    _values: dict[str, tuple[str | None, int]] = field(default_factory=dict)  # name -> fingerprint, order of the write
    _functions: dict[str, Deferred] = field(default_factory=dict)
    _imports: set[str] = field(default_factory=set)
    _names: CellNames = field(default_factory=CellNames)

    def begin(self, cell: str, source: str) -> Record:
        """Record that a cell starts."""
        self._order += 1
        self._names = analyse(source)
        return self._record(cell, source)

    def include(self, cell: str, source: str) -> Record:
        """Add code that the running cell runs, such as another notebook's, to its record."""
        self._names.include(analyse(source))
        return self._record(cell, self.records[cell].source or "")

    def _record(self, cell: str, source: str) -> Record:
        names = self._names
        uses, called = self._called(names)
        changed = {
            name for name in names.changes if name in self._values or name in names.sets or name.startswith(VIEW)
        }
        written = names.defines | {name for name in changed | called if name not in self._imports | names.imports}
        writes = {name: self._write(name, names.fingerprints.get(name)) for name in sorted(written)}
        for name in names.defines:
            self._functions.pop(name, None)
            self._imports.discard(name)
        self._functions |= names.functions
        self._imports |= names.imports
        kept = source if len(source) <= LONGEST_SOURCE else None
        record = Record(cell, self._order, kept, frozenset(uses), frozenset(names.defines), writes)
        self.records.pop(cell, None)
        self.records[cell] = record
        return record

    def _called(self, names: CellNames) -> tuple[set[str], set[str]]:
        """Return the names that the cell uses and changes, with those of the functions that it uses."""
        uses, changes, todo = set(names.uses), set[str](), [*names.uses]
        while todo:
            function = self._functions.get(todo.pop())
            if function is None:
                continue
            new = function.uses - uses - names.defines
            uses |= new
            todo.extend(new)
            changes |= function.changes
        return uses, changes

    def _write(self, name: str, fingerprint: str | None) -> int:
        before = self._values.get(name)
        same = before is not None and fingerprint is not None and before[0] == fingerprint
        at = before[1] if same and before is not None else self._order
        self._values[name] = (fingerprint, at)
        return at


def evaluate(
    records: dict[str, Record], document: Iterable[tuple[str, str]]
) -> dict[str, tuple[Reason | None, list[str]]]:
    """Judge the cells of a notebook, given as ids and sources in its order: why each that ran is stale, and the cells
    above it that its inputs come from.
    """
    found: dict[str, tuple[Reason | None, list[str]]] = {}
    writers: dict[str, list[Record]] = {}
    console = records.get(CONSOLE)
    for cell, source in document:
        record = records.get(cell)
        if record is None or cell in found:
            continue
        inputs = [(name, one) for name in sorted(record.uses) for one in writers.get(name, [])]
        found[cell] = (
            _edited(record, source)
            or next(
                (Reason("changed", name, one.cell) for name, one in inputs if one.writes[name] > record.order), None
            )
            or _by_console(record, inputs, console)
            or next((Reason("upstream", name, one.cell) for name, one in inputs if found[one.cell][0]), None),
            list(dict.fromkeys(one.cell for _, one in inputs)),
        )
        for name in record.writes:
            above = [] if name in record.defines else writers.get(name, [])
            writers[name] = [*above, record]
    return found


def _edited(record: Record, source: str) -> Reason | None:
    return Reason("edited") if record.source is not None and record.source.strip() != source.strip() else None


def _by_console(record: Record, inputs: list[tuple[str, Record]], console: Record | None) -> Reason | None:
    if console is None:
        return None
    for name, at in console.writes.items():
        latest = max((one.writes[name] for used, one in inputs if used == name), default=0)
        if name in record.uses and at > record.order and at > latest:
            return Reason("changed", name, CONSOLE)
    return None


def behind(records: dict[str, Record], document: list[tuple[str, str]], cell: str) -> list[dict[str, Any]]:
    """Return the stale cells that the inputs of a running cell come from, directly or not, in the notebook's order and
    with their numbers in it.
    """
    judged = evaluate(records, document)
    numbers = {one: index for index, (one, _) in enumerate(document, 1)}
    seen, todo = set[str](), list(judged.get(cell, (None, []))[1])
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            todo.extend(judged[one][1])
    rows: list[dict[str, Any]] = []
    for one in sorted(seen, key=lambda id_: numbers[id_]):
        reason = judged[one][0]
        if reason is not None:
            rows.append(
                {"cell": numbers[one], "kind": reason.kind, "name": reason.name, "by": numbers.get(reason.by, 0)}
            )
    return rows
