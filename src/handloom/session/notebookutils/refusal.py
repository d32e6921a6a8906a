"""Functions of Fabric that are not available: calling one raises an error that names an alternative."""

from __future__ import annotations

from typing import Any


class NotHere(NotImplementedError):
    """This part of Fabric's API is not available in Handloom."""


def refuse(name: str, instead: str) -> NotHere:
    return NotHere(f"notebookutils.{name} is not available here. Instead, {instead}.")


class Refused:
    """Placeholder of a module that is not available. Reading any attribute raises NotHere."""

    def __init__(self, name: str, instead: str) -> None:
        self._name = name
        self._instead = instead

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        raise refuse(f"{self._name}.{attribute}", self._instead)
