"""Search traces: filters and orders of MLflow's grammar as SQL, on traces, their tags and spans."""

import json
import math
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, not_, or_, select
from sqlalchemy.sql.expression import FromClause

from handloom.domain import traces as rules
from handloom.domain.errors import Invalid
from handloom.domain.experiments import number_of
from handloom.domain.grammar import NULL, NUMBER, Entity
from handloom.domain.pages import offset_of, page_of
from handloom.domain.search import Comparison, Condition, Order, parse_filter, parse_order
from handloom.domain.spans import LOGGED_KEYS, OWN_PREFIX
from handloom.domain.traces import TRACES, Trace
from handloom.store.engine.database import Read
from handloom.store.engine.filter_sql import compare, condition_sql
from handloom.store.engine.json_pairs import json_pairs
from handloom.store.experiments import tables as experiment_tables
from handloom.store.runs.run_filter import pair
from handloom.store.traces import rows as trace_store
from handloom.store.traces import tables as trace_tables

Clause = TypeVar("Clause", Comparison, Order)

_T, _S, _A = trace_tables.traces.c, trace_tables.spans.c, trace_tables.assessments.c
_ATTRIBUTES = "attributes."
_COLUMNS: dict[str, ColumnElement[Any]] = {
    "request_time": _T.request_time,
    "duration": _T.duration,
    "end_time": _T.request_time + func.coalesce(_T.duration, 0),
    "trace_id": _T.trace_id,
    "status": _T.state,
    "client_request_id": _T.client_request_id,
    "experiment_id": experiment_tables.experiments.c.experiment_id,
}
_PAIRS = {"tag": trace_tables.trace_tags, "metadata": trace_tables.trace_metadata}
_ELSEWHERE: dict[tuple[str, str], tuple[Entity, str]] = {
    ("attribute", "name"): ("tag", rules.NAME_TAG),
    ("attribute", "run_id"): ("metadata", rules.RUN_KEY),
}
_SPAN_COLUMNS: dict[str, ColumnElement[Any]] = {"name": _S.name, "type": _S.type, "status": _S.status}


def traces(
    tx: Read,
    workspace: str,
    experiment_ids: Sequence[str],
    *,
    filter: str = "",
    order_by: Sequence[str] = (),
    limit: int,
    page_token: str = "",
) -> tuple[list[Trace], str]:
    """Return one page of the experiments' traces, newest first by default, and the next token ("" at the end)."""
    numbers = [number_of(experiment_id) for experiment_id in experiment_ids]
    wanted = select(experiment_tables.experiments.c.internal_id).where(
        experiment_tables.experiments.c.workspace_id == workspace,
        experiment_tables.experiments.c.experiment_id.in_(numbers),
    )
    query = trace_store.SELECT.where(_T.experiment_internal_id.in_(wanted))
    query = query.where(*conditions(parse_filter(filter, TRACES), wanted))
    orders = [_known_as(parse_order(text, TRACES)) for text in order_by]
    if len({(order.entity, order.key) for order in orders}) < len(orders):
        raise Invalid(f"`order_by` contains duplicate fields: {list(order_by)}", field="order_by")
    sorting: list[ColumnElement[Any]] = []
    for order in orders:
        column = _sorted_by(order)
        sorting += [case((column.is_(None), 1), else_=0), column.asc() if order.ascending else column.desc()]
    if not any(order.key == "request_time" and order.entity == "attribute" for order in orders):
        sorting.append(_T.request_time.desc())
    offset = offset_of(page_token)
    query = query.order_by(*sorting, _T.trace_id).limit(limit + 1).offset(offset)
    page, token = page_of(tx.connection.execute(query).all(), offset, limit)
    return trace_store.hydrate(tx, page), token


def conditions(given: Sequence[Condition], wanted: Select[Any]) -> list[ColumnElement[bool]]:
    """Return a filter as conditions on the rows of `traces`; `wanted` are the internal ids of the experiments."""
    return [condition_sql(condition, partial(_condition, wanted)) for condition in given]


def _known_as(found: Clause) -> Clause:
    """Translate `name` and `run_id`, which are attributes in filters and orders but stored as a tag and metadata."""
    entity, key = _ELSEWHERE.get((found.entity, found.key), (found.entity, found.key))
    return msgspec.structs.replace(found, entity=entity, key=key)


def _condition(searched: Select[Any], clause: Comparison) -> ColumnElement[bool]:
    """Return the condition on a trace of the `searched` experiments. Without the key, only IS NULL is true."""
    clause = _known_as(clause)
    match clause.entity:
        case "feedback" | "expectation":
            return _assessed(searched, clause)
        case "attribute":
            return _attribute(clause)
        case "span":
            return _span(clause)
    table: FromClause = _PAIRS[clause.entity]
    found = pair(table.c.trace_internal_id == _T.internal_id, table, clause)
    if clause.entity == "metadata" and clause.key == rules.RUN_KEY and clause.operator in ("=", "IN"):
        linked = trace_tables.trace_runs.c
        fits = compare(linked.run_id, clause.operator, clause.value)
        return or_(found, exists().where(linked.trace_internal_id == _T.internal_id, fits))
    return found


def _attribute(clause: Comparison) -> ColumnElement[bool]:
    match clause.key:
        case "text":
            return _logged(clause)
        case "prompt":
            return _with_prompt(str(clause.value))
    return compare(_COLUMNS[clause.key], clause.operator, clause.value)


def _span(clause: Comparison) -> ColumnElement[bool]:
    if clause.key == "content":
        return _logged(clause)
    if clause.key.startswith(_ATTRIBUTES) and clause.key != _ATTRIBUTES:
        texts = json_pairs(_S.texts)
        fits = compare(texts.c.value, clause.operator, clause.value)
        key = clause.key.removeprefix(_ATTRIBUTES).strip("`")
        return _of_span(exists().select_from(texts).where(texts.c.key == key, fits))
    if clause.key not in _SPAN_COLUMNS:
        raise Invalid(
            f"Invalid span attribute '{clause.key}'. Supported attributes: name, type, status, content, "
            "attributes.<attribute name>.",
            field="filter",
        )
    return _of_span(compare(_SPAN_COLUMNS[clause.key], clause.operator, clause.value))


def _logged(clause: Comparison) -> ColumnElement[bool]:
    """Search a text in everything the user logged: names of spans, inputs, outputs, attributes, events, errors."""
    texts = json_pairs(_S.texts)
    logged = or_(func.substr(texts.c.key, 1, len(OWN_PREFIX)) != OWN_PREFIX, texts.c.key.in_(LOGGED_KEYS))
    inside = exists().select_from(texts).where(logged, compare(texts.c.value, clause.operator, clause.value))
    return _of_span(or_(compare(_S.name, clause.operator, clause.value), inside))


def _with_prompt(reference: str) -> ColumnElement[bool]:
    """Return the condition that the trace is linked to this version of a prompt. Clients write the tag's JSON with or
    without blanks.
    """
    name, slash, version = reference.rpartition("/")
    if not slash or not name or "/" in name:
        raise Invalid(
            f"Invalid prompts filter value '{reference}'. Expected format: prompt = \"name/version\"", field="filter"
        )
    tags = trace_tables.trace_tags.c
    written = {
        json.dumps({"name": name, "version": version}, ensure_ascii=escaped, separators=separators)
        for escaped in (True, False)
        for separators in ((",", ":"), (", ", ": "))
    }
    named = or_(*(func.replace(tags.value, text, "") != tags.value for text in sorted(written)))
    return exists().where(tags.trace_internal_id == _T.internal_id, tags.key == rules.PROMPTS_TAG, named)


def _assessed(searched: Select[Any], clause: Comparison) -> ColumnElement[bool]:
    """Return the condition for a valid matching assessment, of the trace or of its whole session."""
    own = exists().where(_A.trace_internal_id == _T.internal_id, *_fitting(clause))
    judged = trace_tables.traces.alias("judged")
    theirs, mine = trace_tables.trace_metadata.alias("theirs"), trace_tables.trace_metadata.alias("mine")
    sessions = (
        select(theirs.c.value)
        .select_from(judged)
        .join(trace_tables.assessments, judged.c.internal_id == _A.trace_internal_id)
        .join(theirs, theirs.c.trace_internal_id == judged.c.internal_id)
        .where(judged.c.experiment_internal_id.in_(searched), theirs.c.key == rules.SESSION_KEY, *_fitting(clause))
        .where(func.replace(_A.metadata, f'"{rules.SESSION_KEY}":', "") != _A.metadata)
    )
    shared = exists().where(
        mine.c.trace_internal_id == _T.internal_id, mine.c.key == rules.SESSION_KEY, mine.c.value.in_(sessions)
    )
    found = or_(own, shared)
    return not_(found) if clause.operator == "IS NULL" else found


def _fitting(clause: Comparison) -> list[ColumnElement[bool]]:
    """Return the condition on an assessment. Numbers are compared as numbers, also in quotes."""
    fitting = [_A.kind == clause.entity, _A.name == clause.key, _A.valid]
    if clause.operator in NULL:
        return fitting
    number = _number(clause.value)
    if clause.operator in ("=", "!="):
        same = _A.text == str(clause.value)
        if number is not None:
            same = or_(same, and_(_A.is_number, _A.numeric_value == number))
        return [*fitting, same if clause.operator == "=" else not_(func.coalesce(same, false()))]
    if clause.operator in NUMBER:
        if number is None:
            raise Invalid(
                f"Expected a number to compare {clause.entity} '{clause.key}' with. Found {clause.value!r}.",
                field="filter",
            )
        return [*fitting, _A.is_number, compare(_A.numeric_value, clause.operator, number)]
    if not isinstance(clause.value, str):
        raise Invalid(f"{clause.operator} takes a quoted text. Found {clause.value}.", field="filter")
    return [*fitting, compare(_A.text, clause.operator, clause.value)]


def _number(value: object) -> float | None:
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _of_span(fits: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(and_(_S.trace_internal_id == _T.internal_id, fits))


def _sorted_by(order: Order) -> ColumnElement[Any]:
    if order.entity == "attribute":
        if order.key not in _COLUMNS:
            raise Invalid(f"Invalid order_by key '{order.key}'.", field="order_by")
        return _COLUMNS[order.key]
    table = _PAIRS[order.entity]
    value = select(table.c.value).where(table.c.trace_internal_id == _T.internal_id, table.c.key == order.key)
    return value.scalar_subquery()
