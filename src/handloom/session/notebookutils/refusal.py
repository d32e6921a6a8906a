"""Names of Fabric that this product does not have: using one says so, and what to use instead."""

from __future__ import annotations

from typing import Any


class NotHere(NotImplementedError):
    """A part of Fabric's API that Handloom does not have."""


def refuse(name: str, instead: str) -> NotHere:
    return NotHere(f"notebookutils.{name} is not available here. Instead, {instead}.")


class Refused:
    """A whole module that is not here. Reading any attribute raises NotHere."""

    def __init__(self, name: str, instead: str) -> None:
        self._name = name
        self._instead = instead

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        raise refuse(f"{self._name}.{attribute}", self._instead)
