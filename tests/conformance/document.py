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


ENGINES = {"quick": "the quick engine", "apache": "Apache Spark in a session"}


def differences() -> str:
    """The differences of both engines as Markdown."""
    tables = tomllib.loads((cases.HERE / "known_differences.toml").read_text(encoding="utf-8"))
    total = len(cases.load_all())
    lines = [
        f"{total:,} cases are recorded from Apache Spark 4.2 by itself. All are played on both engines: on the quick",
        "engine by `make test`, on Apache Spark as sessions use it by `make soak`; `make test` plays a sample there.",
        "",
        "| | equal, or refused by name | different on purpose | different without a word |",
        "|---|---|---|---|",
    ]
    for engine, name in ENGINES.items():
        left, meant = (
            sum(len(row["cases"]) for row in tables.get(engine, []) if bool(row.get("intended")) is is_intended)
            for is_intended in (False, True)
        )
        lines.append(f"| {name} | {total - left - meant:,} | {meant} | {left} |")
    lines += ["", "| Difference | Engine | Cases | Example |", "|---|---|---|---|"]
    for engine, name in ENGINES.items():
        for row in sorted(tables.get(engine, []), key=lambda row: bool(row.get("intended"))):
            example = row["cases"][0].partition(": ")[2].replace("|", "\\|")
            kind = " (on purpose)" if row.get("intended") else ""
            lines.append(f"| {row['reason']}{kind} | {name} | {len(row['cases'])} | `{example}` |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with today's list between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{differences()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
