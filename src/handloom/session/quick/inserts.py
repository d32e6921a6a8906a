"""Refusal of INSERT statements whose numbers the quick engine would write into columns of text in its own way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pyspark.errors import AnalysisException

from handloom.session.quick.expressions import commas
from handloom.session.quick.functions import refused
from handloom.session.quick.names import quote, split

_NAME = r"(?:`(?:[^`]|``)*`|[\w.])+"
_INSERT = re.compile(
    rf"\s*INSERT\s+(?:INTO|OVERWRITE)\s+(?:TABLE\s+)?(?P<table>{_NAME})\s*"
    r"(?:PARTITION\s*\((?P<partition>[^()]*)\)\s*)?(?P<by_name>BY\s+NAME\s+)?"
    r"(?:\((?P<columns>[^()]*)\)\s*)?(?P<query>(?:SELECT|VALUES|WITH|TABLE|FROM|\().*)",
    re.I | re.S,
)
_WRITTEN_OTHERWISE = re.compile(r"double|float|timestamp|interval|array|map|struct")

_PARTITIONED = re.compile(
    rf"\s*INSERT\s+(?P<how>INTO|OVERWRITE)\s+(?:TABLE\s+)?(?P<table>{_NAME})\s*"
    r"PARTITION\s*\((?P<partition>(?:'(?:[^'\\]|\\.|'')*'|[^()'])*)\)\s*(?:\((?P<columns>(?!\s*SELECT\b)[^()]*)\)\s*)?"
    r"(?P<query>(?:SELECT|VALUES|WITH|TABLE|FROM|\().*)",
    re.I | re.S,
)
ColumnsOf = Callable[[str], Sequence[tuple[str, str]]]
"""The names and types of a query's columns."""


def check(sql: str, columns_of: ColumnsOf) -> None:
    """Raise AnalysisException where a double, a timestamp, an interval or a collection goes into a column of text.

    Apache Spark writes 1.0E7 for a double, as `cast(x as string)` does on both engines.
    """
    if (match := _INSERT.match(sql)) is None:
        return
    kinds = {name.lower(): kind for name, kind in columns_of(f"SELECT * FROM {match['table']}")}
    if not any(kind == "string" for kind in kinds.values()):
        return
    source = columns_of(match["query"])
    for (name, kind), target in zip(source, _targets(match, list(kinds), source), strict=False):
        if kinds.get(target.lower()) == "string" and _WRITTEN_OTHERWISE.search(kind):
            raise refused(f"INSERT of {name} ({kind}) into the column {target} (string); write cast(... as string)")


def without_partition(sql: str, columns_of: ColumnsOf) -> str:
    """An INSERT with a PARTITION clause, which the engine does not have, as one without; other statements as they are.

    An INSERT OVERWRITE replaces the rows with the values of the clause.
    """
    if (match := _PARTITIONED.match(sql.strip().rstrip(";"))) is None:
        return sql
    sides = [part.partition("=") for part in commas(match["partition"])]
    fixed = {split(name.strip())[-1].lower(): value.strip() for name, sign, value in sides if sign}
    known = [name for name, _ in columns_of(f"SELECT * FROM {match['table']}")]
    named = match["columns"].split(",") if match["columns"] else [name for name in known if name.lower() not in fixed]
    order = [split(name.strip())[-1].lower() for name in named]
    at = {name: f"handloom_{number}" for number, name in enumerate(order)} | fixed
    if unknown := next((name for name in at if name not in {one.lower() for one in known}), ""):
        raise AnalysisException(f"[UNRESOLVED_COLUMN] The table {match['table']} has no column {unknown}.")
    items = ", ".join(f"{at.get(name.lower(), 'NULL')} AS {quote([name])}" for name in known)
    names = ", ".join(f"handloom_{number}" for number in range(len(order)))
    query = f"SELECT {items} FROM ({match['query'].strip()}) AS handloom_rows({names})"
    if match["how"].upper() == "INTO" or not fixed:
        return f"INSERT {match['how']} {match['table']} {query}"
    where = " AND ".join(f"{quote([name])} <=> {value}" for name, value in fixed.items())
    return f"INSERT INTO {match['table']} REPLACE WHERE {where} {query}"


def _targets(match: re.Match[str], known: list[str], source: Sequence[tuple[str, str]]) -> list[str]:
    """The names of the columns that the columns of the query go to."""
    if match["by_name"]:
        return [name for name, _ in source]
    if match["columns"]:
        return [".".join(split(name.strip())) for name in match["columns"].split(",")]
    fixed = {
        part.partition("=")[0].strip(" `").lower() for part in (match["partition"] or "").split(",") if "=" in part
    }
    return [name for name in known if name not in fixed]
