"""The report of an import: counts of the source and of the workspace, and what was not imported with reasons."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from handloom.transfer.progress import size

KINDS = (
    *("experiments", "runs", "params", "tags", "metric points", "datasets"),
    *("files", "bytes", "logged models", "models", "versions", "notebooks", "reports"),
    *("traces", "spans", "assessments", "evaluation datasets", "evaluation rows", "scorers", "webhooks"),
)
SHOWN = 5  # names printed per reason


@dataclass(slots=True)
class Report:
    """`read` counts the source's records by kind, `kept` those that the workspace has afterwards."""

    read: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    kept: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    earlier: int = 0
    problems: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unsupported: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What to do after the import."""
    dry_run: bool = False
    """Whether the source was only read, so that `kept` is empty."""

    def problem(self, reason: str, what: str) -> None:
        self.problems[reason].append(what)

    @property
    def complete(self) -> bool:
        """Whether the workspace has everything that was read."""
        return not self.problems and all(self.read[kind] == self.kept[kind] for kind in KINDS)

    def lines(self) -> list[str]:
        text = self._table()
        if self.earlier:
            text.append(f"{self.earlier:,} of the runs had been imported before; their counts are not repeated.")
        for reason, names in self.problems.items():
            more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
            text.append(f"Not imported: {', '.join(names[:SHOWN])}{more}: {reason}")
        text += [f"Not part of an import: {what}" for what in self.unsupported]
        text += self.notes
        if self.dry_run:
            text.append("Nothing was imported (--dry-run).")
        elif self.complete:
            text.append("Everything was imported.")
        else:
            text.append("Not everything was imported. Run the command again, or see above.")
        return text

    def _table(self) -> list[str]:
        """The counts of each kind: of the source, and unless it was only read, of the workspace."""
        rows = [("", "source", "here")]
        for kind in KINDS:
            if self.read[kind] or kind == "runs":
                shown = size if kind == "bytes" else "{:,}".format
                rows.append((kind, shown(self.read[kind]), shown(self.kept[kind])))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        if self.dry_run:
            return [f"{a:<{widths[0]}}  {b:>{widths[1]}}" for a, b, _ in rows]
        return [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
