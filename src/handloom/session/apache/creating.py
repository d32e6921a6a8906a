"""CREATE TABLE on Apache Spark: it makes Delta tables, as `saveAsTable` does and as the quick engine does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException, ParseException

from handloom.session.apache.delta import DeltaTables
from handloom.session.apache.log import is_delta
from handloom.session.quick.names import SqlToken, split, tokens

_QUERY = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "("})
_UNKEPT = frozenset({"DEFAULT", "GENERATED"})
WAY_OUT = "Way out: run this cell on the quick engine (notebook settings, Engine)."


@dataclass(slots=True)
class NewTable:
    """A CREATE TABLE statement of a Delta table. `columns` is the text of its columns, `query` what fills it."""

    name: str
    is_replaced: bool = False
    if_missing: bool = False
    columns: str = ""
    query: str = ""
    like: str = ""
    partitions: list[str] = field(default_factory=list)
    comment: str = ""
    properties: dict[str, str | None] = field(default_factory=dict)
    unknown: str = ""
    """A clause that is not carried out here."""
    provider: str = ""


class _Reader:
    """Reads a statement piece by piece."""

    def __init__(self, sql: str) -> None:
        self.pieces = [token for token in tokens(sql.strip().rstrip(";")) if token.kind != "comment"]
        self.at = 0

    def skip(self) -> SqlToken | None:
        while self.at < len(self.pieces) and self.pieces[self.at].kind == "space":
            self.at += 1
        return self.pieces[self.at] if self.at < len(self.pieces) else None

    def take(self, *words: str) -> bool:
        """Take these words if they are next."""
        start = self.at
        for word in words:
            token = self.skip()
            if token is None or token.upper != word:
                self.at = start
                return False
            self.at += 1
        return True

    def name(self) -> str:
        parts = ""
        self.skip()
        while self.at < len(self.pieces) and (
            self.pieces[self.at].kind in ("word", "quoted") or self.pieces[self.at].text == "."
        ):
            parts += self.pieces[self.at].text
            self.at += 1
        return parts

    def text(self) -> str:
        token = self.skip()
        if token is None or token.kind != "text":
            raise ParseException("[PARSE_SYNTAX_ERROR] A text in quotes is missing. SQLSTATE: 42601")
        self.at += 1
        return token.text[1:-1].replace("\\'", "'").replace("''", "'")

    def parentheses(self) -> list[SqlToken]:
        """The pieces between the next parenthesis and the one that closes it."""
        if not self.take("("):
            raise ParseException("[PARSE_SYNTAX_ERROR] A list in parentheses is missing. SQLSTATE: 42601")
        depth, start = 1, self.at
        while self.at < len(self.pieces):
            depth += {"(": 1, ")": -1}.get(self.pieces[self.at].text, 0)
            self.at += 1
            if depth == 0:
                return self.pieces[start : self.at - 1]
        raise ParseException("[PARSE_SYNTAX_ERROR] A parenthesis is not closed. SQLSTATE: 42601")

    def rest(self) -> str:
        return "".join(token.text for token in self.pieces[self.at :]).strip()


def parse(sql: str) -> NewTable | None:
    """Read CREATE TABLE, with or without a query; None for other statements and for tables of other formats."""
    reader = _Reader(sql)
    is_replaced = reader.take("CREATE", "OR", "REPLACE", "TABLE") or reader.take("REPLACE", "TABLE")
    if not is_replaced and not reader.take("CREATE", "TABLE"):
        return None
    made = NewTable("", is_replaced=is_replaced, if_missing=reader.take("IF", "NOT", "EXISTS"))
    made.name = reader.name()
    token = reader.skip()
    if not made.name or token is None:
        return None
    if token.text == "(" and not _begins_query(reader):
        made.columns = "".join(piece.text for piece in reader.parentheses()).strip()
    while (token := reader.skip()) is not None and not _clause(reader, made, token):
        pass
    if made.provider.lower() not in ("", "delta") or (made.unknown and not made.provider):
        return None  # Apache Spark's own tables
    return made


def require_kept(columns: str, table: str) -> None:
    """Raise AnalysisException where a column asks for what a Delta table here does not keep, such as DEFAULT."""
    words = [piece for piece in tokens(columns) if piece.kind not in ("space", "comment")]
    clause = next((word.upper for before, word in pairwise(words) if _is_unkept(before, word)), "")
    if clause:
        raise AnalysisException(
            f"[UNSUPPORTED_FEATURE.DELTA] {clause} of a column needs Delta Lake, which this engine does not have. "
            "Way out: create and write the table on the quick engine (notebook settings, Engine), give the value in "
            f"each INSERT, or keep the rows in a table of CREATE TABLE {table} (...) USING parquet."
        )


def _is_unkept(before: SqlToken, word: SqlToken) -> bool:
    """Whether a word is a clause of a column and no column's name."""
    return word.upper in _UNKEPT and before.text not in (",", "<")


def _begins_query(reader: _Reader) -> bool:
    inside = [piece.upper for piece in reader.pieces[reader.at + 1 :] if piece.kind != "space"]
    return bool(inside) and inside[0] in _QUERY


def _clause(reader: _Reader, made: NewTable, token: SqlToken) -> bool:
    """Read one clause; True at the end."""
    if reader.take("USING"):
        made.provider = reader.name()
    elif reader.take("PARTITIONED", "BY"):
        _partitions(made, reader.parentheses())
    elif reader.take("COMMENT"):
        made.comment = reader.text()
    elif reader.take("TBLPROPERTIES"):
        made.properties |= _properties(reader.parentheses())
    elif reader.take("LIKE"):
        made.like = reader.name()
    elif reader.take("AS") or token.upper in _QUERY:
        made.query = reader.rest()
        return True
    else:
        made.unknown = made.unknown or token.upper
        reader.at += 1
    return False


def _partitions(made: NewTable, pieces: list[SqlToken]) -> None:
    """Take the columns' names; a name with a type is also a column."""
    for part in "".join(piece.text for piece in pieces).split(","):
        words = part.split()
        made.partitions.append(words[0].strip("`"))
        if len(words) > 1 and words[0].strip("`").isidentifier():
            made.columns += (", " if made.columns else "") + part.strip()


def _properties(pieces: list[SqlToken]) -> dict[str, str | None]:
    texts = [piece.text.strip("'\"") for piece in pieces if piece.kind not in ("space",) and piece.text not in "=,"]
    return dict(zip(texts[::2], texts[1::2], strict=False))


def create(new: NewTable, delta: DeltaTables, parse_ddl: Callable[[str], Any]) -> Path | None:
    """Create the table of a statement without a query. Return the folder of one with a query, which Spark is to fill;
    None where nothing is left to do. Raises AnalysisException.
    """
    if new.unknown:
        raise AnalysisException(f"[UNSUPPORTED_FEATURE.DELTA] {new.unknown} of CREATE TABLE ... USING delta. {WAY_OUT}")
    require_kept(new.columns, new.name)
    found = delta.folder(new.name)
    if found is not None and is_delta(found):
        if new.if_missing:
            return None
        if not new.is_replaced:
            schema, table = delta.resolve(new.name)
            raise AnalysisException(
                f"[TABLE_OR_VIEW_ALREADY_EXISTS] {schema}.{table} already exists. Choose another name, drop it, or "
                "write CREATE OR REPLACE TABLE. SQLSTATE: 42P07"
            )
        folder = found
    else:
        folder = delta.new_folder(new.name)
    if new.query:
        if new.columns:
            raise AnalysisException(
                "[PARSE_SYNTAX_ERROR] CREATE TABLE ... AS takes its columns from the query. SQLSTATE: 42601"
            )
        return folder
    from deltalake import DeltaTable, Schema

    schema = _columns_of(new, delta) if new.like else parse_ddl(new.columns).json() if new.columns else ""
    if not schema:
        raise AnalysisException(
            f"[DELTA_EMPTY_TABLE] The table {split(new.name)[-1]} needs columns, or AS and a query."
        )
    DeltaTable.create(
        str(folder),
        Schema.from_json(schema),
        mode="overwrite" if new.is_replaced else "error",
        partition_by=new.partitions or None,
        description=new.comment or None,
        configuration=new.properties or None,
        raise_if_key_not_exists=False,  # as Delta Lake, which keeps any property
    )
    return None


def _columns_of(new: NewTable, delta: DeltaTables) -> str:
    place = delta.folder(new.like)
    if place is None or not is_delta(place):
        raise AnalysisException(
            f"[TABLE_OR_VIEW_NOT_FOUND] LIKE needs a Delta table of this workspace, and {new.like} is none. Way out: "
            f"CREATE TABLE {new.name} AS SELECT * FROM {new.like} WHERE false. SQLSTATE: 42P01"
        )
    return delta.state(place)[1]
