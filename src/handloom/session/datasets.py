"""`mlflow.data.from_spark` without a JVM: the version of a Delta table, and a digest of what a frame reads."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from handloom.session import hooks, lakehouse
from handloom.session.column_sql import quoted


def register() -> None:
    hooks.after_import("mlflow.data.spark_delta_utils", _versions)
    hooks.after_import("mlflow.data.spark_dataset", _digests)


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


def _digests(module: Any) -> None:
    """Make the digest from the frame's plan and its source, since the quick engine has no semantic hash. The source has
    the version of a table: a dataset of another version must not have the same digest."""

    def compute(self: Any) -> str:
        plan = str(self._df._plan.to_proto(self._df._session.client))
        source = json.dumps(self._source.to_dict(), sort_keys=True)
        text = re.sub(r"plan_id: \d+\s*", "", plan) + source
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8]

    module.SparkDataset._compute_digest = compute
