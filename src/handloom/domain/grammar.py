"""`Grammar`: which entities, attributes and operators a search of runs, models, traces, ... accepts."""

from collections.abc import Callable
from typing import Literal

import msgspec

Entity = Literal["metric", "param", "tag", "attribute", "dataset", "metadata", "span", "feedback", "expectation"]

NUMBER = ("=", "!=", "<", "<=", ">", ">=")
TEXT = ("=", "!=", "LIKE", "ILIKE")
REGEX = ("RLIKE",)
LIST = ("IN", "NOT IN")
NULL = ("IS NULL", "IS NOT NULL")


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """The grammar of one search. `entities` maps each prefix, aliases included, to its entity."""

    entities: dict[str, Entity]
    operators: Callable[[Entity, str], tuple[str, ...]]
    attributes: dict[str, str]
    """Attributes that filters accept, by name and alias."""
    orders: dict[str, str]
    """Attributes that order_by accepts, by name and alias."""
    ordered: tuple[Entity, ...]
    numbers: frozenset[str]
    """Attributes with numeric values."""
    any_case: bool = False
    """Whether operators such as LIKE may be in lower case."""
    relaxed: bool = False
    """Whether LIKE may be in lower case and a numeric attribute's value in quotes, as in MLflow's registry."""
    bests: bool = False
    """Whether `max(metrics.m)` and `min(metrics.m)` are accepted."""
