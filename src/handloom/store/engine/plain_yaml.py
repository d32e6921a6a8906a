"""Parse YAML from users safely: without aliases, merge keys, tags and unbounded values.

The value is built from the parser's events without recursion, so time and memory are linear in the text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from handloom.domain.errors import Invalid

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64

# The C parser is ten times faster; PyYAML may be built without it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9_]{0,40})").fullmatch
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]{0,40}\.[0-9_]{0,40}|\.[0-9][0-9_]{0,40})([eE][-+]?[0-9]{1,4})?").fullmatch
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}


def load(text: str | bytes) -> Any:
    """Parse a YAML document into dicts, lists and scalars; raise Invalid for unsupported YAML."""
    if len(text) > MAX_BYTES:
        raise Invalid(f"The file is larger than {MAX_BYTES // 1024} KB, the most that is read as YAML here.")
    try:
        return _built(yaml.parse(text, Loader=_LOADER))
    except (yaml.YAMLError, UnicodeError) as error:
        raise Invalid(f"The file is no YAML: {error}") from error


def _built(events: Iterator[yaml.Event]) -> Any:
    root: list[Any] = []
    open_: list[Any] = [root]
    keys: list[Any] = [None]  # the pending key of each open mapping
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise Invalid("The file uses a YAML alias (*name), which is not read here. Write the value out.")
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if len(open_) > MAX_DEPTH:
                raise Invalid(f"The file is nested more than {MAX_DEPTH} levels deep.")
            value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            _add(open_[-1], keys, value)
            open_.append(value)
            keys.append(_NO_KEY)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            open_.pop()
            keys.pop()
        elif isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0] and not event.tag
            if plain and event.value == "<<":
                raise Invalid("The file uses a YAML merge key (<<), which is not read here. Write the values out.")
            _add(open_[-1], keys, _resolved(event.value) if plain else event.value)
        elif isinstance(event, yaml.DocumentEndEvent):
            return root[0]
    return None


class _NoKey:
    """Marks a mapping that expects a key next."""


_NO_KEY = _NoKey()


def _add(parent: Any, keys: list[Any], value: Any) -> None:
    if isinstance(parent, list):
        parent.append(value)
    elif keys[-1] is _NO_KEY:
        if isinstance(value, (dict, list)):
            raise Invalid("The file has a list or a mapping as a key, which is not read here.")
        keys[-1] = str(value) if not isinstance(value, str) else value
    else:
        parent[keys[-1]] = value
        keys[-1] = _NO_KEY


def _resolved(text: str) -> Any:
    """Convert a plain scalar to its type; dates stay texts, and so do numbers that are too long."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT(text):
        return int(text.replace("_", ""))
    return float(text.replace("_", "")) if _FLOAT(text) else text
