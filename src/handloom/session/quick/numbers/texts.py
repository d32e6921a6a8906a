"""Functions that take texts. Apache Spark writes doubles and timestamps in them as its cast does, the engine otherwise.

The arguments of these types get a cast to a string, for which `functions` has Apache Spark's spelling.
"""

from __future__ import annotations

_FIRST, _BOTH, _THREE, _ALL, _AROUND_A_LENGTH = range(1), range(2), range(3), range(100), range(0, 3, 2)

ARGUMENTS: dict[str, range] = {
    **dict.fromkeys(
        ("upper", "ucase", "lower", "lcase", "length", "len", "char_length", "character_length", "bit_length",
         "octet_length", "trim", "btrim", "ltrim", "rtrim", "initcap", "reverse", "repeat", "substring", "substr",
         "left", "right", "ascii", "encode", "base64", "listagg", "string_agg"),
        _FIRST,
    ),
    **dict.fromkeys(
        ("split", "split_part", "substring_index", "instr", "locate", "position", "contains", "startswith", "endswith",
         "regexp_extract", "regexp_extract_all", "regexp_count", "regexp_instr", "regexp_substr", "regexp_like",
         "regexp", "rlike", "like", "ilike", "levenshtein", "find_in_set", "overlay"),
        _BOTH,
    ),
    **dict.fromkeys(("replace", "translate", "regexp_replace"), _THREE),
    **dict.fromkeys(("lpad", "rpad"), _AROUND_A_LENGTH),
    **dict.fromkeys(("concat", "concat_ws", "||"), _ALL),
}  # fmt: skip
"""Which arguments of a function are texts."""

RESULTS = frozenset(
    {"upper", "ucase", "lower", "lcase", "trim", "btrim", "ltrim", "rtrim", "initcap", "repeat", "soundex", "replace",
     "translate", "regexp_replace", "regexp_extract", "regexp_substr", "substring_index", "split_part", "concat_ws",
     "date_format", "format_string", "format_number", "string", "hex", "base64", "from_unixtime", "md5", "sha1", "sha2"}
)  # fmt: skip
"""Functions that give texts, so that nothing is asked about them where they are arguments."""

JOINS = frozenset({"concat", "||"})
"""Functions that give a text where one of the arguments is a text, and otherwise an array or bytes."""

ALSO_ARRAYS = frozenset({*JOINS, "concat_ws", "reverse"})
"""Functions that take arrays too."""

PREDICATES = ("LIKE", "ILIKE", "RLIKE", "REGEXP")
"""Operators between texts."""

_WRITTEN_OTHERWISE = frozenset({"double", "float", "timestamp", "timestamp_ntz"})


def needs_cast(kind: str | None) -> bool:
    """Whether the engine writes values of this type otherwise than Apache Spark does."""
    return kind in _WRITTEN_OTHERWISE
