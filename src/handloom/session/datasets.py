"""`mlflow.data.from_spark` without a JVM: the table and version that a frame reads, and a digest of them."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from handloom.session import hooks, lakehouse
from handloom.session.column_sql import quoted

_AT = re.compile(
    r"(?P<table>(?:`(?:[^`]|``)*`|[\w.])+)\s+(?:FOR\s+)?(?:SYSTEM_)?"
    r"(?:VERSION\s+AS\s+OF\s+(?P<version>\d+)|(?:VERSION|TIMESTAMP|TIME)\s+AS\s+OF\b)",
    re.I,
)
"""Matches a table in a query with the version or time that it is read at."""


class _Version(int):
    """A version of a table. MLflow takes `version or newest`, and 0 is a version too."""

    def __bool__(self) -> bool:
        return True


def register() -> None:
    hooks.after_import("mlflow.data.spark_delta_utils", _versions)
    hooks.after_import("mlflow.data.delta_dataset_source", _sources)
    hooks.after_import("mlflow.data.spark_dataset", _datasets)


def _versions(module: Any) -> None:
    """Ask the engine for the newest version, where MLflow would ask Delta Lake's Java classes."""
    module._try_get_delta_table_latest_version_from_table_name = _newest
    module._try_get_delta_table_latest_version_from_path = lambda path: _newest(f"delta.{quoted(_absolute(path))}")


def _newest(target: str) -> int | None:
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    try:
        row: Any = SparkSession.builder.getOrCreate().sql(f"DESCRIBE HISTORY {target} LIMIT 1").first()
    except PySparkException:
        return None
    return None if row is None else int(row.version)


def _absolute(path: str) -> str:
    return str(lakehouse.inside(path) or Path(path).absolute())


def _sources(module: Any) -> None:
    """Describe a Delta table without asking for a catalog that is not there, with the version 0, which MLflow drops."""
    described = module.DeltaDatasetSource.to_dict

    def to_dict(self: Any) -> dict[str, Any]:
        found: dict[str, Any] = described(self)
        version = self.delta_table_version
        return found if version is None else found | {"delta_table_version": version}

    module.DeltaDatasetSource._is_databricks_uc_table = lambda _: False
    module.DeltaDatasetSource.to_dict = to_dict


def _datasets(module: Any) -> None:
    module.SparkDataset._compute_digest = _digest
    module.SparkDataset.name = property(_name)
    module.SparkDataset.profile = None  # MLflow counts rows with an RDD, which Spark Connect does not have
    made = module.from_spark

    @functools.wraps(made)
    def from_spark(df: Any, *arguments: Any, **named: Any) -> Any:
        if not arguments and not {"path", "table_name", "sql"} & named.keys():
            named = _source_of(df) | named
        if named.get("version") is not None:
            named["version"] = _Version(named["version"])
        return made(df, *arguments, **named)

    module.from_spark = from_spark


def _digest(self: Any) -> str:
    """Return a digest of the frame's plan and its source, since the quick engine has no semantic hash. The source has
    the version of a table: a dataset of another version must not have the same digest.
    """
    plan = str(self._df._plan.to_proto(self._df._session.client))
    source = json.dumps(self._source.to_dict(), sort_keys=True)
    text = re.sub(r"plan_id: \d+\s*", "", plan) + source
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8]


def _name(self: Any) -> str:
    """Return the name that was given, or `table@v3`, or the name of the file or folder."""
    if self._name is not None:
        return str(self._name)
    source = self._source.to_dict()
    table = source.get("delta_table_name") or source.get("table_name") or Path(source.get("path") or "").name
    version = source.get("delta_table_version")
    return (f"{table}@v{version}" if version is not None else str(table)) if table else "dataset"


def _source_of(frame: Any) -> dict[str, Any]:
    """Return the Delta table or the path that a frame reads, as arguments of `from_spark`; nothing unless it is one."""
    client = frame._session.client
    source_of = getattr(client, "source_of", lambda _: None)  # a client of the user's own has none
    sources = list(_reads(frame._plan.to_proto(client), source_of))
    if len(sources) != 1 or ("table_name" in sources[0] and _newest(sources[0]["table_name"]) is None):
        return {}
    return sources[0]


def _reads(message: Any, source_of: Callable[[str], dict[str, Any] | None]) -> Iterator[dict[str, Any]]:
    from handloom.session.quick.build import children
    from handloom.session.quick.names import quote, split, table_names

    if message.DESCRIPTOR.full_name == "spark.connect.Read":
        yield _read(message)
        return
    if message.DESCRIPTOR.full_name == "spark.connect.SQL":
        at = {tuple(split(match["table"].lower())): match["version"] for match in _AT.finditer(message.query)}
        for name in table_names(message.query):
            known = source_of(name[0]) if len(name) == 1 else None
            full = ".".join(part if part.isidentifier() else quote([part]) for part in name)
            table: dict[str, Any] = {"table_name": full}
            if (key := tuple(part.lower() for part in name)) in at:
                table = {**table, "version": int(at[key])} if at[key] else {}  # of a time, no version is known
            yield known or table
    for child in children(message):
        yield from _reads(child, source_of)


def _read(read: Any) -> dict[str, Any]:
    if read.WhichOneof("read_type") == "named_table":
        source, options = {"table_name": read.named_table.unparsed_identifier}, read.named_table.options
    else:
        options = read.data_source.options
        paths = [*read.data_source.paths, *(value for key, value in options.items() if key.lower() == "path")]
        source = {"path": paths[0]} if len(paths) == 1 else {}
    version = next((value for key, value in options.items() if key.lower() == "versionasof"), None)
    return {**source, "version": int(version)} if source and version and version.isdigit() else source
