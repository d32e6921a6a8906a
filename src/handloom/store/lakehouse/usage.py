"""Runs that logged a table as an input, found by the sources of their datasets."""

from __future__ import annotations

import json

from handloom.domain.lakehouse import TableRun, table_of_source
from handloom.store.engine.database import Read

LIMIT = 200
_CANDIDATES = 2_000

_USING = (
    "SELECT r.run_id, r.name, r.status, r.start_time, e.experiment_id, e.name AS experiment_name, i.context, d.source "
    "FROM datasets d JOIN run_inputs i ON i.dataset_internal_id = d.internal_id "
    "JOIN runs r ON r.internal_id = i.run_internal_id JOIN experiments e ON e.internal_id = r.experiment_internal_id "
    "WHERE r.workspace_id = :workspace AND r.lifecycle_stage = 'active' "
    "AND (LOWER(d.source) LIKE :plain ESCAPE '!' OR LOWER(d.source) LIKE :escaped ESCAPE '!') "
    "ORDER BY r.start_time DESC, r.run_id LIMIT :limit"
)


def runs_of_table(tx: Read, workspace: str, schema: str, table: str) -> list[TableRun]:
    """Return the active runs that used the table, newest first. Names are compared as Spark does, without case."""
    wanted = (schema.lower(), table.lower())
    rows = tx.fetch(
        _USING,
        workspace=workspace,
        plain=_pattern(table),
        escaped=_pattern(json.dumps(table)[1:-1]),  # Python's JSON has characters beyond ASCII as \uXXXX
        limit=_CANDIDATES,
    )
    found = []
    for row in rows:
        named = table_of_source(row.source)
        if named is not None and (named.schema.lower(), named.name.lower()) == wanted:
            found.append(
                TableRun(
                    run_id=row.run_id,
                    name=row.name,
                    status=row.status,
                    start_time=row.start_time,
                    experiment=str(row.experiment_id),
                    experiment_name=row.experiment_name,
                    context=row.context,
                    version=named.version,
                )
            )
    return found[:LIMIT]


def _pattern(text: str) -> str:
    escaped = "".join(f"!{letter}" if letter in "!%_" else letter for letter in text.lower())
    return f"%{escaped}%"
