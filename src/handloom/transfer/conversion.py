"""Convert names, nested values and series of other products to the keys, params and points of records."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from handloom.domain.keys import MAX_KEY
from handloom.domain.metrics import LARGEST
from handloom.domain.records import MAX_POINTS, PointsRecord

_NOT_ALLOWED = re.compile(r"[^\w./\- :]")
MAX_DEPTH = 20
"""Levels of a nested value that become parts of a key; what is below them is one value of JSON."""

Series = defaultdict[str, dict[tuple[int, int, float | None], None]]
"""Points by key, as step, time in milliseconds and value; each once, in the order in which they came."""


def clean_key(name: str, taken: Collection[str]) -> str:
    """Return a key for a name, which may have characters or slashes that a key has not. It is none of `taken`."""
    parts = [part for part in _NOT_ALLOWED.sub("_", name).split("/") if part not in ("", ".", "..")]
    clean = "/".join(parts)[: MAX_KEY - 4] or "unnamed"
    key, number = clean, 2
    while key in taken:
        key, number = f"{clean}_{number}", number + 1
    return key


def flatten(given: Mapping[Any, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the values of nested mappings; their names are joined by dots."""
    for name, value in given.items():
        if isinstance(value, Mapping) and value and depth < MAX_DEPTH:
            for below, inner in flatten(value, depth + 1):
                yield f"{name}.{below}", inner
        else:
            yield str(name), value


def text_of(value: Any) -> str:
    """Return a param's text: a string as it is, other values as Python prints them, lists and mappings as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def params_of(given: Mapping[Any, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in flatten(given):
        found[clean_key(name, found)] = text_of(value)
    return found


def number_of(value: float) -> float | None:
    """Return a point's value: None for NaN, the largest number for an infinite one."""
    number = float(value)
    return None if math.isnan(number) else max(-LARGEST, min(LARGEST, number))


def points_records(
    run_id: str, series: Mapping[str, Collection[tuple[int, int, float | None]]]
) -> Iterator[PointsRecord]:
    """Yield the points of each key in order of step and time, in records of a limited size."""
    for key, points in series.items():
        found = sorted(points, key=lambda point: point[:2])
        for at in range(0, len(found), MAX_POINTS):
            piece = found[at : at + MAX_POINTS]
            yield PointsRecord(
                run_id=run_id,
                key=key,
                steps=[step for step, _, _ in piece],
                timestamps=[time for _, time, _ in piece],
                values=[value for _, _, value in piece],
            )
