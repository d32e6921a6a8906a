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
from urllib.error import URLError

from handloom.session import attached, hooks, lakehouse_paths, magics, spark_context
from handloom.session.lazy import LazyModule, batches_module
from handloom.session.notebook_exit import NotebookExit
from handloom.session.sql_context import SqlContext

FOLDER = Path(__file__).parent / "importable"
_REFUSED = {
    "sempy": "sempy reads Power BI's semantic models, which are not here. Read the data itself with spark or pandas.",
    "synapse.ml": "this part of SynapseML needs its JVM package. synapse.ml.predict works here; for training use "
    "scikit-learn, LightGBM or XGBoost, which are installed.",
    "pkg_resources": "older packages need it, and setuptools does not have it any more. "
    "Run %pip install 'setuptools<81' before this cell.",
    "com": "this needs a JVM package, which the session does not have.",
}


_OUT_OF_REACH = (0, 403, 407, 502, 503, 504)
"""No answer, and the status codes by which a proxy refuses a download."""
_NO_NETWORK = (
    "The address may be out of this machine's reach. Upload a copy to Files/ and read that, or mount a folder with a "
    "copy in the workspace settings."
)


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
    spark_context.SparkContext._spark = spark
    hooks.after_import("pyspark", spark_context.package)
    hooks.after_import("pyspark.sql.context", lambda module: _older_contexts(module, spark))
    hooks.after_import("pyspark.sql.connect.session", _session_module)
    hooks.after_import("pyspark.sql.connect.dataframe", spark_context.frame_module)
    hooks.after_import("pyspark.sql.connect.streaming.readwriter", batches_module)
    hooks.after_import("pyspark.ml.feature", _statements_of_transformers)
    hooks.after_import("pyspark.pandas.config", _number_rows)
    _end_quietly(shell)
    names: dict[str, Any] = {
        "notebookutils": LazyModule("notebookutils", shell.user_ns),
        "mssparkutils": LazyModule("mssparkutils", shell.user_ns),
        "sqlContext": SqlContext(spark),
        "sc": spark_context.SparkContext(),
    }
    for name in ("notebookutils", "mssparkutils"):
        setattr(builtins, name, names[name])
    return names


def _older_contexts(module: Any, spark: Any) -> None:
    """Make SQLContext and HiveContext another name of `sqlContext`; Spark's own need a JVM."""

    def context(*_: object, **__: object) -> SqlContext:
        return SqlContext(spark)

    module.SQLContext = module.HiveContext = context


def _session_module(module: ModuleType) -> None:
    spark_context.session_module(module)
    _score_in_sql(module)


def _statements_of_transformers(module: ModuleType) -> None:
    """Let SQLTransformer run its statement as `spark.sql` does, which works on every engine and knows PREDICT."""
    from handloom.session.scoring import run_statement

    def transform(self: Any, dataset: Any, params: Any = None) -> Any:
        changed = self.copy(params) if params else self
        return run_statement(changed.getStatement() or "", dataset)

    module.SQLTransformer.transform = transform


def _number_rows(module: ModuleType) -> None:
    """Number the rows of pandas-on-Spark by a window: the quick engine has no other way to count them from 0."""
    session = attached.current()
    if session is None or session.engine.get("kind") == "quick":
        module.set_option("compute.default_index_type", "sequence")


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
    """Show no traceback for `notebookutils.notebook.exit`, whose value is displayed already. Add the way out to errors
    of downloads.
    """

    def show(this: Any, kind: Any, error: BaseException, tb: Any, tb_offset: int | None = None) -> list[str]:
        if isinstance(error, NotebookExit):
            return []
        refused = getattr(error, "code", _OUT_OF_REACH[0])
        if refused in _OUT_OF_REACH and not getattr(error, "__notes__", None):
            error.add_note(_NO_NETWORK)
        this.showtraceback((kind, error, tb), tb_offset=tb_offset)
        return []

    shell.set_custom_exc((NotebookExit, URLError), show)
