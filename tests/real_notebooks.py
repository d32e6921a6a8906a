"""Notebooks of other projects, from the source archives of their packages: `make test` downloads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).parent / "notebooks"


def read(path: str) -> dict[str, Any]:
    """Return a notebook's document, in whatever version of the format. Skips the test where nothing was downloaded."""
    if not (FOLDER / ".downloaded").exists():
        pytest.skip("the notebooks of packages are not downloaded: make tests/notebooks/.downloaded")
    document: dict[str, Any] = json.loads((FOLDER / path).read_text(encoding="utf-8"))
    return document


def beside(path: str) -> list[Path]:
    """Return the files beside a notebook that its cells may read."""
    return [file for file in (FOLDER / path).parent.iterdir() if file.is_file() and file.suffix != ".ipynb"]


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document in the current version of the format."""
    found: dict[str, Any] = nbformat.reads(json.dumps(document), as_version=4)  # type: ignore[no-untyped-call]
    return found
