"""MLflow's metric endpoints: log points, read complete or sampled histories."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from handloom.api.mlflow.codec import wrong
from handloom.api.mlflow.encoding import Reply, number
from handloom.api.mlflow.experiments import checked_limit
from handloom.api.mlflow.points import MetricIn, MetricReply, point_of
from handloom.api.mlflow.runs import OfRun
from handloom.api.routing import Context, Route, read, together
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.pages import offset_of, page_of
from handloom.domain.runs import RunInfo
from handloom.store.engine.database import Read
from handloom.store.metrics import rows as metrics
from handloom.store.metrics.sampling import StoredPoint
from handloom.store.runs import rows as runs
from handloom.store.runs.logging_together import LOG, Logged

MAX_RUNS = 100
MAX_BULK = 25_000


class Log(MetricIn):
    run_id: str | None = None
    run_uuid: str | None = None

    def __post_init__(self) -> None:
        if not self.run_id:
            self.run_id = self.run_uuid


class History(OfRun):
    metric_key: str | None = None
    max_results: int | None = None
    page_token: str | None = None


class Interval(msgspec.Struct):
    run_ids: list[str] = []
    metric_key: str | None = None
    start_step: int | None = None
    end_step: int | None = None
    max_results: int | None = None


class Bulk(msgspec.Struct):
    run_id: list[str] = []
    metric_key: str | None = None
    max_results: int | None = None


class HistoryReply(Reply):
    metrics: list[MetricReply] = []
    next_page_token: str | UnsetType = UNSET


class RunPoint(Reply, gc=False):
    run_id: str
    key: str
    value: float | str
    timestamp: int
    step: int


class RunPointsReply(Reply):
    metrics: list[RunPoint] = []


def log(context: Context, request: Log) -> Logged:
    return Logged(workspace=context.workspace, run_id=request.run_id or "", metrics=(point_of(request),))


def history(tx: Read, context: Context, request: History) -> HistoryReply:
    key = request.metric_key or ""
    limit = None if request.max_results is None else checked_limit(request.max_results)
    offset = offset_of(request.page_token)
    (info,) = _existing_runs(tx, context.workspace, [request.run]) or (None,)
    if info is None:
        return HistoryReply()
    if limit is None:
        return HistoryReply(metrics=_points(key, metrics.history(tx, info, key)))
    page, token = page_of(metrics.history(tx, info, key, limit=limit + 1, offset=offset), offset, limit)
    return HistoryReply(metrics=_points(key, page), next_page_token=token or UNSET)


def _points(key: str, points: Sequence[StoredPoint]) -> list[MetricReply]:
    return [MetricReply(key, "NaN" if p.is_nan else p.value, p.timestamp, p.step) for p in points]


def interval(tx: Read, context: Context, request: Interval) -> RunPointsReply:
    _check_runs(request.run_ids, "run_ids")
    first, last = request.start_step, request.end_step
    if (first is None) != (last is None):
        raise Invalid("If either start step or end step are specified, both must be specified.")
    if first is not None and last is not None and first > last:
        raise Invalid(f"end_step must be greater than start_step. Found start_step={first} and end_step={last}.")
    points = metrics.SAMPLE if request.max_results is None else request.max_results
    if not 1 <= points <= metrics.SAMPLE:
        raise wrong("max_results", points, f"It must be between 1 and {metrics.SAMPLE}.")
    found: list[RunPoint] = []
    for info in _existing_runs(tx, context.workspace, request.run_ids):
        sample = metrics.sample(tx, info, request.metric_key or "", points=points, first=first, last=last)
        found += [RunPoint(info.run_id, m.key, number(m.value), m.timestamp, m.step) for m in sample]
    return RunPointsReply(metrics=found)


def bulk(tx: Read, context: Context, request: Bulk) -> RunPointsReply:
    _check_runs(request.run_id, "run_id")
    limit = min(request.max_results or MAX_BULK, MAX_BULK)
    found: list[RunPoint] = []
    for info in _existing_runs(tx, context.workspace, sorted(request.run_id)):
        key = request.metric_key or ""
        points = metrics.history(tx, info, key, limit=limit - len(found))
        found += [RunPoint(info.run_id, key, "NaN" if p.is_nan else p.value, p.timestamp, p.step) for p in points]
    return RunPointsReply(metrics=found)


def _existing_runs(tx: Read, workspace: str, run_ids: Iterable[str]) -> list[RunInfo]:
    """Return the runs that exist. A missing run is no error, as in MLflow: its history is empty."""
    found: list[RunInfo] = []
    for run_id in run_ids:
        with contextlib.suppress(NotFound):
            found.append(runs.find(tx, workspace, run_id))
    return found


def _check_runs(run_ids: list[str], name: str) -> None:
    if not run_ids:
        raise Invalid(f"GetMetricHistoryBulk request must specify at least one {name}.", field=name)
    if len(run_ids) > MAX_RUNS:
        raise Invalid(
            f"GetMetricHistoryBulk request cannot specify more than {MAX_RUNS} run_ids. Received {len(run_ids)} "
            "run_ids.",
            field=name,
        )


ROUTES: list[Route] = [
    together("POST", "mlflow/runs/log-metric", log, LOG, required=("run_id", "key", "value", "timestamp")),
    read("GET", "mlflow/metrics/get-history", history, required=("run_id", "metric_key")),
    read("GET", "mlflow/metrics/get-history-bulk-interval", interval, required=("metric_key",)),
    read("GET", "mlflow/metrics/get-history-bulk", bulk, required=("metric_key",)),
]
