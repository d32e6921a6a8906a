"""The texts that the walk follows: cells of the published lab, where its file is at hand, and of our own tutorial."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from running import ROOT

LABS = ROOT.parent / "shared" / "seeds"


def published() -> tuple[str, list[str]]:
    """The lab's markdown text and its code cells, exactly as a reader would copy them."""
    texts = sorted(LABS.glob("*.txt"))
    if not texts:
        pytest.skip("the published lab's text is not on this machine")
    text = texts[0].read_text(encoding="utf-8")
    (heading,) = fenced(text, "text")
    return heading, fenced(text, "python")


def fenced(text: str, language: str) -> list[str]:
    """The blocks of one language, without the indentation that the numbered list around them gives each line."""
    blocks = re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.M | re.S)
    return ["\n".join(line[3:] for line in block.splitlines()).rstrip() for block in blocks]


def own(language: str) -> list[str]:
    """The code cells of our own tutorial."""
    path = ROOT / "src" / "handloom" / "tutorial" / f"{language}.ipynb"
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
