"""Every reason of an error has a sentence on the pages, in each language, that fills in values which the error has."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from running import ROOT

LANGUAGES = ("en", "ko")


def reasons() -> Iterator[tuple[str, set[str]]]:
    """The reason of each error in the code, with the names of its values; the changing part of a reason is a star."""
    for path in (ROOT / "src" / "handloom").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "because":
                yield pattern(node.args[0]), {keyword.arg or "" for keyword in node.keywords}


def pattern(reason: ast.expr) -> str:
    if isinstance(reason, ast.Constant):
        return str(reason.value)
    if isinstance(reason, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in reason.values)
    return "full_*"  # the quotas name the kind of what is full


def sentences(language: str) -> dict[str, str]:
    path = ROOT / "ui" / "src" / "locales" / language / "reasons.json"
    read: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_sentence_with_values_that_the_error_has(language: str) -> None:
    texts = sentences(language)
    for reason, values in reasons():
        found = [name for name in texts if fnmatchcase(name, reason)]
        assert found, reason
        for name in found:
            assert set(re.findall(r"\{\{(\w+)", texts[name])) <= values, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_belongs_to_an_error(language: str) -> None:
    known = {reason for reason, _ in reasons()}
    assert [name for name in sentences(language) if not any(fnmatchcase(name, one) for one in known)] == []
