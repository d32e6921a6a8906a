"""Read a span's JSON: its attributes' values, and the texts that searches match."""

from collections.abc import Mapping
from typing import Any

import msgspec

OTHER_TEXTS = " "
"""Key of `texts_of` for texts that are not an attribute's value: attribute keys, events, the status message."""
OWN_PREFIX = "mlflow."
LOGGED_KEYS = ("mlflow.spanInputs", "mlflow.spanOutputs")
"""Attributes with MLflow's prefix that contain what the user logged; the others are metadata of MLflow."""


def value_of(given: Mapping[str, Any]) -> Any:
    """Decode an attribute's value from OpenTelemetry's JSON."""
    if "array_value" in given:
        return [value_of(each) for each in given["array_value"].get("values", [])]
    if "kvlist_value" in given:
        return _values(given["kvlist_value"].get("values", []))
    if "int_value" in given:
        return int(given["int_value"])
    return next(iter(given.values()), None)


def values_of(span: Mapping[str, Any]) -> dict[str, Any]:
    """Return a span's attributes as a dict."""
    return _values(span.get("attributes", []))


def texts_of(span: Mapping[str, Any]) -> dict[str, str]:
    """Return the searchable texts of a span: by attribute key, and all others under OTHER_TEXTS, without JSON syntax.

    A nested value becomes the texts of its keys and values, one per line.
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
    """Return the texts in a value in their order. MLflow's clients send values as JSON strings."""
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
    """Decode a JSON text, or return the text itself if it is not JSON. A number stays the text that it is."""
    if not text.startswith(('"', "{", "[")):
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return text


def _without_nul(text: str) -> str:
    return text.replace("\0", "�")
