"""Which parts of a run a projection asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handloom.domain.errors import Invalid
from handloom.domain.include import ALL, Include, parse_include


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ALL),
        ("", ALL),
        ([], ALL),
        ("info", Include(info=True)),
        ("info, metrics.acc", Include(info=True, metrics=frozenset({"acc"}))),
        (["metrics.val/acc", "metrics.`a, b`"], Include(metrics=frozenset({"val/acc", "a, b"}))),
        ("metrics.a,metrics", Include(metrics=None)),
        ("metrics,metrics.a,", Include(metrics=None)),
        ("params,tags,inputs,outputs", Include(params=None, tags=None, inputs=True, outputs=True)),
        ("info,metrics,params,tags,inputs,outputs", ALL),
    ],
)
def test_parts_are_listed(given: str | list[str] | None, expected: Include) -> None:
    assert parse_include(given) == expected


@pytest.mark.parametrize("text", ["all", "info.x", "metrics.", "metrics.`a", "metrics a", ",", "runs"])
def test_other_parts_are_refused(text: str) -> None:
    with pytest.raises(Invalid, match="include is invalid at"):
        parse_include(text)


@given(st.text(st.characters(exclude_characters="`", exclude_categories=["Cs"]), min_size=1))
def test_any_key_can_be_quoted(key: str) -> None:
    assert parse_include(f"tags.`{key}`") == Include(tags=frozenset({key}))
