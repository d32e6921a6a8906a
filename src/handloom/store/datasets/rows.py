"""Inputs and outputs of runs: datasets by name and digest within their experiment, and links to logged models."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from handloom.domain import datasets as rules
from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.runs import ModelLink, RunInfo
from handloom.store.engine.bulk_insert import replacing
from handloom.store.engine.database import Read, Write
from handloom.store.models import tables as model_tables

CHUNK = 900  # keys in one IN list

_PUT_DATASET = (
    'INSERT INTO datasets (experiment_internal_id, name, digest, source_type, source, "schema", profile) '
    "VALUES (:experiment, :name, :digest, :source_type, :source, :schema, :profile) "
    "ON CONFLICT (experiment_internal_id, name, digest) DO NOTHING"
)
_PUT_INPUT = (
    "INSERT INTO run_inputs (run_internal_id, dataset_internal_id, context, tags) "
    "SELECT :run, internal_id, :context, :tags FROM datasets "
    "WHERE experiment_internal_id = :experiment AND name = :name AND digest = :digest "
    "ON CONFLICT (run_internal_id, dataset_internal_id) DO NOTHING"
)
_PUT_MODELS = replacing(model_tables.run_models, ("run_internal_id", "model_id", "direction", "step"))
_DATASETS = (
    'SELECT i.run_internal_id, d.name, d.digest, d.source_type, d.source, d."schema", d.profile, i.tags '
    "FROM run_inputs i JOIN datasets d ON d.internal_id = i.dataset_internal_id WHERE i.run_internal_id IN :runs "
    "ORDER BY i.run_internal_id, i.dataset_internal_id"
)
_MODELS = (
    "SELECT run_internal_id, model_id, direction, step FROM run_models WHERE run_internal_id IN :runs "
    "ORDER BY run_internal_id, step, model_id"
)
_OF_EXPERIMENTS = (
    "SELECT DISTINCT e.experiment_id, d.name, d.digest, i.context FROM datasets d "
    "JOIN experiments e ON e.internal_id = d.experiment_internal_id "
    "JOIN run_inputs i ON i.dataset_internal_id = d.internal_id "
    "WHERE e.workspace_id = :workspace AND e.experiment_id IN :ids "
    "ORDER BY e.experiment_id, d.name, d.digest, i.context NULLS FIRST"
)


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset that runs of an experiment used, in one context."""

    experiment_id: str
    name: str
    digest: str
    context: str | None


def log_inputs(
    tx: Write, info: RunInfo, datasets: Sequence[DatasetInput] = (), models: Sequence[ModelLink] = ()
) -> None:
    """Add the datasets and models that an active run used; existing links stay."""
    for given in datasets:
        rules.check(given)
        d = given.dataset
        place = {"experiment": info.experiment_internal_id, "name": d.name, "digest": d.digest}
        described = {"source_type": d.source_type, "source": d.source, "schema": d.schema, "profile": d.profile}
        tx.execute(_PUT_DATASET, **place, **described)
        read = {"context": given.tags.get(rules.CONTEXT_TAG), "tags": msgspec.json.encode(given.tags).decode()}
        tx.execute(_PUT_INPUT, **place, **read, run=info.internal_id)
    _link(tx, info, "input", models)


def log_outputs(tx: Write, info: RunInfo, models: Sequence[ModelLink]) -> None:
    """Add links to the logged models that an active run created."""
    _link(tx, info, "output", models)


def of_runs(tx: Read, numbers: Sequence[int]) -> defaultdict[int, list[DatasetInput]]:
    """Return the datasets of runs, by the runs' internal ids."""
    found: defaultdict[int, list[DatasetInput]] = defaultdict(list)
    for at in range(0, len(numbers), CHUNK):
        for row in tx.fetch(_DATASETS, runs=numbers[at : at + CHUNK]):
            dataset = Dataset(
                name=row.name,
                digest=row.digest,
                source_type=row.source_type,
                source=row.source,
                schema=row.schema,
                profile=row.profile,
            )
            tags = msgspec.json.decode(row.tags, type=dict[str, str])
            found[row.run_internal_id].append(DatasetInput(dataset=dataset, tags=tags))
    return found


def models_of_runs(
    tx: Read, numbers: Sequence[int]
) -> tuple[defaultdict[int, list[ModelLink]], defaultdict[int, list[ModelLink]]]:
    """Return the logged models of runs, by internal id: inputs and outputs."""
    read: defaultdict[int, list[ModelLink]] = defaultdict(list)
    made: defaultdict[int, list[ModelLink]] = defaultdict(list)
    for at in range(0, len(numbers), CHUNK):
        for row in tx.fetch(_MODELS, runs=numbers[at : at + CHUNK]):
            links = read if row.direction == "input" else made
            links[row.run_internal_id].append(ModelLink(model_id=row.model_id, step=row.step))
    return read, made


def used_in(tx: Read, workspace: str, experiment_ids: Sequence[int]) -> list[Used]:
    """Return the datasets that runs of these experiments used, once for each context."""
    return [
        Used(experiment_id=str(row.experiment_id), name=row.name, digest=row.digest, context=row.context)
        for row in tx.fetch(_OF_EXPERIMENTS, workspace=workspace, ids=experiment_ids)
    ]


def _link(tx: Write, info: RunInfo, direction: str, models: Sequence[ModelLink]) -> None:
    tx.insert(_PUT_MODELS, [(info.internal_id, m.model_id, direction, m.step) for m in models])
    tx.changed("runs", info.workspace, info.run_id, info.experiment_id)
