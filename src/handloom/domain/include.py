"""`include` (projection): which parts of a run a search returns, so that a count or a plot does not load everything."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from handloom.domain.errors import Invalid

Keys = frozenset[str] | None
"""Some keys, or None for all of them."""

NOTHING: Keys = frozenset()
_PART = re.compile(r"\s*(\w+)(?:\.(?:`([^`]*)`|([^,`]*[^,`\s])))?\s*(?:,|$)")
_KEYED = ("metrics", "params", "tags")
_WHOLE = ("info", "inputs", "outputs")


class Include(msgspec.Struct, frozen=True, kw_only=True):
    """The requested parts of a run."""

    info: bool = False
    inputs: bool = False
    outputs: bool = False
    metrics: Keys = NOTHING
    params: Keys = NOTHING
    tags: Keys = NOTHING


ALL = Include(info=True, inputs=True, outputs=True, metrics=None, params=None, tags=None)


def parse_include(given: str | Sequence[str] | None) -> Include:
    """Parse parts such as "info,metrics.acc" or ["params", "tags.`a,b`"]; empty means everything. Raises Invalid."""
    texts = [given] if isinstance(given, str) else list(given or ())
    parts: set[str] = set()
    keys: dict[str, Keys] = {}
    for text in texts:
        for name, key in _parts(text):
            if name in _WHOLE and key is None:
                parts.add(name)
            elif name in _KEYED:
                known = keys.get(name, NOTHING)
                keys[name] = None if key is None or known is None else known | {key}
            else:
                raise _refused(name if key is None else f"{name}.{key}")
    if not parts and not keys:
        return ALL
    given_parts: dict[str, Any] = {**dict.fromkeys(parts, True), **keys}
    return Include(**given_parts)


def _parts(text: str) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            raise _refused(text[at : at + 40])
        found.append((match[1], match[3] if match[2] is None else match[2]))
        at = match.end()
    return found


def _refused(part: str) -> Invalid:
    return Invalid(
        f"include is invalid at {part!r}. It lists info, inputs, outputs, metrics, params, tags, or one of the "
        "last three with a key, as in metrics.rmse.",
        field="include",
    )
