"""Answer MLflow's GraphQL queries with the handlers of the REST API, inside the transaction of the request.

A query is bounded before it is parsed (tokens, nesting), before it runs (fields, aliases, introspection) and before its
reply is made (entries), so that a short query cannot ask for a reply that takes minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from re import sub
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLList,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    Lexer,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    Source,
    TokenKind,
    Visitor,
    build_schema,
    execute_sync,
    is_object_type,
    parse,
    specified_rules,
    validate,
    visit,
)

from handloom.api.mlflow import experiments, metrics, model_versions, runs
from handloom.api.mlflow.codec import MlflowReader
from handloom.api.routing import Context
from handloom.domain.errors import HandloomError, Invalid
from handloom.store.engine.database import Read

MAX_TOKENS = 600
"""Of a query; MLflow's largest has some 150."""
MAX_NESTING = 30
"""Of braces, brackets and parentheses together."""
MAX_ALIASES = 10
MAX_ROOT_FIELDS = 10
MAX_RUNS = 100
"""Of one search: each field of each run is one call of a Python function."""
MAX_ENTRIES = 20_000
"""Metrics, params, tags, points and versions in one reply."""

_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})
_RULES = (*specified_rules, NoSchemaIntrospectionCustomRule)

SCHEMA = """
directive @component(name: String!) on QUERY | MUTATION
scalar LongString
enum MlflowRunStatus { RUNNING SCHEDULED FINISHED FAILED KILLED }
enum MlflowViewType { ACTIVE_ONLY DELETED_ONLY ALL }
enum MlflowModelVersionStatus { PENDING_REGISTRATION FAILED_REGISTRATION READY }

type Query {
  mlflowGetExperiment(input: MlflowGetExperimentInput): MlflowGetExperimentResponse
  mlflowGetRun(input: MlflowGetRunInput): MlflowGetRunResponse
  mlflowSearchRuns(input: MlflowSearchRunsInput): MlflowSearchRunsResponse
  mlflowSearchModelVersions(input: MlflowSearchModelVersionsInput): MlflowSearchModelVersionsResponse
  mlflowGetMetricHistoryBulkInterval(
    input: MlflowGetMetricHistoryBulkIntervalInput
  ): MlflowGetMetricHistoryBulkIntervalResponse
}

input MlflowGetExperimentInput { experimentId: String }
input MlflowGetRunInput { runId: String runUuid: String }
input MlflowSearchRunsInput {
  experimentIds: [String] filter: String runViewType: MlflowViewType
  maxResults: Int orderBy: [String] pageToken: String
}
input MlflowSearchModelVersionsInput { filter: String maxResults: LongString orderBy: [String] pageToken: String }
input MlflowGetMetricHistoryBulkIntervalInput {
  runIds: [String] metricKey: String startStep: Int endStep: Int maxResults: Int
}

type ErrorDetail { field: String message: String }
type ApiError { code: String message: String helpUrl: String traceId: String errorDetails: [ErrorDetail] }

type MlflowGetExperimentResponse { experiment: MlflowExperiment apiError: ApiError }
type MlflowGetRunResponse { run: MlflowRunExtension apiError: ApiError }
type MlflowSearchRunsResponse { runs: [MlflowRunExtension!] nextPageToken: String apiError: ApiError }
type MlflowSearchModelVersionsResponse {
  modelVersions: [MlflowModelVersion!] nextPageToken: String apiError: ApiError
}
type MlflowGetMetricHistoryBulkIntervalResponse { metrics: [MlflowMetricWithRunId!] apiError: ApiError }

type MlflowExperiment {
  experimentId: String name: String artifactLocation: String lifecycleStage: String
  lastUpdateTime: LongString creationTime: LongString tags: [MlflowExperimentTag!]
  effectiveTraceArchivalRetention: String workspace: String
}
type MlflowExperimentTag { key: String value: String }

type MlflowRunExtension {
  info: MlflowRunInfo data: MlflowRunData inputs: MlflowRunInputs outputs: MlflowRunOutputs
  experiment: MlflowExperiment modelVersions: [MlflowModelVersion!]
}
type MlflowRunInfo {
  runId: String runUuid: String runName: String experimentId: String userId: String status: MlflowRunStatus
  startTime: LongString endTime: LongString artifactUri: String lifecycleStage: String
}
type MlflowRunData { metrics: [MlflowMetricExtension!] params: [MlflowParam!] tags: [MlflowRunTag!] }
type MlflowMetricExtension {
  key: String value: Float timestamp: LongString step: LongString
  datasetName: String datasetDigest: String modelId: String runId: String
}
type MlflowParam { key: String value: String }
type MlflowRunTag { key: String value: String }
type MlflowRunInputs { datasetInputs: [MlflowDatasetInput!] modelInputs: [MlflowModelInput!] }
type MlflowDatasetInput { tags: [MlflowInputTag!] dataset: MlflowDataset }
type MlflowInputTag { key: String value: String }
type MlflowDataset {
  name: String digest: String sourceType: String source: String schema: String profile: String
}
type MlflowModelInput { modelId: String }
type MlflowRunOutputs { modelOutputs: [MlflowModelOutput!] }
type MlflowModelOutput { modelId: String step: LongString }
type MlflowMetricWithRunId { key: String value: Float timestamp: LongString step: LongString runId: String }

type MlflowModelVersion {
  name: String version: String creationTimestamp: LongString lastUpdatedTimestamp: LongString userId: String
  currentStage: String description: String source: String runId: String status: MlflowModelVersionStatus
  statusMessage: String tags: [MlflowModelVersionTag!] runLink: String aliases: [String] modelId: String
  modelParams: [MlflowModelParam!] modelMetrics: [MlflowModelMetric!]
}
type MlflowModelVersionTag { key: String value: String }
type MlflowModelParam { name: String value: String }
type MlflowModelMetric {
  key: String value: Float timestamp: LongString step: LongString
  datasetName: String datasetDigest: String modelId: String runId: String
}
"""
"""The types of MLflow's schema that its pages and scripts ask for; names are part of the protocol."""


@dataclass(slots=True)
class _Query:
    """One query while it runs: what the resolvers need, and how many entries their replies have had."""

    tx: Read
    context: Context
    entries: int = 0


def answer(
    tx: Read, context: Context, query: str, variables: Mapping[str, Any], operation: str | None
) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the data of a query and its errors, as sentences."""
    try:
        document = _parsed(query)
    except (GraphQLError, Invalid) as error:
        return None, [error.message]
    if errors := validate(_SCHEMA, document, _RULES, max_errors=5):
        return None, [error.message for error in errors]
    result = execute_sync(
        _SCHEMA,
        document,
        context_value=_Query(tx, context),
        variable_values=dict(variables),
        operation_name=operation,
        field_resolver=_field,
    )
    for failed in result.errors or ():
        if failed.original_error is not None and not isinstance(failed.original_error, HandloomError | GraphQLError):
            raise failed.original_error  # an error of this server, which the request's boundary logs
    return result.data, [failed.message for failed in result.errors or ()]


def _parsed(query: str) -> DocumentNode:
    """Parse a query. Its size is checked first: the parser calls itself for each level."""
    lexer, count, depth = Lexer(Source(query)), 0, 0
    while (kind := lexer.advance().kind) != TokenKind.EOF:
        count += 1
        depth += (kind in _OPENING) - (kind in _CLOSING)
        if count > MAX_TOKENS:
            raise Invalid(f"A query may have at most {MAX_TOKENS:,} words and signs.")
        if depth > MAX_NESTING:
            raise Invalid(f"A query may be nested at most {MAX_NESTING} levels deep.")
    document = parse(query, no_location=True)
    counted = _Counter()
    visit(document, counted)
    if counted.aliases > MAX_ALIASES:
        raise Invalid(f"A query may have at most {MAX_ALIASES} aliases.")
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        if definition.operation is not OperationType.QUERY:
            raise Invalid("Only queries are answered here. Use the REST API to change something.")
        if len(definition.selection_set.selections) > MAX_ROOT_FIELDS:
            raise Invalid(f"A query may ask for at most {MAX_ROOT_FIELDS} things at once.")
    return document


class _Counter(Visitor):
    """Counts the aliases of a document, those in fragments included."""

    def __init__(self) -> None:
        super().__init__()
        self.aliases = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.aliases += node.alias is not None


def _field(source: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
    """Resolve a field from the REST API's reply, whose names have underscores. What that leaves out has the empty
    value of its type, as in MLflow's messages.
    """
    found = source.get(_snake(info.field_name))
    if found is not None:
        return None if found == "NaN" and _named(info.return_type) == "Float" else found
    kind = info.return_type
    if isinstance(kind, GraphQLList):
        return []
    if is_object_type(kind):
        return None if info.field_name == "apiError" else {}
    return _EMPTY.get(_named(kind))


_EMPTY: dict[str, Any] = {"String": "", "LongString": 0}


def _named(kind: Any) -> str:
    return str(getattr(kind, "name", ""))


@cache
def _snake(name: str) -> str:
    """Return the name of a field in replies of the REST API; names come from the schema only."""
    return sub(r"([A-Z])", r"_\1", name).lower()


def _resolver(
    handler: Callable[[Read, Context, Any], Any],
    request: type[msgspec.Struct],
    required: tuple[str, ...] = (),
    limit: int | None = None,
) -> Callable[..., Any]:
    """Make the resolver of one of Query's fields: a request of the REST API, and its reply as plain dictionaries."""
    reader = MlflowReader(request, required)

    def resolve(_: Any, info: GraphQLResolveInfo, input: dict[str, Any] | None = None) -> Any:
        given = {_snake(name): value for name, value in (input or {}).items() if value is not None}
        if limit is not None:
            given.setdefault("max_results", limit)
        asked = reader.body(msgspec.json.encode(given), {})
        if limit is not None and asked.max_results > limit:
            raise Invalid(f"A GraphQL query returns at most {limit:,} of these. Use the REST API for more.")
        return _reply(info.context, handler, asked)

    return resolve


def _reply(query: _Query, handler: Callable[[Read, Context, Any], Any], request: Any) -> dict[str, Any]:
    reply: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(handler(query.tx, query.context, request)))
    query.entries += _entries(reply)
    if query.entries > MAX_ENTRIES:
        raise Invalid(
            f"The reply would have more than {MAX_ENTRIES:,} metrics, params and tags. Ask for fewer runs, or use the "
            "REST API."
        )
    return reply


def _entries(reply: Any) -> int:
    """Count the objects in the lists of a reply."""
    if isinstance(reply, dict):
        return sum(_entries(value) for value in reply.values() if isinstance(value, dict | list))
    return len(reply) + sum(_entries(item) for item in reply if isinstance(item, dict))


def _experiment_of_run(run: dict[str, Any], info: GraphQLResolveInfo) -> Any:
    request = experiments.ExperimentById(experiment_id=run["info"]["experiment_id"])
    return _reply(info.context, experiments.get, request)["experiment"]


def _versions_of_run(run: dict[str, Any], info: GraphQLResolveInfo) -> Any:
    request = model_versions.SearchVersions(filter=f"run_id='{run['info']['run_id']}'")
    return _reply(info.context, model_versions.search, request).get("model_versions", [])


def _build() -> GraphQLSchema:
    schema = build_schema(SCHEMA)
    query, run = schema.type_map["Query"], schema.type_map["MlflowRunExtension"]
    long = schema.type_map["LongString"]
    assert isinstance(long, GraphQLScalarType)
    long.serialize = str  # type: ignore[assignment]  # 64 bits, which JavaScript's numbers do not have
    resolvers = {
        "mlflowGetExperiment": _resolver(experiments.get, experiments.ExperimentById, ("experiment_id",)),
        "mlflowGetRun": _resolver(runs.get, runs.OfRun, ("run_id",)),
        "mlflowSearchRuns": _resolver(runs.search_runs, runs.MlflowSearchRuns, limit=MAX_RUNS),
        "mlflowSearchModelVersions": _resolver(model_versions.search, model_versions.SearchVersions, limit=MAX_ENTRIES),
        "mlflowGetMetricHistoryBulkInterval": _resolver(metrics.interval, metrics.Interval, ("metric_key",)),
    }
    for name, resolver in resolvers.items():
        query.fields[name].resolve = resolver  # type: ignore[attr-defined]
    run.fields["experiment"].resolve = _experiment_of_run  # type: ignore[attr-defined]
    run.fields["modelVersions"].resolve = _versions_of_run  # type: ignore[attr-defined]
    return schema


_SCHEMA = _build()
