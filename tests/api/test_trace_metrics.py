"""Statistics of traces: grouped by the database within one workspace, and invalid queries refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from running import Handloom
from tracing import SECOND, START, Api, exported, told

INVALID = (400, "INVALID_PARAMETER_VALUE")


@pytest.fixture
def api(server: Handloom) -> Iterator[Api]:
    with server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"statistics {uuid4().hex}"}).json()["id"]
        yield Api(client, made)


def ask(view: str, metric: str, *kinds: str | float, **more: Any) -> dict[str, Any]:
    """A query of experiment 0; a number among the kinds is a percentile."""
    aggregations = [
        {"aggregation_type": kind}
        if isinstance(kind, str)
        else {"aggregation_type": "PERCENTILE", "percentile_value": kind}
        for kind in kinds
    ]
    return {"experiment_ids": ["0"], "view_type": view, "metric_name": metric, "aggregations": aggregations, **more}


def points(api: Api, body: dict[str, Any]) -> list[tuple[dict[str, str], dict[str, float]]]:
    found = api.done("POST", "traces/metrics", body).get("data_points", [])
    assert {point["metric_name"] for point in found} <= {body["metric_name"]}
    return [(point.get("dimensions", {}), point["values"]) for point in found]


def log_calls(api: Api) -> None:
    """Two traces of two spans each; the children say which model was called and what that cost."""
    for number, (trace, cost, model) in enumerate((("a1", 0.25, "small"), ("a2", 1e-05, "large"))):
        request = exported(trace, error=number == 1)
        child = request.resource_spans[0].scope_spans[0].spans[1]
        child.attributes.add(key="mlflow.llm.cost").value.string_value = f'{{"input_cost": {cost}, "total_cost": 2}}'
        child.attributes.add(key="mlflow.llm.model").value.string_value = f'"{model}"'
        api.export(request.SerializeToString()).raise_for_status()


def test_spans_are_counted_by_name_status_and_model(api: Api) -> None:
    log_calls(api)
    count = ask("SPANS", "span_count", "COUNT")
    assert points(api, count) == [({}, {"COUNT": 4.0})]
    assert points(api, count | {"dimensions": ["span_model_name"]}) == [
        ({"span_model_name": "large"}, {"COUNT": 1.0}),
        ({"span_model_name": "small"}, {"COUNT": 1.0}),
    ]
    assert points(api, count | {"filters": ["span.name = 'root'"], "dimensions": ["span_status"]}) == [
        ({"span_status": "ERROR"}, {"COUNT": 1.0}),
        ({"span_status": "OK"}, {"COUNT": 1.0}),
    ]
    assert points(api, count | {"filters": ["trace.tag.team = 'blue'", "span.type = 'CHAIN'"]}) == [
        ({}, {"COUNT": 2.0})
    ]


def test_latencies_and_costs_of_spans_are_aggregated(api: Api) -> None:
    log_calls(api)
    (latency,) = points(api, ask("SPANS", "latency", "AVG", "MIN", "MAX", 50))
    assert latency == ({}, {"AVG": 2000.0, "MIN": 2000.0, "MAX": 2000.0, "P50.0": 2000.0})
    (cost,) = points(api, ask("SPANS", "input_cost", "SUM", "MIN", 25.0))
    assert cost[1] == {"SUM": pytest.approx(0.25001), "MIN": 1e-05, "P25.0": pytest.approx(0.0625075)}
    second = (START + SECOND) // 1_000_000  # when the children start
    window = {"start_time_ms": second, "end_time_ms": second, "time_interval_seconds": 1}
    (bucket,) = points(api, ask("SPANS", "total_cost", "SUM", **window))
    assert bucket == ({"time_bucket": "2023-11-14T22:13:21+00:00"}, {"SUM": 4.0})
    assert points(api, ask("SPANS", "total_cost", "SUM", start_time_ms=second + 1)) == []


def test_token_counts_that_are_no_numbers_do_not_count(api: Api) -> None:
    for number, usage in enumerate(
        (
            '{"input_tokens": 7, "cache_read_input_tokens": 1}',
            '{"input_tokens": "many"}',
            "{not JSON",
            '{"input_tokens": 1e999}',
        )
    ):
        api.done("POST", "traces", told(f"tr-{number}", trace_metadata={"mlflow.trace.tokenUsage": usage}))
    assert points(api, ask("TRACES", "input_tokens", "SUM", "MAX")) == [({}, {"SUM": 7.0, "MAX": 7.0})]
    assert points(api, ask("TRACES", "trace_count", "COUNT")) == [({}, {"COUNT": 4.0})]


def test_statistics_stay_within_their_workspace(api: Api) -> None:
    api.done("POST", "traces", told("tr-1"))
    made = api.client.post("/api/v1/workspaces", json={"name": f"other {uuid4().hex}"}).json()["id"]
    other = Api(api.client, made)
    assert points(other, ask("TRACES", "trace_count", "COUNT")) == [({}, {"COUNT": 0.0})]
    compared = {"experiment_ids": ["0"], "filter_string1": "status = 'OK'", "filter_string2": "status = 'OK'"}
    assert other.done("POST", "traces/calculate-filter-correlation", compared)["total_count"] == 0
    assert api.done("POST", "traces/calculate-filter-correlation", compared)["total_count"] == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"view_type": "TABLES"}, "view_type"),
        ({"view_type": 4}, "view_type"),
        ({"aggregations": [{"aggregation_type": "MEDIAN"}]}, "aggregation_type"),
        ({"aggregations": [{"aggregation_type": "PERCENTILE"}]}, "Percentile value is required"),
        ({"aggregations": [{"aggregation_type": "PERCENTILE", "percentile_value": 101}]}, "between 0 and 100"),
        ({"aggregations": [{"aggregation_type": "AVG", "percentile_value": 1}]}, "only allowed for PERCENTILE"),
        ({"max_results": 0}, "max_results"),
        ({"max_results": 50_001}, "max_results"),
        ({"time_interval_seconds": -1, "start_time_ms": 0, "end_time_ms": 1}, "time_interval_seconds"),
        ({"filters": ["trace.status = OK"]}, "quoted string"),
        ({"filters": ["trace.status = 'OK' AND trace.status = 'OK'"]}, "quoted string"),
        ({"filters": ["status"]}, "Expected one filter clause"),
        ({"filters": ["run.status = 'x'"]}, "Invalid view type"),
        ({"filters": ["trace.name = 'x'"]}, "Invalid entity"),
        ({"experiment_ids": ["one"]}, "experiment"),
    ],
)
def test_what_is_no_query_is_refused(api: Api, more: dict[str, Any], message: str) -> None:
    api.refused(api.call("POST", "traces/metrics", ask("TRACES", "latency", "AVG") | more), *INVALID, message)


def test_times_of_any_size_are_no_error(api: Api) -> None:
    log_calls(api)
    for since, until in ((0, (1 << 63) - 1), (-(1 << 63), 0), ((1 << 63) - 1, (1 << 63) - 1)):
        for view, metric, kind in (("SPANS", "total_cost", "SUM"), ("TRACES", "latency", "MAX")):
            body = ask(view, metric, kind, start_time_ms=since, end_time_ms=until, time_interval_seconds=60)
            assert len(points(api, body)) == (1 if until > START and since == 0 else 0)
