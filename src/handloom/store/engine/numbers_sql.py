"""Numbers out of texts, and percentiles, the same on every database."""

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Float, Text, bindparam, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

_NUMBER = r"(-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,2})?)"


class _NumberAfter(FunctionElement[float]):
    type = Float(53)
    inherit_cache = True
    name = "number_after"


class _Percentile(FunctionElement[float]):
    type = Float(53)
    inherit_cache = True
    name = "percentile_of"


class _TextOf(FunctionElement[str]):
    type = Text()
    inherit_cache = True
    name = "text_of"


@compiles(_NumberAfter, "postgresql")
def _number_after(element: _NumberAfter, compiler: Any, **options: Any) -> str:
    text, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(substring({text} from {pattern}) AS double precision)"


@compiles(_Percentile, "postgresql")
def _percentile(element: _Percentile, compiler: Any, **options: Any) -> str:
    value, percent = (compiler.process(clause, **options) for clause in element.clauses)
    fraction = f"CAST({percent} AS double precision) / 100"
    return f"percentile_cont({fraction}) WITHIN GROUP (ORDER BY CAST({value} AS double precision))"


@compiles(_NumberAfter, "sqlite")
@compiles(_Percentile, "sqlite")
def _function_on_sqlite(element: FunctionElement[float], compiler: Any, **options: Any) -> str:
    return f"{element.name}({compiler.process(element.clauses, **options)})"


@compiles(_TextOf, "postgresql")
def _text_of(element: _TextOf, compiler: Any, **options: Any) -> str:
    pairs, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(CAST({pairs} AS json) ->> {key})"


@compiles(_TextOf, "sqlite")
def _text_of_on_sqlite(element: _TextOf, compiler: Any, **options: Any) -> str:
    pairs, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"json_extract({pairs}, '$.\"' || {key} || '\"')"


def text_of(pairs: ColumnElement[str], key: str) -> ColumnElement[str]:
    """The text of a key in a column of JSON objects whose values are texts; NULL if there is none."""
    return _TextOf(pairs, literal(key, Text))


def number_after(column: ColumnElement[str], key: str) -> ColumnElement[float]:
    """The number after a key in a text that is a JSON object or has keys and values on lines; NULL if there is none."""
    pattern = rf"(?:^|[\"\n]){re.escape(key)}[\"\s:]+{_NUMBER}(?=$|[\s,}}])"
    return _NumberAfter(column, bindparam(None, pattern, type_=Text))


def percentile(column: ColumnElement[Any], percent: float) -> ColumnElement[float]:
    """An aggregate: the percentile (0 to 100) of a group's values, interpolated between two of them."""
    return _Percentile(column, literal(percent, Float(53)))


def find_number(text: Any, pattern: str) -> float | None:
    """What SQLite calls for `number_after`."""
    found = _compiled(pattern).search(text) if isinstance(text, str) else None
    return None if found is None else float(found[1])


_compiled: Callable[[str], re.Pattern[str]] = lru_cache(maxsize=100)(re.compile)


class Percentile:
    """The aggregate that SQLite calls for `percentile`."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._percent = 0.0

    def step(self, value: float | None, percent: float, /) -> None:
        if value is not None:
            self._values.append(value)
        self._percent = percent

    def finalize(self) -> float | None:
        if not self._values:
            return None
        values = sorted(self._values)
        place = self._percent / 100 * (len(values) - 1)
        below, above = values[math.floor(place)], values[math.ceil(place)]
        return below + (above - below) * (place - math.floor(place))
