"""Convert metric points between MLflow's JSON and the domain."""

from __future__ import annotations

import msgspec

from handloom.api.mlflow.codec import missing
from handloom.api.mlflow.encoding import Reply, number
from handloom.domain import metrics as rules
from handloom.domain.metrics import Metric

_INT64 = 1 << 63


class MetricIn(msgspec.Struct, gc=False):
    key: str | None = None
    value: float | None = None
    timestamp: int | None = None
    step: int | None = None
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class MetricReply(Reply, gc=False):
    key: str
    value: float | str
    timestamp: int
    step: int


def points_of_batch(metrics: list[MetricIn]) -> list[Metric]:
    """Convert and check each point like `point_of`, but faster: check each key once, and skip checks for plain
    numbers.
    """
    found: list[Metric] = []
    seen: set[str | None] = set()
    for at, m in enumerate(metrics):
        value, time, step = m.value, m.timestamp, m.step or 0
        if m.key in seen and value is not None and time is not None and 0 <= time < _INT64 and -_INT64 <= step < _INT64:
            known = m.model_id or "", m.dataset_name or "", m.dataset_digest or ""
            found.append(Metric(m.key or "", value, time, step, *known))
        else:
            found.append(point_of(m, f"metrics[{at}]"))
            seen.add(m.key)
    return found


def point_of(given: MetricIn, path: str = "") -> Metric:
    """Convert and check a logged point. Raises Invalid with the field's `path` in the request."""
    if not given.key or given.value is None or given.timestamp is None:
        name = "key" if not given.key else "value" if given.value is None else "timestamp"
        raise missing(f"{path}.{name}" if path else name)
    point = Metric(
        given.key,
        given.value,
        given.timestamp,
        given.step or 0,
        given.model_id or "",
        given.dataset_name or "",
        given.dataset_digest or "",
    )
    rules.check(point, path=path)
    return point


def points_of(points: list[Metric]) -> list[MetricReply]:
    return [MetricReply(m.key, number(m.value), m.timestamp, m.step) for m in points]
