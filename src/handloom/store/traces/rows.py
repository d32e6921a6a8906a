"""Traces: sent by the client as a whole, or assembled from spans as they arrive.

Every function runs in the caller's transaction and one workspace; `search` finds traces.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Table, delete, func, select, update

from handloom.domain import assessments as assessment_rules
from handloom.domain import traces as rules
from handloom.domain.artifacts import below, path_of, root_of
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.experiments import Experiment, check_active, number_of
from handloom.domain.traces import Span, Trace
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.engine.bulk_insert import Insert, replacing
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.experiments import tables as experiment_tables
from handloom.store.runs import rows as runs
from handloom.store.traces import assessments
from handloom.store.traces import tables as trace_tables

CHUNK = 500  # ids per IN list
MS = 1_000_000  # ns
_T, _S = trace_tables.traces.c, trace_tables.spans.c
SELECT = select(trace_tables.traces, experiment_tables.experiments.c.experiment_id).select_from(
    trace_tables.traces.join(
        experiment_tables.experiments, _T.experiment_internal_id == experiment_tables.experiments.c.internal_id
    )
)
"""The rows for `hydrate`; add a WHERE that names the workspace."""


_FIND = (
    "SELECT t.*, e.experiment_id FROM traces t JOIN experiments e ON e.internal_id = t.experiment_internal_id "
    "WHERE t.workspace_id = :workspace AND t.trace_id = :trace_id"
)
_EMPTY = {column.name: None for column in trace_tables.traces.c if column.nullable}
_INSERT = (
    "INSERT INTO traces (workspace_id, experiment_internal_id, trace_id, client_request_id, request_time, duration, "
    "state, request_preview, response_preview, finalized) VALUES (:workspace_id, :experiment_internal_id, :trace_id, "
    ":client_request_id, :request_time, :duration, :state, :request_preview, :response_preview, :finalized) "
    "RETURNING internal_id"
)


def put(tx: Write, workspace: str, given: Trace) -> Trace:
    """Store a trace as sent by its client, new or known by its spans; it replaces what was stored before."""
    rules.check_id(given.trace_id)
    experiment = _active(tx, workspace, given.experiment_id)
    tags, metadata = rules.clean_pairs(given.tags), rules.clean_pairs(given.metadata)
    values: dict[str, Any] = {
        "experiment_internal_id": experiment.internal_id,
        "request_time": given.request_time,
        "duration": given.duration,
        "state": given.state,
        "client_request_id": given.client_request_id,
        "finalized": given.state != rules.IN_PROGRESS,
    }
    previews = {"request_preview": given.request_preview, "response_preview": given.response_preview}
    values |= {name: text for name, text in previews.items() if text is not None}
    known = _find(tx, workspace, given.trace_id)
    if known is None:
        number = _insert(tx, workspace, experiment, given.trace_id, values, tags)
    else:
        number = known.internal_id
        tx.connection.execute(update(trace_tables.traces).where(_T.internal_id == number).values(values))
        _put(tx, trace_tables.trace_tags, number, tags)
    _put(tx, trace_tables.trace_metadata, number, metadata)
    for each in given.assessments:
        assessment_rules.check(each)
    assessments.put(tx, number, given.assessments)
    return get(tx, workspace, given.trace_id)


def add(tx: Write, workspace: str, given: Trace, spans: Sequence[Span], run_ids: Sequence[str]) -> bool:
    """Add a trace of another server, of which nothing changes that is here already. The experiment may be deleted.
    Returns whether the trace existed.
    """
    rules.check_id(given.trace_id)
    experiment = experiments.get(tx, workspace, given.experiment_id)
    tags, metadata = rules.clean_pairs(given.tags), rules.clean_pairs(given.metadata)
    for each in given.assessments:
        assessment_rules.check(each)
    known = _find(tx, workspace, given.trace_id)
    if known is None:
        fields = ("request_time", "duration", "state", "client_request_id", "request_preview", "response_preview")
        values = {name: getattr(given, name) for name in fields}
        values["finalized"] = given.state != rules.IN_PROGRESS
        number = _insert(tx, workspace, experiment, given.trace_id, values, tags)
    else:
        number = int(known.internal_id)
        _put(tx, trace_tables.trace_tags, number, tags, replace=False)
    _put(tx, trace_tables.trace_metadata, number, metadata, replace=False)
    _upsert(tx, trace_tables.spans, [_span_row(number, span) for span in spans], replace=False)
    links = [{"trace_internal_id": number, "run_id": run_id} for run_id in dict.fromkeys(run_ids)]
    _upsert(tx, trace_tables.trace_runs, links, replace=False)
    assessments.put(tx, number, given.assessments, replace=False)
    return known is not None


def counts(tx: Read, workspace: str, trace_id: str) -> dict[str, int]:
    """Count what a trace has, by "spans" and "assessments"."""
    number = _row(tx, workspace, trace_id).internal_id
    return {
        table.name: tx.connection.scalar(select(func.count()).where(table.c.trace_internal_id == number)) or 0
        for table in (trace_tables.spans, trace_tables.assessments)
    }


def end(
    tx: Write,
    workspace: str,
    trace_id: str,
    *,
    ended_at: int,
    state: str,
    tags: Mapping[str, str],
    metadata: Mapping[str, str],
) -> Trace:
    """End a trace that was started as IN_PROGRESS; tags and metadata are added."""
    row = _row(tx, workspace, trace_id)
    values = {"duration": ended_at - row.request_time, "state": state, "finalized": True}
    tx.connection.execute(update(trace_tables.traces).where(_T.internal_id == row.internal_id).values(values))
    _put(tx, trace_tables.trace_tags, row.internal_id, rules.clean_pairs(dict(tags)))
    _put(tx, trace_tables.trace_metadata, row.internal_id, rules.clean_pairs(dict(metadata)))
    return get(tx, workspace, trace_id)


def add_spans(tx: Write, workspace: str, experiment_id: str, spans: Sequence[Span], tags: Mapping[str, str]) -> None:
    """Store spans, which may arrive in any order; a span that is sent again replaces the old one.

    `tags` are added to each of their traces. An unknown trace is created in the experiment.
    """
    by_trace: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_trace[span.trace_id].append(span)
    experiment: Experiment | None = None
    for trace_id, group in by_trace.items():
        known = _find(tx, workspace, trace_id)
        roots = [span for span in group if span.parent_id is None]
        span_tags = {key: value for span in roots for key, value in span.tags.items()}
        kept = {**tags, **span_tags, rules.SPANS_TAG: rules.SPANS_HERE}
        named = next(({rules.NAME_TAG: span.name} for span in roots if span.name), {})
        if known is None:
            rules.check_id(trace_id)
            experiment = experiment or _active(tx, workspace, experiment_id)
            begun = Trace(trace_id=trace_id, experiment_id=experiment.id, request_time=group[0].started_at // MS)
            values = {"request_time": begun.request_time, "state": begun.state} | _learned(begun, group)
            number = _insert(tx, workspace, experiment, trace_id, {**values, "finalized": False}, named | kept)
        else:
            number = known.internal_id
            if values := _learned(known, group, finalized=known.finalized):
                tx.connection.execute(update(trace_tables.traces).where(_T.internal_id == number).values(values))
            _put(tx, trace_tables.trace_tags, number, kept)
            _put(tx, trace_tables.trace_tags, number, named, replace=False)
        _upsert(tx, trace_tables.spans, list({span.span_id: _span_row(number, span) for span in group}.values()))
        for span in roots:
            _put(tx, trace_tables.trace_metadata, number, span.metadata, replace=False)


def _learned(known: Any, spans: Sequence[Span], *, finalized: bool = False) -> dict[str, Any]:
    """Return the values of a trace that follow from its spans, where the client sent none."""
    values: dict[str, Any] = {}
    if not finalized:
        started = min(known.request_time, *(span.started_at // MS for span in spans))
        ends = [span.ended_at // MS for span in spans if span.ended_at is not None]
        ends += [] if known.duration is None else [known.request_time + known.duration]
        values |= {"request_time": started, "duration": max(ends) - started if ends else None}
    for span in spans:
        if span.parent_id is not None:
            continue
        if known.state in (rules.IN_PROGRESS, rules.STATES[0]):
            values["state"] = span.state
        if known.request_preview is None and span.request is not None:
            values["request_preview"] = rules.preview(span.request)
        if known.response_preview is None and span.response is not None:
            values["response_preview"] = rules.preview(span.response)
    return values


def get(tx: Read, workspace: str, trace_id: str) -> Trace:
    return hydrate(tx, [_row(tx, workspace, trace_id)])[0]


def many(
    tx: Read, workspace: str, trace_ids: Sequence[str], experiment_ids: Sequence[str] | None = None
) -> list[Trace]:
    """Return the traces with these ids, in their order; unknown ids are ignored."""
    found: dict[str, Any] = {}
    query = SELECT.where(_T.workspace_id == workspace)
    if experiment_ids is not None:
        query = query.where(
            experiment_tables.experiments.c.experiment_id.in_([number_of(each) for each in experiment_ids])
        )
    ids = list(dict.fromkeys(trace_ids))
    for at in range(0, len(ids), CHUNK):
        rows = tx.connection.execute(query.where(_T.trace_id.in_(ids[at : at + CHUNK])))
        found.update((row.trace_id, row) for row in rows)
    return hydrate(tx, [found[trace_id] for trace_id in ids if trace_id in found])


def spans_of(tx: Read, workspace: str, trace_ids: Sequence[str]) -> defaultdict[str, list[str]]:
    """Return the spans of each trace as JSON: roots first, then by start."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for at in range(0, len(trace_ids), CHUNK):
        query = (
            select(_T.trace_id, _S.content)
            .join(trace_tables.traces, _T.internal_id == _S.trace_internal_id)
            .where(_T.workspace_id == workspace, _T.trace_id.in_(list(trace_ids[at : at + CHUNK])))
            .order_by(_S.parent_id.is_not(None), _S.started_at, _S.span_id)
        )
        for trace_id, content in tx.connection.execute(query):
            found[trace_id].append(content)
    return found


def set_tag(tx: Write, workspace: str, trace_id: str, key: str, value: str) -> None:
    rules.check_changeable(key, "set")
    value = rules.clean_tag(key, value)
    _put(tx, trace_tables.trace_tags, _row(tx, workspace, trace_id).internal_id, {key: value})


def delete_tag(tx: Write, workspace: str, trace_id: str, key: str) -> None:
    rules.check_changeable(key, "deleted")
    number = _row(tx, workspace, trace_id).internal_id
    tags = trace_tables.trace_tags
    gone = tx.connection.execute(delete(tags).where(tags.c.trace_internal_id == number, tags.c.key == key))
    if not gone.rowcount:
        raise NotFound(f"No trace tag with key '{key}' for trace with ID '{trace_id}'")


def remove(
    tx: Write,
    workspace: str,
    experiment_id: str,
    *,
    until: int | None = None,
    at_most: int | None = None,
    trace_ids: Sequence[str] = (),
) -> int:
    """Delete the experiment's traces with these ids, or the oldest `at_most` that started by `until`; return their
    number.

    Files that clients stored for them are deleted as well.
    """
    rules.check_removal(until, at_most, trace_ids)
    query = (
        select(_T.internal_id)
        .join(experiment_tables.experiments, _T.experiment_internal_id == experiment_tables.experiments.c.internal_id)
        .where(_T.workspace_id == workspace, experiment_tables.experiments.c.experiment_id == number_of(experiment_id))
        .order_by(_T.request_time, _T.trace_id)
        .limit(at_most)
    )
    found: list[int] = []
    if until is not None:
        found += tx.connection.execute(query.where(_T.request_time <= until)).scalars()
    ids = list(dict.fromkeys(trace_ids))
    for at in range(0, len(ids), CHUNK):
        found += tx.connection.execute(query.where(_T.trace_id.in_(ids[at : at + CHUNK]))).scalars()
    for at in range(0, len(found), CHUNK):
        _remove_files(tx, workspace, found[at : at + CHUNK])
        tx.connection.execute(delete(trace_tables.traces).where(_T.internal_id.in_(found[at : at + CHUNK])))
    return len(found)


def _remove_files(tx: Write, workspace: str, numbers: Sequence[int]) -> None:
    """Schedule the deletion of files by the experiment's location, not by the trace's tag, which clients may change."""
    query = select(experiment_tables.experiments.c.artifact_location, _T.trace_id).join(
        trace_tables.traces, _T.experiment_internal_id == experiment_tables.experiments.c.internal_id
    )
    for location, trace_id in tx.connection.execute(query.where(_T.internal_id.in_(numbers))).all():
        folder = path_of(_files_of(location, trace_id))
        if folder is not None and artifact_rows.contains(tx, workspace, folder):
            artifact_rows.remove_later(tx, workspace, folder)


def _files_of(location: str, trace_id: str) -> str:
    """Return where clients store the files of a trace, in an experiment with the artifact location `location`."""
    return below(location, f"traces/{trace_id}/artifacts")


def folder_of(tx: Read, workspace: str, trace_id: str) -> str:
    """Return the artifact folder of the files of a trace. Raises Invalid if it is not on this server."""
    experiment = experiments.get(tx, workspace, get(tx, workspace, trace_id).experiment_id)
    return root_of(_files_of(experiment.artifact_location, trace_id))


def link(tx: Write, workspace: str, trace_ids: Sequence[str], run_id: str) -> None:
    """Link these traces to a run; unknown ids are ignored."""
    if len(trace_ids) > rules.MAX_LINKS:
        raise Invalid(
            f"Cannot link more than {rules.MAX_LINKS} traces to a run in a single request. Provided {len(trace_ids)} "
            "traces."
        )
    info = runs.find(tx, workspace, run_id)
    query = select(_T.internal_id).where(_T.workspace_id == workspace, _T.trace_id.in_(list(trace_ids)))
    rows = [{"trace_internal_id": number, "run_id": info.run_id} for number in tx.connection.execute(query).scalars()]
    _upsert(tx, trace_tables.trace_runs, rows, replace=False)


def link_prompts(tx: Write, workspace: str, trace_id: str, versions: Sequence[tuple[str, str]]) -> None:
    """Add versions of prompts, as (name, version), to those linked to the trace."""
    row = _row(tx, workspace, trace_id)
    linked = rules.linked_prompts(hydrate(tx, [row])[0].tags)
    for name, version in versions:
        if (made := {"name": name, "version": version}) not in linked:
            linked.append(made)
    _put(tx, trace_tables.trace_tags, row.internal_id, {rules.PROMPTS_TAG: msgspec.json.encode(linked).decode()})


def hydrate(tx: Read, rows: Sequence[Any]) -> list[Trace]:
    """Return the traces of rows of `SELECT`, with tags, metadata and assessments, read in one statement each."""
    numbers = [row.internal_id for row in rows]
    tags, metadata = _pairs(tx, trace_tables.trace_tags, numbers), _pairs(tx, trace_tables.trace_metadata, numbers)
    said = assessments.of_traces(tx, {row.internal_id: row.trace_id for row in rows})
    return [
        Trace(
            trace_id=row.trace_id,
            experiment_id=str(row.experiment_id),
            request_time=row.request_time,
            duration=row.duration,
            state=row.state,
            client_request_id=row.client_request_id,
            request_preview=row.request_preview,
            response_preview=row.response_preview,
            assessments=said[row.internal_id],
            tags=tags[row.internal_id],
            metadata=metadata[row.internal_id],
        )
        for row in rows
    ]


def _pairs(tx: Read, table: Table, numbers: Sequence[int]) -> defaultdict[int, dict[str, str]]:
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for at in range(0, len(numbers), CHUNK):
        query = select(table).where(table.c.trace_internal_id.in_(numbers[at : at + CHUNK]))
        for number, key, value in tx.connection.execute(query):
            found[number][key] = value
    return found


def _find(tx: Read, workspace: str, trace_id: str) -> Any:
    return next(iter(tx.fetch(_FIND, workspace=workspace, trace_id=trace_id)), None)


def _row(tx: Read, workspace: str, trace_id: str) -> Any:
    row = _find(tx, workspace, trace_id)
    if row is None:
        raise NotFound(f"Trace with ID '{trace_id}' not found.")
    return row


def _active(tx: Read, workspace: str, experiment_id: str) -> Experiment:
    experiment = experiments.get(tx, workspace, experiment_id)
    check_active(experiment)
    return experiment


def _insert(
    tx: Write,
    workspace: str,
    experiment: Experiment,
    trace_id: str,
    values: Mapping[str, Any],
    tags: Mapping[str, str],
) -> int:
    """Insert a row with its tags, one of which is the location of the trace's files."""
    place = {"workspace_id": workspace, "experiment_internal_id": experiment.internal_id, "trace_id": trace_id}
    (inserted,) = tx.fetch(_INSERT, **{**_EMPTY, **place, **values})
    made = int(inserted.internal_id)
    location = _files_of(experiment.artifact_location, trace_id)
    _put(tx, trace_tables.trace_tags, made, {rules.LOCATION_TAG: location, **tags})
    return made


def _span_row(number: int, span: Span) -> dict[str, Any]:
    return {
        "trace_internal_id": number,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "name": span.name,
        "type": span.type,
        "status": span.status,
        "started_at": span.started_at,
        "ended_at": span.ended_at,
        "content": span.content,
        "texts": span.texts,
    }


def _put(tx: Write, table: Table, number: int, pairs: Mapping[str, str], *, replace: bool = True) -> None:
    _upsert(tx, table, [{"trace_internal_id": number, "key": k, "value": v} for k, v in pairs.items()], replace=replace)


def _upsert(tx: Write, table: Table, rows: Sequence[Mapping[str, Any]], *, replace: bool = True) -> None:
    """Insert rows; update the existing ones, or leave them unchanged."""
    insert = _upserting(table, replace)
    tx.insert(insert, [tuple(row[name] for name in insert.columns) for row in rows])


@cache
def _upserting(table: Table, replace: bool) -> Insert:
    columns = [column.name for column in table.c]
    return replacing(table, columns) if replace else Insert(table, columns, "skip")
