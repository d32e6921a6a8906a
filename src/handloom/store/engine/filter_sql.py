"""SQL conditions from parsed filters, the same on both databases."""

import operator
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_

from handloom.domain.search import And, Comparison, Condition, Not
from handloom.store.engine.like import ilike, like, rlike

_SIMPLE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(column: ColumnElement[Any], comparator: str, value: Any) -> ColumnElement[bool]:
    """Return the condition `column comparator value`. LIKE is case-sensitive, ILIKE is not; RLIKE takes a regular
    expression.
    """
    match comparator:
        case "LIKE":
            return like(column, value)
        case "ILIKE":
            return ilike(column, value)
        case "RLIKE":
            return rlike(column, value)
        case "IN":
            return column.in_(list(value))
        case "NOT IN":
            return column.not_in(list(value))
    result: ColumnElement[bool] = _SIMPLE[comparator](column, value)
    return result


def condition_sql(condition: Condition, one: Callable[[Comparison], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the SQL of a condition; `one` translates each comparison. A negated comparison is true or false, never
    NULL.
    """
    if isinstance(condition, Comparison):
        return one(condition)
    if isinstance(condition, Not):
        return not_(func.coalesce(condition_sql(condition.part, one), false()))
    joint = and_ if isinstance(condition, And) else or_
    return joint(*(condition_sql(part, one) for part in condition.parts))
