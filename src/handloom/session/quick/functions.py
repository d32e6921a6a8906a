"""Functions that the quick engine answers differently from Apache Spark, and what stands in their place.

A rule maps the constants among a call's arguments to a template: SQL text with `$0`, `$1`, ... for the arguments. The
same rules change SQL text and the plans of DataFrames. A rule refuses by name where no expression gives Spark's answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from pyspark.errors import AnalysisException

from handloom.session.quick.expressions import UNKNOWN
from handloom.session.quick.reading.options import WAY_OUT

Values = Sequence[Any]
"""The arguments' constants; UNKNOWN for what is no constant."""
Rule = Callable[[Values], str | None]
CAST_TO_TEXT = object()
"""The value of a cast to a string, which is no constant but written as Apache Spark writes it."""

_INTERVAL_FIELDS = frozenset(
    {"MONTH", "MONTHS", "MON", "MONS", "HOUR", "HOURS", "HR", "HRS", "MINUTE", "MIN", "MINUTES"}
)
_WEEKDAYS = {
    "DOW": "dayofweek({})",
    "DAYOFWEEK": "dayofweek({})",
    "DOW_ISO": "(pmod(dayofweek({}) + 5, 7) + 1)",
    "DAYOFWEEK_ISO": "(pmod(dayofweek({}) + 5, 7) + 1)",
    "YEAROFWEEK": "year(date_add(cast(date_trunc('week', {}) as date), 3))",
}


def refused(what: str) -> AnalysisException:
    return AnalysisException(f"The quick engine does not give Apache Spark's answer for {what}. {WAY_OUT}")


_ONLY_SQL = frozenset({"bitwise_not", "product", "random_poisson", "timestamp_add", "timestamp_diff", "years"})
"""Functions of the engine that Apache Spark has for DataFrames alone."""
_ONLY_ENGINE = frozenset(
    {"array_concat", "array_contains_all", "deep_size", "strpos", "try_aes_encrypt", "variant_to_json"}
)
"""Functions of the engine that Apache Spark does not have."""
_FIELDS = frozenset(
    {
        "YEAR", "Y", "YEARS", "YR", "YRS", "YEAROFWEEK", "QUARTER", "QTR", "MONTH", "MON", "MONS", "MONTHS",
        "WEEK", "W", "WEEKS", "DAY", "D", "DAYS", "DAYOFWEEK", "DOW", "DAYOFWEEK_ISO", "DOW_ISO", "DOY",
        "HOUR", "H", "HOURS", "HR", "HRS", "MINUTE", "M", "MIN", "MINS", "MINUTES", "SECOND", "S", "SEC", "SECONDS",
        "SECS",
    }
)  # fmt: skip
"""Parts of dates and intervals that Apache Spark can extract."""
_registered: set[str] = set()


def register(name: str) -> None:
    """Note a function that the user has registered: it may have any name."""
    _registered.add(name.lower())


def require_known(name: str, *, in_sql: bool) -> None:
    """Raise AnalysisException for a function that the engine has and Apache Spark has not."""
    lower = name.lower()
    if lower not in _registered and (lower in _ONLY_ENGINE or (in_sql and lower in _ONLY_SQL)):
        raise AnalysisException(
            f"[UNRESOLVED_ROUTINE] Cannot resolve routine `{name}` on search path [`system`.`builtin`, "
            "`system`.`session`, `spark_catalog`.`default`]. SQLSTATE: 42883"
        )


def require_constant_places(name: str, places: Any, is_column: bool) -> None:
    """Raise where the number of places to round to is no plain number."""
    if isinstance(places, int):
        return
    if is_column:
        raise AnalysisException(
            f"[DATATYPE_MISMATCH.NON_FOLDABLE_INPUT] The number of places of {name} must be a constant and no column. "
            "SQLSTATE: 42K09"
        )
    raise refused(f"{name} to a number of places that is not written as a plain number")


def error_text(what: str) -> str:
    """A call that fails with a refusal when it is evaluated."""
    return f"raise_error('{str(refused(what)).replace(chr(39), chr(92) + chr(39))}')"


def _always(template: str, arguments: int | None = None) -> Rule:
    return lambda values: template if arguments in (None, len(values)) else None


def _never(what: str) -> Rule:
    def rule(_: Values) -> str | None:
        raise refused(what)

    return rule


def part_of(field: Any, source: str) -> str | None:
    """A part of a date that is numbered otherwise, or not there; None for any other part."""
    name = str(field).upper()
    if name not in _FIELDS:
        raise AnalysisException(
            f"[INVALID_EXTRACT_FIELD] Apache Spark cannot extract “{field}” from a date or time. SQLSTATE: 42601"
        )
    if name in _WEEKDAYS:
        return _WEEKDAYS[name].format(source)
    if name in _INTERVAL_FIELDS:
        refusal = error_text(f"{name} of an interval")
        return f"if(rlike(typeof({source}), '^interval'), {refusal}, date_part('{name}', {source}))"
    return None


def _date_part(values: Values) -> str | None:
    return part_of(values[0], "$1") if len(values) == 2 and isinstance(values[0], str) else None


def _substring(values: Values) -> str | None:
    """A start before the text counts towards the length, and a negative length gives nothing."""
    if len(values) != 3:
        return None
    start, length = values[1:]
    if isinstance(start, int) and start >= 0:
        return None if isinstance(length, int) and length >= 0 else "substring($0, $1, greatest($2, 0))"
    inside = "substring($0, $1, greatest($2, 0))"
    before = "substring($0, 1, greatest($2 + length($0) + $1, 0))"
    return f"if($1 >= 0, {inside}, if(length($0) + $1 >= 0, {inside}, {before}))"


def _of_text(name: str, rule: Rule = lambda _: None) -> Rule:
    """As `rule`, for a function of which the engine makes a text where Apache Spark keeps a binary."""
    refusal = error_text(f"{name} of a binary; cast it to a string")

    def checked(values: Values) -> str | None:
        made = rule(values)
        if not values or isinstance(values[0], str) or values[0] is CAST_TO_TEXT or values[0] is None:
            return made
        plain = f"{name}({', '.join(f'${at}' for at in range(len(values)))})"
        return f"if(typeof($0) = 'binary', {refusal}, {made or plain})"

    return checked


def _split(values: Values) -> str | None:
    if len(values) < 2 or values[1] != "" or (len(values) == 3 and values[2] != -1):
        return None
    return "if(length($0) = 0, array(''), filter(split($0, ''), handloom_e -> length(handloom_e) > 0))"


def _regexp_replace(values: Values) -> str | None:
    """The replacement in the engine's spelling of groups and escapes."""
    if len(values) < 3:
        return None
    more = ", $3" if len(values) == 4 else ""
    if isinstance(values[1], str) and values[2] != "" and _is_sometimes_empty(values[1]):
        raise refused(f"regexp_replace with the pattern {values[1]}, which matches an empty text too")
    if not isinstance(values[2], str):
        refusal = error_text("regexp_replace with a column of replacements that has $ or a backslash")
        return f"if(rlike($2, '[$\\\\\\\\]'), {refusal}, regexp_replace($0, $1, $2{more}))"
    made = _replacement(values[2], values[1])
    if made == values[2]:
        return None
    return f"regexp_replace($0, $1, {_text(made)}{more})"


def _replacement(java: str, pattern: Any) -> str:
    groups = re.compile(pattern).groups if isinstance(pattern, str) and _compiles(pattern) else 9
    made, at = [], 0
    while at < len(java):
        sign = java[at]
        if sign == "\\" and at + 1 < len(java):
            made.append(java[at + 1].replace("$", "$$"))
            at += 2
        elif sign == "$" and (match := re.match(r"\d+", java[at + 1 :])):
            number = match[0]
            while len(number) > 1 and int(number) > groups:
                number = number[:-1]
            made.append("${" + number + "}")
            at += 1 + len(number)
        elif sign == "$" and (match := re.match(r"\{(\w+)\}", java[at + 1 :])):
            made.append("${" + match[1] + "}")
            at += 1 + len(match[0])
        else:
            made.append(sign)
            at += 1
    return "".join(made)


def _is_sometimes_empty(pattern: str) -> bool:
    """Whether a pattern matches texts of which one is empty: Java replaces it right behind another match too."""
    return bool(re.search(r"[*?{]", pattern)) and _compiles(pattern) and re.fullmatch(pattern, "") is not None


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _array_contains(values: Values) -> str | None:
    if None in values:
        raise refused("array_contains with a null that has no type")
    has_null = "size(array_compact($0)) < size($0)"
    return f"if(array_contains($0, $1), true, if({has_null}, null, array_contains($0, $1)))"


def _get_json_object(values: Values) -> str | None:
    if len(values) == 2 and isinstance(values[1], str) and "[*]" in values[1]:
        raise refused("get_json_object with [*] in the path")
    return None


def _array(values: Values) -> str | None:
    known = [value for value in values if value not in (UNKNOWN, CAST_TO_TEXT, None)]
    kinds = {"text" if isinstance(value, str) else "other" for value in known}
    if len(kinds) > 1:
        raise refused("an array of texts and numbers")
    return None


def _elt(values: Values) -> str | None:
    inputs = len(values) - 1
    arguments = ", ".join(f"${number}" for number in range(len(values)))
    wrong = "raise_error('[INVALID_ARRAY_INDEX] The index of elt is out of bounds.')"
    return f"if($0 < 1 or $0 > {inputs}, {wrong}, elt({arguments}))"


def _decode(values: Values) -> str | None:
    if len(values) < 3:
        return None
    pairs = (len(values) - 1) // 2
    made = f"${len(values) - 1}" if len(values) % 2 == 0 else "null"
    for number in reversed(range(pairs)):
        made = f"if($0 <=> ${1 + 2 * number}, ${2 + 2 * number}, {made})"
    return made


def _percentile(values: Values) -> str | None:
    """The element at the rank, as Apache Spark finds it: its own sketch is exact for small data, this always is."""
    asked = values[1] if len(values) > 1 else UNKNOWN
    if isinstance(asked, list):
        return f"array({', '.join(element_at_rank(float(one)) for one in asked)})"
    if not isinstance(asked, int | float | Decimal):
        raise refused("percentile_approx whose percentages are no constants")
    return element_at_rank(float(asked))


def element_at_rank(share: float) -> str:
    rank = f"cast(greatest(ceil({share!r}D * count($0)), 1) as int)"
    return f"try_element_at(array_sort(collect_list($0)), {rank})"


def _bround(values: Values) -> str:
    arguments = ", ".join(f"${number}" for number in range(len(values)))
    refusal = error_text("bround of a decimal; cast it to double")
    return f"if(rlike(typeof($0), '^decimal'), {refusal}, bround({arguments}))"


def _minus(values: Values) -> str | None:
    """Two dates give an interval; the engine gives a number of days."""
    if len(values) != 2 or any(value is not UNKNOWN for value in values):
        return None
    refusal = error_text("a date less a date; use datediff(a, b)")
    return f"if(typeof($0) = 'date' and typeof($1) = 'date', {refusal}, $0 - $1)"


def _whole_days(values: Values) -> str | None:
    """Whole days or weeks between two times of the clock; the engine counts the dates that have begun."""
    hours = _HOURS_OF_UNIT.get(str(values[0]).upper()) if len(values) == 3 else None
    if hours is None:
        return None
    start, end = (f"cast(cast(${at} as timestamp) as timestamp_ntz)" for at in (1, 2))
    return f"(timestampdiff(HOUR, {start}, {end}) div {hours})"


_HOURS_OF_UNIT = {"DAY": 24, "WEEK": 168}
UNIT_FIRST = frozenset({"timestampdiff", "timestamp_diff", "datediff", "date_diff"})
"""Functions whose first argument of three is the name of a unit."""


def _difference_of_dates(values: Values) -> str | None:
    return "cast(datediff($0, $1) as int)" if len(values) == 2 else _whole_days(values)


def _to_time(values: Values) -> str | None:
    raise refused("the type TIME")


def _typeof(values: Values) -> str | None:
    refusal = error_text("typeof of an interval")
    return f"if(rlike(typeof($0), '^interval'), {refusal}, typeof($0))"


_INITIAL = "concat(upper(substring(handloom_w, 1, 1)), lower(substring(handloom_w, 2)))"
_JSON_KINDS = "timestamp|decimal|double|float|binary|interval"
_TEXT_OF_DOUBLE = (
    "if(handloom_t = 'inf', 'Infinity', if(handloom_t = '-inf', '-Infinity', if(lower(handloom_t) = 'nan', 'NaN', "
    "if(abs(cast(handloom_t as double)) = 0 or (abs(cast(handloom_t as double)) >= 0.001D "
    "and abs(cast(handloom_t as double)) < 10000000D), handloom_t, "
    "concat(if(startswith(handloom_t, '-'), '-', ''), substring({digits}, 1, 1), '.', "
    "if(length({digits}) > 1, substring({digits}, 2), '0'), 'E', cast({exponent} as string))))))"
)
_MANTISSA = "regexp_extract(handloom_t, '^-?([0-9.]+)', 1)"
_FIGURES = f"replace({_MANTISSA}, '.', '')"
_TRIMMED = f"regexp_replace({_FIGURES}, '^0+', '')"
_DIGITS = f"regexp_replace({_TRIMMED}, '0+$', '')"
_POWER = "coalesce(try_cast(regexp_extract(handloom_t, 'e(-?[0-9]+)$', 1) as int), 0)"
_EXPONENT = f"length(substring_index({_MANTISSA}, '.', 1)) - 1 - (length({_FIGURES}) - length({_TRIMMED})) + {_POWER}"
_FORMATTED = _TEXT_OF_DOUBLE.replace("{digits}", _DIGITS).replace("{exponent}", _EXPONENT)
DOUBLE_AS_TEXT = f"element_at(transform(array(cast($0 as string)), handloom_t -> {_FORMATTED}), 1)"
TEXT = (
    f"if(rlike(typeof($0), '^(double|float)$'), {DOUBLE_AS_TEXT}, "
    "if(rlike(typeof($0), '^(array|map|struct)') "
    "and (rlike(typeof($0), 'double|float') or instr(cast($0 as string), 'NULL') > 0), "
    f"{error_text('an array, map or struct with nulls or doubles as a string')}, "
    "cast($0 as string)))"
)
"""A cast to a string: numbers as Java writes them, 1.0E7."""

_OTHER_DOUBLE = r"(^|[^0-9.])[0-9]{8,}|(^|[^0-9])0[.]000|[0-9]e|[iI]nf|NaN"
"""Where the engine writes a double otherwise than Java does."""


def _array_join(values: Values) -> str:
    refusal = error_text("array_join of doubles; write transform(x, e -> cast(e as string)) in it")
    rest = ", ".join(f"${at}" for at in range(1, len(values)))
    return f"array_join(if(rlike(typeof($0), 'double|float'), {refusal}, $0), {rest})"


def guarded(argument: str) -> str:
    """The argument of a function that takes it as text: a double that the engine writes otherwise is refused."""
    refusal = error_text(
        "an interval, or a large or small double, inside a text; write cast(x as string) of the double"
    )
    return (
        f"if(rlike(typeof({argument}), 'interval') or (rlike(typeof({argument}), 'double|float') "
        f"and rlike(cast({argument} as string), '{_OTHER_DOUBLE}')), {refusal}, {argument})"
    )


def _round_of_double(values: Values) -> str:
    """Halves go away from zero by the decimal digits that a double is written with, as 1.005 does."""
    return _rounded(values, "handloom_x", "element_at(transform(array($0), handloom_x -> {}), 1)")


def _round_of_columns(values: Values) -> str:
    """As `_round_of_double`, without a lambda that computes the argument once."""
    return _rounded(values, "$0", "{}")


def _decimal_of_double(values: Values) -> str:
    """A double as the decimal of the digits that it is written with: 1.005 is rounded to 1.01."""
    return f"coalesce(try_cast(cast($0 as string) as {values[1]}), cast($0 as {values[1]}))"


def _half_even(values: Values) -> str:
    """A decimal rounded to so many places, a half to the even neighbour: 2.5 to 2, and 3.5 to 4."""
    places = int(values[1])
    step = Decimal(1).scaleb(-places)
    one, two, half = (f"cast('{value:f}' as decimal(38,{max(places + 1, 0)}))" for value in (step, 2 * step, step / 2))
    rounded = f"round($0, {places})"
    is_odd_half = f"abs($0 - {rounded}) = {half} and abs({rounded}) % {two} = {one}"
    return f"if({is_odd_half}, {rounded} - if({rounded} > 0, {one}, -{one}), {rounded})"


def _to_timestamp(values: Values) -> str | None:
    return "cast($0 as timestamp)" if len(values) == 1 else None


def _inside(name: str) -> Rule:
    """left and right: a negative length gives nothing."""
    return lambda values: None if isinstance(values[-1], int) and values[-1] >= 0 else f"{name}($0, greatest($1, 0))"


def _hash(name: str) -> Rule:
    def rule(values: Values) -> str | None:
        refusal = error_text(f"{name} of a decimal; cast it to a double or a string")
        arguments = [
            f"if(rlike(typeof(${at}), 'decimal'), {refusal}, ${at})" if value is UNKNOWN else f"${at}"
            for at, value in enumerate(values)
        ]
        if any(isinstance(value, Decimal) for value in values):
            raise refused(f"{name} of a decimal; cast it to a double or a string")
        return f"{name}({', '.join(arguments)})" if UNKNOWN in values else None

    return rule


def _rounded(values: Values, one: str, form: str) -> str:
    places = values[1] if len(values) == 2 else 0
    if not isinstance(places, int) or abs(places) > _MOST_PLACES:
        return f"round({', '.join(f'${at}' for at in range(len(values)))})"
    power = f"{10 ** abs(places)}D"
    up, down = ("*", "/") if places >= 0 else ("/", "*")
    moved = f"abs({one} {up} {power})"
    integral = f"({moved} - ({moved} % 1D))"
    rounded = f"(({integral} + if(abs({one}) >= (({integral} + 0.5D) {down} {power}), 1D, 0D)) {down} {power})"
    exact = f"if({one} < 0D, (0D - {rounded}), {rounded})"
    body = f"if({moved} < {_LARGEST_HALF}, {exact}, round({one}, {places}))"
    return form.format(body)


_MOST_PLACES = 15
_LARGEST_HALF = "4000000000000000D"
"""Larger doubles have no halves."""


def is_plain(value: Any) -> bool:
    """Whether an argument is a constant that both engines write as the same text."""
    return value is None or value is CAST_TO_TEXT or isinstance(value, str | int | Decimal)


def _as_text(name: str) -> Rule:
    def rule(values: Values) -> str | None:
        arguments = [f"${at}" if is_plain(value) else guarded(f"${at}") for at, value in enumerate(values)]
        return None if all(map(is_plain, values)) else f"{name}({', '.join(arguments)})"

    return rule


RULES: dict[str, Rule] = {
    **{name: _as_text(name) for name in ("concat", "concat_ws", "format_string", "printf")},
    "weekday": _always("pmod(dayofweek($0) + 5, 7)"),
    "date_part": _date_part,
    "datepart": _date_part,
    "extract": _date_part,
    "timestamp_seconds": _always("cast($0 as timestamp)"),
    "to_timestamp": _to_timestamp,
    "left": _of_text("left", _inside("left")),
    "lpad": _of_text("lpad"),
    "rpad": _of_text("rpad"),
    "overlay": _of_text("overlay"),
    "right": _inside("right"),
    "hash": _hash("hash"),
    "xxhash64": _hash("xxhash64"),
    "factorial": _always("factorial(if($0 >= 0 and $0 <= 20, $0, null))"),
    "conv": _always(
        f"if(startswith(ltrim(cast($0 as string)), '-'), {error_text('conv of a negative number')}, conv($0, $1, $2))",
        3,
    ),
    "array_union": _always("array_distinct(concat($0, $1))", 2),
    "to_csv": _always(
        f"if(rlike(typeof($0), 'double|float|timestamp'), {error_text('to_csv of doubles or timestamps')}, to_csv($0))",
        1,
    ),
    "datediff": _difference_of_dates,
    "date_diff": _difference_of_dates,
    "timestampdiff": _whole_days,
    "timestamp_diff": _whole_days,
    "date_trunc": _always("date_trunc($0, cast($1 as timestamp))"),
    "try_to_date": lambda values: (
        "try_cast($0 as date)" if len(values) == 1 else "cast(try_to_timestamp($0, $1) as date)"
    ),
    "to_time": _to_time,
    "make_time": _to_time,
    "current_time": _to_time,
    "bround": _bround,
    "-": _minus,
    "string": _always(TEXT, 1),
    "handloom_round": _round_of_double,
    "handloom_decimal": _decimal_of_double,
    "handloom_half_even": _half_even,
    "handloom_round_of_columns": _round_of_columns,
    "nullif": _always("if($0 = $1, null, $0)", 2),
    "rint": _always("bround(cast($0 as double), 0)"),
    "isnan": _always("coalesce(isnan($0), false)"),
    "log": _always("ln($0)", 1),
    "initcap": _always(f"array_join(transform(split($0, ' '), handloom_w -> {_INITIAL}), ' ')"),
    "substring": _of_text("substring", _substring),
    "substr": _of_text("substr", _substring),
    "split": _split,
    "regexp_replace": _regexp_replace,
    "regexp_count": _always("cast(regexp_count($0, $1) as int)"),
    "char": _always("if($0 < 0, '', chr(cast($0 as bigint) & 255L))"),
    "chr": _always("if($0 < 0, '', chr(cast($0 as bigint) & 255L))"),
    "elt": _elt,
    "decode": _decode,
    "array": _array,
    "array_contains": _array_contains,
    "array_join": _array_join,
    "get_json_object": _get_json_object,
    "to_json": _always(
        f"if(rlike(typeof($0), '{_JSON_KINDS}'), "
        f"{error_text('to_json of timestamps, decimals or doubles')}, to_json($0))",
        1,
    ),
    "nvl": _always("coalesce($0, $1)", 2),
    "ifnull": _always("coalesce($0, $1)", 2),
    "nvl2": _always("if(isnotnull($0), $1, $2)", 3),
    "regr_count": _always("count(if(isnull($0) or isnull($1), null, 1))", 2),
    "size": lambda values: "cast(null as int)" if list(values) == [None] else None,
    "percentile_approx": _percentile,
    "approx_percentile": _percentile,
    "typeof": _typeof,
    "version": _never("version()"),
    "current_catalog": _always("'spark_catalog'"),
}
"""The rule of each function, by its name in lower case."""

AGGREGATES = frozenset({"percentile_approx", "approx_percentile"})
"""Functions whose templates do not go with OVER or FILTER."""
LISTS = frozenset({"collect_list", "array_agg"})
"""Functions that keep nulls over a window."""
