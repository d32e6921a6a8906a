"""Assessments of traces: log, get, update, delete. Every function runs in the caller's transaction."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, select, update

from handloom.domain import assessments as rules
from handloom.domain.assessments import Assessment, AssessmentChange, ScorerFailure
from handloom.domain.clock import now
from handloom.domain.errors import NotFound
from handloom.store.engine.database import Read, Write
from handloom.store.traces import tables as trace_tables

CHUNK = 500  # ids per IN list
_A, _T = trace_tables.assessments.c, trace_tables.traces.c


def log(tx: Write, workspace: str, assessment: Assessment) -> Assessment:
    """Add an assessment. The one that it overrides becomes invalid. Raises NotFound if that one is missing."""
    rules.check(assessment)
    number = _trace_internal_id(tx, workspace, assessment.trace_id)
    if number is None:
        raise NotFound(f"Trace with ID '{assessment.trace_id}' not found.")
    if assessment.overrides and not _set_valid(tx, number, assessment.overrides, valid=False):
        raise _missing(assessment.trace_id, assessment.overrides)
    put(tx, number, [assessment])
    return assessment


def get(tx: Read, workspace: str, trace_id: str, assessment_id: str) -> Assessment:
    return _of_row(_row(tx, workspace, trace_id, assessment_id), trace_id)


def change(tx: Write, workspace: str, trace_id: str, assessment_id: str, wanted: AssessmentChange) -> Assessment:
    """Update an assessment, except its source and its span."""
    row = _row(tx, workspace, trace_id, assessment_id)
    found = _of_row(row, trace_id)
    rules.check_change(found, wanted)
    changed = msgspec.structs.replace(
        found,
        name=found.name if wanted.name is None else wanted.name,
        value=found.value if wanted.kind is None else wanted.value,
        failure=found.failure if wanted.kind is None else wanted.failure,
        rationale=found.rationale if wanted.rationale is None else wanted.rationale,
        metadata=found.metadata | wanted.metadata,
        modified_at=now(),
    )
    rules.check(changed)
    tx.connection.execute(
        update(trace_tables.assessments).where(_A.internal_id == row.internal_id).values(_values(changed))
    )
    return changed


def remove(tx: Write, workspace: str, trace_id: str, assessment_id: str) -> None:
    """Delete an assessment; the one that it overrode becomes valid again. A missing one is no error, since clients
    retry.
    """
    number = _trace_internal_id(tx, workspace, trace_id)
    mine = (_A.trace_internal_id == number, _A.assessment_id == assessment_id)
    row = tx.connection.execute(select(_A.overrides).where(*mine)).first() if number is not None else None
    if number is None or row is None:
        return
    if row.overrides:
        _set_valid(tx, number, row.overrides, valid=True)
    tx.connection.execute(delete(trace_tables.assessments).where(*mine))


def put(tx: Write, trace_internal_id: int, given: Sequence[Assessment], *, replace: bool = True) -> None:
    """Add assessments to one trace. They replace those with the same ids, or are left out."""
    unique = {each.assessment_id: each for each in given}
    for at in range(0, len(unique), CHUNK):
        part = list(unique.values())[at : at + CHUNK]
        known = (_A.trace_internal_id == trace_internal_id, _A.assessment_id.in_([each.assessment_id for each in part]))
        if replace:
            tx.connection.execute(delete(trace_tables.assessments).where(*known))
        else:
            kept = set(tx.connection.execute(select(_A.assessment_id).where(*known)).scalars())
            part = [each for each in part if each.assessment_id not in kept]
        if not part:
            continue
        rows = [
            {"trace_internal_id": trace_internal_id, "assessment_id": each.assessment_id, **_values(each)}
            for each in part
        ]
        tx.connection.execute(insert(trace_tables.assessments), rows)


def of_traces(tx: Read, ids: dict[int, str]) -> defaultdict[int, list[Assessment]]:
    """Return the assessments of traces, which are given as ids by internal id, oldest first."""
    found: defaultdict[int, list[Assessment]] = defaultdict(list)
    numbers = list(ids)
    for at in range(0, len(numbers), CHUNK):
        query = select(trace_tables.assessments).where(_A.trace_internal_id.in_(numbers[at : at + CHUNK]))
        for row in tx.connection.execute(query.order_by(_A.trace_internal_id, _A.created_at, _A.internal_id)):
            found[row.trace_internal_id].append(_of_row(row, ids[row.trace_internal_id]))
    return found


def _trace_internal_id(tx: Read, workspace: str, trace_id: str) -> int | None:
    query = select(_T.internal_id).where(_T.workspace_id == workspace, _T.trace_id == trace_id)
    return tx.connection.execute(query).scalar()


def _set_valid(tx: Write, trace_internal_id: int, assessment_id: str, *, valid: bool) -> bool:
    """Set whether an assessment is valid; return whether it exists."""
    mine = (_A.trace_internal_id == trace_internal_id, _A.assessment_id == assessment_id)
    done = tx.connection.execute(update(trace_tables.assessments).where(*mine).values(valid=valid))
    return bool(done.rowcount)


def _row(tx: Read, workspace: str, trace_id: str, assessment_id: str) -> Row[Any]:
    number = _trace_internal_id(tx, workspace, trace_id)
    if number is None:
        raise NotFound(f"Trace with request_id '{trace_id}' not found")
    query = select(trace_tables.assessments).where(_A.trace_internal_id == number, _A.assessment_id == assessment_id)
    row = tx.connection.execute(query).first()
    if row is None:
        raise _missing(trace_id, assessment_id)
    return row


def _missing(trace_id: str, assessment_id: str) -> NotFound:
    return NotFound(f"Assessment with ID '{assessment_id}' not found for trace '{trace_id}'")


def _values(of: Assessment) -> dict[str, Any]:
    value = msgspec.json.decode(of.value)
    numeric, is_number = rules.number(value)
    return {
        "kind": of.kind,
        "name": of.name,
        "value": of.value,
        "text": value if isinstance(value, str) else of.value,
        "numeric_value": numeric,
        "is_number": is_number,
        "failure": None if of.failure is None else msgspec.json.encode(of.failure).decode(),
        "source_type": of.source_type,
        "source_id": of.source_id,
        "span_id": of.span_id,
        "rationale": of.rationale,
        "metadata": msgspec.json.encode(of.metadata).decode(),
        "overrides": of.overrides,
        "valid": of.valid,
        "created_at": of.created_at,
        "modified_at": of.modified_at,
    }


def _of_row(row: Row[Any], trace_id: str) -> Assessment:
    return Assessment(
        assessment_id=row.assessment_id,
        trace_id=trace_id,
        kind=row.kind,
        name=row.name,
        value=row.value,
        failure=None if row.failure is None else msgspec.json.decode(row.failure, type=ScorerFailure),
        source_type=row.source_type,
        source_id=row.source_id,
        span_id=row.span_id,
        rationale=row.rationale,
        metadata=msgspec.json.decode(row.metadata, type=dict[str, str]),
        overrides=row.overrides,
        valid=row.valid,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )
