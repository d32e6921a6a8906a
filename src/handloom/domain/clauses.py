"""Filters of registry and logged-model searches: comparisons `identifier operator value` joined by AND."""

import re
from typing import Literal

import msgspec

from handloom.domain.errors import Invalid

Entity = Literal["attribute", "tag", "param", "metric"]
TEXT_OPERATORS = ("=", "!=", "LIKE", "ILIKE")
LIST_OPERATORS = ("IN", "NOT IN")
NUMBER_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")

_ENTITIES: dict[str, Entity] = {
    "attribute": "attribute",
    "attributes": "attribute",
    "tag": "tag",
    "tags": "tag",
    "params": "param",
    "metrics": "metric",
}
_CLAUSE = re.compile(
    r"""\s*(?P<key>(?:[A-Za-z]+\.)?(?:`[^`]*`|"[^"]*"|[^\s=!<>`"'(),]+))
        \s*(?P<operator>!=|>=|<=|=|>|<|(?:NOT\s+IN|IN|ILIKE|LIKE)\b)
        \s*(?P<value>'[^']*'|"[^"]*"|\((?:[^()'"]|'[^']*'|"[^"]*")*\)|[^\s'"(),;]+)\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_AND = re.compile(r"AND\b", re.IGNORECASE)
_ITEM = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)")\s*(?:,|$)""")


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison. `quoted` says whether a text `value` stood in quotes; a list's items always do."""

    entity: Entity
    key: str
    operator: str
    value: str | tuple[str, ...]
    quoted: bool

    def text(self) -> str:
        """The value as a quoted text; raise Invalid for anything else."""
        if not isinstance(self.value, str) or not self.quoted:
            raise Invalid(
                f"Expected a quoted string value for {self.key} (e.g. 'my-value'). Got value {self.value}",
                field="filter",
            )
        return self.value

    def number(self) -> float:
        """The value as a number, quoted or not."""
        try:
            return float(self.value if isinstance(self.value, str) else "")
        except ValueError:
            raise Invalid(f"Invalid value for numeric attribute '{self.key}': {self.value!r}", field="filter") from None

    def allow(self, *operators: str) -> None:
        """Raise Invalid unless the operator is one of these."""
        if self.operator not in operators:
            raise Invalid(
                f"Invalid comparator for {self.entity} {self.key}: {self.operator}. It must be one of "
                f"{', '.join(operators)}.",
                field="filter",
            )


def parse(text: str) -> list[Clause]:
    """The comparisons of a filter; raise Invalid for OR, NOT, parentheses around them, or anything that is none."""
    clauses: list[Clause] = []
    at = 0
    while text[at:].strip():
        found = _CLAUSE.match(text, at)
        if found is None:
            raise Invalid(f"Invalid clause(s) in filter string: {text[at:].strip()}", field="filter")
        clauses.append(_clause(found["key"], found["operator"], found["value"]))
        at = found.end()
        joined = _AND.match(text, at)
        if joined is None and text[at:].strip():
            raise Invalid(
                f"Invalid clause(s) in filter string: {text[at:].strip()}. Join comparisons with AND.", field="filter"
            )
        at = joined.end() if joined else at
    return clauses


def _clause(key: str, operator: str, value: str) -> Clause:
    entity: Entity = "attribute"
    if not key.startswith(("`", '"')) and "." in key:
        prefix, key = key.split(".", 1)
        if prefix not in _ENTITIES:
            raise Invalid(
                f"Invalid entity type '{prefix}'. Valid entity types are {', '.join(_ENTITIES)}", field="filter"
            )
        entity = _ENTITIES[prefix]
    operator = " ".join(operator.upper().split())
    is_list = value.startswith("(")
    if is_list != (operator in LIST_OPERATORS):
        raise Invalid(f"Invalid value {value} for the comparator {operator}.", field="filter")
    return Clause(
        entity=entity,
        key=key.strip('`"'),
        operator=operator,
        value=_items(value) if is_list else value.strip("'\"") if value[0] in "'\"" else value,
        quoted=is_list or value[0] in "'\"",
    )


def _items(text: str) -> tuple[str, ...]:
    inside = text[1:-1].strip()
    items: list[str] = []
    at = 0
    while at < len(inside):
        found = _ITEM.match(inside, at)
        if found is None:
            raise Invalid(f"Expected a list of quoted strings, such as ('a', 'b'). Got {text}", field="filter")
        items.append(found[1] if found[1] is not None else found[2])
        at = found.end()
    if not items:
        raise Invalid("While parsing a list in the query, expected a non-empty list of strings.", field="filter")
    return tuple(items)


def order(text: str) -> tuple[str, bool]:
    """The key and whether it ascends, of one `order_by` text such as "name DESC"."""
    words = text.split()
    ascending = True
    if words and words[-1].upper() in ("ASC", "DESC"):
        ascending = words.pop().upper() == "ASC"
    key = " ".join(words).strip('`"')
    if not key:
        raise Invalid(f"Invalid order_by clause '{text}'.", field="order_by")
    for prefix in ("attribute.", "attributes.", "attr."):
        key = key.removeprefix(prefix)
    return key.strip('`"'), ascending
