"""Search registered models and their versions, in MLflow's filter and order grammar."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, and_, exists

from handloom.domain import models as rules
from handloom.domain.errors import Invalid
from handloom.domain.grammar import Grammar
from handloom.domain.models import IS_PROMPT
from handloom.domain.search import Comparison, Condition, comparisons, parse_filter, parse_order
from handloom.store.engine.database import Read
from handloom.store.engine.filter_sql import compare, condition_sql
from handloom.store.models import rows as model_store
from handloom.store.models import tables as model_tables

_M, _V = model_tables.models.c, model_tables.model_versions.c
_MODELS: dict[str, ColumnElement[Any]] = {"name": _M.name, "last_updated_timestamp": _M.modified_at}
_VERSIONS: dict[str, ColumnElement[Any]] = {
    "name": _V.name,
    "run_id": _V.run_id,
    "source_path": _V.source,
    "version_number": _V.version,
    "creation_timestamp": _V.created_at,
    "last_updated_timestamp": _V.modified_at,
}
_VERSION_DEFAULT = ["last_updated_timestamp DESC", "name ASC", "version_number DESC"]


def models(
    tx: Read, workspace: str, filter: str, order_by: Sequence[str], *, limit: int, offset: int = 0
) -> Sequence[Row[Any]]:
    """Return rows for `rows.hydrate`."""
    parsed, prompts = _parsed(filter, rules.MODELS)
    of_model = and_(
        model_tables.model_tags.c.workspace_id == _M.workspace_id, model_tables.model_tags.c.name == _M.name
    )
    query = model_store.SELECT.where(_M.workspace_id == workspace)
    if not prompts:
        query = query.where(~_tagged_prompt(model_tables.model_tags, of_model))
    for condition in parsed:
        query = query.where(
            condition_sql(condition, lambda clause: _condition(clause, _MODELS, model_tables.model_tags, of_model))
        )
    query = query.order_by(*_ordering(order_by, rules.MODELS, _MODELS), _M.name)
    return tx.connection.execute(query.limit(limit).offset(offset)).all()


def versions(
    tx: Read, workspace: str, filter: str, order_by: Sequence[str], *, limit: int, offset: int = 0
) -> Sequence[Row[Any]]:
    """Return rows for `versions.hydrate`."""
    parsed, prompts = _parsed(filter, rules.VERSIONS)
    tags = model_tables.model_version_tags
    of_name = and_(tags.c.workspace_id == _V.workspace_id, tags.c.name == _V.name)
    query = model_tables.model_versions.select().where(_V.workspace_id == workspace)
    if not prompts:
        query = query.where(~_tagged_prompt(tags, of_name))
    of_version = and_(of_name, tags.c.version == _V.version)
    for condition in parsed:
        query = query.where(condition_sql(condition, lambda clause: _condition(clause, _VERSIONS, tags, of_version)))
    ordering = _ordering(order_by or _VERSION_DEFAULT, rules.VERSIONS, _VERSIONS)
    query = query.order_by(*ordering, _V.name, _V.version.desc())
    return tx.connection.execute(query.limit(limit).offset(offset)).all()


def _parsed(filter: str, grammar: Grammar) -> tuple[list[Condition], bool]:
    """Return the conditions, and whether they ask for MLflow's prompts, which are otherwise left out.

    A comparison that excludes prompts also matches models without the tag, so it can be dropped. Inside an OR or a NOT
    it is evaluated like any other, and prompts are not left out.
    """
    parsed = parse_filter(filter, grammar)
    about = [c for c in parsed if isinstance(c, Comparison) and _about_prompts(c)]
    if any(_about_prompts(c) for c in comparisons(parsed) if c not in about):
        return parsed, True
    prompts = any((c.operator, str(c.value).lower()) in (("=", "true"), ("!=", "false")) for c in about[:1])
    return parsed if prompts else [c for c in parsed if c not in about], prompts


def _about_prompts(clause: Comparison) -> bool:
    return clause.entity == "tag" and clause.key == IS_PROMPT


def _tagged_prompt(tags: FromClause, joined: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(joined, tags.c.key == IS_PROMPT, tags.c.value == "true")


def _condition(
    clause: Comparison, columns: Mapping[str, ColumnElement[Any]], tags: FromClause, joined: ColumnElement[bool]
) -> ColumnElement[bool]:
    if _about_prompts(clause) and (clause.operator, clause.value) == ("!=", "true"):
        return ~_tagged_prompt(tags, joined)
    if clause.entity == "tag":
        return exists().where(joined, tags.c.key == clause.key, compare(tags.c.value, clause.operator, clause.value))
    if isinstance(clause.value, float):
        raise Invalid(f"Invalid value for numeric attribute '{clause.key}': {clause.value!r}", field="filter")
    return compare(columns[clause.key], clause.operator, clause.value)


def _ordering(
    given: Sequence[str], grammar: Grammar, columns: Mapping[str, ColumnElement[Any]]
) -> list[ColumnElement[Any]]:
    orders = [parse_order(text, grammar) for text in given]
    if len({order.key for order in orders}) < len(orders):
        raise Invalid(f"`order_by` contains duplicate fields: {list(given)}", field="order_by")
    return [columns[order.key].asc() if order.ascending else columns[order.key].desc() for order in orders]
