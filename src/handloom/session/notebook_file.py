"""Read notebook files of the workspace as lists of code cells, and insert parameters like Fabric."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handloom.domain.parameters import MAY_FAIL, TAG, assignments
from handloom.session import lakehouse

Parameters = dict[str, Any]
_ALLOWED = (bool, int, float, str)


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell. `number` is its position among the code cells, from 1, for messages."""

    number: int
    source: str
    is_parameters: bool = False
    may_fail: bool = False


def find(name: str) -> Path:
    """Find the file of a notebook in this workspace by its name or path, with or without `.ipynb`.

    Raises FileNotFoundError that lists the existing notebooks.
    """
    base = Path(lakehouse.folder())
    plain = name.removesuffix(".ipynb").strip("/")
    file = base / f"{plain}.ipynb"
    if plain and file.resolve().is_relative_to(base.resolve()) and file.is_file():
        return file
    known = ", ".join(sorted(f"'{other.stem}'" for other in base.glob("*.ipynb"))) or "none"
    raise FileNotFoundError(f"There is no notebook '{name}' in this workspace. Its notebooks: {known}.")


def code_cells(file: Path) -> list[Cell]:
    """Return the code cells to run, without frozen and empty ones."""
    document = json.loads(file.read_text(encoding="utf-8"))
    found: list[Cell] = []
    for cell in document.get("cells", []):
        source = cell.get("source", "")
        text = source if isinstance(source, str) else "".join(source)
        metadata = cell.get("metadata", {})
        if cell.get("cell_type") == "code" and text.strip() and not _is_frozen(metadata):
            tags = metadata.get("tags") or []
            found.append(Cell(len(found) + 1, text, is_parameters=TAG in tags, may_fail=MAY_FAIL in tags))
    return found


def _is_frozen(metadata: dict[str, Any]) -> bool:
    return bool(metadata.get("frozen") or (metadata.get("handloom") or {}).get("frozen"))


def with_parameters(cells: list[Cell], parameters: Parameters) -> list[Cell]:
    """Insert a cell that sets `parameters` after the parameter cell, or first if there is none.

    Raises TypeError for values other than int, float, bool and str.
    """
    if not parameters:
        return cells
    for name, value in parameters.items():
        if not name.isidentifier():
            raise TypeError(f"{name!r} cannot be a parameter: it is not a Python name.")
        if not isinstance(value, _ALLOWED):
            raise TypeError(f"The parameter {name} is {type(value).__name__}; int, float, bool and str can be passed.")
    at = next((index + 1 for index, cell in enumerate(cells) if cell.is_parameters), 0)
    return [*cells[:at], Cell(0, assignments(parameters)), *cells[at:]]
