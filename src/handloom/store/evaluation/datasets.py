"""Evaluation datasets and their records. Every function runs in the caller's transaction and one workspace."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, delete, exists, func, insert, select, update

from handloom.domain import evaluation as rules
from handloom.domain.clock import now
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.evaluation import EVALUATION_DATASETS, EvaluationDataset, RecordIn
from handloom.domain.experiments import number_of
from handloom.domain.pages import offset_of, page_of, position_of, token_after
from handloom.domain.search import Comparison, parse_filter, parse_order
from handloom.store.engine.database import Read, Write
from handloom.store.engine.filter_sql import compare, condition_sql
from handloom.store.evaluation import tables
from handloom.store.experiments.tables import experiments

CHUNK = 500  # rows per statement
_D, _R = tables.evaluation_datasets.c, tables.evaluation_records.c
_TAGS, _LINKS = tables.evaluation_dataset_tags, tables.evaluation_dataset_experiments
_COLUMNS: dict[str, ColumnElement[Any]] = {
    "name": _D.name,
    "created_time": _D.created_at,
    "last_update_time": _D.modified_at,
    "created_by": _D.created_by,
    "last_updated_by": _D.modified_by,
}


def create(
    tx: Write, workspace: str, name: str, experiment_ids: Sequence[str], tags: Mapping[str, str | None]
) -> EvaluationDataset:
    rules.check_dataset_name(name)
    at, user = now(), rules.user_of(dict(tags))
    made = {
        "workspace_id": workspace,
        "dataset_id": rules.new_dataset_id(),
        "name": name,
        "digest": rules.digest(name, at),
        "created_at": at,
        "modified_at": at,
        "created_by": user,
        "modified_by": user,
    }
    tx.connection.execute(insert(tables.evaluation_datasets), made)
    dataset = get(tx, workspace, str(made["dataset_id"]))
    _put_tags(tx, dataset.internal_id, tags)
    _link(tx, workspace, dataset.internal_id, experiment_ids)
    return get(tx, workspace, dataset.dataset_id)


def get(tx: Read, workspace: str, dataset_id: str) -> EvaluationDataset:
    return _hydrate(tx, [_row(tx, workspace, dataset_id)])[0]


def remove(tx: Write, workspace: str, dataset_id: str) -> None:
    """Delete a dataset with its records. A missing one is no error."""
    mine = (_D.workspace_id == workspace, _D.dataset_id == dataset_id)
    tx.connection.execute(delete(tables.evaluation_datasets).where(*mine))


def search(
    tx: Read,
    workspace: str,
    *,
    experiment_ids: Sequence[str] = (),
    filter: str = "",
    order_by: Sequence[str] = (),
    limit: int,
    page_token: str = "",
) -> tuple[list[EvaluationDataset], str]:
    """Return one page of datasets, newest first, and the token of the next ("" at the end)."""
    query = select(tables.evaluation_datasets).where(_D.workspace_id == workspace)
    for condition in parse_filter(filter, EVALUATION_DATASETS):
        query = query.where(condition_sql(condition, _condition))
    if experiment_ids:
        numbers = _experiment_numbers(workspace, experiment_ids)
        linked = _LINKS.c.dataset_internal_id == _D.internal_id
        query = query.where(exists().where(linked, _LINKS.c.experiment_internal_id.in_(numbers)))
    orders = [parse_order(text, EVALUATION_DATASETS) for text in order_by]
    sorting = [_COLUMNS[o.key].asc() if o.ascending else _COLUMNS[o.key].desc() for o in orders]
    offset = offset_of(page_token)
    query = query.order_by(*(sorting or [_D.created_at.desc()]), _D.internal_id.desc()).limit(limit + 1).offset(offset)
    page, token = page_of(tx.connection.execute(query).all(), offset, limit)
    return _hydrate(tx, page), token


def set_tags(tx: Write, workspace: str, dataset_id: str, tags: Mapping[str, str | None]) -> None:
    _put_tags(tx, _row(tx, workspace, dataset_id, "Could not find evaluation dataset with ID {}").internal_id, tags)


def delete_tag(tx: Write, workspace: str, dataset_id: str, key: str) -> None:
    """Delete a tag. A missing one is no error."""
    mine = select(_D.internal_id).where(_D.workspace_id == workspace, _D.dataset_id == dataset_id)
    tx.connection.execute(delete(_TAGS).where(_TAGS.c.dataset_internal_id.in_(mine), _TAGS.c.key == key))


def experiment_ids(tx: Read, workspace: str, dataset_id: str) -> list[str]:
    """Return the ids of the dataset's experiments; empty for an unknown dataset."""
    query = (
        select(experiments.c.experiment_id)
        .join(_LINKS, _LINKS.c.experiment_internal_id == experiments.c.internal_id)
        .join(tables.evaluation_datasets, _D.internal_id == _LINKS.c.dataset_internal_id)
        .where(_D.workspace_id == workspace, _D.dataset_id == dataset_id)
        .order_by(experiments.c.experiment_id)
    )
    return [str(number) for number in tx.connection.execute(query).scalars()]


def link(tx: Write, workspace: str, dataset_id: str, ids: Sequence[str]) -> EvaluationDataset:
    """Add a dataset to experiments. Raises NotFound if one of them is missing."""
    row = _row(tx, workspace, dataset_id, "Dataset '{}' not found")
    _link(tx, workspace, row.internal_id, ids)
    return _touch(tx, workspace, row)


def unlink(tx: Write, workspace: str, dataset_id: str, ids: Sequence[str]) -> EvaluationDataset:
    """Remove a dataset from experiments. Experiments that do not have it are ignored."""
    row = _row(tx, workspace, dataset_id, "Dataset '{}' not found")
    theirs = _LINKS.c.experiment_internal_id.in_(_experiment_numbers(workspace, ids))
    tx.connection.execute(delete(_LINKS).where(_LINKS.c.dataset_internal_id == row.internal_id, theirs))
    return _touch(tx, workspace, row)


def put_records(tx: Write, workspace: str, dataset_id: str, given: Sequence[RecordIn]) -> tuple[int, int]:
    """Add records; those with the inputs of an existing record update it. Returns the numbers of new and of changed
    records.
    """
    row = _row(tx, workspace, dataset_id)
    at = now()
    hashes = [rules.input_hash(record.inputs) for record in given]
    known = _by_hash(tx, row.internal_id, hashes)
    new: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    updated = 0
    for key, record in zip(hashes, given, strict=True):
        before = new.get(key) or changed.get(key) or known.get(key)
        values = _merged(before, record, at)
        if key in known:
            changed[key] = values | {"known_internal_id": known[key]["internal_id"]}
        else:
            new[key] = values | {"dataset_internal_id": row.internal_id, "input_hash": key}
        updated += before is not None
    _write(tx, list(new.values()), list(changed.values()))
    users = [user for record in given if (user := rules.user_of(record.tags))]
    values = {
        "modified_at": at,
        "modified_by": users[-1] if users else None,
        "digest": rules.digest(row.name, at),
        "schema": rules.widened(row.schema, given),
    }
    tx.connection.execute(update(tables.evaluation_datasets).where(_D.internal_id == row.internal_id).values(values))
    return len(given) - updated, updated


def delete_records(tx: Write, workspace: str, dataset_id: str, record_ids: Sequence[str]) -> int:
    number = _row(tx, workspace, dataset_id).internal_id
    gone = 0
    for at in range(0, len(record_ids), CHUNK):
        mine = (_R.dataset_internal_id == number, _R.record_id.in_(list(record_ids[at : at + CHUNK])))
        gone += tx.connection.execute(delete(tables.evaluation_records).where(*mine)).rowcount
    return gone


def records(tx: Read, workspace: str, dataset_id: str, *, limit: int, page_token: str) -> tuple[str, str]:
    """Return one page of records as a JSON list in MLflow's shape, and the token of the next ("" at the end)."""
    number = _row(tx, workspace, dataset_id).internal_id
    after = position_of(page_token, (), 1).after or [0]
    if not isinstance(after[0], int):
        raise Invalid("Invalid page token, could not base64-decode", field="page_token")
    query = select(tables.evaluation_records).where(_R.dataset_internal_id == number, _R.internal_id > after[0])
    rows = tx.connection.execute(query.order_by(_R.internal_id).limit(limit + 1)).all()
    token = token_after((), [rows[limit - 1].internal_id]) if len(rows) > limit else ""
    return json.dumps([_shown(row, dataset_id) for row in rows[:limit]]), token


def _shown(row: Row[Any], dataset_id: str) -> dict[str, Any]:
    source = None if row.source is None else json.loads(row.source)
    shown = {
        "dataset_record_id": row.record_id,
        "dataset_id": dataset_id,
        "inputs": json.loads(row.inputs),
        "outputs": None if row.outputs is None else json.loads(row.outputs),
        "expectations": None if row.expectations is None else json.loads(row.expectations),
        "tags": json.loads(row.tags or "{}"),
        "source": source,
        "source_id": None,
        "source_type": None,
        "created_time": row.created_at,
        "last_update_time": row.modified_at,
        "created_by": row.created_by,
        "last_updated_by": row.modified_by,
    }
    if source is not None:
        named = "trace_id" if source["source_type"] == "TRACE" else "source_id"
        shown |= {"source_type": source["source_type"], "source_id": source["source_data"].get(named)}
    return {name: value for name, value in shown.items() if value is not None}


def _by_hash(tx: Read, number: int, hashes: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for at in range(0, len(hashes), CHUNK):
        mine = (_R.dataset_internal_id == number, _R.input_hash.in_(hashes[at : at + CHUNK]))
        for row in tx.connection.execute(select(tables.evaluation_records).where(*mine)):
            found[row.input_hash] = dict(row._mapping)
    return found


def _merged(before: Mapping[str, Any] | None, record: RecordIn, at: int) -> dict[str, Any]:
    """Merge a record into the existing one with the same inputs; return its columns."""
    user = rules.user_of(record.tags)
    if before is None:
        outputs: Any = {} if record.outputs is msgspec.UNSET else record.outputs
        return {
            "record_id": rules.new_record_id(),
            "inputs": json.dumps(record.inputs),
            "outputs": None if outputs is None else json.dumps(outputs),
            "expectations": None if record.expectations is None else json.dumps(record.expectations),
            "tags": None if record.tags is None else json.dumps(record.tags),
            "source": None if (source := rules.source_of(record)) is None else json.dumps(source),
            "created_at": at,
            "modified_at": at,
            "created_by": user,
            "modified_by": user,
        }
    merged = {name: before[name] for name in _KEPT}
    if record.outputs is not msgspec.UNSET:
        merged["outputs"] = None if record.outputs is None else json.dumps(record.outputs)
    for name, given in (("expectations", record.expectations), ("tags", record.tags)):
        if given:
            merged[name] = json.dumps(json.loads(merged[name] or "{}") | given)
    return merged | {"modified_at": at, "modified_by": user or before["modified_by"]}


_KEPT = (
    *("record_id", "inputs", "outputs", "expectations", "tags", "source"),
    *("created_at", "modified_at", "created_by", "modified_by"),
)


def _write(tx: Write, new: Sequence[dict[str, Any]], changed: Sequence[dict[str, Any]]) -> None:
    for at in range(0, len(new), CHUNK):
        tx.connection.execute(insert(tables.evaluation_records), new[at : at + CHUNK])
    for values in changed:
        number = values.pop("known_internal_id")
        tx.connection.execute(update(tables.evaluation_records).where(_R.internal_id == number).values(values))


def _condition(clause: Comparison) -> ColumnElement[bool]:
    if clause.entity == "tag":
        fits = compare(_TAGS.c.value, clause.operator, clause.value)
        return exists().where(_TAGS.c.dataset_internal_id == _D.internal_id, _TAGS.c.key == clause.key, fits)
    return compare(_COLUMNS[clause.key], clause.operator, clause.value)


def _row(tx: Read, workspace: str, dataset_id: str, missing: str = "Evaluation dataset with id '{}' not found") -> Any:
    query = select(tables.evaluation_datasets).where(_D.workspace_id == workspace, _D.dataset_id == dataset_id)
    row = tx.connection.execute(query).first()
    if row is None:
        raise NotFound(missing.format(dataset_id))
    return row


def _hydrate(tx: Read, rows: Sequence[Row[Any]]) -> list[EvaluationDataset]:
    tags: defaultdict[int, dict[str, str]] = defaultdict(dict)
    counts: dict[int, int] = {}
    numbers = [row.internal_id for row in rows]
    for at in range(0, len(numbers), CHUNK):
        part = numbers[at : at + CHUNK]
        for tag in tx.connection.execute(
            select(_TAGS).where(_TAGS.c.dataset_internal_id.in_(part)).order_by(_TAGS.c.key)
        ):
            tags[tag.dataset_internal_id][tag.key] = tag.value
        counted = select(_R.dataset_internal_id, func.count().label("count")).where(_R.dataset_internal_id.in_(part))
        for row in tx.connection.execute(counted.group_by(_R.dataset_internal_id)):
            counts[row.dataset_internal_id] = row._mapping["count"]
    return [
        EvaluationDataset(
            internal_id=row.internal_id,
            dataset_id=row.dataset_id,
            name=row.name,
            digest=row.digest,
            created_at=row.created_at,
            modified_at=row.modified_at,
            schema=row.schema,
            created_by=row.created_by,
            modified_by=row.modified_by,
            records=counts.get(row.internal_id, 0),
            tags=tags[row.internal_id],
        )
        for row in rows
    ]


def _put_tags(tx: Write, number: int, tags: Mapping[str, str | None]) -> None:
    given = {key: value for key, value in tags.items() if value is not None}
    if given:
        mine = (_TAGS.c.dataset_internal_id == number, _TAGS.c.key.in_(list(given)))
        tx.connection.execute(delete(_TAGS).where(*mine))
        rows = [{"dataset_internal_id": number, "key": key, "value": value} for key, value in given.items()]
        tx.connection.execute(insert(_TAGS), rows)


def _link(tx: Write, workspace: str, number: int, ids: Sequence[str]) -> None:
    for experiment_id in dict.fromkeys(ids):
        found = tx.connection.execute(_experiment_numbers(workspace, [experiment_id])).scalar()
        if found is None:
            raise NotFound(f"No Experiment with id={experiment_id}")
        mine = (_LINKS.c.dataset_internal_id == number, _LINKS.c.experiment_internal_id == found)
        if not tx.connection.execute(select(_LINKS.c.dataset_internal_id).where(*mine)).first():
            tx.connection.execute(insert(_LINKS), {"dataset_internal_id": number, "experiment_internal_id": found})


def _experiment_numbers(workspace: str, ids: Sequence[str]) -> Select[Any]:
    numbers = [number_of(experiment_id) for experiment_id in ids]
    return select(experiments.c.internal_id).where(
        experiments.c.workspace_id == workspace, experiments.c.experiment_id.in_(numbers)
    )


def _touch(tx: Write, workspace: str, row: Row[Any]) -> EvaluationDataset:
    touched = update(tables.evaluation_datasets).where(_D.internal_id == row.internal_id).values(modified_at=now())
    tx.connection.execute(touched)
    return get(tx, workspace, row.dataset_id)
