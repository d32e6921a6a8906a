"""Searches of registered models and their versions, in MLflow's filter and order grammar."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, and_, exists

from handloom.domain import clauses
from handloom.domain.clauses import Clause
from handloom.domain.errors import Invalid
from handloom.domain.models import IS_PROMPT
from handloom.store import models as model_store
from handloom.store import schema as t
from handloom.store.comparing import compare
from handloom.store.database import Read

_M, _V = t.models.c, t.model_versions.c
_MODEL_ORDER = {"name": _M.name, "last_updated_timestamp": _M.modified_at, "timestamp": _M.modified_at}
_VERSION_TEXT = {"name": _V.name, "run_id": _V.run_id, "source_path": _V.source}
_VERSION_LISTS = frozenset({"name", "run_id"})
_VERSION_ORDER = {
    "name": _V.name,
    "version_number": _V.version,
    "creation_timestamp": _V.created_at,
    "last_updated_timestamp": _V.modified_at,
}
_VERSION_DEFAULT = ["last_updated_timestamp DESC", "name ASC", "version_number DESC"]


def models(
    tx: Read, workspace: str, filter: str, order_by: Sequence[str], *, limit: int, offset: int = 0
) -> Sequence[Row[Any]]:
    """Rows for `store.models.whole`."""
    parsed, prompts = _parsed(filter)
    of_model = and_(t.model_tags.c.workspace_id == _M.workspace_id, t.model_tags.c.name == _M.name)
    query = model_store.SELECT.where(_M.workspace_id == workspace)
    if not prompts:
        query = query.where(~_tagged_prompt(t.model_tags, of_model))
    for clause in parsed:
        query = query.where(_model_clause(clause, of_model))
    query = query.order_by(*_ordering(order_by, _MODEL_ORDER), _M.name)
    return tx.connection.execute(query.limit(limit).offset(offset)).all()


def versions(
    tx: Read, workspace: str, filter: str, order_by: Sequence[str], *, limit: int, offset: int = 0
) -> Sequence[Row[Any]]:
    """Rows for `store.model_versions.whole`."""
    parsed, prompts = _parsed(filter)
    c = t.model_version_tags.c
    of_name = and_(c.workspace_id == _V.workspace_id, c.name == _V.name)
    query = t.model_versions.select().where(_V.workspace_id == workspace)
    if not prompts:
        query = query.where(~_tagged_prompt(t.model_version_tags, of_name))
    for clause in parsed:
        query = query.where(_version_clause(clause, and_(of_name, c.version == _V.version)))
    ordering = _ordering(order_by or _VERSION_DEFAULT, _VERSION_ORDER)
    query = query.order_by(*ordering, _V.name, _V.version.desc())
    return tx.connection.execute(query.limit(limit).offset(offset)).all()


def _parsed(filter: str) -> tuple[list[Clause], bool]:
    """The clauses, and whether they ask for MLflow's prompts, which are left out where no one asks for them.

    A clause that excludes prompts also matches models that do not have the tag, so it goes without saying.
    """
    parsed = clauses.parse(filter)
    about = [c for c in parsed if c.entity == "tag" and c.key == IS_PROMPT]
    prompts = any((c.operator, str(c.value).lower()) in (("=", "true"), ("!=", "false")) for c in about[:1])
    return parsed if prompts else [c for c in parsed if c not in about], prompts


def _tagged_prompt(tags: FromClause, joined: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(joined, tags.c.key == IS_PROMPT, tags.c.value == "true")


def _tag_clause(clause: Clause, tags: FromClause, joined: ColumnElement[bool]) -> ColumnElement[bool]:
    clause.allow(*clauses.TEXT_OPERATORS)
    return exists().where(joined, tags.c.key == clause.key, compare(tags.c.value, clause.operator, clause.text()))


def _model_clause(clause: Clause, joined: ColumnElement[bool]) -> ColumnElement[bool]:
    if clause.entity == "tag":
        return _tag_clause(clause, t.model_tags, joined)
    if clause.entity != "attribute" or clause.key != "name":
        raise _bad_key(clause, ["name"])
    return _text_clause(clause, _M.name, lists=True)


def _version_clause(clause: Clause, joined: ColumnElement[bool]) -> ColumnElement[bool]:
    if clause.entity == "tag":
        return _tag_clause(clause, t.model_version_tags, joined)
    if clause.entity == "attribute" and clause.key == "version_number":
        clause.allow(*clauses.NUMBER_OPERATORS)
        number = clause.number()
        if number != int(number) or "." in str(clause.value):
            raise Invalid(f"Invalid value for numeric attribute 'version_number': {clause.value!r}", field="filter")
        return compare(_V.version, clause.operator, int(number))
    if clause.entity != "attribute" or clause.key not in _VERSION_TEXT:
        raise _bad_key(clause, [*_VERSION_TEXT, "version_number"])
    return _text_clause(clause, _VERSION_TEXT[clause.key], lists=clause.key in _VERSION_LISTS)


def _text_clause(clause: Clause, column: ColumnElement[str], *, lists: bool) -> ColumnElement[bool]:
    clause.allow(*clauses.TEXT_OPERATORS, *(clauses.LIST_OPERATORS if lists else ()))
    value = clause.value if clause.operator in clauses.LIST_OPERATORS else clause.text()
    return compare(column, clause.operator, value)


def _bad_key(clause: Clause, valid: list[str]) -> Invalid:
    return Invalid(
        f"Invalid {clause.entity} key '{clause.key}' specified. Valid keys are {', '.join(sorted(valid))}, tags.<key>.",
        field="filter",
    )


def _ordering(given: Sequence[str], valid: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    ordering: list[ColumnElement[Any]] = []
    seen = set()
    for text in given:
        key, ascending = clauses.order(text)
        if key not in valid:
            raise Invalid(
                f"Invalid order by key '{key}' specified. Valid keys are {', '.join(valid)}.", field="order_by"
            )
        column = valid[key]
        if column in seen:
            raise Invalid(f"`order_by` contains duplicate fields: {list(given)}", field="order_by")
        seen.add(column)
        ordering.append(column.asc() if ascending else column.desc())
    return ordering
