"""Statistics of traces: which metrics of traces, spans and assessments there are, and how a query names them."""

import math
import re
from collections.abc import Sequence

import msgspec

from handloom.domain.errors import Invalid

TRACES, SPANS, ASSESSMENTS = "TRACES", "SPANS", "ASSESSMENTS"
VIEWS = (TRACES, SPANS, ASSESSMENTS)
"""MLflow's enum, in the order of its numbers, which begin at 1."""
COUNT, SUM, AVG, PERCENTILE, MIN, MAX = "COUNT", "SUM", "AVG", "PERCENTILE", "MIN", "MAX"
AGGREGATIONS = (COUNT, SUM, AVG, PERCENTILE, MIN, MAX)
"""MLflow's enum, in the order of its numbers, which begin at 1."""

TIME_BUCKET = "time_bucket"
"""Dimension of the intervals of a query that has them."""
MAX_RESULTS = 50_000
DEFAULT_RESULTS = 1_000
MAX_AGGREGATIONS = 50
MAX_INTERVAL = 100 * 365 * 86_400
"""Maximum length of an interval, in seconds."""

TOKEN_KEYS = ("input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
COST_KEYS = ("input_cost", "output_cost", "total_cost")


class TraceMetric(msgspec.Struct, frozen=True):
    """What can be asked of one metric."""

    aggregations: tuple[str, ...]
    dimensions: tuple[str, ...] = ()


_LATENCY = (AVG, MIN, MAX, PERCENTILE)
_AMOUNT = (SUM, *_LATENCY)
_OF_MODEL = ("span_model_name", "span_model_provider")

METRICS: dict[str, dict[str, TraceMetric]] = {
    TRACES: {
        "trace_count": TraceMetric((COUNT,), ("trace_name", "trace_status")),
        "session_count": TraceMetric((COUNT,)),
        "latency": TraceMetric(_LATENCY, ("trace_name",)),
        **{key: TraceMetric(_AMOUNT, ("trace_name",)) for key in TOKEN_KEYS},
    },
    SPANS: {
        "span_count": TraceMetric((COUNT,), ("span_name", "span_type", "span_status", *_OF_MODEL)),
        "latency": TraceMetric(_LATENCY, ("span_name", "span_status")),
        **{key: TraceMetric(_AMOUNT, _OF_MODEL) for key in COST_KEYS},
    },
    ASSESSMENTS: {
        "assessment_count": TraceMetric((COUNT,), ("assessment_name", "assessment_value")),
        "assessment_value": TraceMetric(_LATENCY, ("assessment_name",)),
    },
}
"""The metrics of each view, by name."""

_ENTITIES: dict[str, dict[str, bool]] = {
    "trace": {"status": False, "tag": True, "metadata": True},
    "span": {"name": False, "status": False, "type": False},
    "assessment": {"name": False, "type": False},
}
"""What filters name, by prefix, and whether a key follows it."""
_FILTER = re.compile(
    r"\s*([^\s.=!<>]+)\.([^\s.=!<>]+)(?:\.(`[^`]*`|\"[^\"]*\"|[^\s=!<>]+))?\s*([!=<>]+|[A-Za-z]+)\s*(['\"].*|[^'\"\s].*)"
)


class Aggregation(msgspec.Struct, frozen=True):
    """How the values of a group become one. `percentile` is from 0 to 100, and set for PERCENTILE alone."""

    kind: str
    percentile: float | None = None

    @property
    def label(self) -> str:
        """Its name in a data point."""
        return f"P{self.percentile}" if self.kind == PERCENTILE else self.kind


class TraceCondition(msgspec.Struct, frozen=True):
    """One condition: `prefix.entity = value` or `prefix.entity.key = value`."""

    prefix: str
    entity: str
    key: str
    value: str


class TraceMetricsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A checked query. `since` and `until` are ms since 1970 UTC, both included; `interval` is in seconds."""

    view: str
    metric: str
    aggregations: tuple[Aggregation, ...]
    dimensions: tuple[str, ...] = ()
    filters: tuple[TraceCondition, ...] = ()
    interval: int | None = None
    since: int | None = None
    until: int | None = None
    limit: int = DEFAULT_RESULTS


class DataPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one group, by the labels of the aggregations."""

    metric_name: str
    dimensions: dict[str, str]
    values: dict[str, float]


def named(given: str | int, names: Sequence[str], field: str) -> str:
    """The name of an enum's member that is given by name or by its number. Raises Invalid."""
    if given in names:
        return str(given)
    if str(given).isascii() and str(given).isdigit() and 0 < int(given) <= len(names):
        return names[int(given) - 1]
    raise Invalid(
        f"Invalid value {given!r} for parameter '{field}' supplied: it must be one of {list(names)}.", field=field
    )


def aggregation(kind: str, percentile: float | None) -> Aggregation:
    """Raise Invalid for a percentile that is missing, out of range or given with another aggregation."""
    if kind != PERCENTILE:
        if percentile is not None:
            raise Invalid(
                f"Percentile value is only allowed for PERCENTILE aggregation type, got {kind}", field="aggregations"
            )
        return Aggregation(kind)
    if percentile is None:
        raise Invalid("Percentile value is required for PERCENTILE aggregation", field="aggregations")
    if not 0 <= percentile <= 100:
        raise Invalid(f"Percentile value must be between 0 and 100, got {percentile}", field="aggregations")
    return Aggregation(kind, float(percentile))


def check(query: TraceMetricsQuery) -> None:
    """Raise Invalid for what the view and its metric do not have."""
    metrics = METRICS[query.view]
    if query.metric not in metrics:
        raise Invalid(f"metric_name must be one of {list(metrics)}, got '{query.metric}'", field="metric_name")
    metric = metrics[query.metric]
    if len(query.aggregations) > MAX_AGGREGATIONS:
        raise Invalid(f"A query has at most {MAX_AGGREGATIONS} aggregations.", field="aggregations")
    if unknown := sorted({each.kind for each in query.aggregations} - set(metric.aggregations)):
        raise Invalid(
            f"Found invalid aggregation_type(s): {unknown}. Supported aggregation types: {sorted(metric.aggregations)}",
            field="aggregations",
        )
    if unknown := sorted(set(query.dimensions) - set(metric.dimensions)):
        raise Invalid(
            f"Found invalid dimension(s): {unknown}. Supported dimensions: {sorted(metric.dimensions)}",
            field="dimensions",
        )
    _check_times(query)
    for each in query.filters:
        if each.prefix != "trace" and each.prefix != query.view.lower().removesuffix("s"):
            raise Invalid(
                f"Filtering by {each.prefix} is only supported for {each.prefix.upper()}S view type, got {query.view}",
                field="filters",
            )


def _check_times(query: TraceMetricsQuery) -> None:
    if not 0 < query.limit <= MAX_RESULTS:
        raise Invalid(f"'max_results' must be from 1 to {MAX_RESULTS}, got {query.limit}.", field="max_results")
    if query.interval is None:
        return
    if not 0 < query.interval <= MAX_INTERVAL:
        raise Invalid(
            f"'time_interval_seconds' must be from 1 to {MAX_INTERVAL}, got {query.interval}.",
            field="time_interval_seconds",
        )
    if query.since is None or query.until is None:
        raise Invalid("start_time_ms and end_time_ms are required if time_interval_seconds is set")


def parse_filter(text: str) -> TraceCondition:
    """Parse one condition of MLflow's form. Raises Invalid."""
    found = _FILTER.fullmatch(text)
    if found is None:
        raise Invalid(f"Invalid filter: '{text}'. Expected one filter clause.", field="filters")
    prefix, entity, key, comparator, value = found.groups()
    prefix = prefix.strip("`")
    if prefix not in _ENTITIES:
        raise Invalid(f"Invalid view type '{prefix}'. Valid values are {list(_ENTITIES)}", field="filters")
    entities = _ENTITIES[prefix]
    if entity not in entities:
        raise Invalid(
            f"Invalid entity '{entity}' specified for view type '{prefix}'. Valid entities are {list(entities)}",
            field="filters",
        )
    if entities[entity] and key is None:
        raise Invalid(
            f"Filtering by {entity} requires a key, e.g. '{prefix}.{entity}.<key> = <value>'", field="filters"
        )
    if key is not None and not entities[entity]:
        raise Invalid(f"Filtering by {entity} does not require a key, use '{prefix}.{entity}' instead", field="filters")
    if comparator != "=":
        raise Invalid(f"Invalid comparator: '{comparator}', only '=' operator is supported", field="filters")
    return TraceCondition(prefix, entity, (key or "").strip("`\"'"), _quoted(value.strip(), entity))


def _quoted(text: str, entity: str) -> str:
    if len(text) < 2 or text[0] not in "'\"" or text[-1] != text[0] or text[0] in text[1:-1]:
        raise Invalid(
            f"Expected a quoted string value for {entity} value (e.g. 'my-value'). Got value {text}", field="filters"
        )
    return text[1:-1]


SMOOTHING = 0.5
"""Added to each count of traces, so that few traces do not look like a certain relation (Jeffreys' prior)."""


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """How many traces two filters match, each and together, of all; see `mutual_information`."""

    first: int
    second: int
    both: int
    total: int


def mutual_information(counts: Correlation, smoothing: float = 0.0) -> float:
    """Normalized pointwise mutual information: 1 where the filters match the same traces, 0 where they have nothing to
    do with each other, -1 where they never match the same; NaN where one of them matches none.
    """
    if not counts.first or not counts.second:
        return math.nan
    if not counts.both and not smoothing:
        return -1.0
    if counts.both == counts.total:
        return 1.0
    both, total = counts.both + smoothing, counts.total + 4 * smoothing
    first, second = counts.first + 2 * smoothing, counts.second + 2 * smoothing
    of_both, of_all = math.log(both), math.log(total)
    found = ((of_both + of_all) - (math.log(first) + math.log(second))) / -(of_both - of_all)
    return max(-1.0, min(1.0, found))
