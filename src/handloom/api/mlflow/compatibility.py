"""What works from MLflow, area by area: every route belongs to one, and the page about them is made of both."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from handloom.api.mlflow.about import PROTOCOL
from handloom.api.mlflow.api import ROUTES
from handloom.api.mlflow.unsupported import SENTENCES
from handloom.api.routing import Route


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A part of MLflow. `paths` is a pattern of its routes, `works` what people call, `differs` what to know."""

    name: str
    paths: str
    works: str
    differs: str


AREAS = (
    Area(
        name="Experiments",
        paths=r"mlflow/experiments/.*|/api/2\.0mlflow/experiments/.*",
        works="`set_experiment`, `create_experiment`, `search_experiments`, tags, rename, delete, restore",
        differs="Ids count in each workspace from 0. Filters may say `OR`, `NOT` and parentheses.",
    ),
    Area(
        name="Runs",
        paths=r"mlflow/runs/.*",
        works="`start_run`, `log_params`, `log_metrics`, `set_tags`, `log_input`, autologging, `search_runs`",
        differs="A batch is kept whole or refused whole. A write is on disk once answered. Filters and orders may "
        "say `max(metrics.m)` and `min(metrics.m)`. A run that a person stopped on its page refuses metrics and params "
        "until its client resumes it.",
    ),
    Area(
        name="Metrics",
        paths=r"mlflow/metrics/.*",
        works="`get_metric_history`, histories of many runs, sampled for charts",
        differs="",
    ),
    Area(
        name="Artifacts",
        paths=r"mlflow-artifacts/.*|mlflow/artifacts/.*|mlflow/upload-artifact|/get-artifact",
        works="`log_artifact`, `log_figure`, `log_table`, `load_text`, downloads by range, multipart and presigned "
        "uploads to an object store",
        differs="Addresses that name a host (`hdfs:`, `https:`, `abfss:`) are refused and cannot be allowed.",
    ),
    Area(
        name="Logged models",
        paths=r"mlflow/logged-models.*",
        works="`log_model`, `initialize_logged_model`, `search_logged_models`, params, tags, metrics",
        differs="",
    ),
    Area(
        name="Model registry and prompts",
        paths=r"mlflow/registered-models/.*|mlflow/model-versions/.*|/model-versions/get-artifact",
        works="`register_model`, versions, aliases, stages, tags, `models:/`, `mlflow.genai.register_prompt`, "
        "`load_prompt`",
        differs="A model is deleted with its versions; its files stay while a run or another version has them.",
    ),
    Area(
        name="Traces",
        paths=r"mlflow/traces(/[^/]+|/\{trace_id\}/(info|tags))?|mlflow/get-trace-artifact|/v1/traces|/static-files/.*",
        works="`@mlflow.trace`, autologging, OpenTelemetry's exporters, `search_traces`, tags, links to runs, "
        "statistics (`query_trace_metrics`), `calculate_trace_filter_correlation`",
        differs="Token counts and costs are kept where the client sends them, and not computed here.",
    ),
    Area(
        name="Assessments and evaluation",
        paths=r"mlflow/traces/\{trace_id\}/assessments.*|mlflow/datasets/.*|mlflow/scorers/.*",
        works="`log_feedback`, `log_expectation`, `override_feedback`, `mlflow.genai.evaluate`, `genai.datasets`, "
        "scorers in versions",
        differs="Scorers run where `evaluate` is called, never on the server.",
    ),
    Area(
        name="Webhooks",
        paths=r"mlflow/webhooks.*",
        works="`create_webhook`, `list_webhooks`, `test_webhook`; signed and tried again",
        differs="Never to private addresses, unless `--webhook-networks` allows them.",
    ),
    Area(
        name="Workspaces",
        paths=r"mlflow/workspaces.*",
        works="`mlflow.set_workspace`, make, list, describe, delete",
        differs="Always there; each has members and roles of its own.",
    ),
    Area(
        name="GraphQL",
        paths=r"/graphql",
        works="The queries of MLflow's pages: `mlflowGetExperiment`, `mlflowGetRun`, `mlflowSearchRuns`, "
        "`mlflowSearchModelVersions`, `mlflowGetMetricHistoryBulkInterval`",
        differs="No mutations, no introspection; at most 100 runs and 20,000 metrics, params and tags in one answer.",
    ),
    Area(
        name="The server",
        paths=r"mlflow/server-info|/health|/version",
        works="What clients ask before they choose a way",
        differs="",
    ),
)


def area_of(route: Route) -> Area:
    """The area of a route; raise LookupError where nobody has said which one that is."""
    for area in AREAS:
        if re.fullmatch(area.paths, route.path):
            return area
    raise LookupError(f"{route.path} belongs to no area of compatibility.py.")


def page() -> Iterator[str]:
    """The lines of the page."""
    counts = dict.fromkeys((area.name for area in AREAS), 0)
    for route in ROUTES:
        counts[area_of(route).name] += 1
    yield "# What works from MLflow"
    yield ""
    yield f"Handloom speaks the protocol of MLflow {PROTOCOL}; clients of 2.22 and newer are tested with it."
    yield "Point them here with `mlflow.set_tracking_uri`. [api.md](api.md) lists every request;"
    yield "[0025](decisions/0025-differences-from-mlflow.md) every part of an answer that differs from a real server's."
    yield ""
    yield "## Works"
    yield ""
    yield "| area | requests | from Python | differs |"
    yield "|---|---|---|---|"
    for area in AREAS:
        yield f"| {area.name} | {counts[area.name]} | {area.works} | {area.differs} |"
    yield ""
    yield "## Answers 501"
    yield ""
    yield "These requests are refused with `NOT_IMPLEMENTED` and this sentence."
    yield ""
    yield "| requests below `/api/2.0/mlflow/` and `/api/3.0/mlflow/` | sentence |"
    yield "|---|---|"
    for paths, sentence in SENTENCES.items():
        yield f"| {', '.join(f'`{path}`' for path in paths)} | {sentence} |"
    yield ""
    yield "## Differs"
    yield ""
    yield "- MLflow's pages are not served: Handloom has its own. Its links (`/#/experiments/1/runs/...`) lead to them."
    yield "- `mlflow gc` cannot delete here: a client has no way to. Use [`handloom gc`](instead-of-mlflow-server.md)."
    yield "- `mlflow server`, `mlflow db upgrade` and `mlflow ui` have no use: `handloom up` does what they do."
