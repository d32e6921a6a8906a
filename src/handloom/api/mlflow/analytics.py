"""MLflow's endpoints of trace statistics: aggregated metrics, and how far two filters match the same traces."""

from __future__ import annotations

import math

import msgspec

from handloom.api.mlflow.codec import missing
from handloom.api.mlflow.encoding import Reply
from handloom.api.routing import Context, Route, read
from handloom.domain import trace_metrics as rules
from handloom.store.engine.database import Read
from handloom.store.traces import metrics


class AggregationRequest(msgspec.Struct):
    aggregation_type: str | int = ""
    percentile_value: float | None = None


class QueryTraceMetrics(msgspec.Struct):
    experiment_ids: list[str] = []
    view_type: str | int = ""
    metric_name: str = ""
    aggregations: list[AggregationRequest] = []
    dimensions: list[str] = []
    filters: list[str] = []
    time_interval_seconds: int | None = None
    start_time_ms: int | None = None
    end_time_ms: int | None = None
    max_results: int | None = None
    page_token: str = ""


class Correlate(msgspec.Struct):
    experiment_ids: list[str] = []
    filter_string1: str = ""
    filter_string2: str = ""
    base_filter: str = ""


class DataPointReply(Reply):
    metric_name: str
    values: dict[str, float]
    dimensions: dict[str, str] = {}


class PointsReply(Reply):
    data_points: list[DataPointReply] = []


class CorrelationReply(Reply):
    filter1_count: int
    filter2_count: int
    joint_count: int
    total_count: int
    npmi: float | msgspec.UnsetType
    npmi_smoothed: float | msgspec.UnsetType


def query(tx: Read, context: Context, request: QueryTraceMetrics) -> PointsReply:
    if not request.experiment_ids:
        raise missing("experiment_ids")
    if not request.aggregations:
        raise missing("aggregations")
    asked = rules.TraceMetricsQuery(
        view=rules.named(request.view_type, rules.VIEWS, "view_type"),
        metric=request.metric_name,
        aggregations=tuple(
            rules.aggregation(
                rules.named(each.aggregation_type, rules.AGGREGATIONS, "aggregation_type"), each.percentile_value
            )
            for each in request.aggregations
        ),
        dimensions=tuple(request.dimensions),
        filters=tuple(rules.parse_filter(text) for text in request.filters),
        interval=request.time_interval_seconds or None,
        since=request.start_time_ms,
        until=request.end_time_ms,
        limit=rules.DEFAULT_RESULTS if request.max_results is None else request.max_results,
    )
    rules.check(asked)
    found = metrics.points(tx, context.workspace, request.experiment_ids, asked)
    return PointsReply([DataPointReply(each.metric_name, each.values, each.dimensions) for each in found])


def correlate(tx: Read, context: Context, request: Correlate) -> CorrelationReply:
    if not request.experiment_ids:
        raise missing("experiment_ids")
    counts = metrics.correlation(
        tx,
        context.workspace,
        request.experiment_ids,
        request.filter_string1,
        request.filter_string2,
        request.base_filter,
    )
    return CorrelationReply(
        npmi=_known(rules.mutual_information(counts)),
        npmi_smoothed=_known(rules.mutual_information(counts, rules.SMOOTHING)),
        filter1_count=counts.first,
        filter2_count=counts.second,
        joint_count=counts.both,
        total_count=counts.total,
    )


def _known(value: float) -> float | msgspec.UnsetType:
    return msgspec.UNSET if math.isnan(value) else value


ROUTES: list[Route] = [
    read("POST", "mlflow/traces/metrics", query, required=("view_type", "metric_name")),
    read(
        "POST",
        "mlflow/traces/calculate-filter-correlation",
        correlate,
        required=("filter_string1", "filter_string2"),
    ),
]
