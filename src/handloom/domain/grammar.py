"""What a search may ask for: the operators there are, and a Grammar for each thing that is searched."""

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
    """What may be searched: the entities by every name they have, and the attributes with their operators."""

    entities: dict[str, Entity]
    operators: Callable[[Entity, str], tuple[str, ...]]
    attributes: dict[str, str]
    """Attributes of filters, by every name they have."""
    orders: dict[str, str]
    """Attributes that may be ordered by."""
    ordered: tuple[Entity, ...]
    numbers: frozenset[str]
    """Attributes that are numbers."""
    any_case: bool = False
    """Whether LIKE may be in lower case."""
    relaxed: bool = False
    """Whether LIKE may be in lower case and an attribute's number in quotes, as MLflow's registry has it."""
    bests: bool = False
    """Whether `max(metrics.m)` and `min(metrics.m)` are known."""
