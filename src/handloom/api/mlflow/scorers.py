"""MLflow's endpoints of scorers: register versions, read and list them, delete. The server runs none."""

from __future__ import annotations

import msgspec

from handloom.api.mlflow.encoding import Reply
from handloom.api.routing import Context, Route, read, write
from handloom.domain.errors import Invalid
from handloom.domain.evaluation import Scorer
from handloom.store.engine.database import Read, Write
from handloom.store.evaluation import scorers


class Register(msgspec.Struct):
    experiment_id: str = ""
    name: str = ""
    serialized_scorer: str = ""


class ScorerByName(msgspec.Struct):
    experiment_id: str = ""
    name: str = ""
    version: int | None = None


class List(msgspec.Struct):
    experiment_id: str = ""
    experiment_ids: list[str] | None = None


class ScorersByIds(msgspec.Struct):
    scorer_ids: list[str] = []


class RegisteredReply(Reply):
    version: int
    scorer_id: str
    experiment_id: str
    name: str
    serialized_scorer: str
    creation_time: int


class ScorerReply(Reply):
    experiment_id: int
    scorer_name: str
    scorer_version: int
    serialized_scorer: str
    creation_time: int
    scorer_id: str


class OneScorerReply(Reply):
    scorer: ScorerReply


class ScorersReply(Reply):
    scorers: list[ScorerReply] = []


class ConfigsReply(Reply):
    configs: list[str]


def register(tx: Write, context: Context, request: Register) -> RegisteredReply:
    made = scorers.register(tx, context.workspace, request.experiment_id, request.name, request.serialized_scorer)
    return RegisteredReply(
        version=made.version,
        scorer_id=made.scorer_id,
        experiment_id=made.experiment_id,
        name=made.name,
        serialized_scorer=made.content,
        creation_time=made.created_at,
    )


def get(tx: Read, context: Context, request: ScorerByName) -> OneScorerReply:
    return OneScorerReply(
        _shown(scorers.get(tx, context.workspace, request.experiment_id, request.name, request.version))
    )


def list_newest(tx: Read, context: Context, request: List) -> ScorersReply:
    if request.experiment_id and request.experiment_ids is not None:
        raise Invalid(
            "Cannot specify both 'experiment_id' and 'experiment_ids'. Use 'experiment_ids' to scope the query to "
            "multiple experiments, or 'experiment_id' to scope it to a single experiment."
        )
    if request.experiment_id:
        found = scorers.of_experiment(tx, context.workspace, request.experiment_id)
    else:
        found = scorers.newest(tx, context.workspace, request.experiment_ids)
    return ScorersReply([_shown(each) for each in found])


def list_versions(tx: Read, context: Context, request: ScorerByName) -> ScorersReply:
    found = scorers.versions(tx, context.workspace, request.experiment_id, request.name)
    return ScorersReply([_shown(each) for each in found])


def delete(tx: Write, context: Context, request: ScorerByName) -> None:
    scorers.remove(tx, context.workspace, request.experiment_id, request.name, request.version)


def online_configs(tx: Read, context: Context, request: ScorersByIds) -> ConfigsReply:
    """None: the server does not score traces as they arrive. Clients ask with every scorer that they read."""
    return ConfigsReply([])


def _shown(of: Scorer) -> ScorerReply:
    return ScorerReply(
        experiment_id=int(of.experiment_id),
        scorer_name=of.name,
        scorer_version=of.version,
        serialized_scorer=of.content,
        creation_time=of.created_at,
        scorer_id=of.scorer_id,
    )


_ALL = "mlflow/scorers"
_NAMED = ("experiment_id", "name")

ROUTES: list[Route] = [
    write("POST", f"{_ALL}/register", register, required=(*_NAMED, "serialized_scorer")),
    read("GET", f"{_ALL}/list", list_newest),
    read("GET", f"{_ALL}/versions", list_versions, required=_NAMED),
    read("GET", f"{_ALL}/get", get, required=_NAMED),
    read("GET", f"{_ALL}/online-configs", online_configs),
    write("DELETE", f"{_ALL}/delete", delete, required=_NAMED, audit="scorer.delete"),
]
