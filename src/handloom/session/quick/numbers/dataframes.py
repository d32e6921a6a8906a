"""Arithmetic in the plans of DataFrames as Apache Spark does it, by the rules of `sql_text`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from handloom.session.quick import build, rewriting
from handloom.session.quick.expressions import UNKNOWN
from handloom.session.quick.numbers import arithmetic, sql_text
from handloom.session.quick.numbers.arithmetic import (
    CHOICES,
    EXACT_ROUND,
    EXACT_ROUND_OF_COLUMNS,
    OPERATORS,
    REMAINDERS,
    ROUNDS,
    SUMS,
    Operand,
)
from handloom.session.quick.numbers.questions import Kinds, Questions

_COUNTED = frozenset({*OPERATORS, *REMAINDERS, *CHOICES, *SUMS, *ROUNDS, "when"})
_LITERALS = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint", "float": "float",
             "double": "double", "null": "void"}  # fmt: skip


class PlanMaker:
    """Makes expressions of plans."""

    def cast(self, made: Any, kind: str) -> Any:
        return build.cast(made, kind)

    def call(self, name: str, *arguments: Any) -> Any:
        return build.call(name, *arguments)

    def operate(self, name: str, left: Any, right: Any) -> Any:
        return build.call(name, left, right)

    def text(self, value: str) -> Any:
        return build.literal(value)

    def null(self) -> Any:
        return build.literal(None)


MAKER = PlanMaker()


def set_operations(message: Any) -> list[Any]:
    """The unions, intersections and differences in a plan, apart from those below another one."""
    if message.DESCRIPTOR.full_name == "spark.connect.Relation" and message.WhichOneof("rel_type") == "set_op":
        return [message]
    return [found for child in build.children(message) for found in set_operations(child)]


def asking(relation: Any) -> Any | None:
    """The smallest relation that holds all arithmetic of a relation, without what stands below a union."""
    below = [one for one in _relations(relation) if asking(one) is not None]
    if _counts(relation) or len(below) > 1 or (below and relation.HasField("with_relations")):
        return relation
    return asking(below[0]) if below else None


def outermost(message: Any) -> list[Any]:
    """The relations of a plan that no other relation holds."""
    if message.DESCRIPTOR.full_name == "spark.connect.Relation":
        return [message]
    return _relations(message)


def _relations(message: Any) -> list[Any]:
    """The nearest relations inside a message, apart from those of a union."""
    found = []
    for child in build.children(message):
        if child.DESCRIPTOR.full_name == "spark.connect.Relation":
            found.append(child)
        elif not _is_set_operation(child):
            found += _relations(child)
    return found


def _counts(message: Any) -> bool:
    """Whether a relation itself, without those below it, has arithmetic."""
    nearer = (one for one in build.children(message) if one.DESCRIPTOR.full_name != "spark.connect.Relation")
    return any(_is_counted(one) or (not _is_set_operation(one) and _counts(one)) for one in nearer)


def _is_counted(message: Any) -> bool:
    name = message.DESCRIPTOR.full_name
    if name == "spark.connect.Expression.UnresolvedFunction":
        return message.function_name.lower() in _COUNTED
    return bool(name == "spark.connect.Expression.ExpressionString" and sql_text.is_interesting(message.expression))


def _is_set_operation(message: Any) -> bool:
    return bool(message.DESCRIPTOR.full_name == "spark.connect.SetOperation")


def mark(message: Any, questions: Questions) -> None:
    """Put marks at the operands whose types must be known."""
    _Reading(questions, None).walk(message)


def rewrite(message: Any, kinds: Kinds) -> None:
    """Write Apache Spark's arithmetic for operands of these types."""
    _Reading(None, kinds).walk(message)


class _Reading:
    """One reading of a plan, which is changed in place. With `questions` it marks, with `kinds` it writes."""

    def __init__(self, questions: Questions | None, kinds: Kinds | None) -> None:
        self._questions = questions
        self._kinds = kinds or {}
        self._relations = 0
        self._relation = 0

    def walk(self, message: Any) -> None:
        name = message.DESCRIPTOR.full_name
        if _is_set_operation(message):
            return
        if name == "spark.connect.Expression":
            message.CopyFrom(self.visit(message).made)
            return
        before = self._relation
        if name == "spark.connect.Relation":
            self._relations += 1
            self._relation = self._relations
        with rewriting.keeping_names(message):
            for child in build.children(message):
                self.walk(child)
        self._relation = before

    def visit(self, expression: Any) -> Operand:  # noqa: PLR0911 - one for each kind
        kind = expression.WhichOneof("expr_type")
        if kind == "literal":
            return Operand(expression, *_literal(expression.literal), ())
        if kind == "expression_string":
            return self._text(expression)
        if kind == "unresolved_attribute":
            return Operand(expression, self._kinds.get(self._key(expression)), UNKNOWN, (_copy(expression),))
        key = self._key(expression)
        if kind == "alias":
            inner = self.visit(expression.alias.expr)
            expression.alias.expr.CopyFrom(inner.made)
            return Operand(expression, inner.kind)
        if kind == "cast":
            self._inside(expression.cast)
            return Operand(expression, _cast_kind(expression.cast))
        if kind == "window":
            return self._window(expression)
        if kind == "unresolved_function":
            call = expression.unresolved_function
            if call.function_name.lower() in ROUNDS:
                return self._rounded(expression, key)
            if call.function_name.lower() in _COUNTED:
                return self._call(expression, call.function_name.lower())
            self._inside(call)
            found = "bigint" if call.function_name.lower() == "count" else self._kinds.get(key)
            return Operand(expression, found)
        self._inside(expression)
        return Operand(expression, self._kinds.get(key))

    def _inside(self, message: Any) -> None:
        for child in build.children(message):
            self.walk(child)

    def _key(self, expression: Any) -> tuple[Any, ...]:
        return (self._relation, expression.SerializeToString(deterministic=True))

    def _text(self, expression: Any) -> Operand:
        text = expression.expression_string.expression
        key = self._key(expression)
        made = sql_text.operand(text, self._questions, self._kinds, self._relation)
        expression.expression_string.expression = made.made
        return Operand(expression, made.kind or self._kinds.get(key))

    def _asked(self, original: Any, operand: Operand) -> Operand:
        """The operand with a mark, where its type must be asked for."""
        if self._questions is None or operand.kind is not None or _is_computed(original):
            return operand
        mark = build.literal(self._questions.mark(self._key(original)))
        is_kind = build.call("==", build.call("typeof", original), mark)
        return Operand(build.call("if", is_kind, build.literal(None), operand.made), None)

    def _operands(self, call: Any) -> tuple[list[Any], list[Operand]]:
        originals = [_copy(one) for one in call.arguments]
        return originals, [self.visit(one) for one in call.arguments]

    def _call(self, expression: Any, name: str) -> Operand:
        call = expression.unresolved_function
        originals, operands = self._operands(call)
        asked = _counted(name, len(operands))
        known = [operands[number] for number in asked]
        if not any(one.kind not in (None, "void") and not arithmetic.is_number(one.kind) for one in known):
            known = [self._asked(originals[number], operands[number]) for number in asked]
        for number, one in zip(asked, known, strict=True):
            operands[number] = one
        made, kind = self._result(name, known)
        if isinstance(made, Operand):
            return made
        for number, one in zip(asked, made or [one.made for one in known], strict=True):
            operands[number] = Operand(one, kind)
        _replace(call, [one.made for one in operands])
        return Operand(expression, kind) if name not in SUMS else self._summed(expression, known[0], kind)

    def _rounded(self, expression: Any, key: tuple[Any, ...]) -> Operand:
        call = expression.unresolved_function
        originals, operands = self._operands(call)
        if operands[0].kind is None or arithmetic.is_number(operands[0].kind):
            operands[0] = self._asked(originals[0], operands[0])
        _replace(call, [one.made for one in operands])
        if self._questions is None and operands[0].kind == "double":
            call.function_name = EXACT_ROUND_OF_COLUMNS if _is_of_columns(originals[0]) else EXACT_ROUND
            return Operand(expression, "double")
        return Operand(expression, self._kinds.get(key))

    def _result(self, name: str, operands: list[Operand]) -> tuple[Operand | list[Any] | None, str | None]:
        """The whole result, or a list of new operands, or None for the same operands; and its type."""
        is_writing = self._questions is None
        operator = REMAINDERS.get(name, name)
        if operator in (*OPERATORS, "pmod"):
            if len(operands) != 2:
                return None, None
            made = arithmetic.operate(MAKER, operator, *operands) if is_writing else None
            return made, made.kind if made else arithmetic.kind_of_result(operator, *operands)
        if name in SUMS:
            return None, arithmetic.kind_of_sum(operands[0].kind)
        chosen = arithmetic.chosen(MAKER, operands) if is_writing else None
        return chosen or (None, arithmetic.common([one.kind for one in operands]))

    def _summed(self, expression: Any, operand: Operand, kind: str | None) -> Operand:
        exact = arithmetic.exact_sum(MAKER, operand) if self._questions is None else None
        if exact is None:
            return Operand(expression, kind)
        _replace(expression.unresolved_function, [exact])
        return Operand(MAKER.cast(expression, "bigint"), "bigint")

    def _window(self, expression: Any) -> Operand:
        """A cast of what a window function gives stands around the window."""
        window = expression.window
        for part in (*window.partition_spec, *(order.child for order in window.order_spec)):
            part.CopyFrom(self.visit(part).made)
        function = self.visit(window.window_function)
        made = function.made
        is_cast = made.WhichOneof("expr_type") == "cast" and window.window_function.WhichOneof("expr_type") != "cast"
        window.window_function.CopyFrom(made.cast.expr if is_cast else made)
        return Operand(MAKER.cast(expression, "bigint") if is_cast else expression, function.kind)


def _is_of_columns(expression: Any) -> bool:
    """Whether an expression consists of columns, constants and operators."""
    kind = expression.WhichOneof("expr_type")
    if kind == "unresolved_function":
        call = expression.unresolved_function
        return call.function_name in OPERATORS and all(map(_is_of_columns, call.arguments))
    return kind in ("unresolved_attribute", "literal")


def _copy(expression: Any) -> Any:
    made = type(expression)()
    made.CopyFrom(expression)
    return made


def _replace(call: Any, arguments: Sequence[Any]) -> None:
    new = [_copy(one) for one in arguments]
    del call.arguments[:]
    for one in new:
        call.arguments.add().CopyFrom(one)


def _counted(name: str, arguments: int) -> list[int]:
    """Which arguments of a function decide about the type of its result."""
    if name == "when":
        return [*range(1, arguments, 2), *([arguments - 1] if arguments % 2 else [])]
    return list(range(1, arguments)) if name in ("if", "iff", "nvl2") else list(range(arguments))


def _is_computed(expression: Any) -> bool:
    """Whether the type of an expression follows from those of its parts."""
    kind = expression.WhichOneof("expr_type")
    if kind == "alias":
        return _is_computed(expression.alias.expr)
    name = expression.unresolved_function.function_name.lower() if kind == "unresolved_function" else ""
    return bool(kind == "literal" or name in _COUNTED - SUMS - ROUNDS)


def _literal(literal: Any) -> tuple[str | None, Any]:
    """The type of a constant and its value."""
    which = literal.WhichOneof("literal_type")
    if which == "decimal":
        kind = arithmetic.kind_of_literal("", Decimal(literal.decimal.value))
        if literal.decimal.HasField("precision"):
            kind = f"decimal({literal.decimal.precision},{literal.decimal.scale})"
        return kind, UNKNOWN
    if which not in _LITERALS:
        return str(which), UNKNOWN
    return _LITERALS[which], None if which == "null" else getattr(literal, which)


def _cast_kind(cast: Any) -> str | None:
    if cast.HasField("type_str"):
        return arithmetic.canonical(cast.type_str)
    which = cast.type.WhichOneof("kind")
    if which == "decimal":
        return f"decimal({cast.type.decimal.precision or 10},{cast.type.decimal.scale})"
    return arithmetic.canonical(str(which))
