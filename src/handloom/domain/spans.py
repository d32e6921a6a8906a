"""What a span's JSON says: the values of its attributes, and the texts in it that searches look through."""

from collections.abc import Mapping
from typing import Any

import msgspec

OTHER_TEXTS = " "
"""Where `texts_of` puts what is no attribute's value: keys of attributes, events, the message of the status."""
OWN_PREFIX = "mlflow."
LOGGED_KEYS = ("mlflow.spanInputs", "mlflow.spanOutputs")
"""The attributes with MLflow's prefix that hold what the user logged; the others are MLflow's own notes."""


def value_of(given: Mapping[str, Any]) -> Any:
    """The value of an attribute in OpenTelemetry's JSON."""
    if "array_value" in given:
        return [value_of(each) for each in given["array_value"].get("values", [])]
    if "kvlist_value" in given:
        return _values(given["kvlist_value"].get("values", []))
    if "int_value" in given:
        return int(given["int_value"])
    return next(iter(given.values()), None)


def values_of(span: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a span by their keys."""
    return _values(span.get("attributes", []))


def texts_of(span: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a span: each attribute's by its key, all else under OTHER_TEXTS. Texts hold no quotes of JSON.

    A key or a value that holds others is their texts, one a line.
    """
    values = values_of(span)
    texts = {key: _text(value) for key, value in values.items()}
    others = [key for key in values if not key.startswith(OWN_PREFIX)]
    for event in span.get("events", []):
        others += [str(event.get("name", "")), _text(_values(event.get("attributes", [])))]
    others.append(str(span.get("status", {}).get("message", "")))
    texts[OTHER_TEXTS] = _without_nul("\n".join(part for part in others if part))
    return texts


def _values(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return {str(each.get("key", "")): value_of(each.get("value", {})) for each in attributes}


def _text(value: Any) -> str:
    """The texts in a value, in the order in which they stand. MLflow's clients write values as JSON."""
    if isinstance(value, str):
        value = _decoded(value)
    found: list[str] = []
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            todo += [each for pair in reversed(part.items()) for each in reversed(pair)]
        elif isinstance(part, list):
            todo += reversed(part)
        else:
            found.append(part if isinstance(part, str) else msgspec.json.encode(part).decode())
    return _without_nul("\n".join(found))


def _decoded(text: str) -> Any:
    """The value that a text is JSON of, or the text itself. A bare number stays as it was written."""
    if not text.startswith(('"', "{", "[")):
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return text


def _without_nul(text: str) -> str:
    return text.replace("\0", "�")
