"""Writes the list of differences in docs/engines.md from the cases and from `known_differences.toml`.

Run it by hand after a change of either: `python tests/conformance/document.py`.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from conformance import cases

PAGE = Path(__file__).parents[2] / "docs/engines.md"
BEGIN, END = "<!-- from tests/conformance/document.py -->\n", "<!-- to here -->\n"


def differences() -> str:
    """The differences of the quick engine as Markdown."""
    tables = tomllib.loads((cases.HERE / "known_differences.toml").read_text(encoding="utf-8"))["quick"]
    total = len(cases.load_all())
    left = sum(len(row["cases"]) for row in tables if not row.get("intended"))
    meant = sum(len(row["cases"]) for row in tables if row.get("intended"))
    lines = [
        f"Of {total:,} cases recorded from Apache Spark 4.2, {total - left - meant:,} are equal or refused by",
        f"name, {meant} differ on purpose and {left or 'none'} differ{'' if left else 's'} without a word:",
        "",
        "| Difference | Cases | Example |",
        "|---|---|---|",
    ]
    for row in sorted(tables, key=lambda row: bool(row.get("intended"))):
        example = row["cases"][0].partition(": ")[2].replace("|", "\\|")
        kind = " (on purpose)" if row.get("intended") else ""
        lines.append(f"| {row['reason']}{kind} | {len(row['cases'])} | `{example}` |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with today's list between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{differences()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
