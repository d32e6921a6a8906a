"""What runs read and made: datasets by name and digest within their experiment, and links to logged models."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, text

from handloom.domain import datasets as rules
from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.runs import ModelLink, RunInfo
from handloom.store.engine.database import Read, Write
from handloom.store.runs import document_cache

CHUNK = 900  # keys in one IN list

_PUT_DATASET = text(
    'INSERT INTO datasets (experiment_number, name, digest, source_type, source, "schema", profile) '
    "VALUES (:experiment, :name, :digest, :source_type, :source, :schema, :profile) "
    "ON CONFLICT (experiment_number, name, digest) DO NOTHING"
)
_PUT_INPUT = text(
    "INSERT INTO run_inputs (run_number, dataset_number, context, tags) "
    "SELECT :run, number, :context, :tags FROM datasets "
    "WHERE experiment_number = :experiment AND name = :name AND digest = :digest "
    "ON CONFLICT (run_number, dataset_number) DO NOTHING"
)
_PUT_MODEL = text(
    "INSERT INTO run_models (run_number, model_id, direction, step) VALUES (:run, :model_id, :direction, :step) "
    "ON CONFLICT (run_number, model_id, direction) DO UPDATE SET step = excluded.step"
)
_DATASETS = (
    'SELECT i.run_number, d.name, d.digest, d.source_type, d.source, d."schema", d.profile, i.tags '
    "FROM run_inputs i JOIN datasets d ON d.number = i.dataset_number WHERE i.run_number IN (*) "
    "ORDER BY i.run_number, i.dataset_number"
)
_MODELS = (
    "SELECT run_number, model_id, direction, step FROM run_models WHERE run_number IN (*) "
    "ORDER BY run_number, step, model_id"
)
_OF_EXPERIMENTS = text(
    "SELECT DISTINCT e.experiment_id, d.name, d.digest, i.context FROM datasets d "
    "JOIN experiments e ON e.number = d.experiment_number JOIN run_inputs i ON i.dataset_number = d.number "
    "WHERE e.workspace_id = :workspace AND e.experiment_id IN :ids "
    "ORDER BY e.experiment_id, d.name, d.digest, i.context NULLS FIRST"
).bindparams(bindparam("ids", expanding=True))


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset that runs of an experiment read, in one context."""

    experiment_id: str
    name: str
    digest: str
    context: str | None


def log_inputs(
    tx: Write, info: RunInfo, datasets: Sequence[DatasetInput] = (), models: Sequence[ModelLink] = ()
) -> None:
    """Note what an active run read; what it noted before stays."""
    for given in datasets:
        rules.check(given)
        d = given.dataset
        place = {"experiment": info.experiment_internal_id, "name": d.name, "digest": d.digest}
        described = {"source_type": d.source_type, "source": d.source, "schema": d.schema, "profile": d.profile}
        tx.connection.execute(_PUT_DATASET, place | described)
        read = {"context": given.tags.get(rules.CONTEXT_TAG), "tags": msgspec.json.encode(given.tags).decode()}
        tx.connection.execute(_PUT_INPUT, place | read | {"run": info.internal_id})
    _link(tx, info, "input", models)


def log_outputs(tx: Write, info: RunInfo, models: Sequence[ModelLink]) -> None:
    """Note the logged models that an active run made."""
    _link(tx, info, "output", models)


def of_runs(tx: Read, numbers: Sequence[int]) -> defaultdict[int, list[DatasetInput]]:
    """What runs, by their internal numbers, read."""
    found: defaultdict[int, list[DatasetInput]] = defaultdict(list)
    for at in range(0, len(numbers), CHUNK):
        rows = tx.among(_DATASETS, numbers[at : at + CHUNK])
        for number, name, digest, source_type, source, schema, profile, tags in rows:
            dataset = Dataset(
                name=name, digest=digest, source_type=source_type, source=source, schema=schema, profile=profile
            )
            found[number].append(DatasetInput(dataset=dataset, tags=msgspec.json.decode(tags, type=dict[str, str])))
    return found


def models_of_runs(
    tx: Read, numbers: Sequence[int]
) -> tuple[defaultdict[int, list[ModelLink]], defaultdict[int, list[ModelLink]]]:
    """The logged models that runs, by their internal numbers, read, and those that they made."""
    read: defaultdict[int, list[ModelLink]] = defaultdict(list)
    made: defaultdict[int, list[ModelLink]] = defaultdict(list)
    for at in range(0, len(numbers), CHUNK):
        rows = tx.among(_MODELS, numbers[at : at + CHUNK])
        for number, model_id, direction, step in rows:
            (read if direction == "input" else made)[number].append(ModelLink(model_id=model_id, step=step))
    return read, made


def used_in(tx: Read, workspace: str, experiment_ids: Sequence[int]) -> list[Used]:
    """The datasets that runs of these experiments read, once for each context."""
    found = tx.connection.execute(_OF_EXPERIMENTS, {"workspace": workspace, "ids": list(experiment_ids)})
    return [
        Used(experiment_id=str(experiment_id), name=name, digest=digest, context=context)
        for experiment_id, name, digest, context in found
    ]


def _link(tx: Write, info: RunInfo, direction: str, models: Sequence[ModelLink]) -> None:
    if models:
        rows = [
            {"run": info.internal_id, "model_id": m.model_id, "direction": direction, "step": m.step} for m in models
        ]
        tx.connection.execute(_PUT_MODEL, rows)
    document_cache.invalidate(tx, info)
    tx.changed("runs", info.workspace, info.run_id, info.experiment_id)
