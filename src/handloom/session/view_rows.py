"""Views of a lakehouse for the reader of tables: what they are, and the first rows that their queries give.

A quick engine of the reader's process runs the queries, after a check that they read nothing outside of the workspace.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from handloom.session import lake_views
from handloom.session.lake_views import LakeView

MAX_BYTES = 1_000_000
"""Size of the file of a view."""
MAX_TEXT = 1_000
"""Characters of the name or type of a column; longer ones are cut."""
_NAME = re.compile(r"[^._/=\\][^/=\\]*")
_engines: list[Any] = []
"""The quick engine, once a view is looked into."""


class ViewError(Exception):
    """The rows of a view cannot be read here; the message says why."""


def find(root: Path, schema: str, name: str) -> LakeView | None:
    """Return the view of this name, if there is one and no link leads to it."""
    if not _NAME.fullmatch(schema) or not _NAME.fullmatch(name):
        return None
    file = lake_views.file_of(root / "Tables", schema, name)
    if any(one.is_symlink() for one in (root / "Tables", file.parent.parent, file.parent, file)) or not file.is_file():
        return None
    return lake_views.read(file) if file.stat().st_size <= MAX_BYTES else None


def describe(schema: str, name: str, view: LakeView) -> dict[str, Any]:
    """Return the columns and the query of a view."""
    columns = [pair for pair in view.columns if len(pair) == 2]
    return {
        "schema": schema,
        "name": name,
        "path": "",
        "format": "view",
        "files": 0,
        "bytes": 0,
        "rows": None,
        "columns": [{"name": one[:MAX_TEXT], "type": kind[:MAX_TEXT], "nullable": True} for one, kind in columns],
        "description": view.comment[:MAX_TEXT],
        "created_at": view.created_at,
        "definition": view.query,
    }


def check(root: Path, schema: str, name: str, check_table: Callable[[str, str], None]) -> None:
    """Raise ViewError where a view reads, itself or by another view, files outside of the workspace. Calls
    `check_table` with the schema and name of each table that is read, in lower case.
    """
    waiting, seen = [(schema, name)], set[tuple[str, str]]()
    while waiting:
        key = waiting.pop()
        view = find(root, *key)
        if key in seen:
            continue
        seen.add(key)
        if view is None:
            check_table(*key)
            continue
        waiting += _read_by(root, view)


def _read_by(root: Path, view: LakeView) -> list[tuple[str, str]]:
    """The schema and name of what a query reads. Raises ViewError for a path out of the workspace."""
    from handloom.session.quick.names import FORMATS, table_names

    found = []
    for parts in table_names(view.query):
        if len(parts) == 2 and parts[0].lower() in FORMATS and "/" in parts[1]:
            place = os.path.realpath(root / parts[1])
            if "://" in parts[1] or not Path(place).is_relative_to(os.path.realpath(root)):
                raise ViewError(f"it reads {parts[1]}, which is not in this workspace. Use a notebook.")
            continue
        found.append(((parts[-2] if len(parts) > 1 else view.current).lower(), parts[-1].lower()))
    return found


def read(root: Path, schema: str, name: str, count: int) -> tuple[list[str], list[list[Any]]]:
    """Return the names of the columns and the first rows. There are no later pages: two runs of a query may give its
    rows in different orders.
    """
    from pyspark.errors import PySparkException

    from handloom.session.quick.names import quote
    from handloom.session.spark import Spark

    if not _engines:
        os.chdir(root)
        _engines.append(Spark())
    try:
        frame = _engines[0].session().table(quote([schema, name]))
        return list(frame.columns), [list(row) for row in frame.limit(count).collect()] if count else []
    except PySparkException as error:
        raise ViewError(str(error)) from error
