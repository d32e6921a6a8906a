"""Formats Python cells with ruff, in a process of its own that gets the code on standard input and touches no file."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence

import msgspec

from handloom.domain.errors import Invalid, Unavailable

SECONDS = 20
MAX_CHARACTERS = 5_000_000
MAX_ERRORS = 50
"""How many cells with errors are found one after the other before the rest is refused."""

_COMMAND = [
    sys.executable,
    "-I",
    "-m",
    "ruff",
    "format",
    "--isolated",
    "--no-cache",
    "--stdin-filename",
    "cells.ipynb",
    "-",
]
_WHERE = re.compile(r"cells\.ipynb:(\d+):(\d+):(\d+): ([^\n]*)")


class FormattedCell(msgspec.Struct, frozen=True, kw_only=True):
    """`source` as formatted, or unchanged with the reason in `error`."""

    source: str
    error: str = ""


def formatted(sources: Sequence[str]) -> list[FormattedCell]:
    """Format the cells as cells of one notebook: magics and trailing semicolons stay. A cell that is not valid Python
    stays as it is. Raises Invalid for too much code, Unavailable if ruff cannot run.
    """
    if sum(map(len, sources)) > MAX_CHARACTERS:
        raise Invalid(f"At most {MAX_CHARACTERS:,} characters of code are formatted at once.", field="cells")
    errors: dict[int, str] = {}
    while True:
        done = _ruff(["" if index in errors else source for index, source in enumerate(sources)])
        if done.returncode == 0:
            break
        message = done.stderr.decode(errors="replace")
        found = _WHERE.search(message)
        index = int(found[1]) - 1 if found else -1
        if found is None or not 0 <= index < len(sources) or index in errors:
            raise Unavailable(f"The code was not formatted: {message.strip()[:300]}")
        errors[index] = f"Line {found[2]}: {found[4].removeprefix('SyntaxError: ')}"
        if len(errors) > MAX_ERRORS:
            raise Invalid(f"More than {MAX_ERRORS} cells are not valid Python.", field="cells")
    cells = msgspec.json.decode(done.stdout)["cells"]
    return [
        FormattedCell(source=source, error=errors[index])
        if index in errors
        else FormattedCell(source="".join(cell["source"]))
        for index, (source, cell) in enumerate(zip(sources, cells, strict=True))
    ]


def _ruff(sources: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source,
        }
        for index, source in enumerate(sources)
    ]
    metadata = {"language_info": {"name": "python"}}
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    try:
        return subprocess.run(
            _COMMAND,
            input=msgspec.json.encode(document),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd=tempfile.gettempdir(),
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable("The code was not formatted in time. Format fewer cells at once.") from error
