"""Runs as pages see them: rows of the run list, and one run whole."""

import msgspec


class SearchRuns(msgspec.Struct, frozen=True, kw_only=True):
    """`filter` and `order_by` speak MLflow's grammar; `order_by` also takes `duration`."""

    workspace: str
    experiment: str
    filter: str = ""
    order_by: list[str] = []
    limit: int = 100
    page_token: str = ""


class SourceNotebook(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class RegisteredVersion(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    version: int


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Metrics are the latest values; NaN and infinities arrive as null. Tags leave out the `mlflow.` ones."""

    run_id: str
    experiment: str
    name: str
    status: str
    """RUNNING, SCHEDULED, FINISHED, FAILED or KILLED."""
    user: str
    start_time: int
    end_time: int | None
    notebook: SourceNotebook | None
    source: str
    """What MLflow calls the source's name: a script, a notebook; empty where unknown."""
    parent_run_id: str | None
    metrics: dict[str, float | None]
    params: dict[str, str]
    tags: dict[str, str]
    versions: list[RegisteredVersion]


class RunPage(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[RunRow]
    total: int
    """Runs that the filter matches, over all pages."""
    next_page_token: str


class RunPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str


class MetricSummary(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    value: float | None
    step: int
    timestamp: int
    min: float | None
    max: float | None
    count: int


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    digest: str
    source_type: str
    context: str
    rows: int | None = None
    features: int | None = None


class LoggedModelRow(msgspec.Struct, frozen=True, kw_only=True):
    model_id: str
    name: str
    status: str
    created_at: int


class RunDetail(msgspec.Struct, frozen=True, kw_only=True):
    row: RunRow
    experiment_name: str
    description: str
    lifecycle_stage: str
    artifact_uri: str
    git_commit: str | None
    system_tags: dict[str, str]
    metric_summaries: list[MetricSummary]
    datasets: list[Dataset]
    models: list[LoggedModelRow]


class UpdateRun(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str
    name: str | None = None
    description: str | None = None


class DeleteRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Deletes or, with `restore`, brings back runs; missing ones are an error, repeated calls are not."""

    workspace: str
    runs: list[str]
    restore: bool = False


class PutTag(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str
    key: str
    value: str


class RemoveTag(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str
    key: str
