"""MERGE INTO a Delta table for Apache Spark without Delta Lake: one query for the rows that the table has afterwards.

The query unites three kinds of rows, each with the names that its clauses may use: rows of the table that match a row
of the source (names of both), rows of the table that match none (its own), and rows of the source that match none (the
source's). Apache Spark runs it and writes the rows; no row passes through Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.errors import AnalysisException, ParseException

from handloom.session.apache.changes import TableChange, cast_to, null_of
from handloom.session.column_sql import quoted
from handloom.session.quick import expressions
from handloom.session.quick.expressions import ExpressionToken, commas, depth_of
from handloom.session.quick.names import split

_SEVERAL = (
    "[DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE] Several rows of the source match one row of {table}, so "
    "that it is not clear which one counts. Nothing was changed: let the source have one row for each, for example "
    "with dropDuplicates."
)
Columns = Sequence[tuple[str, Any]]
"""Names and types of a table's columns, as in the schema of a Delta table."""


@dataclass(frozen=True, slots=True)
class MergeClause:
    """One WHEN clause. `values` are the texts of columns by their names; None for `*`, which is every column."""

    kind: str
    """matched, inserted or unmatched: for rows of both, of the source only, and of the table only."""
    condition: str
    action: str
    """UPDATE, DELETE or INSERT."""
    values: dict[str, str] | None = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merge:
    """A MERGE statement. Aliases are quoted; `source` is a name, a table function or a query in parentheses."""

    table: str
    alias: str
    source: str
    source_alias: str
    condition: str
    clauses: list[MergeClause]

    def of(self, kind: str) -> list[MergeClause]:
        return [clause for clause in self.clauses if clause.kind == kind]


def parse(sql: str) -> Merge | None:
    """Read a MERGE statement; None for any other, and for one that changes the table's columns. Raises
    ParseException.
    """
    reader = _MergeReader(sql)
    if not reader.take("MERGE", "INTO"):
        return None
    table = reader.name()
    alias = reader.alias("USING") or quoted(split(table)[-1] if table else "")
    reader.require("USING")
    is_query = reader.word() == "("
    name = "" if is_query else reader.name()
    source = f"{name}({reader.parentheses()})" if reader.word() == "(" else name
    source_alias = reader.alias("ON") or quoted(split(name)[-1] if name else "handloom_source")
    reader.require("ON")
    condition = reader.until("WHEN")
    clauses = []
    while reader.take("WHEN"):
        clauses.append(_clause(reader))
    if not clauses or reader.word():
        raise ParseException(f"[PARSE_SYNTAX_ERROR] MERGE cannot be read at “{reader.word()}”. SQLSTATE: 42601")
    return Merge(table, alias, source, source_alias, condition, clauses)


class _MergeReader:
    """Reads a statement word by word."""

    def __init__(self, sql: str) -> None:
        self._sql = sql.strip().rstrip(";")
        self._words = expressions.tokens(self._sql)
        self._at = 0

    def word(self) -> str:
        """The next word in capitals; empty at the end."""
        return self._words[self._at].upper if self._at < len(self._words) else ""

    def take(self, *words: str) -> bool:
        """Take these words if they are next."""
        if [token.upper for token in self._words[self._at : self._at + len(words)]] != list(words):
            return False
        self._at += len(words)
        return True

    def require(self, *words: str) -> None:
        if not self.take(*words):
            raise ParseException(
                f"[PARSE_SYNTAX_ERROR] MERGE has {self.word() or 'its end'} in place of {' '.join(words)}. "
                "SQLSTATE: 42601"
            )

    def name(self) -> str:
        """The name of a table, column or alias, as it is written."""
        start = self._at
        while self._at < len(self._words) and self._words[self._at].kind in ("word", "quoted"):
            self._at += 1
            if self.word() != ".":
                break
            self._at += 1
        return "".join(token.text for token in self._words[start : self._at])

    def alias(self, end: str) -> str:
        """The other name that follows a table, quoted; empty where `end` follows."""
        if not self.take("AS") and self.word() == end:
            return ""
        return quoted(self.name().strip("`"))

    def parentheses(self) -> str:
        """The text between the next parenthesis and the one that closes it."""
        self.require("(")
        text = self.until(")")
        self.require(")")
        return text

    def until(self, *ends: str) -> str:
        """The text before the next of these words that is in no parentheses and no CASE."""
        start, depth = self._at, 0
        while self._at < len(self._words):
            token = self._words[self._at]
            if depth == 0 and token.upper in ends:
                break
            depth += depth_of(token)
            self._at += 1
        return self._text(self._words[start : self._at])

    def _text(self, words: Sequence[ExpressionToken]) -> str:
        return self._sql[words[0].start : words[-1].end] if words else ""


def _clause(reader: _MergeReader) -> MergeClause:
    kind = "matched"
    if reader.take("NOT", "MATCHED"):
        kind = "unmatched" if reader.take("BY", "SOURCE") else "inserted"
        reader.take("BY", "TARGET")
    else:
        reader.require("MATCHED")
    condition = reader.until("THEN") if reader.take("AND") else ""
    reader.require("THEN")
    if kind == "inserted":
        reader.require("INSERT")
        if reader.take("*"):
            return MergeClause(kind, condition, "INSERT", None)
        names = [split(name.strip())[-1] for name in commas(reader.parentheses())]
        reader.require("VALUES")
        return MergeClause(kind, condition, "INSERT", _pairs(names, commas(reader.parentheses())))
    if reader.take("DELETE"):
        return MergeClause(kind, condition, "DELETE")
    reader.require("UPDATE", "SET")
    if reader.take("*"):
        return MergeClause(kind, condition, "UPDATE", None)
    sides = [part.partition("=") for part in commas(reader.until("WHEN"))]
    return MergeClause(
        kind,
        condition,
        "UPDATE",
        _pairs([split(name.strip())[-1] for name, _, _ in sides], [value for _, _, value in sides]),
    )


def _pairs(names: list[str], values: list[str]) -> dict[str, str]:
    if len(names) != len(values) or not all(value.strip() for value in values):
        raise ParseException("[PARSE_SYNTAX_ERROR] MERGE needs one value for each column. SQLSTATE: 42601")
    return {name.lower(): value.strip() for name, value in zip(names, values, strict=True)}


def change(merge: Merge, view: str, schema: str) -> TableChange:
    """The rows that a merge leaves in the table which `view` reads, or adds to it if it only inserts.

    `schema` is the JSON text of the table's columns. Raises AnalysisException for a column that is not there.
    """
    columns = [(column["name"], column["type"]) for column in json.loads(schema)["fields"]]
    _require_columns(merge, columns)
    start = f"WITH handloom_rows AS (SELECT * FROM {merge.source}) "
    if not merge.of("matched") and not merge.of("unmatched"):
        return TableChange(start + _inserted(merge, view, columns), replaces=False, reads=True)
    parts = [_matched(merge, view, columns), _unmatched(merge, view, columns)]
    if merge.of("inserted"):
        parts.append(_inserted(merge, view, columns))
    return TableChange(start + " UNION ALL ".join(parts), replaces=True, reads=True)


def _require_columns(merge: Merge, columns: Columns) -> None:
    known = {name.lower() for name, _ in columns}
    named = (name for clause in merge.clauses for name in clause.values or ())
    if unknown := next((name for name in named if name not in known), ""):
        raise AnalysisException(
            f"[UNRESOLVED_COLUMN] The table {merge.table} has no column {unknown}. It has: "
            f"{', '.join(name for name, _ in columns)}. SQLSTATE: 42703"
        )


def _matched(merge: Merge, view: str, columns: Columns) -> str:
    """Rows of the table that match: changed, kept or left out. Several matches of one row are an error where Delta
    Lake has them as one.
    """
    names, clauses = _names(columns), merge.of("matched")
    source = f"handloom_rows AS {merge.source_alias} ON {merge.condition}"
    if not clauses:
        return f"SELECT {names} FROM {view} AS {merge.alias} LEFT SEMI JOIN {source}"
    target = f"(SELECT *, monotonically_increasing_id() AS handloom_target FROM {view}) AS {merge.alias}"
    rows = f"SELECT handloom_target, {_values(merge, clauses, columns)} FROM {target} JOIN {source}"
    counted = "handloom_action > 0" if len(clauses) == len(merge.clauses) else "true"
    same = "PARTITION BY handloom_target"
    ranked = (
        f"SELECT *, row_number() OVER ({same} ORDER BY handloom_action DESC) AS handloom_nth, "
        f"count_if({counted}) OVER ({same}) AS handloom_count FROM ({rows})"
    )
    kept = f"handloom_nth = 1 AND {_kept(clauses)}"
    if [(clause.action, clause.condition) for clause in clauses] != [("DELETE", "")]:
        message = _SEVERAL.format(table=merge.table).replace("\\", "\\\\").replace("'", "\\'")
        kept = f"if(handloom_count > 1, cast(raise_error('{message}') AS boolean), {kept})"
    return f"SELECT {names} FROM ({ranked}) WHERE {kept}"


def _unmatched(merge: Merge, view: str, columns: Columns) -> str:
    """Rows of the table that match no row of the source."""
    names, clauses = _names(columns), merge.of("unmatched")
    rows = f"{view} AS {merge.alias} LEFT ANTI JOIN handloom_rows AS {merge.source_alias} ON {merge.condition}"
    if not clauses:
        return f"SELECT {names} FROM {rows}"
    return f"SELECT {names} FROM (SELECT {_values(merge, clauses, columns)} FROM {rows}) WHERE {_kept(clauses)}"


def _inserted(merge: Merge, view: str, columns: Columns) -> str:
    """Rows of the source that match no row of the table, as the clauses insert them."""
    rows = f"handloom_rows AS {merge.source_alias} LEFT ANTI JOIN {view} AS {merge.alias} ON {merge.condition}"
    made = f"SELECT {_values(merge, merge.of('inserted'), columns)} FROM {rows}"
    return f"SELECT {_names(columns)} FROM ({made}) WHERE handloom_action > 0"


def _names(columns: Columns) -> str:
    return ", ".join(quoted(name) for name, _ in columns)


def _kept(clauses: Sequence[MergeClause]) -> str:
    gone = [str(number) for number, clause in enumerate(clauses, 1) if clause.action == "DELETE"]
    return f"handloom_action NOT IN ({', '.join(gone)})" if gone else "true"


def _values(merge: Merge, clauses: Sequence[MergeClause], columns: Columns) -> str:
    """The number of the clause that concerns a row, which is 0 for none, and the values of its columns."""
    whens = [f"WHEN {_is_true(clause)} THEN {number}" for number, clause in enumerate(clauses, 1)]
    items = [f"CASE {' '.join(whens)} ELSE 0 END AS handloom_action"]
    for name, kind in columns:
        is_new = clauses[0].kind == "inserted"
        own = null_of(kind) if is_new else f"{merge.alias}.{quoted(name)}"
        cases = list(_cases(merge, clauses, name, kind))
        value = f"CASE handloom_action {' '.join(cases)} ELSE {own} END" if cases else own
        items.append(f"{value} AS {quoted(name)}")
    return ", ".join(items)


def _is_true(clause: MergeClause) -> str:
    return f"({clause.condition})" if clause.condition else "true"


def _cases(merge: Merge, clauses: Sequence[MergeClause], name: str, kind: Any) -> Iterable[str]:
    for number, clause in enumerate(clauses, 1):
        if clause.values is None:
            yield f"WHEN {number} THEN {cast_to(f'{merge.source_alias}.{quoted(name)}', kind)}"
        elif (value := clause.values.get(name.lower())) is not None:
            yield f"WHEN {number} THEN {cast_to(f'({value})', kind)}"
