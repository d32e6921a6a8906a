"""Apache Spark's rules for the arithmetic of numbers: the type of a result, and an expression that never wraps around.

The quick engine lets integers wrap around and gives decimals other scales. The expressions made here fail where a
result does not fit, and have Apache Spark's type. A `Maker` makes them, for SQL text and for plans of DataFrames.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from handloom.session.quick.expressions import UNKNOWN
from handloom.session.quick.functions import refused

OPERATORS = frozenset({"+", "-", "*", "/", "%"})
REMAINDERS = {"mod": "%", "pmod": "pmod"}
CHOICES = frozenset({"if", "iff", "coalesce", "nvl", "ifnull", "nvl2", "greatest", "least"})
"""Functions that give one of their arguments, all of which take one type."""
SUMS = frozenset({"sum"})
AVERAGES = frozenset({"avg", "mean"})
COMPARISONS = frozenset({"=", "==", "<=>", "<>", "!=", "<", "<=", ">", ">=", "in"})
ROUNDS = frozenset({"round", "bround", "ceil", "ceiling", "floor"})
"""Functions that round doubles by their binary value on the engine, and by their decimal digits on Apache Spark."""
EXACT_ROUND = "handloom_round"
"""The rule of `functions` for a double that is rounded."""
EXACT_DECIMAL = "handloom_decimal"
"""The rule of `functions` for a double that is cast to a decimal."""
HALF_EVEN = "handloom_half_even"
"""The rule of `functions` for a decimal whose halves are rounded to the even neighbour."""
EXACT_ROUND_OF_COLUMNS = "handloom_round_of_columns"
"""The same for an expression of columns, which may be computed more than once."""
DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_WIDER = ("tinyint", "smallint", "int", "bigint", "float", "double")
_TRY = {"+": "try_add", "-": "try_subtract", "*": "try_multiply"}
_NAMES = {"+": "add", "-": "subtract", "*": "multiply"}
_MOST_DIGITS, _LEAST_SCALE = 38, 6
_EXTRA_SCALE = 4
"""Digits that the engine adds to the numerator's scale when it divides."""
_DECIMAL = re.compile(r"(?:decimal|numeric|dec)(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\Z")
_SAME = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint", "real": "float"}
AS_DECIMALS = {"double": "decimal(30,15)", "float": "decimal(14,7)"}
"""What Apache Spark makes of a double before it takes the next number of so many places above or below it."""
_TIME_UNIT = re.compile(r"hour|minute|second|:", re.I)
_MOST_LEAVES = 4
_MOST_AVERAGED = 27
_MOST_BITS, _MOST_WIDE_DIGITS = 62, 37


@dataclass(frozen=True, slots=True)
class Operand:
    """An expression of SQL text or of a plan, with what is known about its value."""

    made: Any
    kind: str | None
    """The name of its type; None where it is not known."""
    value: Any = UNKNOWN
    """The value of a constant."""
    leaves: tuple[Any, ...] | None = None
    """Columns of which one is null if the value is null; None where there is no short list of them."""
    wide: Any = None
    """The same value before it is cast to its type, as a long or a decimal. A chain of sums is cast once, at its end:
    plans that are nested too deep cannot be sent."""
    size: int = 0
    """How many bits or digits `wide` may have."""
    is_checked: bool = False
    """Whether the value is a cast that may fail or round. The engine leaves such casts out of comparisons."""


class Maker(Protocol):
    """Makes expressions."""

    def cast(self, made: Any, kind: str) -> Any: ...
    def call(self, name: str, *arguments: Any) -> Any: ...
    def operate(self, name: str, left: Any, right: Any) -> Any: ...
    def text(self, value: str) -> Any: ...
    def null(self) -> Any: ...


def canonical(kind: str) -> str:
    """The name of a type as `typeof` gives it."""
    name = re.sub(r"\s+", "", kind.lower())
    if (found := digits(name)) is not None:
        return "decimal({},{})".format(*found)
    return _SAME.get(name, name)


def digits(kind: str | None) -> tuple[int, int] | None:
    """Precision and scale of a decimal's type; None for other types."""
    match = _DECIMAL.match(kind or "")
    return (int(match[1] or 10), int(match[2] or 0)) if match else None


def is_number(kind: str | None) -> bool:
    return kind in _WIDER or digits(kind) is not None


def kind_of_literal(text: str, value: Any) -> str | None:
    """The type of a constant in SQL text."""
    if value is None:
        return "void"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    suffix = text.strip().upper()
    if isinstance(value, float):
        return "float" if suffix.endswith("F") else "double"
    if isinstance(value, int):
        named = {"L": "bigint", "S": "smallint", "Y": "tinyint"}.get(suffix[-1:])
        if named:
            return named
        return "int" if _fits(value, "int") else "bigint" if _fits(value, "bigint") else _of_decimal(Decimal(value))
    return _of_decimal(value)


def _of_decimal(value: Decimal) -> str:
    shown = value.as_tuple()
    exponent = int(shown.exponent)
    scale = max(-exponent, 0)
    return f"decimal({max(len(shown.digits) + max(exponent, 0), scale)},{scale})"


def _fits(value: int, kind: str) -> bool:
    half = 1 << (_BITS[kind] - 1)
    return -half <= value < half


def common(kinds: Sequence[str | None]) -> str | None:
    """The type that values of these types take together; None where that is not a number's or not known."""
    found: str | None = None
    for kind in kinds:
        if kind == "void":
            continue
        if not is_number(kind):
            return None
        found = kind if found is None else _common(found, str(kind))
    return found


def decimal_of_double(maker: Maker, made: Any, own: str | None, kind: str) -> Any:
    """A cast of a double or float to a decimal, which the engine makes of its binary value."""
    double = maker.cast(made, "double") if own == "float" else made
    return maker.call(EXACT_DECIMAL, double, maker.text(kind))


def require_number(texts: Sequence[Any]) -> None:
    """Raise for a constant text beside numbers that is none: Apache Spark fails where it is used, the engine always."""
    for text in texts:
        try:
            float(text)
        except ValueError:
            raise refused(f"the text {text!r} in place of a number") from None


def has_time(interval: str) -> bool:
    """Whether an interval that is written out has a unit smaller than a day."""
    return bool(_TIME_UNIT.search(interval))


def with_texts(kinds: Sequence[str | None]) -> str | None:
    """As `common`, where some of the values may be texts, which are then read as what the others are."""
    others = [kind for kind in kinds if kind not in ("string", "void")]
    if "string" not in kinds or not others:
        return common(kinds)
    if len(set(others)) == 1 and others[0] in ("date", "timestamp", "timestamp_ntz", "boolean"):
        return others[0]
    numbers = common(others)
    return None if numbers is None else "bigint" if numbers in DIGITS else "double"


def rounded_decimal(shape: tuple[int, int], places: int) -> str:
    """The type of a decimal that is rounded to so many places."""
    precision, scale = shape
    integral = precision - scale + 1
    if places < 0:
        return f"decimal({min(max(integral, 1 - places), _MOST_DIGITS)},0)"
    kept = min(scale, places)
    return f"decimal({min(integral + kept, _MOST_DIGITS)},{kept})"


def average(maker: Maker, kind: str, total: Any, number: Any) -> Any:
    """The average of decimals of this type from their sum and number; the engine's own is cut off and not rounded."""
    precision, scale = digits(kind) or (0, 0)
    if precision > _MOST_AVERAGED:
        raise refused(f"the average of decimals of more than {_MOST_AVERAGED} digits; cast them to a shorter decimal")
    dividend = maker.cast(total, f"decimal({_MOST_DIGITS},{scale + 1})")
    divisor = maker.cast(maker.call("nullif", number, maker.cast(maker.text("0"), "bigint")), "decimal(20,0)")
    return maker.cast(maker.operate("/", dividend, divisor), kind_of_average(kind))


def kind_of_average(kind: str) -> str:
    """The type of an average of decimals."""
    precision, scale = digits(kind) or (0, 0)
    return f"decimal({min(precision + _EXTRA_SCALE, _MOST_DIGITS)},{min(scale + _EXTRA_SCALE, _MOST_DIGITS)})"


def checked(maker: Maker, operand: Operand) -> Any:
    """What is compared in place of a cast, so that the engine does not compare the value before its cast."""
    return maker.call("greatest", operand.made, maker.null()) if operand.is_checked else operand.made


def is_checked_cast(kind: str) -> bool:
    """Whether a cast to this type may fail or round."""
    return kind in DIGITS or digits(kind) is not None


def _common(one: str, other: str) -> str:
    if one == other:
        return one
    if digits(one) or digits(other):
        if "double" in (one, other) or "float" in (one, other):
            return "double"
        (p, s), (q, t) = _as_decimal(one), _as_decimal(other)
        scale, integral = max(s, t), max(p - s, q - t)
        return "decimal({},{})".format(*_bounded(integral + scale, scale))
    wider = max(one, other, key=_WIDER.index)
    return "double" if wider == "float" else wider


def _bounded(precision: int, scale: int) -> tuple[int, int]:
    """As Apache Spark fits a type that is too long and must not lose integral digits."""
    if precision <= _MOST_DIGITS:
        return precision, scale
    return _MOST_DIGITS, max(0, scale - (precision - _MOST_DIGITS))


def _adjusted(precision: int, scale: int) -> tuple[int, int]:
    """As Apache Spark fits a result that is too long: whole digits first, but six digits after the point."""
    if precision <= _MOST_DIGITS:
        return precision, scale
    return _MOST_DIGITS, max(_MOST_DIGITS - (precision - scale), min(scale, _LEAST_SCALE))


def _as_decimal(kind: str, value: Any = UNKNOWN) -> tuple[int, int]:
    """Precision and scale with which a whole number or decimal takes part in a calculation with decimals."""
    found = digits(kind)
    if found is not None:
        return found
    if isinstance(value, int):
        return len(str(abs(value))), 0
    return DIGITS[kind], 0


def decimal_result(name: str, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """Precision and scale of the result of an operator."""
    (p, s), (q, t) = left, right
    if name in ("+", "-"):
        scale = max(s, t)
        return _adjusted(max(p - s, q - t) + scale + 1, scale)
    if name == "*":
        return _adjusted(p + q + 1, s + t)
    if name == "/":
        scale = max(_LEAST_SCALE, s + q + 1)
        return _adjusted(p - s + t + scale, scale)
    scale = max(s, t)
    return _adjusted(min(p - s, q - t) + scale, scale)


def operate(maker: Maker, name: str, left: Operand, right: Operand) -> Operand | None:
    """The operator with Apache Spark's result; None to leave it to the engine, which is right for other types."""
    one, other = left.kind, right.kind
    if one is None or other is None or not is_number(one) or not is_number(other):
        return None
    if "double" in (one, other) or "float" in (one, other):
        return None
    if digits(one) or digits(other):
        return _decimal(maker, name, left, right)
    return _integer(maker, name, left, right) if name in _TRY else None


def kind_of_result(name: str, left: Operand, right: Operand) -> str | None:
    """The type of an operator's result where `operate` leaves it to the engine."""
    kinds = (left.kind, right.kind)
    if "void" in kinds or not all(map(is_number, kinds)):
        return None
    if "double" in kinds or (name == "/" and not any(map(digits, kinds))):
        return "double"
    return common(kinds)


def _integer(maker: Maker, name: str, left: Operand, right: Operand) -> Operand | None:
    kind = common([left.kind, right.kind])
    assert kind is not None
    if isinstance(left.value, int) and isinstance(right.value, int):
        results = {"+": left.value + right.value, "-": left.value - right.value, "*": left.value * right.value}
        if _fits(results[name], kind):
            return None
    leaves = None if left.leaves is None or right.leaves is None else (*left.leaves, *right.leaves)
    leaves = leaves if leaves is not None and len(leaves) <= _MOST_LEAVES else None
    if kind != "bigint":
        return _wide(maker, name, (left, right), kind, leaves)
    if leaves is None:
        return _wide(maker, name, (left, right), kind, None)
    tried = maker.call(_TRY[name], *(_long(maker, operand) for operand in (left, right)))
    message = f"[ARITHMETIC_OVERFLOW] long overflow. Use 'try_{_NAMES[name]}' to get null instead of this error."
    failed = maker.call("raise_error", maker.text(message))
    for leaf in leaves:
        failed = maker.call("if", maker.call("isnull", leaf), maker.null(), failed)
    return Operand(maker.call("coalesce", tried, failed), kind, leaves=leaves)


def _wide(maker: Maker, name: str, operands: tuple[Operand, Operand], kind: str, leaves: Any) -> Operand:
    """The result as a wider type, and its cast to the type, which fails where it does not fit."""
    wider, most = ("decimal(20,0)", _MOST_WIDE_DIGITS) if kind == "bigint" else ("bigint", _MOST_BITS)
    one = DIGITS["bigint"] - 1 if kind == "bigint" else _BITS["int"] - 1

    def size(first: int, second: int) -> int:
        return first + second if name == "*" else max(first, second) + 1

    sizes = [operand.size if operand.wide is not None and operand.kind == kind else one for operand in operands]
    if size(*sizes) > most:
        sizes = [one, one]
    made = [
        operand.wide
        if operand.wide is not None and operand.size == known and operand.kind == kind
        else maker.cast(operand.made, wider)
        for operand, known in zip(operands, sizes, strict=True)
    ]
    wide = maker.operate(name, *made)
    return Operand(maker.cast(wide, kind), kind, leaves=leaves, wide=wide, size=size(*sizes), is_checked=True)


def _long(maker: Maker, operand: Operand) -> Any:
    return operand.made if operand.kind == "bigint" else maker.cast(operand.made, "bigint")


def _decimal(maker: Maker, name: str, left: Operand, right: Operand) -> Operand:
    one = _as_decimal(str(left.kind), left.value)
    other = _as_decimal(str(right.kind), right.value)
    kind = "decimal({},{})".format(*decimal_result(name, one, other))
    first, second = (
        operand.made if digits(operand.kind) else maker.cast(operand.made, "decimal({},{})".format(*shape))
        for operand, shape in ((left, one), (right, other))
    )
    if name == "/":
        _, scale = decimal_result(name, one, other)
        # one digit more than the result has: the engine cuts the quotient off, and the cast rounds it
        at_least = min(max(one[1], scale + 1 - _EXTRA_SCALE), _MOST_DIGITS - _EXTRA_SCALE)
        first = maker.cast(first, f"decimal({_MOST_DIGITS},{at_least})")
    made = maker.call("pmod", first, second) if name == "pmod" else maker.operate(name, first, second)
    return Operand(maker.cast(made, kind), kind, is_checked=True)


def chosen(maker: Maker, operands: Sequence[Operand]) -> tuple[list[Any], str | None] | None:
    """Operands cast to their common type, and that type; None where they need no cast."""
    kind = with_texts([operand.kind for operand in operands])
    if kind is None or all(operand.kind in (kind, "void") for operand in operands):
        return None
    return [one.made if one.kind in (kind, "void") else maker.cast(one.made, kind) for one in operands], kind


def exact_sum(maker: Maker, operand: Operand) -> Any | None:
    """What is summed in place of longs so that the sum cannot wrap around; the sum is then cast to a long."""
    return maker.cast(operand.made, "decimal(20,0)") if operand.kind == "bigint" else None


def kind_of_sum(kind: str | None) -> str | None:
    """The type of a sum of values of this type."""
    if (shape := digits(kind)) is not None:
        return f"decimal({min(shape[0] + 10, _MOST_DIGITS)},{shape[1]})"
    return "bigint" if kind in DIGITS else "double" if kind in ("float", "double") else None
