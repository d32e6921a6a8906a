"""The conformance cases, read from `cases/`. Only the standard library is used: other environments import this too.

`*.exprs` holds one SQL expression per line; `*.sql` and `*.py.txt` hold blocks that begin with `-- case: NAME` or
`# case: NAME`. A name that ends in `(ordered)` says that the order of the rows is part of the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE / "cases"
ANSWERS = HERE / "answers"


@dataclass(frozen=True, slots=True)
class Case:
    """One question to an engine. `kind` is "expr", "sql" or "py"; `group` is the name of its file."""

    group: str
    kind: str
    name: str
    code: str

    @property
    def id(self) -> str:
        return f"{self.group}: {self.name}"

    @property
    def ordered(self) -> bool:
        return self.name.endswith("(ordered)")


def groups() -> list[str]:
    """The names of the files of cases."""
    return sorted(path.name.partition(".")[0] for path in FOLDER.iterdir())


def load(group: str) -> list[Case]:
    """The cases of one file, in its order."""
    (path,) = FOLDER.glob(f"{group}.*")
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".exprs":
        lines = [line.strip() for line in text.splitlines()]
        return [Case(group, "expr", line, line) for line in lines if line and not line.startswith("#")]
    kind = "sql" if path.suffix == ".sql" else "py"
    mark = "--" if kind == "sql" else "#"
    blocks = re.split(rf"^{mark} case: (.+)$", text, flags=re.M)[1:]
    return [Case(group, kind, name.strip(), code.strip()) for name, code in zip(blocks[::2], blocks[1::2], strict=True)]


def load_all() -> list[Case]:
    return [case for group in groups() for case in load(group)]
