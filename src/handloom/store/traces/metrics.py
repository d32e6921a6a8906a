"""Statistics of traces, spans and assessments: grouped and aggregated by the database."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, distinct, exists, func, or_, select
from sqlalchemy.sql.expression import FromClause

from handloom.domain import trace_metrics as rules
from handloom.domain import traces as trace_rules
from handloom.domain.experiments import number_of
from handloom.domain.search import parse_filter
from handloom.domain.trace_metrics import Correlation, DataPoint, TraceCondition, TraceMetricsQuery
from handloom.domain.traces import TRACES
from handloom.store.engine.database import Read
from handloom.store.engine.numbers_sql import number_after, percentile, text_of
from handloom.store.experiments import tables as experiment_tables
from handloom.store.traces import search
from handloom.store.traces import tables as trace_tables

_T, _S, _A = trace_tables.traces.c, trace_tables.spans.c, trace_tables.assessments.c
_MILLISECOND = 1_000_000  # ns
_LARGEST = (1 << 63) - 1
_VALUE = "aggregated_value"
_DIMENSIONS: dict[str, ColumnElement[Any]] = {
    "trace_status": _T.state,
    "span_name": _S.name,
    "span_type": _S.type,
    "span_status": _S.status,
    "span_model_name": text_of(_S.texts, "mlflow.llm.model"),
    "span_model_provider": text_of(_S.texts, "mlflow.llm.provider"),
    "assessment_name": _A.name,
    "assessment_value": _A.value,
}
_VALUES: dict[tuple[str, str], ColumnElement[Any]] = {
    (rules.TRACES, "trace_count"): _T.internal_id,
    (rules.TRACES, "latency"): _T.duration,
    (rules.SPANS, "span_count"): _S.span_id,
    (rules.SPANS, "latency"): (_S.ended_at - _S.started_at) // _MILLISECOND,
    (rules.ASSESSMENTS, "assessment_count"): _A.internal_id,
    (rules.ASSESSMENTS, "assessment_value"): _A.numeric_value,
}
_JOINED: dict[str, FromClause] = {
    rules.TRACES: trace_tables.traces,
    rules.SPANS: trace_tables.traces.join(trace_tables.spans, _S.trace_internal_id == _T.internal_id),
    rules.ASSESSMENTS: trace_tables.traces.join(trace_tables.assessments, _A.trace_internal_id == _T.internal_id),
}
_SPAN_COLUMNS: dict[str, ColumnElement[Any]] = {"name": _S.name, "status": _S.status, "type": _S.type}


def points(tx: Read, workspace: str, experiment_ids: Sequence[str], query: TraceMetricsQuery) -> list[DataPoint]:
    """Return the data points of a checked query, ordered by their dimensions; groups without a value are left out."""
    groups: dict[str, ColumnElement[Any]] = {}
    if query.interval is not None:
        groups[rules.TIME_BUCKET] = _bucket(query, query.interval * 1_000)
    groups |= {name: _dimension(name) for name in query.dimensions}
    columns = [column.label(name) for name, column in groups.items()]
    inside = select(*columns, _value(query).label(_VALUE)).select_from(_JOINED[query.view])
    inside = inside.where(_T.experiment_internal_id.in_(_experiments(workspace, experiment_ids)), *_times(query))
    inside = inside.where(*(_condition(each) for each in query.filters))
    if query.view == rules.ASSESSMENTS:
        inside = inside.where(_A.valid)
    rows_of = inside.subquery()
    # Aggregate a subquery: PostgreSQL does not recognize an expression with parameters in GROUP BY.
    named = [rows_of.c[name] for name in groups]
    value = rows_of.c[_VALUE]
    aggregated = [_aggregated(each, query, value) for each in query.aggregations]
    statement = select(*named, *aggregated).where(value.is_not(None), *(group.is_not(None) for group in named))
    if named:
        statement = statement.group_by(*named).order_by(*named)
    rows = tx.connection.execute(statement.limit(query.limit)).all()
    return [point for row in rows if (point := _point(query, tuple(row))).values]


def correlation(
    tx: Read, workspace: str, experiment_ids: Sequence[str], first: str, second: str, base: str
) -> Correlation:
    """Count the traces that match two filters, each and together, among those that match `base`."""
    wanted = _experiments(workspace, experiment_ids)
    given, one, two = (search.conditions(parse_filter(text, TRACES), wanted) for text in (base, first, second))

    def count(*fitting: Sequence[ColumnElement[bool]]) -> int:
        every = [condition for part in fitting for condition in part]
        query = select(func.count()).select_from(trace_tables.traces)
        return tx.connection.scalar(query.where(_T.experiment_internal_id.in_(wanted), *given, *every)) or 0

    return Correlation(first=count(one), second=count(two), both=count(one, two), total=count())


def _experiments(workspace: str, experiment_ids: Sequence[str]) -> Select[Any]:
    columns = experiment_tables.experiments.c
    numbers = [number_of(experiment_id) for experiment_id in experiment_ids]
    return select(columns.internal_id).where(columns.workspace_id == workspace, columns.experiment_id.in_(numbers))


def _value(query: TraceMetricsQuery) -> ColumnElement[Any]:
    """Return the column to aggregate; rows where it is NULL are ignored."""
    if query.metric in rules.TOKEN_KEYS:
        return number_after(_metadata(trace_rules.TOKENS_KEY), query.metric)
    if query.metric in rules.COST_KEYS:
        return number_after(text_of(_S.texts, "mlflow.llm.cost"), query.metric)
    if query.metric == "session_count":
        return _metadata(trace_rules.SESSION_KEY)
    return _VALUES[query.view, query.metric]


def _metadata(key: str) -> ColumnElement[str]:
    pairs = trace_tables.trace_metadata.c
    value = select(pairs.value).where(pairs.trace_internal_id == _T.internal_id, pairs.key == key)
    return value.correlate(trace_tables.traces).scalar_subquery()


def _dimension(name: str) -> ColumnElement[Any]:
    if name != "trace_name":
        return _DIMENSIONS[name]
    tags = trace_tables.trace_tags.c
    value = select(tags.value).where(tags.trace_internal_id == _T.internal_id, tags.key == trace_rules.NAME_TAG)
    return value.correlate(trace_tables.traces).scalar_subquery()


def _has_own_time(query: TraceMetricsQuery) -> bool:
    """Return whether a span's own start time counts: for costs it does, other values of spans use the trace's time."""
    return query.view == rules.SPANS and query.metric in rules.COST_KEYS


def _times(query: TraceMetricsQuery) -> list[ColumnElement[bool]]:
    column, unit = (_S.started_at, _MILLISECOND) if _has_own_time(query) else (_T.request_time, 1)
    conditions: list[ColumnElement[bool]] = []
    if query.since is not None:
        conditions.append(column >= max(min(query.since * unit, _LARGEST), -_LARGEST))
    if query.until is not None:
        conditions.append(column < max(min((query.until + 1) * unit, _LARGEST), -_LARGEST))
    return conditions


def _bucket(query: TraceMetricsQuery, length: int) -> ColumnElement[Any]:
    """Return the start of the row's interval, in ms."""
    time = _S.started_at // _MILLISECOND if query.view == rules.SPANS else _T.request_time
    return cast(time - time % length, BigInteger)


def _aggregated(of: rules.Aggregation, query: TraceMetricsQuery, value: ColumnElement[Any]) -> ColumnElement[Any]:
    if of.kind == rules.PERCENTILE:
        assert of.percentile is not None
        return percentile(value, of.percentile)
    if of.kind == rules.COUNT:
        return func.count(distinct(value) if query.metric == "session_count" else value)
    by_kind: dict[str, Any] = {rules.SUM: func.sum, rules.AVG: func.avg, rules.MIN: func.min, rules.MAX: func.max}
    aggregate: ColumnElement[Any] = by_kind[of.kind](value)
    return aggregate


def _point(query: TraceMetricsQuery, row: tuple[Any, ...]) -> DataPoint:
    names = ([] if query.interval is None else [rules.TIME_BUCKET]) + list(query.dimensions)
    dimensions = {name: str(value) for name, value in zip(names, row, strict=False)}
    if query.interval is not None:
        dimensions[rules.TIME_BUCKET] = datetime.fromtimestamp(
            int(dimensions[rules.TIME_BUCKET]) / 1_000, UTC
        ).isoformat()
    values = zip(query.aggregations, row[len(names) :], strict=True)
    return DataPoint(
        metric_name=query.metric,
        dimensions=dimensions,
        values={each.label: float(value) for each, value in values if value is not None},
    )


def _condition(of: TraceCondition) -> ColumnElement[bool]:
    match of.prefix, of.entity:
        case "trace", "status":
            return _T.state == of.value
        case "trace", "tag":
            tags = trace_tables.trace_tags.c
            return exists().where(tags.trace_internal_id == _T.internal_id, tags.key == of.key, tags.value == of.value)
        case "trace", _:
            return _with_metadata(of)
        case "span", entity:
            return _SPAN_COLUMNS[entity] == of.value
        case "assessment", "name":
            return _A.name == of.value
    return _A.kind == of.value


def _with_metadata(of: TraceCondition) -> ColumnElement[bool]:
    """Include traces that were linked to a run later, like those logged in it."""
    pairs, linked = trace_tables.trace_metadata.c, trace_tables.trace_runs.c
    found = exists().where(pairs.trace_internal_id == _T.internal_id, pairs.key == of.key, pairs.value == of.value)
    if of.key != trace_rules.RUN_KEY:
        return found
    return or_(found, exists().where(linked.trace_internal_id == _T.internal_id, linked.run_id == of.value))
