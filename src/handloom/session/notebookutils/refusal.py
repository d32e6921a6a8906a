"""Functions of Fabric that are not available: calling one raises an error that names an alternative."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class NotHere(NotImplementedError):
    """This part of Fabric's API is not available in Handloom."""


def refuse(name: str, instead: str) -> NotHere:
    return NotHere(f"notebookutils.{name} is not available here. Instead, {instead}.")


def attribute(module: str, instead: dict[str, str], known: Callable[[], list[str]]) -> Callable[[str], Any]:
    """Return a module's `__getattr__`, which refuses Fabric's other names and lists the names that are available."""

    def get(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in instead:
            return lambda *_, **__: _raise(refuse(f"{module}.{name}", instead[name]))
        raise AttributeError(f"notebookutils.{module} has no {name}. It has: {', '.join(known())}.")

    return get


def help_of(module: str, functions: dict[str, Any], name: str = "") -> None:
    """Print each function's first line, or the whole description of one. Raises ValueError for an unknown name."""
    if name and name not in functions:
        raise ValueError(f"notebookutils.{module} has no {name}. It has: {', '.join(functions)}.")
    for each in [name] if name else functions:
        doc = inspect.getdoc(functions[each]) or ""
        said = doc if name else doc.partition(". ")[0].partition("\n")[0].rstrip(".")
        print(f"{each}{_parameters(functions[each])}" + (f": {said}" if said else ""))


def _parameters(function: Any) -> str:
    """Return a function's parameters with their defaults, and without their types."""
    signature = inspect.signature(function)
    plain = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))


def functions_of(module: dict[str, Any]) -> dict[str, Any]:
    """Return the functions that a module defines for notebooks, by name."""
    return {
        name: value
        for name, value in module.items()
        if inspect.isfunction(value) and value.__module__ == module["__name__"] and not name.startswith("_")
    }


def _raise(error: Exception) -> Any:
    raise error


class Refused:
    """Placeholder of a module that is not available. Reading any attribute raises NotHere."""

    def __init__(self, name: str, instead: str) -> None:
        self._name = name
        self._instead = instead

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        raise refuse(f"{self._name}.{attribute}", self._instead)
