"""Make writes of files to local folders atomic on both engines: the old data stays until the new is complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from handloom.session import overwrite
from handloom.session.overwrite import Finish

_TRANSACTIONAL = frozenset({"delta", "iceberg", "hudi"})
"""Formats whose replace and append are atomic already."""


@contextmanager
def guarded(write: Any, dynamic: bool, finish: Finish) -> Iterator[None]:
    """Run a `WriteOperation` so that it replaces or appends to its folder atomically.

    `dynamic`: an overwrite replaces only the partitions that the new data has.
    """
    target = Path(write.path)
    if not is_local_files(write) or (write.mode == write.SAVE_MODE_IGNORE and target.exists()):
        yield
        return
    if write.mode != write.SAVE_MODE_OVERWRITE:
        way = overwrite.adding
    else:
        way = overwrite.replacing_partitions if dynamic and write.partitioning_columns else overwrite.replacing
    with way(target, finish) as folder:
        write.path = str(folder)
        yield


def is_local_files(write: Any) -> bool:
    """Whether the write creates plain files in a local folder."""
    return (
        write.WhichOneof("save_type") == "path"
        and write.path.startswith("/")
        and write.source.lower() not in _TRANSACTIONAL
    )


def require_absent(write: Any) -> None:
    """Raise Spark's PATH_ALREADY_EXISTS error if the target has data and the mode is errorifexists."""
    strict = write.mode in (write.SAVE_MODE_ERROR_IF_EXISTS, write.SAVE_MODE_UNSPECIFIED)
    if strict and is_local_files(write) and Path(write.path).exists():
        from pyspark.errors import AnalysisException

        raise AnalysisException(
            f"[PATH_ALREADY_EXISTS] Path {write.path} already exists. "
            'Write with mode("overwrite") to replace it, or mode("append") to add to it. SQLSTATE: 42K04'
        )
