"""Code of a notebook as an analyser of Python reads it, and what it answers: completions, explanations and problems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]

MAX_CELLS = 2_000
MAX_CHARACTERS = 2_000_000
MAX_COMPLETIONS = 500
MAX_PROBLEMS = 200

_PYTHON_MAGICS = ("capture", "debug", "prun", "time", "timeit")
"""Cell magics whose cells are Python below their first line."""
_CELL_MAGIC = re.compile(r"\s*%%(\w*)[^\n]*")
_STATEMENT_MAGIC = re.compile(r"[ \t]*(?P<magic>%(?:time|prun)[ \t]+)(?=[^\s\-])", re.MULTILINE)
_DYNAMIC = re.compile(
    r"^\s*(?:%run\b|%pylab\b|%store\b|%load\b|%%capture[ \t]+\w|%%bash[ \t]+--\w|from\s+\S+\s+import\s+\*)"
    r"|\bexec\s*\(|\bglobals\s*\(|\buser_ns\b|\.push\s*\(",
    re.MULTILINE,
)
_INSTALLS = re.compile(r"^\s*[%!]\s*(?:pip|conda|mamba|uv)\b", re.MULTILINE)


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is a word such as function, class, module or variable."""

    label: str
    kind: str = ""
    detail: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the code at a position; both are empty where nothing is. `signature` is that of the call."""

    text: str = ""
    signature: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem in the cell with this index. Lines and columns count from 0, columns in UTF-16 units."""

    cell: int
    line: int
    column: int
    end_line: int
    end_column: int
    severity: Severity
    code: str
    message: str


class AnalysedCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell as Python. `shifts` gives by line how many columns of a magic were removed before its statement."""

    text: str
    shifts: dict[int, int] = {}

    def inside(self, line: int, column: int) -> int:
        """Return the column in `text` of a column in the cell."""
        return max(0, column - self.shifts.get(line, 0))

    def outside(self, line: int, column: int) -> int:
        """Return the column in the cell of a column in `text`."""
        return column + self.shifts.get(line, 0)


def analysed(source: str) -> AnalysedCell:
    """Return the cell without magics that an analyser of Python does not know. Its lines stay where they are."""
    if (found := _CELL_MAGIC.match(source)) is not None:
        rest = source[found.end() :]
        before = source[: found.end()].count("\n")
        if found[1] not in _PYTHON_MAGICS:
            return AnalysedCell(text="\n" * source.count("\n"))
        source = "\n" * before + rest
    shifts: dict[int, int] = {}

    def drop(found: re.Match[str]) -> str:
        line = source.count("\n", 0, found.start("magic"))
        shifts[line] = len(found["magic"])
        return found[0][: -len(found["magic"])]

    return AnalysedCell(text=_STATEMENT_MAGIC.sub(drop, source), shifts=shifts)


def defines_unseen_names(sources: Iterable[str]) -> bool:
    """Whether cells may define names that do not appear in them: by %run, exec, import * and others."""
    return any(_DYNAMIC.search(source) for source in sources)


def installs_packages(sources: Iterable[str]) -> bool:
    return any(_INSTALLS.search(source) for source in sources)


def too_large(sources: Sequence[str]) -> bool:
    return len(sources) > MAX_CELLS or sum(map(len, sources)) > MAX_CHARACTERS
