"""Import evaluation datasets and scorers of another server. What is here already does not change."""

import json

from sqlalchemy import func, insert, select

from handloom.domain import evaluation as rules
from handloom.domain.errors import AlreadyExists, Invalid
from handloom.domain.records import EvaluationDatasetRecord, EvaluationRow, ImportedTo, ScorerRecord
from handloom.store.engine.bulk_insert import Insert
from handloom.store.engine.database import Write
from handloom.store.evaluation import tables
from handloom.store.experiments import rows as experiments

_D, _R = tables.evaluation_datasets.c, tables.evaluation_records.c
_S, _V = tables.scorers.c, tables.scorer_versions.c
_LINK = Insert(tables.evaluation_dataset_experiments, ("dataset_internal_id", "experiment_internal_id"), "skip")
_TAG = Insert(tables.evaluation_dataset_tags, ("dataset_internal_id", "key", "value"), "skip")
_FIELDS = (
    *("record_id", "inputs", "outputs", "expectations", "tags", "source"),
    *("created_at", "modified_at", "created_by", "modified_by"),
)
_ROW = Insert(tables.evaluation_records, ("dataset_internal_id", "input_hash", *_FIELDS), "skip")
MAX_ID = 36


def keep_dataset(tx: Write, workspace: str, record: EvaluationDatasetRecord) -> ImportedTo:
    """Keep a dataset, or more of its rows. Rows with the inputs of an existing row are left out."""
    rules.check_dataset_name(record.name)
    _check_id(record.dataset_id)
    query = select(_D.internal_id).where(_D.workspace_id == workspace, _D.dataset_id == record.dataset_id)
    number = tx.connection.execute(query).scalar()
    existed = number is not None
    if number is None:
        values = {
            "workspace_id": workspace,
            "dataset_id": record.dataset_id,
            "name": record.name,
            "schema": record.schema,
            "digest": (record.digest or rules.digest(record.name, record.modified_at))[:8],
            "created_at": record.created_at,
            "modified_at": record.modified_at,
            "created_by": record.created_by,
            "modified_by": record.modified_by,
        }
        made = insert(tables.evaluation_datasets).values(values).returning(_D.internal_id)
        number = int(tx.connection.execute(made).scalar_one())
    linked = [experiments.get(tx, workspace, each).internal_id for each in dict.fromkeys(record.experiment_ids)]
    tx.insert_later(_LINK, [(number, experiment) for experiment in linked])
    tx.insert_later(_TAG, [(number, key, value) for key, value in record.tags.items()])
    tx.insert_later(_ROW, [(number, _hash(row), *(getattr(row, name) for name in _FIELDS)) for row in record.rows])
    rows = tx.connection.scalar(select(func.count()).where(_R.dataset_internal_id == number)) or 0
    counts = {"evaluation rows": rows}
    return ImportedTo(
        kind="evaluation_dataset",
        id=record.dataset_id,
        target=record.dataset_id,
        uri="",
        existed=existed,
        counts=counts,
    )


def keep_scorer(tx: Write, workspace: str, record: ScorerRecord) -> ImportedTo:
    """Keep a version of a scorer. Raises AlreadyExists if this version has another content here."""
    rules.check_scorer(record.name, record.content)
    _check_id(record.scorer_id)
    if not 1 <= record.version < 1 << 31:
        raise Invalid(f"A scorer has no version {record.version}.", field="version")
    experiment = experiments.get(tx, workspace, record.experiment_id)
    mine = (_S.experiment_internal_id == experiment.internal_id, _S.name == record.name)
    number = tx.connection.execute(select(_S.internal_id).where(*mine)).scalar()
    if number is None:
        values = {"experiment_internal_id": experiment.internal_id, "scorer_id": record.scorer_id, "name": record.name}
        number = tx.connection.execute(insert(tables.scorers).values(values).returning(_S.internal_id)).scalar_one()
    version = (_V.scorer_internal_id == number, _V.version == record.version)
    known = tx.connection.execute(select(_V.content).where(*version)).scalar()
    if known is not None and known != record.content:
        raise AlreadyExists(f"version {record.version} of this scorer is here with another content")
    if known is None:
        row = {"scorer_internal_id": number, "version": record.version, "content": record.content}
        tx.connection.execute(insert(tables.scorer_versions), row | {"created_at": record.created_at})
    return ImportedTo(kind="scorer", id=record.scorer_id, target=record.scorer_id, uri="", existed=known is not None)


def _check_id(given: str) -> None:
    if not 0 < len(given) <= MAX_ID:
        raise Invalid(f"An id has 1 to {MAX_ID} characters, not {len(given)}.")


def _hash(row: EvaluationRow) -> str:
    """The hash of the row's inputs. Raises Invalid unless all that it holds is JSON."""
    try:
        inputs = json.loads(row.inputs)
        if not isinstance(inputs, dict):
            raise Invalid(f"The inputs of {row.record_id} must be a JSON object.", field="rows")
        for text in (row.outputs, row.expectations, row.tags, row.source):
            json.loads(text or "null")
    except (ValueError, RecursionError) as error:
        raise Invalid(f"The row {row.record_id} is not JSON: {error}.", field="rows") from error
    return rules.input_hash(inputs)
