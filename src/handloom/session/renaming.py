"""ALTER TABLE ... RENAME TO: move the folder of a table, which both engines and the page of tables read."""

from __future__ import annotations

import re
from pathlib import Path

from pyspark.errors import AnalysisException

from handloom.session import dropping, lake_views, lakehouse

_NAME = r"(?:`(?:[^`]|``)*`|[\w.])+"
RENAME = re.compile(rf"\s*ALTER\s+TABLE\s+(?P<name>{_NAME})\s+RENAME\s+TO\s+(?P<new>{_NAME})\s*;?\s*", re.I)
"""Matches a statement that gives a table another name or schema."""


def rename(tables: Path, source: Path, schema: str, name: str) -> None:
    """Move the folder `source` of a table, so that it is `schema.name`.

    Raises AnalysisException where that exists or there is no such schema, and then nothing has moved.
    """
    full = f"{schema}.{name}"
    home = tables if schema == dropping.DEFAULT else lakehouse.existing(tables / schema)
    if not home.is_dir():
        raise AnalysisException(
            f"[SCHEMA_NOT_FOUND] There is no schema {schema} in this workspace, so nothing was renamed. Write CREATE "
            f"SCHEMA {schema} first. SQLSTATE: 42704"
        )
    found = lakehouse.existing(home / name)
    if (found.exists() and found != source) or lake_views.file_of(tables, schema, name).exists():
        raise AnalysisException(
            f"[TABLE_OR_VIEW_ALREADY_EXISTS] {full} exists already, so nothing was renamed. SQLSTATE: 42P07"
        )
    source.rename(home / name)
