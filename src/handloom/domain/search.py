"""Parse filters and order_by clauses in MLflow's search grammar, with extensions, into plain data (no SQL).

A filter is `identifier operator value [AND ...]`; an identifier is `metrics.m`, ``tags.`a b` ``, `status`; a value is
'text', "text", a number, or ('a', 'b') after IN. Extensions of MLflow's grammar are OR, NOT, parentheses,
`max(metrics.m)` and `min(metrics.m)`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.grammar import LIST, NULL, NUMBER, REGEX, TEXT, Entity, Grammar
from handloom.domain.run_fields import FILTERED, ORDERED, names

Value = str | int | float | tuple[str, ...] | None
Best = Literal["", "min", "max"]
"""Which value of a metric to compare: "" for the latest, the minimum or the maximum."""

VIEWS: dict[str, tuple[str, ...]] = {
    "ACTIVE_ONLY": ("active",),
    "DELETED_ONLY": ("deleted",),
    "ALL": ("active", "deleted"),
    "1": ("active",),
    "2": ("deleted",),
    "3": ("active", "deleted"),
}
"""Lifecycle stages of MLflow's ViewType, by name and by number."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison. `operator` is in upper case; `value` is None for IS [NOT] NULL."""

    entity: Entity
    key: str
    operator: str
    value: Value
    best: Best = ""


class And(msgspec.Struct, frozen=True):
    parts: tuple["Condition", ...]


class Or(msgspec.Struct, frozen=True):
    parts: tuple["Condition", ...]


class Not(msgspec.Struct, frozen=True):
    """Negation. It matches whatever `part` does not match, including things that lack its key."""

    part: "Condition"


Condition = Comparison | And | Or | Not


class Order(msgspec.Struct, frozen=True, kw_only=True):
    entity: Entity
    key: str
    ascending: bool
    best: Best = ""


EXPERIMENT_ATTRIBUTES = ("name", "experiment_id", "creation_time", "last_update_time")


def _run_operators(entity: Entity, key: str) -> tuple[str, ...]:
    match entity:
        case "metric":
            return NUMBER
        case "dataset":
            return TEXT + LIST
        case "attribute":
            return FILTERED[key].operators
    return TEXT + REGEX + NULL


def _experiment_operators(entity: Entity, key: str) -> tuple[str, ...]:
    if entity == "tag":
        return TEXT + NULL
    if key == "experiment_id":
        return ("=", "!=", *LIST)
    return TEXT if key == "name" else NUMBER


RUNS = Grammar(
    entities={
        **dict.fromkeys(("metric", "metrics"), "metric"),
        **dict.fromkeys(("param", "params", "parameter", "parameters"), "param"),
        **dict.fromkeys(("tag", "tags"), "tag"),
        **dict.fromkeys(("attribute", "attributes", "attr", "run"), "attribute"),
        **dict.fromkeys(("dataset", "datasets"), "dataset"),
    },
    operators=_run_operators,
    attributes=names(FILTERED),
    orders=names(ORDERED),
    ordered=("metric", "param", "tag", "attribute"),
    numbers=frozenset(name for name, field in FILTERED.items() if field.kind == "number"),
    any_case=True,
    bests=True,
)

EXPERIMENTS = Grammar(
    entities={**dict.fromkeys(("attribute", "attributes"), "attribute"), **dict.fromkeys(("tag", "tags"), "tag")},
    operators=_experiment_operators,
    attributes={name: name for name in EXPERIMENT_ATTRIBUTES},
    orders={name: name for name in EXPERIMENT_ATTRIBUTES},
    ordered=("attribute",),
    numbers=frozenset({"creation_time", "last_update_time"}),
    any_case=True,
)

_TOKENS = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<name>(?:span\.attributes\.|[^\W\d]\w*\.)?(?:`[^`]*`|"[^"]*"|[^\W\d][\w.\-/:]*)|[^\W\d]\w*\.[\w.\-/:]+)
      | (?P<operator>!=|>=|<=|=|<|>)
      | (?P<mark>[(),])""",
    re.VERBOSE,
)
_INTEGER = re.compile(r"[+-]?\d+").fullmatch


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    at: int

    def word(self) -> str:
        """The text in upper case if it can be a keyword, else ""."""
        return self.text.upper() if self.kind == "name" else ""


MAX_COMPARISONS, MAX_LIST, MAX_DEPTH = 900, 10_000, 12
"""Limits of one filter, well below the size and depth of expressions that databases refuse."""


def parse_filter(text: str, grammar: Grammar) -> list[Condition]:
    """Parse a filter into conditions that must all be true. Raises Invalid with the position of a syntax error."""
    return _Parser(text, grammar).filter()


def comparisons(conditions: Iterable[Condition]) -> Iterator[Comparison]:
    """Yield every comparison in the conditions at any depth, from left to right."""
    for condition in conditions:
        if isinstance(condition, Comparison):
            yield condition
        else:
            yield from comparisons((condition.part,) if isinstance(condition, Not) else condition.parts)


def parse_order(text: str, grammar: Grammar) -> Order:
    """Parse an order_by clause such as "metrics.m DESC". Raises Invalid."""
    words = text.strip().split()
    ascending = True
    if len(words) > 1 and words[-1].upper() in ("ASC", "DESC"):
        ascending = words[-1].upper() == "ASC"
        text = text.strip()[: -len(words[-1])]
    tokens = _tokens(text.strip(), "order_by clause")
    best = _best(tokens, grammar)
    if best:
        tokens = [tokens[2]]
    if len(tokens) == 2 and tokens[0].kind == "name":
        raise _order(f"Invalid ordering key in order_by clause '{text.strip()}'.", text)
    if len(tokens) != 1 or tokens[0].kind not in ("name", "text"):
        raise _order(f"Invalid order_by clause '{text.strip()}'. Could not be parsed.", text)
    entity, key = _identifier(tokens[0], grammar, grammar.orders, "order_by")
    if entity not in grammar.ordered:
        raise _order(f"Invalid order_by clause '{text.strip()}': cannot order by {entity}s.", text)
    _check_best(best, entity, key, "order_by")
    return Order(entity=entity, key=key, ascending=ascending, best=best)


def _order(message: str, text: str) -> Invalid:
    return Invalid(message, field="order_by").because("order", order=text.strip())


def _best(tokens: "list[_Token]", grammar: Grammar) -> Best:
    """Consume `max(` or `min(` and its parenthesis around an identifier; "" if there is none."""
    marks = [token.text for token in tokens[1:4:2]]
    if not grammar.bests or len(tokens) < 4 or marks != ["(", ")"] or tokens[2].kind not in ("name", "text"):
        return ""
    return _BESTS.get(tokens[0].word(), "")


_BESTS: dict[str, Best] = {"MIN": "min", "MAX": "max"}


def _check_best(best: Best, entity: Entity, key: str, field: str) -> None:
    if best and entity != "metric":
        text = f"{best}() takes a metric, as in {best}(metrics.rmse), not the {entity} '{key}'."
        raise Invalid(text, field=field).because("filter_best", best=best, key=key)


def _tokens(text: str, what: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            unclosed = text[at] in "'\"`"
            why = "the quote is never closed" if unclosed else f"unexpected {text[at : at + 20]!r}"
            refused = Invalid(f"Invalid {what} {text!r}: {why} at character {at + 1}.", field="filter")
            if unclosed:
                raise refused.because("filter_quote", at=at + 1)
            raise refused.because("filter_at", at=at + 1, text=text[at : at + 20])
        if match.lastgroup != "space":
            found.append(_Token(match.lastgroup or "", match[0], at))
        at = match.end()
    return found


def _identifier(token: _Token, grammar: Grammar, attributes: dict[str, str], field: str) -> tuple[Entity, str]:
    prefix, dot, key = token.text.partition(".")
    if not dot or prefix[0] in "`\"'":
        prefix, key = "attribute", token.text
    entity = grammar.entities.get(prefix)
    if entity is None:
        names = ", ".join(sorted(set(grammar.entities)))
        raise Invalid(f"Invalid entity type '{prefix}'. Valid entity types are {names}", field=field).because(
            "filter_entity", entity=prefix, known=names, at=token.at + 1
        )
    if len(key) >= 2 and key[0] in "`\"'" and key[-1] == key[0]:
        key = key[1:-1]
    if entity == "attribute":
        if key not in attributes:
            known = ", ".join(sorted(attributes))
            raise Invalid(
                f"Invalid attribute key '{key}' specified at character {token.at + 1}. Valid keys are {known}. "
                "A metric, param or tag needs its kind before it, as in metrics.rmse.",
                field=field,
            ).because("filter_attribute", key=key, known=known, at=token.at + 1)
        key = attributes[key]
    if entity == "dataset" and key not in ("name", "digest", "context"):
        text = f"Invalid dataset key '{key}' specified. Valid keys are name, digest, context"
        raise Invalid(text, field=field).because("filter_dataset", key=key)
    return entity, key


class _Parser:
    """Recursive descent parser of one filter."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text = text
        self.grammar = grammar
        self.tokens = _tokens(text, "filter")
        self.next = 0
        self.count = 0

    def filter(self) -> list[Condition]:
        if not self.tokens:
            return []
        found = self._either(0)
        if (token := self._peek()) is not None:
            raise self._refuse(token, "only AND or OR may join comparisons")
        return list(found.parts) if isinstance(found, And) else [found]

    def _either(self, depth: int) -> Condition:
        parts = [self._all(depth)]
        while self._keyword("OR"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, depth: int) -> Condition:
        parts: list[Condition] = []
        while True:
            part = self._one(depth)
            parts += part.parts if isinstance(part, And) else [part]
            if not self._keyword("AND") or (self._peek() is None and not depth):  # MLflow accepts a trailing AND
                return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise self._bad(f"A filter can be nested at most {MAX_DEPTH} levels deep", self._peek()).because(
                "filter_deep", most=MAX_DEPTH
            )
        if self._keyword("NOT"):
            part = self._one(depth + 1)
            return part.part if isinstance(part, Not) else Not(part)
        token = self._peek()
        if token is not None and token.text == "(":
            self.next += 1
            part = self._either(depth + 1)
            if (closing := self._must("a closing parenthesis")).text != ")":
                raise self._refuse(closing, "only AND or OR may join comparisons, or a parenthesis close them")
            return part
        if token is not None and token.kind not in ("name", "text"):
            raise self._refuse(token, "a comparison such as metrics.rmse < 1 was expected")
        self.count += 1
        if self.count > MAX_COMPARISONS:
            raise self._bad(f"A filter can have at most {MAX_COMPARISONS} comparisons", token).because(
                "filter_long", most=MAX_COMPARISONS
            )
        return self._comparison()

    def _comparison(self) -> Comparison:
        best = _best(self.tokens[self.next : self.next + 4], self.grammar)
        self.next += 2 if best else 0
        subject = self._must("an identifier")
        self.next += 1 if best else 0
        entity, key = _identifier(subject, self.grammar, self.grammar.attributes, "filter")
        _check_best(best, entity, key, "filter")
        operator = self._operator()
        allowed = self.grammar.operators(entity, key)
        if operator not in allowed:
            raise self._bad(
                f"Invalid comparator '{operator}' for {entity} '{key}': it must be one of {', '.join(allowed)}"
                + (" (in upper case)" if operator.upper() in allowed else "")
            ).because("filter_operator", operator=operator, key=key, known=", ".join(allowed))
        if operator in NULL:
            return Comparison(entity=entity, key=key, operator=operator, value=None)
        value = self._list() if operator in LIST else self._value(entity, key)
        return Comparison(entity=entity, key=key, operator=operator, value=value, best=best)

    def _operator(self) -> str:
        token = self._must("an operator")
        if token.kind == "operator":
            return token.text
        match token.word():
            case "IS":
                negated = self._keyword("NOT")
                if not self._keyword("NULL"):
                    raise self._refuse(self._peek(), "NULL was expected")
                return "IS NOT NULL" if negated else "IS NULL"
            case "NOT":
                if not self._keyword("IN"):
                    raise self._refuse(self._peek(), "IN was expected")
                return "NOT IN"
            case "IN":
                return "IN"
            case "LIKE" | "ILIKE" | "RLIKE":
                return token.word() if self.grammar.any_case or self.grammar.relaxed else token.text
        raise self._refuse(token, "an operator was expected")

    def _value(self, entity: Entity, key: str) -> Value:
        token = self._must("a value")
        if entity in ("feedback", "expectation") and token.kind == "number":
            return float(token.text)
        if entity == "metric" or (entity == "attribute" and key in self.grammar.numbers):
            what = "metric" if entity == "metric" else f"numeric attribute: {key}"
            if self.grammar.relaxed and entity == "attribute" and _INTEGER(token.text[1:-1]) and token.kind == "text":
                return int(token.text[1:-1])
            if token.kind != "number":
                raise self._bad(f"Expected numeric value type for {what}. Found {token.text}", token).because(
                    "filter_number", key=key, text=token.text, at=token.at + 1
                )
            if entity == "metric" or _INTEGER(token.text) is None:
                return float(token.text)
            number = int(token.text)
            return number if -(1 << 63) <= number < 1 << 63 else float(number)
        if token.kind != "text":
            what = "attributes" if entity == "attribute" else entity
            raise self._bad(
                f"Expected a quoted string value for {what} (e.g. 'my-value'). Got value {token.text}", token
            ).because("filter_text", key=key, text=token.text, at=token.at + 1)
        return token.text[1:-1]

    def _list(self) -> tuple[str, ...]:
        what = "While parsing a list in the query, expected a non-empty list of string values"
        items: list[str] = []
        if self._must("a list").text != "(":
            raise self._bad(f"{what} such as ('a', 'b')", self.tokens[self.next - 1])
        while True:
            token = self._must("a list of quoted strings")
            if token.text == ")" and items:
                return tuple(items)
            if token.kind != "text":
                raise self._bad(f"{what}, but got ill-formed list", token)
            items.append(token.text[1:-1])
            if len(items) > MAX_LIST:
                raise self._bad(f"A list can have at most {MAX_LIST:,} values", token)
            after = self._must("a comma or a parenthesis")
            if after.text == ")":
                return tuple(items)
            if after.text != ",":
                raise self._bad(f"{what}, but got ill-formed list", after)

    def _peek(self) -> _Token | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def _take(self) -> _Token | None:
        token = self._peek()
        self.next += 1
        return token

    def _must(self, what: str) -> _Token:
        token = self._take()
        if token is None:
            raise self._bad(f"Invalid clause(s) in filter string: {self.text.strip()!r} ends where {what} was expected")
        return token

    def _keyword(self, word: str) -> bool:
        token = self._peek()
        if token is None or token.word() != word:
            return False
        self.next += 1
        return True

    def _refuse(self, token: _Token | None, why: str) -> Invalid:
        text = repr(self.text[token.at :]) if token else "its end"
        return self._bad(f"Invalid clause(s) in filter string: {text}: {why}", token)

    def _bad(self, message: str, token: _Token | None = None) -> Invalid:
        place = f" (at character {token.at + 1})" if token else ""
        refused = Invalid(f"{message}{place}.", field="filter")
        if token is None:
            return refused.because("filter_end")
        return refused.because("filter_at", at=token.at + 1, text=token.text)
