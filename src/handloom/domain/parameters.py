"""Parameters of a notebook that runs as a whole: set in a cell of their own after the one that is marked for them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from handloom.domain.errors import Invalid

TAG, INJECTED = "parameters", "injected-parameters"
"""The tag of the cell with the default values, and of the one that sets others after it."""
MAY_FAIL = "raises-exception"
"""The tag, known to Jupyter, of a cell that shows an error: the cells after it run all the same."""
LARGEST = 100 * 1024 * 1024


def parameter_cell(parameters: Mapping[str, bool | int | float | str]) -> dict[str, Any]:
    """Return a code cell that sets the parameters."""
    return {
        "cell_type": "code",
        "id": uuid.uuid4().hex[:8],
        "metadata": {"tags": [INJECTED]},
        "source": assignments(parameters),
        "outputs": [],
        "execution_count": None,
    }


def assignments(parameters: Mapping[str, bool | int | float | str]) -> str:
    """Return the Python code that sets the parameters."""
    return "\n".join(f"{name} = {_literal(value)}" for name, value in parameters.items())


def _literal(value: bool | int | float | str) -> str:
    return f'float("{value!r}")' if isinstance(value, float) else repr(value)


def parsed(text: str) -> tuple[str, bool | int | float | str]:
    """Read `name=value` of the command line; numbers, true and false are such, everything else is text. Raises
    Invalid.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise Invalid(f"“{text[:100]}” is no parameter: give name=value, where name is a Python name.")
    try:
        found = msgspec.json.decode(value, type=bool | int | float | str)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return name, value
    return name, found


def prepare(document: dict[str, Any], parameters: Mapping[str, bool | int | float | str]) -> list[dict[str, Any]]:
    """Make a notebook ready to run as a whole: remove outputs, add the cell with the parameters. Return the code cells
    to run, which are those of the document: without empty and frozen ones.
    """
    cells = document["cells"] = [cell for cell in document["cells"] if INJECTED not in _tags(cell)]
    for cell in cells:
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
    if parameters:
        at = next((index + 1 for index, cell in enumerate(cells) if TAG in _tags(cell)), 0)
        cells.insert(at, parameter_cell(parameters))
    return to_run(document)


def to_run(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the code cells of a prepared notebook that are run."""
    code = (cell for cell in document["cells"] if cell.get("cell_type") == "code")
    return [cell for cell in code if source(cell).strip() and not _frozen(cell)]


def source(cell: Mapping[str, Any]) -> str:
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def may_fail(cell: Mapping[str, Any]) -> bool:
    """Whether the notebook goes on after an error of this cell."""
    return MAY_FAIL in _tags(cell)


def _metadata(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    found = cell.get("metadata")
    return found if isinstance(found, Mapping) else {}


def _tags(cell: Mapping[str, Any]) -> list[str]:
    tags = _metadata(cell).get("tags")
    return tags if isinstance(tags, list) else []


def _frozen(cell: Mapping[str, Any]) -> bool:
    metadata = _metadata(cell)
    own = metadata.get("handloom")
    return bool(metadata.get("frozen") or (isinstance(own, Mapping) and own.get("frozen")))
