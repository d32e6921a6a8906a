"""Notebook files searched as text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handloom.store.notebooks.rows import installs_packages

LINES = {
    "%pip install seaborn": True,
    "!pip install seaborn": True,
    "! uv pip  install seaborn": True,
    "subprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])": True,
    "!python -m pip install x": True,
    "%pip list": False,
    "print('pip installs packages')": False,
    "import seaborn": False,
}


@pytest.mark.parametrize("line", LINES)
def test_a_notebook_that_installs_packages_is_recognised_by_its_text(tmp_path: Path, line: str) -> None:
    file = tmp_path / "n.ipynb"
    file.write_text(json.dumps({"cells": [{"cell_type": "code", "source": ["import os\n", line], "outputs": []}]}))
    assert installs_packages(file) is LINES[line]


def test_a_notebook_without_its_file_installs_nothing(tmp_path: Path) -> None:
    assert not installs_packages(tmp_path / "missing.ipynb")
