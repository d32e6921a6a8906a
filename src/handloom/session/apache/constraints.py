"""What a Delta table asks of its rows, for Apache Spark without Delta Lake: NOT NULL and CHECK, which are put into the
query of each write, and what cannot be written here.
"""

from __future__ import annotations

import json
from typing import Any

from pyspark.errors import AnalysisException

from handloom.session.column_sql import literal, quoted

_CHECKS = "delta.constraints."
_COMPUTED = {
    "CURRENT_DEFAULT": "default values of columns",
    "delta.generationExpression": "generated columns",
    "delta.identity.start": "identity columns",
    "delta.invariants": "invariants of columns",
}
"""Metadata of columns whose values Delta Lake fills in or checks."""


def check_rows(relation: Any, table: Any, name: str) -> None:
    """Let a relation whose rows are written into `table` fail where a row is not allowed there.

    Raises AnalysisException where the table has columns that only the quick engine can write.
    """
    columns = json.loads(table.schema().to_json())["fields"]
    _require_plain(columns, name)
    conditions = [
        (f"{quoted(column['name'])} IS NOT NULL", f"[DELTA_NOT_NULL_CONSTRAINT_VIOLATED] {column['name']} of {name}")
        for column in columns
        if not column["nullable"]
    ]
    conditions += [
        (text, f"[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] CHECK {key.removeprefix(_CHECKS)} ({text}) of {name}")
        for key, text in table.metadata().configuration.items()
        if key.startswith(_CHECKS)
    ]
    if not conditions:
        return
    rows = type(relation)()
    rows.CopyFrom(relation)
    relation.Clear()
    relation.filter.input.CopyFrom(rows)
    relation.filter.condition.expression_string.expression = " AND ".join(
        f"if({text}, true, cast(raise_error({literal(problem + ' is violated, and nothing was written.')}) AS boolean))"
        for text, problem in conditions
    )


def _require_plain(columns: list[dict[str, Any]], name: str) -> None:
    found = next((what for column in columns for key, what in _COMPUTED.items() if key in column["metadata"]), "")
    if found:
        raise AnalysisException(
            f"[UNSUPPORTED_FEATURE.DELTA] {name} has {found}, with which Apache Spark here cannot write it. Way out: "
            "run this cell on the quick engine (notebook settings, Engine)."
        )
