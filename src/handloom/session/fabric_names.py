"""Provide the names of Fabric that notebooks use without importing them, and the packages that they import."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from handloom.session import hooks, lakehouse_paths, magics
from handloom.session.lazy import LazyModule
from handloom.session.notebook_exit import NotebookExit
from handloom.session.sql_context import SqlContext

FOLDER = Path(__file__).parent / "importable"
_REFUSED = {
    "sempy": "sempy reads Power BI's semantic models, which are not here. Read the data itself with spark or pandas.",
    "synapse.ml": "this part of SynapseML needs its JVM package. synapse.ml.predict works here; for training use "
    "scikit-learn, LightGBM or XGBoost, which are installed.",
    "com.microsoft": "this needs a JVM package, which the session does not have.",
}


class _Refusals(MetaPathFinder):
    """Import finder that explains why a package is not available. It is last, so installed packages take precedence."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for name, reason in _REFUSED.items():
            if fullname == name or fullname.startswith(name + "."):
                raise ModuleNotFoundError(f"{fullname} is not available: {reason}", name=fullname)
        return None


def install(shell: Any, spark: Any) -> dict[str, Any]:
    """Register magics, paths and packages; return the names for the notebook's namespace."""
    sys.path.append(str(FOLDER))
    sys.meta_path.append(_Refusals())
    magics.register(shell, spark)
    lakehouse_paths.install()
    hooks.after_import("pyspark.sql.connect.session", _score_in_sql)
    _end_quietly(shell)
    names: dict[str, Any] = {
        "notebookutils": LazyModule("notebookutils", shell.user_ns),
        "mssparkutils": LazyModule("mssparkutils", shell.user_ns),
        "sqlContext": SqlContext(spark),
    }
    for name in ("notebookutils", "mssparkutils"):
        setattr(builtins, name, names[name])
    return names


def _score_in_sql(module: ModuleType) -> None:
    """Make `spark.sql` support `PREDICT('model/version', ...)`."""
    plain = module.SparkSession.sql

    def sql(self: Any, sqlQuery: str, *args: Any, **kwargs: Any) -> Any:  # noqa: N803 - Spark's name
        if "predict" in sqlQuery.lower():
            from handloom.session.scoring import replace_predict

            sqlQuery = replace_predict(self, sqlQuery)  # noqa: N806
        return plain(self, sqlQuery, *args, **kwargs)

    module.SparkSession.sql = sql


def _end_quietly(shell: Any) -> None:
    """Show no traceback for `notebookutils.notebook.exit`, whose value is displayed already."""

    def nothing(*_: Any, **__: Any) -> list[str]:
        return []

    shell.set_custom_exc((NotebookExit,), nothing)
