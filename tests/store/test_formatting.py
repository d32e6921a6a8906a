"""Cells are formatted as cells of a notebook, and what is no Python stays with the reason."""

from __future__ import annotations

import pytest

from handloom.domain.errors import Invalid
from handloom.store.notebooks import formatting


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x  =  {  'a':1 }", 'x = {"a": 1}'),
        ("%%sql\nselect  *   from x", "%%sql\nselect  *   from x"),
        ("%%time\nx  = 1", "%%time\nx = 1"),
        ("!ls   -l\n%matplotlib   inline\ny=1;", "!ls   -l\n%matplotlib   inline\ny = 1;"),
        ("files = !ls\ny  =  1", "files = !ls\ny = 1"),
        ("df?", "df?"),
        ("", ""),
        ("s = '한글'", 's = "한글"'),
    ],
)
def test_python_is_formatted_and_magics_stay(before: str, after: str) -> None:
    assert formatting.formatted([before]) == [formatting.FormattedCell(source=after)]


def test_cells_that_are_no_python_stay_with_the_reason_and_the_others_are_formatted() -> None:
    cells = formatting.formatted(["a  = 1", "def f(:\n  pass", "b  = 2", "if x:\n"])
    assert [one.source for one in cells] == ["a = 1", "def f(:\n  pass", "b = 2", "if x:\n"]
    assert [one.error for one in cells] == [
        "",
        "Line 1: Expected a parameter or the end of the parameter list",
        "",
        "Line 1: Expected an indented block after `if` statement",
    ]


def test_too_much_code_and_too_many_errors_are_refused() -> None:
    with pytest.raises(Invalid, match="At most 5,000,000 characters"):
        formatting.formatted(["x" * 5_000_001])
    with pytest.raises(Invalid, match="More than 50 cells"):
        formatting.formatted(["def f(:"] * 60)
