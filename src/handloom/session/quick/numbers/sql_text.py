"""Arithmetic in SQL text as Apache Spark does it: overflow fails, and decimals have Apache Spark's digits.

The text is read twice with the same rules: first to mark the operands whose types the engine is asked for, then to
write the expressions that these types need.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from handloom.session.quick import expressions, rewriting
from handloom.session.quick.expressions import UNKNOWN, Node, walk
from handloom.session.quick.functions import require_constant_places
from handloom.session.quick.numbers import arithmetic, texts
from handloom.session.quick.numbers.arithmetic import (
    AVERAGES,
    CHOICES,
    COMPARISONS,
    EXACT_ROUND,
    EXACT_ROUND_OF_COLUMNS,
    OPERATORS,
    REMAINDERS,
    ROUNDS,
    SUMS,
    Operand,
)
from handloom.session.quick.numbers.questions import Kinds, Questions

_ATOMIC = re.compile(r"[\w.`']+\Z|\w+\((?:[^()]|\([^()]*\))*\)\Z")
_STATEMENT = re.compile(r"\(\s*(?:SELECT|WITH|VALUES|FROM|TABLE)\b", re.I)
_BRANCH = re.compile(r"\b(?:THEN|ELSE)\s*\Z", re.I)
_PIVOT = re.compile(r"\bPIVOT\s*\(", re.I)
_INTERESTING = re.compile(
    r"[-+*/%]|\|\||::|\b(?:sum|avg|mean|case|cast|iff?|coalesce|nvl2?|ifnull|greatest|least|mod|pmod|b?round|ceil|ceiling|floor|"
    rf"{'|'.join(name for name in texts.ARGUMENTS if name.isidentifier())})\b",
    re.I,
)


class TextMaker:
    """Makes expressions as SQL text."""

    def cast(self, made: str, kind: str) -> str:
        return f"cast({made} as {kind})"

    def call(self, name: str, *arguments: str) -> str:
        return f"{name}({', '.join(arguments)})"

    def operate(self, name: str, left: str, right: str) -> str:
        return f"{left if name in '+-' else _wrapped(left)} {name} {_wrapped(right)}"

    def text(self, value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def null(self) -> str:
        return "null"


def _wrapped(text: str) -> str:
    return text if _ATOMIC.match(text) else f"({text})"


MAKER = TextMaker()
_TYPED_LITERALS = {"DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP_NTZ": "timestamp_ntz"}
_WHOLE = frozenset({"ceil", "ceiling", "floor"})


def is_interesting(sql: str) -> bool:
    """Whether the text may hold an expression that the rules are about."""
    return bool(_INTERESTING.search(sql))


def marked(sql: str, questions: Questions, place: Hashable = None) -> str:
    """The text with marks at the operands whose types must be known."""
    return _Reading(sql, place, questions, None).text() if is_interesting(sql) else sql


def typed(sql: str, kinds: Kinds, place: Hashable = None, *, is_named: bool = True) -> str:
    """The text with Apache Spark's arithmetic for operands of these types. `is_named` keeps the names of columns."""
    if not is_interesting(sql):
        return sql
    reading = _Reading(sql, place, None, kinds)
    reading.is_named = is_named
    return reading.text()


def operand(sql: str, questions: Questions | None, kinds: Kinds | None, place: Hashable) -> Operand:
    """As `marked` or `typed`, for the text of one expression, with its type where that is known."""
    reading = _Reading(sql, place, questions, kinds)
    nodes = reading.nodes
    if len(nodes) == 1 and sql[: nodes[0].start].strip() == "" and sql[nodes[0].end :].strip() == "":
        return reading.visit(nodes[0])
    return Operand(reading.text(), None)


class _Reading:
    """One reading of a text. With `questions` it marks, with `kinds` it writes."""

    def __init__(self, sql: str, place: Hashable, questions: Questions | None, kinds: Kinds | None) -> None:
        self._sql = sql
        self._place = place
        self._questions = questions
        self._kinds = kinds or {}
        self.is_named = True
        self.nodes = expressions.parse(sql)
        self._unnamed = rewriting.unnamed(sql)
        self._items = {_compact(sql[start:end]) for start, end in self._unnamed}
        self._scopes = _scopes(sql)
        self._orderings = _orderings(sql)
        self._pivots = [_span_of_brackets(sql, match.end() - 1) for match in _PIVOT.finditer(sql)]

    def text(self) -> str:
        parts = [(node, self._named(node, self.visit(node))) for node in self.nodes]
        return expressions.joined(self._sql, (0, len(self._sql)), parts)

    def visit(self, node: Node) -> Operand:  # noqa: PLR0911 - one for each kind
        inside = {id(part): self.visit(part) for part in node.parts}
        children = [inside[id(child)] for child in node.children]

        def joined(new: dict[int, str] | None = None) -> str:
            texts = [(p, (new or {}).get(id(p)) or self._named(p, inside[id(p)])) for p in node.parts]
            return expressions.joined(self._sql, (node.start, node.end), texts)

        if node.kind == "literal":
            text = self._slice(node)
            kind = _TYPED_LITERALS.get(node.name) or arithmetic.kind_of_literal(text, node.value)
            return Operand(text, kind, node.value, ())
        if node.kind == "list" and len(children) == 1 and not _STATEMENT.match(self._sql, node.start):
            return replace(children[0], made=joined())
        if node.kind in ("cast", "try_cast"):
            return self._cast(node, children, joined)
        name = self._operator(node)
        if name:
            return self._calculated(node, name, children, joined)
        if node.kind == "predicate" or (node.kind == "operator" and node.name in COMPARISONS):
            return self._compared(node, children, joined)
        if node.kind in ("call", "other", "operator") and node.name in texts.ARGUMENTS:
            return self._of_texts(node, texts.ARGUMENTS[node.name], children, joined)
        if (branches := self._branches(node)) is not None:
            return self._chosen(node, branches, inside, joined)
        if node.name in SUMS and node.kind in ("call", "other") and len(node.children) == 1:
            return self._summed(node, children[0], joined)
        if node.name in AVERAGES and node.kind in ("call", "other") and len(node.children) == 1:
            return self._averaged(node, children[0], joined)
        if node.kind == "call" and node.name in ROUNDS and children:
            return self._rounded(node, children[0], joined)
        if node.kind == "call" and node.name == "count":
            return Operand(joined(), "bigint")
        if node.kind == "call" and node.name in texts.RESULTS:
            return Operand(joined(), "string")
        leaves = (self._slice(node),) if node.kind == "name" else None
        return Operand(joined(), self._kinds.get(self._key(node)), UNKNOWN, leaves)

    def _slice(self, node: Node) -> str:
        return self._sql[node.start : node.end]

    def _named(self, node: Node, operand: Operand) -> str:
        """The text of an item; one without a name keeps the name it had."""
        text = str(operand.made)
        if not self.is_named or text == self._slice(node) or node.kind in ("literal", "name"):
            return text
        name = rewriting.quoted(rewriting.name_of(self._sql, node))
        if (node.start, node.end) in self._unnamed:
            return f"{text} AS {name}"
        if self._is_ordering(node) and _compact(self._slice(node)) in self._items:
            return name  # the engine does not find an expression with HAVING and a name of its own
        return text

    def _is_ordering(self, node: Node) -> bool:
        return any(start <= node.start < end for start, end in self._orderings)

    def _key(self, node: Node) -> tuple[Any, ...]:
        starts, scopes = self._scopes
        return (self._place, scopes[bisect_right(starts, node.start) - 1], self._slice(node))

    def _operator(self, node: Node) -> str:
        if len(node.children) != 2:
            return ""
        if node.kind == "operator":
            return node.name if node.name in OPERATORS else ""
        return REMAINDERS.get(node.name, "") if node.kind == "call" else ""

    def _branches(self, node: Node) -> list[Node] | None:
        """The parts of an expression of which it gives one."""
        if node.kind == "other" and node.name == "CASE":
            return [child for child in node.children if _BRANCH.search(self._sql[node.start : child.start])]
        if node.kind == "call" and node.name in CHOICES:
            return node.children[1:] if node.name in ("if", "iff", "nvl2") else node.children
        return None

    def _is_computed(self, node: Node) -> bool:
        """Whether the type of an expression follows from those of its parts."""
        if node.kind == "list" and len(node.children) == 1 and not _STATEMENT.match(self._sql, node.start):
            return self._is_computed(node.children[0])
        return bool(node.kind == "literal" or self._operator(node) or self._branches(node) is not None)

    def _asked(self, node: Node, operand: Operand) -> Operand:
        """The operand with a mark, where its type must be asked for."""
        if self._questions is None or operand.kind is not None or self._is_computed(node):
            return operand
        mark = self._questions.mark(self._key(node))
        return Operand(f"if(typeof({self._slice(node)}) = '{mark}', null, {operand.made})", None)

    def _calculated(self, node: Node, name: str, operands: list[Operand], joined: Any) -> Operand:
        if (moved := self._moved(node, name, operands, joined)) is not None:
            return moved
        others = [one for child, one in zip(node.children, operands, strict=True) if _is_no_number(child, one)]
        if not others:
            operands = [self._asked(child, one) for child, one in zip(node.children, operands, strict=True)]
        if self._questions is None and (made := arithmetic.operate(MAKER, name, *operands)) is not None:
            return made
        new = {id(child): one.made for child, one in zip(node.children, operands, strict=True)}
        return Operand(joined(new), arithmetic.kind_of_result(name, *operands))

    def _chosen(self, node: Node, branches: list[Node], inside: dict[int, Operand], joined: Any) -> Operand:
        operands = [_with_text(branch, inside[id(branch)]) for branch in branches]
        if any(one.kind == "string" for one in operands) and all(one.kind in ("string", "void") for one in operands):
            return Operand(joined(), "string")
        if any(child.name == "INTERVAL" for child in branches):
            return Operand(joined(), None)
        operands = [self._asked(branch, one) for branch, one in zip(branches, operands, strict=True)]
        kind = arithmetic.with_texts([one.kind for one in operands])
        if kind in ("bigint", "double"):
            arithmetic.require_number([child.value for child in branches if isinstance(child.value, str)])
        made = arithmetic.chosen(MAKER, operands) if self._questions is None else None
        texts = made[0] if made else [one.made for one in operands]
        return Operand(joined({id(branch): text for branch, text in zip(branches, texts, strict=True)}), kind)

    def _rounded(self, node: Node, operand: Operand, joined: Any) -> Operand:  # noqa: PLR0911 - one for each type
        child, *others = node.children
        kind = self._kinds.get(self._key(node))
        if len(others) == 1:
            require_constant_places(node.name, others[0].value, any(one.kind == "name" for one in walk(others)))
        if _is_no_number(child, operand) or (node.name in _WHOLE and not others):
            return Operand(joined(), kind)
        operand = self._asked(child, operand)
        text = joined({id(child): operand.made})
        if self._questions is not None:
            return Operand(text, kind)
        if operand.kind in arithmetic.AS_DECIMALS and node.name in _WHOLE:
            exact = arithmetic.decimal_of_double(
                MAKER, operand.made, operand.kind, arithmetic.AS_DECIMALS[operand.kind]
            )
            return Operand(joined({id(child): exact}), kind)
        if operand.kind == "float" and node.name == "bround":
            return Operand(MAKER.cast(joined({id(child): MAKER.cast(operand.made, "double")}), "float"), "float")
        if operand.kind == "double" and node.name == "round":
            rule = EXACT_ROUND_OF_COLUMNS if _is_of_columns(child) else EXACT_ROUND
            return Operand(rule + text[len(node.name) :], "double")
        if (shape := arithmetic.digits(operand.kind)) and node.name not in _WHOLE:
            places = others[0].value if others else 0
            rounded = arithmetic.rounded_decimal(shape, places)
            if node.name == "bround":
                text = MAKER.call(arithmetic.HALF_EVEN, operand.made, MAKER.text(str(places)))
            return Operand(MAKER.cast(text, rounded), rounded, is_checked=True)
        return Operand(text, kind)

    def _cast(self, node: Node, operands: list[Operand], joined: Any) -> Operand:
        kind = arithmetic.canonical(node.name)
        if node.kind == "cast" and len(operands) == 1 and arithmetic.digits(kind):
            child = node.children[0]
            asked = operands[0] if _is_no_number(child, operands[0]) else self._asked(child, operands[0])
            if self._questions is None and asked.kind in ("double", "float"):
                made = arithmetic.decimal_of_double(MAKER, asked.made, asked.kind, kind)
                return Operand(made, kind, is_checked=True)
            return Operand(joined({id(child): asked.made}), kind, is_checked=True)
        return Operand(joined(), kind, is_checked=arithmetic.is_checked_cast(kind))

    def _moved(self, node: Node, name: str, operands: list[Operand], joined: Any) -> Operand | None:
        """A date and an interval of hours or less give a timestamp; None for any other operands."""
        intervals = [child.name == "INTERVAL" for child in node.children]
        if name not in "+-" or sum(intervals) != 1:
            return None
        at = intervals.index(False)
        child = node.children[at]
        if not arithmetic.has_time(self._slice(node.children[1 - at])):
            return Operand(joined(), None)
        moved = self._asked(child, operands[at])
        if self._questions is None and moved.kind == "date":
            moved = Operand(MAKER.cast(moved.made, "timestamp"), "timestamp")
        kind = moved.kind if moved.kind in ("date", "timestamp", "timestamp_ntz") else None
        return Operand(joined({id(child): moved.made}), kind)

    def _compared(self, node: Node, operands: list[Operand], joined: Any) -> Operand:
        """A comparison, and LIKE. The engine would leave a cast out that stands in a comparison."""
        if node.kind == "predicate" and node.name.split()[-1] == "NULL":
            return Operand(joined(), "boolean")
        if any(word in texts.PREDICATES for word in node.name.split()):
            return replace(self._of_texts(node, range(1), operands, joined), kind="boolean")
        pairs = zip(node.children, operands, strict=True)
        new = {id(child): arithmetic.checked(MAKER, one) for child, one in pairs if one.is_checked}
        return Operand(joined(new if self._questions is None else {}), "boolean")

    def _of_texts(self, node: Node, places: range, operands: list[Operand], joined: Any) -> Operand:
        """A function of texts, with doubles and timestamps as Apache Spark writes them."""
        new = {}
        if node.kind == "other" and node.name.endswith("trim"):
            places = range(len(operands) - 1, len(operands))  # trim(BOTH 'x' FROM text)
        for place, (child, one) in enumerate(zip(node.children, operands, strict=True)):
            if place not in places or isinstance(child.value, str) or child.name == "INTERVAL":
                continue
            if self._questions is not None and node.name not in texts.ALSO_ARRAYS:
                one = replace(one, made=MAKER.cast(one.made, "string"))  # noqa: PLW2901 - the engine takes nothing else
            asked = self._asked(child, one)
            if self._questions is None and texts.needs_cast(asked.kind):
                asked = Operand(MAKER.cast(str(asked.made), "string"), "string")
            new[id(child)] = asked.made
        is_text = node.name in texts.RESULTS or (
            node.name in texts.JOINS and any(isinstance(child.value, str) for child in node.children)
        )
        return Operand(joined(new), "string" if is_text else self._kinds.get(self._key(node)))

    def _averaged(self, node: Node, operand: Operand, joined: Any) -> Operand:
        (child,) = node.children
        if any(start < node.start < end for start, end in self._pivots):
            return Operand(joined(), None)
        operand = self._asked(child, operand)
        text = joined({id(child): operand.made})
        if self._questions is not None or not arithmetic.digits(operand.kind):
            return Operand(text, self._kinds.get(self._key(node)))
        rest, kind = text[len(node.name) :], str(operand.kind)
        made = arithmetic.average(MAKER, kind, f"sum{rest}", f"count{rest}")
        return Operand(made, arithmetic.kind_of_average(kind), is_checked=True)

    def _summed(self, node: Node, operand: Operand, joined: Any) -> Operand:
        (child,) = node.children
        if any(start < node.start < end for start, end in self._pivots):
            return Operand(joined(), None)
        operand = self._asked(child, operand)
        exact = arithmetic.exact_sum(MAKER, operand) if self._questions is None else None
        if exact is not None:
            return Operand(MAKER.cast(joined({id(child): exact}), "bigint"), "bigint", is_checked=True)
        return Operand(joined({id(child): operand.made}), arithmetic.kind_of_sum(operand.kind))


def _is_of_columns(node: Node) -> bool:
    """Whether an expression consists of columns, constants and operators."""
    return node.kind in ("name", "literal", "operator", "list") and all(map(_is_of_columns, node.children))


def _with_text(node: Node, operand: Operand) -> Operand:
    """The operand with the type of a literal text, which is known."""
    return replace(operand, kind="string") if node.kind == "literal" and isinstance(node.value, str) else operand


def _is_no_number(node: Node, operand: Operand) -> bool:
    """Whether an operand is known to be no number, so that nothing must be asked."""
    if node.kind == "literal" and operand.kind is None:
        return True
    return operand.kind not in (None, "void") and not arithmetic.is_number(operand.kind)


def _scopes(sql: str) -> tuple[list[int], list[int]]:
    """Where the scopes of names begin, and their numbers: each SELECT has one, which brackets inside it share."""
    starts, numbers, stack = [0], [0], [0]
    latest = 0
    for token in expressions.tokens(sql):
        if token.text == "(":
            stack.append(stack[-1])
        elif token.text == ")" and len(stack) > 1:
            stack.pop()
        elif token.upper == "SELECT" and token.kind == "word":
            latest += 1
            stack[-1] = latest
        if numbers[-1] != stack[-1]:
            starts.append(token.start)
            numbers.append(stack[-1])
    return starts, numbers


def _compact(sql: str) -> str:
    return " ".join(token.text for token in expressions.tokens(sql))


def _orderings(sql: str) -> list[tuple[int, int]]:
    """Where the items of ORDER BY stand that belong to a query and not to a window."""
    found: list[tuple[int, int]] = []
    stack: list[tuple[bool, int]] = [(False, 0)]  # whether a query stands at this depth; where its ORDER BY begins
    for token in expressions.tokens(sql):
        is_query, start = stack[-1]
        word = token.upper if token.kind == "word" else token.text
        if start and (word in (")", ";") or word in ("LIMIT", "OFFSET")):
            found.append((start, token.start))
            stack[-1] = (is_query, 0)
        if word == "(":
            stack.append((False, 0))
        elif word == ")" and len(stack) > 1:
            stack.pop()
        elif word == "SELECT":
            stack[-1] = (True, 0)
        elif word == "ORDER" and is_query:
            stack[-1] = (True, token.end)
    return found + [(start, len(sql)) for _, start in stack[:1] if start]


def _span_of_brackets(sql: str, start: int) -> tuple[int, int]:
    depth = 0
    for token in expressions.tokens(sql[start:]):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            return start, start + token.end
    return start, len(sql)
