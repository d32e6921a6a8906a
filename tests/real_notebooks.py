"""Notebooks of other projects, from the source archives of their packages: `make test` downloads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).parent / "notebooks"
WIDGETS = "nbconvert/tests/files/Widget_List.ipynb"
"""All widgets of ipywidgets."""
STATSMODELS = "statsmodels/examples/notebooks"
FORMULAIC = "formulaic/docsite/docs/guides"
QUICK = (
    "nbconvert/tests/files/Unexecuted_widget.ipynb",
    "nbconvert/tests/files/notebook1.ipynb",
    f"{FORMULAIC}/quickstart.ipynb",
    f"{STATSMODELS}/wls.ipynb",
)
OTHERS = (
    "nbconvert/tests/files/Unexecuted_widget_2.ipynb",
    "nbconvert/tests/files/notebook_tags.ipynb",
    "nbconvert/tests/files/notebook5_embed_images.ipynb",
    "nbconvert/tests/exporters/files/svg.ipynb",
    "nbconvert/tests/exporters/files/rst_output.ipynb",
    *(
        f"{FORMULAIC}/{name}.ipynb"
        for name in ("missing_data", "splines", "contrasts", "transforms", "formulae", "model_specs", "integration")
    ),
    *(f"seaborn/doc/_docstrings/{name}.ipynb" for name in ("hls_palette", "set_style", "objects.Plot.config")),
    *(f"{STATSMODELS}/{name}.ipynb" for name in ("glm_formula", "predict", "lowess", "gls")),
)
"""Notebooks that run to their end without the network; the first few in each run of the tests."""


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
