"""Arithmetic in the plans of DataFrames as Apache Spark does it, by the rules of `sql_text`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from handloom.session.quick import build, rewriting
from handloom.session.quick.expressions import UNKNOWN
from handloom.session.quick.functions import require_constant_places
from handloom.session.quick.numbers import arithmetic, sql_text, texts
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

_COUNTED = frozenset({*OPERATORS, *REMAINDERS, *CHOICES, *SUMS, "when"})
_READ = frozenset({*_COUNTED, *ROUNDS, *AVERAGES, *COMPARISONS, *texts.ARGUMENTS})
"""Functions that the rules are about."""
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
        return message.function_name.lower() in _READ
    if name == "spark.connect.Expression.Cast":
        return arithmetic.digits(_cast_kind(message)) is not None
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
            return self._cast(expression)
        if kind == "window":
            return self._window(expression, key)
        if kind == "unresolved_function":
            call = expression.unresolved_function
            name = call.function_name.lower()
            if name in ROUNDS:
                return self._rounded(expression, key)
            if name in AVERAGES:
                return self._averaged(expression, key)
            if name in COMPARISONS:
                return self._compared(expression)
            if name in texts.ARGUMENTS:
                return self._of_texts(expression, key)
            if name in _COUNTED:
                return self._call(expression, name)
            self._inside(call)
            found = "bigint" if name == "count" else "string" if name in texts.RESULTS else self._kinds.get(key)
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
        if (moved := self._moved(expression, name, originals, operands)) is not None:
            return moved
        asked = _counted(name, len(operands))
        known = [operands[number] for number in asked]
        kinds = {one.kind for one in known} - {None, "void"}
        if all(map(arithmetic.is_number, kinds)) or (kinds == {"string"} and (name in CHOICES or name == "when")):
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
        name, kind = call.function_name.lower(), operands[0].kind
        places = rewriting.constant_of(originals[1]) if len(originals) > 1 else 0
        require_constant_places(name, places, len(originals) > 1 and _has_column(originals[1]))
        is_whole = name not in ("round", "bround")
        if self._questions is not None or (is_whole and len(operands) == 1):
            _replace(call, [one.made for one in operands])
            return Operand(expression, self._kinds.get(key))
        if kind in arithmetic.AS_DECIMALS and is_whole:
            exact = arithmetic.decimal_of_double(MAKER, operands[0].made, kind, arithmetic.AS_DECIMALS[kind])
            operands[0] = Operand(exact, None)
        if kind == "float" and name == "bround":
            operands[0] = Operand(MAKER.cast(operands[0].made, "double"), "double")
        shape = arithmetic.digits(kind)
        if shape and name == "bround":
            rounded = arithmetic.rounded_decimal(shape, int(places))
            made = MAKER.call(arithmetic.HALF_EVEN, operands[0].made, MAKER.text(str(int(places))))
            return Operand(MAKER.cast(made, rounded), rounded, is_checked=True)
        _replace(call, [one.made for one in operands])
        if kind == "float" and name == "bround":
            return Operand(MAKER.cast(expression, "float"), "float")
        if kind == "double" and name == "round":
            call.function_name = EXACT_ROUND_OF_COLUMNS if _is_of_columns(originals[0]) else EXACT_ROUND
            return Operand(expression, "double")
        if shape and name == "round":
            rounded = arithmetic.rounded_decimal(shape, int(places))
            return Operand(MAKER.cast(expression, rounded), rounded, is_checked=True)
        return Operand(expression, self._kinds.get(key))

    def _cast(self, expression: Any) -> Operand:
        cast = expression.cast
        kind = _cast_kind(cast)
        if kind is None or not arithmetic.digits(kind) or cast.eval_mode:
            self._inside(cast)
            return Operand(expression, kind, is_checked=kind is not None and arithmetic.is_checked_cast(kind))
        original = _copy(cast.expr)
        asked = self._asked(original, self.visit(cast.expr))
        if self._questions is None and asked.kind in ("double", "float"):
            made = arithmetic.decimal_of_double(MAKER, asked.made, asked.kind, kind)
            return Operand(made, kind, is_checked=True)
        cast.expr.CopyFrom(_copy(asked.made))
        return Operand(expression, kind, is_checked=True)

    def _averaged(self, expression: Any, key: tuple[Any, ...]) -> Operand:
        call = expression.unresolved_function
        originals, operands = self._operands(call)
        operand = self._asked(originals[0], operands[0])
        _replace(call, [operand.made])
        if self._questions is not None or not arithmetic.digits(operand.kind):
            return Operand(expression, self._kinds.get(key))
        total, number = _copy(expression), _copy(expression)
        total.unresolved_function.function_name, number.unresolved_function.function_name = "sum", "count"
        kind = str(operand.kind)
        return Operand(
            arithmetic.average(MAKER, kind, total, number), arithmetic.kind_of_average(kind), is_checked=True
        )

    def _compared(self, expression: Any) -> Operand:
        """A comparison. The engine would leave a cast out that stands in one."""
        call = expression.unresolved_function
        _, operands = self._operands(call)
        is_writing = self._questions is None
        _replace(call, [arithmetic.checked(MAKER, one) if is_writing else one.made for one in operands])
        return Operand(expression, "boolean")

    def _of_texts(self, expression: Any, key: tuple[Any, ...]) -> Operand:
        """A function of texts, with doubles and timestamps as Apache Spark writes them."""
        call = expression.unresolved_function
        name = call.function_name.lower()
        originals, operands = self._operands(call)
        for place, (original, one) in enumerate(zip(originals, operands, strict=True)):
            if place in texts.ARGUMENTS[name] and one.kind != "string":
                if self._questions is not None and name not in texts.ALSO_ARRAYS:
                    one = Operand(MAKER.cast(one.made, "string"), one.kind)  # noqa: PLW2901 - nothing else is taken
                asked = self._asked(original, one)
                if self._questions is None and texts.needs_cast(asked.kind):
                    asked = Operand(MAKER.cast(asked.made, "string"), "string")
                operands[place] = asked
        _replace(call, [one.made for one in operands])
        is_text = name in texts.RESULTS or (name in texts.JOINS and any(one.kind == "string" for one in operands))
        return Operand(expression, "string" if is_text else self._kinds.get(key))

    def _moved(self, expression: Any, name: str, originals: list[Any], operands: list[Operand]) -> Operand | None:
        """A date and an interval of hours or less give a timestamp; None for any other operands."""
        intervals = [_interval(one) for one in originals]
        if name not in ("+", "-") or len(intervals) != 2 or (intervals[0] is None) == (intervals[1] is None):
            return None
        at = 0 if intervals[0] is None else 1
        moved = self._asked(originals[at], operands[at])
        if self._questions is None and moved.kind == "date" and arithmetic.has_time(str(intervals[1 - at])):
            moved = Operand(MAKER.cast(moved.made, "timestamp"), "timestamp")
        operands[at] = moved
        _replace(expression.unresolved_function, [one.made for one in operands])
        return Operand(expression, moved.kind if moved.kind in ("date", "timestamp", "timestamp_ntz") else None)

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
        return chosen or (None, arithmetic.with_texts([one.kind for one in operands]))

    def _summed(self, expression: Any, operand: Operand, kind: str | None) -> Operand:
        exact = arithmetic.exact_sum(MAKER, operand) if self._questions is None else None
        if exact is None:
            return Operand(expression, kind)
        _replace(expression.unresolved_function, [exact])
        return Operand(MAKER.cast(expression, "bigint"), "bigint", is_checked=True)

    def _window(self, expression: Any, key: tuple[Any, ...]) -> Operand:
        """A cast of what a window function gives stands around the window."""
        window = expression.window
        inner = window.window_function
        is_average = inner.unresolved_function.function_name.lower() in AVERAGES
        for part in (*window.partition_spec, *(order.child for order in window.order_spec)):
            part.CopyFrom(self.visit(part).made)
        function = self.visit(window.window_function)
        made = function.made
        if is_average and function.is_checked:
            return Operand(_each_in_window(made, expression), function.kind, is_checked=True)
        is_cast = made.WhichOneof("expr_type") == "cast" and window.window_function.WhichOneof("expr_type") != "cast"
        window.window_function.CopyFrom(made.cast.expr if is_cast else made)
        kind = function.kind or self._kinds.get(key)
        return Operand(MAKER.cast(expression, "bigint") if is_cast else expression, kind, is_checked=is_cast)


def _each_in_window(expression: Any, window: Any) -> Any:
    """The expression of an average with its sum and its count each in the window."""
    made = _copy(expression)
    if made.unresolved_function.function_name in ("sum", "count"):
        around = _copy(window)
        around.window.window_function.CopyFrom(made)
        return around
    if made.WhichOneof("expr_type") == "cast":
        made.cast.expr.CopyFrom(_each_in_window(made.cast.expr, window))
    for argument in made.unresolved_function.arguments:
        argument.CopyFrom(_each_in_window(argument, window))
    return made


def _has_column(expression: Any) -> bool:
    """Whether an expression names a column."""
    if expression.WhichOneof("expr_type") == "unresolved_attribute":
        return True
    return any(map(_has_column, expression.unresolved_function.arguments))


def _interval(expression: Any) -> str | None:
    """The text of an interval that is written out; None for any other expression."""
    text = str(expression.expression_string.expression)
    return text if text.strip().upper().startswith("INTERVAL") else None


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
    return bool(kind == "literal" or name in _COUNTED - SUMS)


def _literal(literal: Any) -> tuple[str | None, Any]:
    """The type of a constant and its value."""
    which = literal.WhichOneof("literal_type")
    if which == "decimal":
        shape = arithmetic.digits(arithmetic.kind_of_literal("", Decimal(literal.decimal.value)))
        assert shape is not None
        precision, scale = max(shape[0], literal.decimal.precision), max(shape[1], literal.decimal.scale)
        return f"decimal({max(precision, scale)},{scale})", UNKNOWN
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
