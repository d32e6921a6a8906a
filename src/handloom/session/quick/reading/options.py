"""The reader and writer options of each format: those that act here, those of Spark that do not, and all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Warn = Callable[[str], None]
WAY_OUT = "Apache Spark runs this: choose Apache Spark as this notebook's engine."


def _names(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


_FILES = _names(
    "path basePath pathGlobFilter recursiveFileLookup modifiedBefore modifiedAfter ignoreMissingFiles timeZone"
)


@dataclass(frozen=True, slots=True)
class Known:
    """Names in lower case. `harmless` change speed and not the answer; `refused` would change the answer."""

    acting: frozenset[str]
    harmless: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


READING = {
    "csv": Known(
        _names(
            "sep delimiter encoding charset quote escape comment header inferSchema preferDate enforceSchema"
            " ignoreLeadingWhiteSpace ignoreTrailingWhiteSpace nullValue positiveInf negativeInf dateFormat"
            " timestampFormat timestampNTZFormat mode columnNameOfCorruptRecord multiLine emptyValue"
        ),
        _names("samplingRatio maxColumns maxCharsPerColumn inputBufferSize columnPruning schemaInferMaxRecords"),
        _names(
            "charToEscapeQuoteEscaping unescapedQuoteHandling nanValue lineSep locale ignoreCorruptFiles"
            " singleVariantColumn"
        ),
    ),
    "json": Known(
        _names(
            "multiLine mode columnNameOfCorruptRecord primitivesAsString encoding charset dateFormat timestampFormat"
            " timestampNTZFormat dropFieldIfAllNull allowSingleQuotes inferTimestamp"
        ),
        _names("samplingRatio schemaInferMaxRecords maxNestingDepth maxNumLen maxStringLen"),
        _names(
            "prefersDecimal allowComments allowUnquotedFieldNames allowNumericLeadingZeros allowUnquotedControlChars"
            " allowBackslashEscapingAnyCharacter allowNonNumericNumbers lineSep locale ignoreCorruptFiles"
            " singleVariantColumn useUnsafeRow"
        ),
    ),
    "parquet": Known(
        _names("mergeSchema"), _names("datetimeRebaseMode int96RebaseMode binaryAsString"), _names("ignoreCorruptFiles")
    ),
    "orc": Known(_names(""), _names(""), _names("mergeSchema ignoreCorruptFiles")),
    "text": Known(_names("wholetext encoding charset"), _names(""), _names("lineSep ignoreCorruptFiles")),
    "binaryfile": Known(_names(""), _names(""), _names("ignoreCorruptFiles")),
}

_DELTA_READING = Known(
    _names("path versionAsOf timestampAsOf"),
    _names("mergeSchema"),
    _names("readChangeFeed readChangeData startingVersion endingVersion startingTimestamp endingTimestamp"),
)
TRANSACTIONS = _names("txnAppId txnVersion")
"""The options by which a write that is repeated is left out."""
_DELTA_WRITING = Known(
    _names("path mergeSchema overwriteSchema replaceWhere partitionOverwriteMode"),
    _names("compression maxRecordsPerFile optimizeWrite autoCompact userMetadata parquet.vorder.enabled"),
    TRANSACTIONS | _names("dataChange"),
)
_WRITING = _names("path compression partitionOverwriteMode")
_REFUSED_WRITING = _names("maxRecordsPerFile")
WRITING = {
    "csv": Known(
        _names(
            "sep delimiter encoding charset quote escape header nullValue emptyValue dateFormat timestampFormat"
            " timestampNTZFormat quoteAll escapeQuotes ignoreLeadingWhiteSpace ignoreTrailingWhiteSpace"
        ),
        _names("codec"),
        _names("lineSep charToEscapeQuoteEscaping locale extension"),
    ),
    "json": Known(
        _names("ignoreNullFields dateFormat timestampFormat timestampNTZFormat encoding charset"),
        _names("codec"),
        _names("lineSep locale"),
    ),
    "parquet": Known(
        _names(""),
        _names("parquet.block.size parquet.page.size parquet.enable.dictionary parquet.compression mergeSchema"),
    ),
    "orc": Known(_names(""), _names("orc.compress")),
    "text": Known(_names(""), _names("codec"), _names("lineSep encoding charset")),
}


class RefusedOption(ValueError):
    """An option that would change the answer, and that this engine does not have."""


def checked(form: str, given: Mapping[str, str], writing: bool, warn: Warn) -> dict[str, str]:
    """The options by their names in lower case. Warns of those that Spark does not know; raises RefusedOption."""
    table, files = (WRITING, _WRITING) if writing else (READING, _FILES)
    known = table[form]
    options = {name.lower(): value for name, value in given.items()}
    for name in given:
        lower = name.lower()
        if lower in known.refused or (writing and lower in _REFUSED_WRITING):
            raise RefusedOption(f"The quick engine does not have the option {name} for {form}. {WAY_OUT}")
        if lower not in known.acting | known.harmless | files:
            verb = "writing" if writing else "reading"
            warn(f"{name} is no option for {verb} {form}: it has no effect.{_like(lower, known.acting | files)}")
    return options


def check_delta(given: Mapping[str, str], writing: bool, warn: Warn, also: frozenset[str] = frozenset()) -> None:
    """Check the options of a Delta table. Raises RefusedOption for those that would change the answer.

    `also` are names, in lower case, of further options that the engine has.
    """
    known = _DELTA_WRITING if writing else _DELTA_READING
    for name, value in given.items():
        lower = name.lower()
        if lower in also:
            continue
        if lower in known.refused and value.lower() != "false":
            raise RefusedOption(f"The option {name} of Delta tables is not available here. Way out: {_out(lower)}")
        if lower not in known.acting | known.harmless and "." not in lower:
            verb = "writing" if writing else "reading"
            warn(f"{name} is no option for {verb} delta: it has no effect.{_like(lower, known.acting)}")


def _out(option: str) -> str:
    if option in TRANSACTIONS:
        return "choose Apache Spark as this notebook's engine, or write without it."
    if option in _DELTA_WRITING.refused:
        return "write without it."
    return "read two versions with versionAsOf and compare them."


def _like(name: str, known: frozenset[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, sorted(known), 1, 0.75)
    return f" Did you mean {near[0]}?" if near else ""


def flag(options: Mapping[str, str], name: str, default: bool = False) -> bool:
    """A truth value. Raises ValueError in Spark's words."""
    text = options.get(name.lower())
    if text is None:
        return default
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{name} flag can be true or false, and not {text!r}.")
    return text.lower() == "true"
