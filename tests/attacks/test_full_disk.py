"""Saving a notebook on a full disk answers 507 with advice, and the file stays unchanged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from running import environment

_SAVE = """
import asyncio, resource, sys
from pathlib import Path
import nbformat
from handloom.kernels.files import WorkspaceContents
from tornado.web import HTTPError
root = Path(sys.argv[1])
files = WorkspaceContents(root_dir=str(root))
def save(text):
    cell = nbformat.v4.new_code_cell(text)
    content = nbformat.v4.new_notebook(cells=[cell])
    asyncio.run(files.save({"type": "notebook", "format": "json", "content": content}, "n.ipynb"))
save("before")
old = (root / "n.ipynb").read_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    save("x" * 100_000)
except HTTPError as error:
    assert error.status_code == 507, error
    assert "Free some space" in error.log_message, error.log_message
else:
    raise AssertionError("saved")
assert (root / "n.ipynb").read_bytes() == old
assert not list(root.glob(".*.draft"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of the size of files")
def test_a_save_on_a_full_disk_is_refused_in_words(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", _SAVE, str(tmp_path)], env=environment(), capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
