"""DROP TABLE and DROP VIEW: what a notebook drops goes to the bin of its workspace, as on the page of tables."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import httpx
from pyspark.errors import AnalysisException

from handloom.session import attached, lakehouse

DEFAULT = "dbo"
"""The default schema, whose tables lie directly in `Tables`, or in `Tables/dbo`."""
_NAME = r"(?P<name>(?:`(?:[^`]|``)*`|[\w.])+)"
DROP = re.compile(
    rf"\s*DROP\s+(?P<kind>TABLE|VIEW)\s+(?P<exists>IF\s+EXISTS\s+)?{_NAME}(?P<purge>\s+PURGE)?\s*;?\s*", re.I
)
"""Matches a drop of one table or view. PURGE is Spark's word for a drop that leaves nothing in the bin."""


def is_table(folder: Path) -> bool:
    """Whether a folder holds a Delta table or Parquet files, which the page of tables lists."""
    return (folder / "_delta_log").is_dir() or any(folder.glob("*.parquet"))


def drop_table(tables: Path, folder: Path, *, purge: bool) -> None:
    """Move a table of the lakehouse to the bin, or with `purge` delete its files. Nothing where there is no table."""
    folder = lakehouse.existing(folder)
    if not is_table(folder):
        return
    parts = folder.relative_to(tables).parts
    if purge or attached.current() is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    schema, name = parts if len(parts) == 2 else (DEFAULT, parts[-1])
    to_bin(schema, name)


def drop_schema(tables: Path, folder: Path) -> None:
    """Move the tables of a schema to the bin and remove its folder, as DROP SCHEMA ... CASCADE asks for."""
    if folder.is_dir() and folder != tables:
        for table in sorted(folder.iterdir()):
            if table.is_dir() and not table.is_symlink():
                drop_table(tables, table, purge=False)
        shutil.rmtree(folder, ignore_errors=True)


def to_bin(schema: str, name: str) -> None:
    """Ask the server to move a table or view to the bin. Raises AnalysisException, and then nothing was dropped."""
    session = attached.current()
    assert session is not None
    base = session.tracking_uri.rpartition("/mlflow/")[0]
    at = f"{base}/api/v1/workspaces/{session.workspace}/tables/{quote(schema, safe='')}/{quote(name, safe='')}"
    try:
        reply = httpx.delete(at, headers={"Authorization": f"Bearer {session.token}"}, timeout=60, trust_env=False)
        why = "" if reply.is_success else str(reply.json()["error"]["message"])
    except (httpx.HTTPError, ValueError, KeyError) as error:
        why = str(error) or type(error).__name__
    if why:
        raise AnalysisException(
            f"{schema}.{name} could not be moved to the bin, and nothing was dropped: {why} "
            "Way out: try again, or write DROP TABLE ... PURGE, which deletes its files for good."
        )
