"""The route for MLflow's GraphQL queries. The library that answers them is imported at the first query."""

from __future__ import annotations

import importlib
from typing import Any

import msgspec

from handloom.api.routing import Context, Route, read
from handloom.store.engine.database import Read

_ANSWERS = "handloom.api.mlflow.graphql_answers"
"""Imported by name and late: graphql-core takes a third of the time of the whole start."""


class GraphqlQuery(msgspec.Struct, rename={"operation_name": "operationName"}):
    query: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


class GraphqlReply(msgspec.Struct):
    """What MLflow's server sends for every query, also for one that it refuses: errors are plain sentences."""

    data: dict[str, Any] | None
    errors: list[str] | None


def answer(tx: Read, context: Context, request: GraphqlQuery) -> GraphqlReply:
    data, errors = importlib.import_module(_ANSWERS).answer(
        tx, context, request.query or "", request.variables or {}, request.operation_name
    )
    return GraphqlReply(data=data, errors=errors or None)


ROUTES: list[Route] = [read("POST", "/graphql", answer, required=("query",))]
