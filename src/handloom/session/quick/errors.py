"""Errors of the quick engine in words: what it does not have, a column that is not there, and the way out.

The engine reports an unknown function as "unknown function: x" and a missing column as its own data structures. Each is
rewritten with what to do, and what cannot be told apart from a fault of the engine names Apache Spark.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence

import pyspark.errors
from pyspark.errors import AnalysisException, ArithmeticException, ParseException, PySparkException

from handloom.session.quick.reading.options import WAY_OUT

Columns = Callable[[str], Sequence[str]]
"""The columns among which a name was looked for; empty where they are not known."""

_COLUMN = re.compile(r"attribute ObjectName\(\[(?P<parts>Identifier\(.*?\))\]\) is missing from the schema")
_PART = re.compile(r'Identifier\("((?:[^"\\]|\\.)*)"\)')
_FIELD = re.compile(
    r"No field named (?P<name>\S+?)\.(?: Did you mean .*?)?(?:\s*Valid fields are (?P<valid>.*?)\.)?$", re.S
)
_AMBIGUOUS = re.compile(r"ambiguous attribute: ObjectName\(\[(?P<parts>.*)\]\)")
_IDENTIFIER = re.compile(r'Identifier\("(.*?)"\)')
_SYNTAX = re.compile(r"invalid argument: found (?P<found>.*?) at (?P<start>\d+):\d+ expected", re.S)
_FUNCTION = re.compile(r"(?:unknown function|unsupported function|function): (?P<name>[\w.]+)\Z")
_COMMAND = re.compile(r"(?:CommandNode|PlanNode|QueryNode)::(?P<name>\w+)")
_SOURCE = re.compile(r"No data source found for: (?P<name>\S+)")
_PLANNING = re.compile(
    r"Cannot coerce|Cannot infer common argument type|does not support type|cannot contain nulls|"
    r"column types must match schema types|"
    r"Internal error|Error during planning|failed to match any signature|No function matches|"
    r"Failed to coerce|"
    r"not (?:yet )?(?:implemented|supported)|unsupported|Unsupported|user-defined coercion|look-around|"
    r"regex parse error|received incompatible types|\A(?:invalid|missing) argument|values? expected|negative count|"
    r"is not configured|\?table\?",
)
_SUGGESTED = 5
_BROKEN_OFF = re.compile(r"panicked|RST_STREAM|Stream removed")
"""Words of an engine whose thread failed while it ran a query."""


_OVERFLOW = re.compile(
    r"Can't cast value (?P<value>-?[\d.]+) to type (?P<type>U?Int\d+)|value of (?P<long>-?\d+) is out of range Int64"
)
_TYPES = {"Int8": "tinyint", "Int16": "smallint", "Int32": "int", "Int64": "bigint"}


def explain(error: PySparkException, columns: Columns, sql: str = "") -> PySparkException:
    """The error in words; the engine's own where it says enough. `sql` is the statement that failed."""
    message = str(error)
    if WAY_OUT in message:
        return error
    for find in (_overflow, _no_writer, _enumeration, _ambiguous):
        if (found := find(message)) is not None:
            return found
    if match := _COLUMN.search(message):
        return _column([part.replace('\\"', '"') for part in _PART.findall(match["parts"])], columns, sql)
    if (match := _FIELD.search(message)) and "?table?" not in message:
        valid = re.findall(r'"[^"]*"(?:\."[^"]*")*|[^\s,]+', match["valid"] or "")
        return _unresolved(match["name"].replace('"', "").split("."), lambda _: [v.replace('"', "") for v in valid])
    what = _not_there(message)
    if what is None and isinstance(error, pyspark.errors.UnsupportedOperationException):
        what = re.sub(r"^(?:not supported|unsupported):? ", "", message.strip().rstrip("."))
    return _absent(what) if what is not None else _planning(error, message)


def _no_writer(message: str) -> PySparkException | None:
    if "Writer not implemented for this format" not in message:
        return None
    return AnalysisException(
        "The quick engine does not write files of this format; Avro is not written by Apache Spark here either. "
        "Way out: write Parquet, CSV, JSON or ORC."
    )


def _enumeration(message: str) -> PySparkException | None:
    if "cast Dictionary(" not in message:
        return None
    return AnalysisException(
        "The quick engine does not read Avro files with enumerations, and Apache Spark here reads no Avro. Way out: "
        "%pip install fastavro, and spark.createDataFrame(list(fastavro.reader(open(path, 'rb'))))."
    )


def _ambiguous(message: str) -> PySparkException | None:
    match = _AMBIGUOUS.search(message)
    if match is None:
        return None
    name = ".".join(f"`{part}`" for part in _IDENTIFIER.findall(match["parts"]))
    return AnalysisException(
        f"[AMBIGUOUS_REFERENCE] Reference {name} is ambiguous: several columns have this name. Rename one before "
        "(toDF, withColumnRenamed), or give each side an alias and write alias.column."
    )


def _overflow(message: str) -> PySparkException | None:
    """A number that does not fit its type, with Apache Spark's name for the error."""
    if "[ARITHMETIC_OVERFLOW]" in message:
        return ArithmeticException(message[message.index("[ARITHMETIC_OVERFLOW]") :])
    match = _OVERFLOW.search(message)
    if match is None:
        return None
    kind = _TYPES.get(match["type"] or "Int64", "int")
    return ArithmeticException(
        f"[ARITHMETIC_OVERFLOW] {match['value'] or match['long']} does not fit the type {kind}. Cast to a wider type "
        "before, or use 'try_add', 'try_subtract', 'try_multiply', 'try_sum' or 'try_cast' to get null instead."
    )


def _planning(error: PySparkException, message: str) -> PySparkException:
    """What the engine says while it plans, which may be its own fault or the statement's."""
    if "expected one statement" in message:
        return ParseException(
            "[PARSE_SYNTAX_ERROR] spark.sql takes one statement. A cell that begins with %%sql runs several."
        )
    if "failed to lookup address information" in message or "error sending request" in message:
        return _base(error)(
            f"The network is out of reach: {message.strip().splitlines()[0][:300]}. Upload a copy to Files/ and read "
            "that, or add a mount for the address in the workspace settings, which leads to a folder with the copy."
        )
    if match := _SYNTAX.match(message):
        return ParseException(
            f"[PARSE_SYNTAX_ERROR] The quick engine does not understand this statement at {match['found']!r}, "
            f"character {int(match['start']) + 1}. Check the spelling there. Where the statement is right: {WAY_OUT}"
        )
    if _BROKEN_OFF.search(message):
        return _base(error)(
            f"The quick engine broke off this query by a fault of its own, and goes on with the next one. {WAY_OUT}"
        )
    if _PLANNING.search(message):
        first = message.strip().splitlines()[0][:300]
        return _base(error)(f"The quick engine could not run this: {first} Where it is right: {WAY_OUT}")
    return error


def _column(parts: Sequence[str], columns: Columns, sql: str) -> PySparkException:
    if parts[-1].upper() == "ALL":
        return _absent("GROUP BY ALL and ORDER BY ALL")
    if parts[0] == "_metadata":
        return _absent("the hidden column _metadata")
    if len(parts) == 1 and re.search(rf"\bAS\s+`?{re.escape(parts[0])}\b", sql, re.I):
        return _absent(f"an expression that uses {parts[0]}, the name of another one in the same SELECT")
    return _unresolved(parts, columns)


def _absent(what: str) -> PySparkException:
    return pyspark.errors.UnsupportedOperationException(f"The quick engine does not have {what}. {WAY_OUT}")


def _not_there(message: str) -> str | None:
    """What the engine does not have, or None where the message says something else."""
    if match := _FUNCTION.search(message):
        return f"the function {match['name']}"
    if match := _COMMAND.search(message):
        return f"the statement {re.sub(r'(?<!^)(?=[A-Z])', ' ', match['name']).upper()}"
    if match := _SOURCE.search(message):
        return f"a reader or writer for the format {match['name'].rstrip('.')}"
    return None


def _unresolved(parts: Sequence[str], columns: Columns) -> PySparkException:
    if re.fullmatch(r"#\d+", parts[-1]):  # the engine's own name of a column
        return _absent("ORDER BY of an expression of the groups; give it a name, and order by that name")
    name = ".".join(parts)
    known = list(dict.fromkeys(columns(name)))
    close = _closest(parts[-1], known)
    asked = f" Did you mean one of the following? [{', '.join(f'`{one}`' for one in close)}]" if close else ""
    return AnalysisException(
        f"[UNRESOLVED_COLUMN.{'WITH_SUGGESTION' if close else 'WITHOUT_SUGGESTION'}] "
        f"A column, variable, or function parameter with name `{name}` cannot be resolved.{asked} SQLSTATE: 42703"
    )


def _closest(name: str, known: Iterable[str]) -> list[str]:
    """The known names, those that look most like `name` first."""
    lower = name.lower()
    ranked = sorted(known, key=lambda one: -difflib.SequenceMatcher(None, lower, one.split(".")[-1].lower()).ratio())
    return ranked[:_SUGGESTED]


def _base(error: PySparkException) -> type[PySparkException]:
    """The class of an error that users catch: the client's own subclasses need more than a message."""
    for kind in type(error).__mro__:
        if kind.__module__ == "pyspark.errors.exceptions.base" and kind is not PySparkException:
            return kind
    return AnalysisException
