"""Names of tables, views and schemas: without case, with `dbo` as the default schema, and with the lakehouse in front.

The engine takes names by their case and knows neither `dbo` nor lakehouses. Names reach it in lower case only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handloom.session.lakehouse import existing

DEFAULT = "dbo"
_OWN = frozenset({"lake", "lakehouse", "spark_catalog", "sail"})
"""What stands for this workspace's lakehouse in front of a schema."""
_SYNONYMS = frozenset({"lake", "default", DEFAULT})
FORMATS = frozenset({"parquet", "csv", "json", "orc", "text", "delta", "avro", "binaryfile"})
_TOKEN = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<text>[rR]?'(?:[^'\\]|\\.|'')*'|[rR]?\"(?:[^\"\\]|\\.|\"\")*\")"
    r"|(?P<quoted>`(?:[^`]|``)*`)|(?P<word>[^\W\d]\w*|\d+[^\W\d]\w*)|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
_BEFORE_NAME = frozenset({"FROM", "JOIN", "INTO", "TABLE", "VIEW", "UPDATE", "OVERWRITE"})
_BETWEEN = frozenset({"IF", "NOT", "EXISTS", "TABLE", "EXTENDED", "FORMATTED", "LATERAL", "ONLY"})
_ENDS_FROM = frozenset({"WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", "SELECT", "SET", "WINDOW"})
_DESCRIBES = frozenset({"DESCRIBE", "DESC"})


class UnknownLakehouse(ValueError):
    """A name that leads to another lakehouse."""


@dataclass(slots=True)
class SqlToken:
    """A piece of SQL text. `kind` is the group of `_TOKEN`."""

    kind: str
    text: str

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text


def tokens(sql: str) -> list[SqlToken]:
    """The pieces of a statement; together they are the statement."""
    return [SqlToken(str(match.lastgroup), match[0]) for match in _TOKEN.finditer(sql)]


def split(name: str) -> list[str]:
    """The parts of a name with dots; backticks keep dots together."""
    parts = re.findall(r"`(?:[^`]|``)*`|[^.`]+", name)
    return [part[1:-1].replace("``", "`") if part.startswith("`") else part for part in parts]


def quote(parts: list[str]) -> str:
    """A name for the engine."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


@dataclass(slots=True)
class Names:
    """The names of one session. `tables` is the folder `Tables`; `workspace` also stands for its lakehouse."""

    tables: Path
    workspace: str = ""
    own: frozenset[str] = field(default=_OWN)

    def canonical(self, parts: list[str]) -> list[str]:
        """The name as the engine has it. Raises UnknownLakehouse."""
        lower = [part.lower() for part in parts]
        if len(parts) == 2 and lower[0] in FORMATS and "/" in parts[1]:
            return [lower[0], parts[1]]
        while len(lower) > 2:
            if not self._is_own(lower[0]):
                raise UnknownLakehouse(
                    f"The name {'.'.join(parts)} begins with {parts[0]}, which is not this workspace's lakehouse. "
                    "A notebook reads the tables of its own workspace, as schema.table or lakehouse.schema.table."
                )
            lower = lower[1:]
        if len(lower) == 2:
            is_schema = (self.tables / lower[0]).is_dir() and not (self.tables / lower[0] / "_delta_log").is_dir()
            if lower[0] in _SYNONYMS or (self._is_own(lower[0]) and not is_schema):
                lower[0] = DEFAULT
        return lower

    def _is_own(self, name: str) -> bool:
        return name in self.own or name == self.workspace.lower()

    def schema(self, name: str) -> str:
        """A schema's name as the engine has it."""
        return self.canonical([*split(name), "x"])[-2]

    def text(self, name: str) -> str:
        """A name in one string, as the engine has it."""
        return quote(self.canonical(split(name))) if name else name

    def folder(self, parts: list[str], current: str) -> Path:
        """Where the table of a canonical name lies, or is to lie; other programs give folders names with capitals."""
        schema, table = parts if len(parts) == 2 else [current, parts[-1]]
        home = self.tables if schema == DEFAULT else existing(self.tables / schema)
        return existing(home / table)

    def rewrite(self, sql: str) -> str:
        """The statement with the names of tables as the engine has them."""
        pieces = tokens(sql)
        words = [token for token in pieces if token.kind not in ("space", "comment")]
        shared = _common_tables(words)
        for start, end in list(_names_in(words)):
            name = split("".join(token.text for token in words[start:end]))
            if len(name) == 2 and name[0].lower() in FORMATS and "/" in name[1]:
                continue
            made = self.canonical(name)
            words[start].text = quote(made) if len(made) > 1 or words[start].kind == "quoted" else _plain(made[0])
            for token in words[start + 1 : end]:
                token.text = ""
        for token in shared:
            token.text = token.text.lower()
        return "".join(token.text for token in pieces)


def table_names(sql: str) -> list[list[str]]:
    """The parts of each name of a table or view in a statement, apart from those that its WITH defines."""
    words = [token for token in tokens(sql) if token.kind not in ("space", "comment")]
    defined = {token.text.strip("`").lower() for token in _common_tables(words)}
    found = [split("".join(token.text for token in words[start:end])) for start, end in _names_in(words)]
    return [name for name in found if not (len(name) == 1 and name[0].lower() in defined)]


_READS = frozenset({"FROM", "JOIN", ",", "("})
_READERS = frozenset({"SELECT", "WITH", "FROM", "INSERT", "CREATE", "CACHE", "EXPLAIN", "("})
_JOINS = frozenset({"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "ANTI", "SEMI", "NATURAL", "ON", "USING"})
_AFTER_NAME = (
    _ENDS_FROM
    | _JOINS
    | {"EXCEPT", "INTERSECT", "MINUS", "LATERAL", "PIVOT", "UNPIVOT", "QUALIFY", "TABLESAMPLE"}
    | {"SORT", "CLUSTER", "DISTRIBUTE", "OFFSET", "INSERT"}
)


def replace_read_tables(sql: str, chosen: Callable[[list[str]], str | list[str] | None]) -> str:
    """The statement with other names for tables and views that it only reads, each under its last part as before.

    `chosen` gets the parts of a name in lower case and returns the new name or its parts, or None to keep it.
    """
    pieces = tokens(sql)
    words = [token for token in pieces if token.kind not in ("space", "comment")]
    if not words or words[0].upper not in _READERS:
        return sql
    defined = {token.text.strip("`").lower() for token in _common_tables(words)}
    replaced = []
    for start, end in list(_names_in(words)):
        name = [part.lower() for part in split("".join(token.text for token in words[start:end]))]
        if words[start - 1].upper not in _READS or (len(name) == 1 and name[0] in defined):
            continue
        new = chosen(name)
        if new is None or new == ".".join(name):
            continue
        following = words[end] if end < len(words) else None
        is_named = following is not None and (
            following.upper == "AS" or (following.kind in ("word", "quoted") and following.upper not in _AFTER_NAME)
        )
        words[start].text = quote([new] if isinstance(new, str) else new) + (
            "" if is_named else f" AS {quote(name[-1:])}"
        )
        for token in words[start + 1 : end]:
            token.text = ""
        if len(name) > 1:
            replaced.append(name)
    for name in replaced:
        _shorten_columns(words, name)
    return "".join(token.text for token in pieces)


def shorten_columns(sql: str, name: list[str]) -> str:
    """The statement with a table's columns without what is in front of its last part, as in `schema.table.column`."""
    pieces = tokens(sql)
    words = [token for token in pieces if token.kind not in ("space", "comment")]
    _shorten_columns(words, [part.lower() for part in name])
    return "".join(token.text for token in pieces)


def _shorten_columns(words: list[SqlToken], name: list[str]) -> None:
    """Take what is in front of a table's last part out of the names of its columns, as in `schema.table.column`."""
    length = 2 * len(name)
    for start in range(len(words) - length):
        before = words[start - 1].text if start else ""
        these = [token.text.strip("`").lower() for token in words[start : start + length]]
        if before != "." and these == [text for part in name for text in (part, ".")]:
            for token in words[start : start + length - 2]:
                token.text = ""


def rename_tables(sql: str, chosen: Callable[[list[str]], list[str] | None]) -> str:
    """The statement with other names for the tables and views that it names anywhere, as `chosen` gives them."""
    pieces = tokens(sql)
    words = [token for token in pieces if token.kind not in ("space", "comment")]
    for start, end in list(_names_in(words)):
        new = chosen(split("".join(token.text for token in words[start:end])))
        if new is not None:
            words[start].text = quote(new)
            for token in words[start + 1 : end]:
                token.text = ""
    return "".join(token.text for token in pieces)


def _plain(name: str) -> str:
    return name if re.fullmatch(r"[^\W\d]\w*", name) else quote([name])


def _common_tables(words: list[SqlToken]) -> list[SqlToken]:
    """The tokens that define the names after WITH."""
    found = []
    for number, token in enumerate(words[:-2]):
        before = words[number - 1].upper if number else ""
        if token.kind not in ("word", "quoted") or before not in ("WITH", "RECURSIVE", ","):
            continue
        after = number + 1
        if words[after].text == "(":
            after = _closing(words, after) + 1
        if after + 1 < len(words) and words[after].upper == "AS" and words[after + 1].text == "(":
            found.append(token)
    return found


def _closing(words: list[SqlToken], start: int) -> int:
    depth = 0
    for number in range(start, len(words)):
        depth += {"(": 1, ")": -1}.get(words[number].text, 0)
        if not depth:
            return number
    return len(words) - 1


def _names_in(words: list[SqlToken]) -> Iterator[tuple[int, int]]:
    """Where names of tables stand: from the first to after the last token of each."""
    is_query, in_from = [True], [False]
    merging = bool(words) and words[0].upper == "MERGE"
    number = 0
    while number < len(words):
        token = words[number]
        expected = False
        if token.text == "(":
            inside = words[number + 1].upper if number + 1 < len(words) else ""
            before = words[number - 1].upper if number else ""
            is_query.append(inside in ("SELECT", "WITH", "FROM", "TABLE") or before in ("FROM", "JOIN"))
            in_from.append(before in ("FROM", "JOIN") and inside not in ("SELECT", "WITH", "VALUES"))
            expected = in_from[-1]
        elif token.text == ")" and len(is_query) > 1:
            is_query.pop()
            in_from.pop()
        elif token.text == ",":
            expected = in_from[-1]
        elif token.kind == "word" and is_query[-1]:
            word = token.upper
            if word in _BEFORE_NAME or (number == 0 and word in _DESCRIBES) or (merging and word == "USING"):
                expected = True
                in_from[-1] = in_from[-1] or word == "FROM"
            elif word in _ENDS_FROM:
                in_from[-1] = False
        number += 1
        calls = token.upper in ("FROM", "JOIN", ",", "(")
        if expected and (end := _name_end(words, number, calls)) is not None:
            start, stop = end
            if start < stop:
                yield start, stop
            number = stop


def _name_end(words: list[SqlToken], number: int, calls: bool) -> tuple[int, int] | None:
    """Where the name ends; None for keywords, and where `calls` for table functions."""
    while number < len(words) and words[number].upper in _BETWEEN:
        number += 1
    start = number
    while number < len(words) and words[number].kind in ("word", "quoted"):
        number += 1
        if number < len(words) and words[number].text == ".":
            number += 1
        else:
            break
    is_function = calls and number < len(words) and words[number].text == "("
    is_keyword = start < len(words) and words[start].upper in ("SELECT", "VALUES", "WITH", "DIRECTORY", "LOCAL", "SET")
    if start == number or is_function or is_keyword:
        return None
    return start, number


def rename(message: Any, names: Names) -> None:
    """Change the names in a message of the plan that names a table, a view or a schema."""
    kind = message.DESCRIPTOR.name
    for descriptor in message.DESCRIPTOR.fields:
        key = descriptor.name
        if (kind, key) in _VIEWS:  # taken as it stands, and not parsed
            setattr(message, key, getattr(message, key).lower())
        elif key in ("table_name", "target_table_name") or (kind, key) in _NAMING:
            if getattr(message, key):
                setattr(message, key, names.text(getattr(message, key)))
        elif key == "unparsed_identifier" and kind == "UnresolvedAttribute":
            text = getattr(message, key)
            if text != text.strip() and "`" not in text:  # a column such as "2022 ", which the engine would trim
                setattr(message, key, quote(split(text)))
        elif key == "db_name" and getattr(message, key):
            setattr(message, key, names.schema(getattr(message, key)))


_NAMING = frozenset({("NamedTable", "unparsed_identifier")})
_VIEWS = frozenset(
    {("CreateDataFrameViewCommand", "name"), ("DropTempView", "view_name"), ("DropGlobalTempView", "view_name")}
)
