"""Refusal of overwrites of Parquet tables that the quick engine would begin by deleting what it then reads.

Delta tables replace in one step, and files by path are replaced by `writes`. A table of plain files has neither: the
engine deletes them first, so a statement that reads the table, or a view that may, would lose the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException

from handloom.session.quick.names import FORMATS, Names, split, table_names

_INSERT = re.compile(
    r"\s*(?:WITH\b.*?\)\s*)?INSERT\s+OVERWRITE\s+(?:TABLE\s+)?(?P<name>(?:`(?:[^`]|``)*`|[\w.])+)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_DIRECTORY = re.compile(r"\s*INSERT\s+OVERWRITE\s+(?:LOCAL\s+)?DIRECTORY\b", re.IGNORECASE)


def check_write(write: Any, names: Names, current: str) -> None:
    """Raise AnalysisException where an overwrite of a table by a DataFrame may read that table."""
    folder = names.folder(names.canonical(split(write.table.table_name)), current)
    if _is_plain_table(folder) and any(_may_read(read, folder, names, current) for read in _reads(write.input, names)):
        raise _refusal(write.table.table_name)


def check_sql(sql: str, names: Names, current: str) -> None:
    """Raise AnalysisException where an `INSERT OVERWRITE` may read what it overwrites."""
    if _DIRECTORY.match(sql):
        raise AnalysisException(
            "The quick engine does not run INSERT OVERWRITE DIRECTORY, because it deletes the folder before it reads. "
            'Way out: write it with spark.sql("...").write.mode("overwrite").parquet("...") instead, which is safe.'
        )
    if (match := _INSERT.match(sql)) is None:
        return
    parts = split(match["name"])
    if len(parts) == 2 and parts[0].lower() in FORMATS:
        folder = Path(parts[1])
    else:
        folder = names.folder(names.canonical(parts), current)
    if _is_plain_table(folder) and any(_may_read(read, folder, names, current) for read in table_names(match["rest"])):
        raise _refusal(match["name"])


def _refusal(name: str) -> AnalysisException:
    return AnalysisException(
        f"The quick engine would delete the Parquet table {name} before it reads from it. Nothing was changed. "
        "Save the result as a table of another name, or keep the table as Delta (the default format), "
        "which can be overwritten with what is read from it."
    )


def _is_plain_table(folder: Path) -> bool:
    return folder.is_dir() and not (folder / "_delta_log").is_dir() and any(folder.iterdir())


def _may_read(read: list[str] | Path, folder: Path, names: Names, current: str) -> bool:
    """Whether reading a path, or a table or view by name, may read `folder`. A name without a folder may be a view."""
    if isinstance(read, Path):
        place = Path(str(read).partition("*")[0])
    elif len(read) == 2 and read[0].lower() in FORMATS and "/" in read[1]:
        place = Path(read[1].partition("*")[0])
    else:
        place = names.folder(names.canonical(read), current)
        if not place.is_dir():
            return True
    return place == folder or place.is_relative_to(folder) or folder.is_relative_to(place)


def _reads(message: Any, names: Names) -> Iterator[list[str] | Path]:
    """What a plan reads: tables and views by the parts of their names, files by their paths."""
    kind = message.DESCRIPTOR.full_name
    if kind == "spark.connect.Read.NamedTable":
        yield split(message.unparsed_identifier)
    elif kind == "spark.connect.Read.DataSource":
        yield from (Path(path) for path in message.paths)
    elif kind == "spark.connect.SQL":
        yield from table_names(message.query)
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for child in value if field.is_repeated else (value,):
                yield from _reads(child, names)
