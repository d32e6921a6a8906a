"""Which params explain a metric: what is asked of the process that computes it, and its answer."""

import math
from typing import Any

import msgspec

LEAST_RUNS = 5
MOST_RUNS = 5_000
MOST_PARAMS = 200
MOST_CATEGORIES = 30
"""A param of text with more values than this says who ran it rather than how."""


class ImportanceTable(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a metric and of params in the same order; None: the run has no such param."""

    metric: list[float]
    params: dict[str, list[str | None]]
    more_runs: bool = False
    """Whether older runs were left out."""
    left_out: int = 0
    """How many params were left out, of which fewer runs have a value."""


class ParamImportance(msgspec.Struct, frozen=True, kw_only=True):
    """`importance` is the share of a random forest's splits, all of a table together 1.

    `correlation` is Spearman's, from -1 to 1; None for a param that is not a number.
    """

    param: str
    importance: float
    correlation: float | None
    runs: int
    """How many runs have the param."""


def numbers_of(values: list[str | None]) -> list[float | None] | None:
    """Return the numbers that a param's texts are; None if a text is no finite number."""
    found: list[float | None] = []
    for value in values:
        if value is None:
            found.append(None)
            continue
        try:
            number = float(value)
        except ValueError:
            return None
        if not math.isfinite(number):
            return None
        found.append(number)
    return found


def is_useful(values: list[str | None]) -> bool:
    """Whether a param differs between runs, and is a number or one of a few words that some runs share."""
    given = [value for value in values if value is not None]
    different = set(given)
    if len(different) < 2 and not (different and None in values):
        return False
    return numbers_of(values) is not None or len(different) <= min(MOST_CATEGORIES, len(given) - 1)


def shares(sums: dict[str, float]) -> dict[str, float]:
    """Return the sums as shares of 1; of nothing, 0 each."""
    total: Any = sum(sums.values())
    return {name: value / total if total > 0 else 0.0 for name, value in sums.items()}
