"""Groups of an experiment's runs as pages see them, with their metrics in numbers."""

import msgspec

from handloom.api.routing import Context, Route, read
from handloom.api.ui.experiments import active
from handloom.api.ui.metrics import json_number
from handloom.domain.errors import Invalid
from handloom.domain.run_groups import parse_fields
from handloom.domain.runs import PARENT_TAG
from handloom.domain.search import RUNS, parse_filter
from handloom.store.engine.database import Read
from handloom.store.runs import groups as run_groups
from handloom.store.runs import list_rows as run_rows


class ReadRunGroups(msgspec.Struct, frozen=True, kw_only=True):
    """`group_by` names up to three of params.KEY, tags.KEY, parent, ancestor, status, user; none: every run is in one
    group. By `ancestor`, a run is in the group of each run above it.

    `filter` speaks the grammar of SearchRuns, `metrics` are the keys to aggregate, at most 100.
    """

    workspace: str
    experiment: str
    group_by: list[str] = []
    filter: str = ""
    metrics: list[str] = []


class MetricAggregate(msgspec.Struct, frozen=True, kw_only=True):
    """Latest values over the runs of a group, NaN left out. An infinity is the largest number.

    `mean` and `std`, the standard deviation of a sample, are null where a value is infinite; `std` also of one run.
    """

    count: int
    min: float | None
    max: float | None
    mean: float | None
    std: float | None


class RunGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that share the values of all fields; null: they have no such param or tag."""

    values: list[str | None]
    runs: int
    metrics: dict[str, MetricAggregate]


class RunGroups(msgspec.Struct, frozen=True, kw_only=True):
    groups: list[RunGroup]
    """The largest first, at most 1,000."""
    total: int
    """How many groups there are."""
    names: dict[str, str]
    """Names of parents by their ids, where runs are grouped by them."""


MAX_GROUPS = 1_000
MAX_METRICS = 100


def groups(tx: Read, context: Context, request: ReadRunGroups) -> RunGroups:
    experiment = active(tx, request.workspace, request.experiment)
    if len(request.metrics) > MAX_METRICS:
        raise Invalid(f"At most {MAX_METRICS} metrics are aggregated at once.", field="metrics")
    fields = parse_fields(request.group_by)
    found, total = run_groups.groups(
        tx,
        experiment.internal_id,
        fields,
        conditions=parse_filter(request.filter, RUNS),
        metrics=request.metrics,
        limit=MAX_GROUPS,
    )
    by_parent = [at for at, field in enumerate(fields) if field.key == PARENT_TAG]
    parents = [value for group in found for at in by_parent if (value := group.values[at])]
    return RunGroups(
        groups=[_group(group) for group in found],
        total=total,
        names=run_rows.names(tx, request.workspace, parents),
    )


def _group(group: run_groups.GroupRow) -> RunGroup:
    metrics = {
        key: MetricAggregate(
            count=found.count, min=json_number(found.min), max=json_number(found.max), mean=found.mean, std=found.std
        )
        for key, found in group.metrics.items()
    }
    return RunGroup(values=list(group.values), runs=group.runs, metrics=metrics)


ROUTES: list[Route] = [
    read(
        "GET",
        "/api/v1/workspaces/{workspace}/experiments/{experiment}/run-groups",
        groups,
        summary="Group an experiment's runs and aggregate their metrics.",
    ),
]
