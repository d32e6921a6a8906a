"""The session's variables as the page lists them, without running code of the user's classes."""

from __future__ import annotations

import datetime
import decimal
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from handloom.session.page_requests import answer
from handloom.session.variables import LISTED, Variables, described


class Loud:
    """Breaks when it is asked for anything."""

    shape = property(lambda self: 1 / 0)

    def __repr__(self) -> str:
        raise RuntimeError("asked for its text")

    def __len__(self) -> int:
        raise RuntimeError("asked for its length")

    def __sizeof__(self) -> int:
        raise RuntimeError("asked for its size")


def shell(**names: Any) -> Any:
    def formatted(value: Any, include: set[str]) -> tuple[dict[str, str], dict[str, str]]:
        return {"text/plain": repr(value)}, {}

    return SimpleNamespace(
        user_ns={"_": 1, **names},
        user_ns_hidden={"In": names.get("In")},
        display_formatter=SimpleNamespace(format=formatted),
    )


def ask(of: Any, **asked: Any) -> dict[str, Any]:
    return dict(json.loads(json.dumps(answer(Variables(of), asked)[0], allow_nan=False)))


@pytest.mark.parametrize(
    ("value", "kind", "shape", "text"),
    [
        (3, "int", None, "3"),
        ("text", "str", [4], "'text'"),
        ([1, [2, [3]]], "list", [2], "[1, [2, [...]]]"),
        ({"a": Loud()}, "dict", [1], None),
        (decimal.Decimal("1.10"), "Decimal", None, "1.10"),
        (datetime.date(2024, 1, 2), "date", None, "2024-01-02"),
        (np.zeros((2, 3)), "ndarray", [2, 3], "float64"),
        (np.float64(0.5), "float64", [], "0.5"),
        (pd.DataFrame({"a": [1], "b": [2]}), "DataFrame", [1, 2], "a, b"),
        (pd.Series([1, 2]), "Series", [2], "int64"),
        (pl.DataFrame({"a": [1]}), "DataFrame", [1, 1], "a"),
        (Loud(), "Loud", None, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_variable_is_described_by_what_it_is(value: Any, kind: str, shape: Any, text: str | None) -> None:
    told = described("x", value)
    assert (told["type"], told["shape"]) == (kind, shape)
    if text is None:
        assert "Loud" in told["value"]
    else:
        assert told["value"] == text


def test_long_values_are_cut_and_sizes_are_known() -> None:
    assert len(described("x", "a" * 10**6)["value"]) <= 200
    assert described("x", list(range(10**6)))["value"].endswith("...]")
    assert described("x", np.zeros(1000))["bytes"] == 8000
    assert described("x", pd.DataFrame({"a": np.zeros(1000)}))["bytes"] >= 8000


def test_only_variables_of_the_user_are_listed() -> None:
    own = shell(json=json, print=print, Loud=Loud, x=1, _private=2, In=["kept"])
    assert [one["name"] for one in ask(own, ask="list")["variables"]] == ["x"]
    many = shell(**{f"v{n}": n for n in range(LISTED + 7)})
    assert ask(many, ask="list")["left_out"] == 7


def test_a_viewed_frame_is_a_table_and_another_value_its_text() -> None:
    own = shell(df=pd.DataFrame({"n": range(5000)}), text="a" * 200_000, loud=Loud())
    frame = ask(own, ask="view", name="df")["frame"]
    assert (frame["total"], len(frame["rows"]), bool(frame["key"])) == (5000, 1000, True)
    told = ask(own, ask="view", name="text")
    assert (len(told["text"]), told["cut"]) == (100_000, True)
    assert "asked for its text" in ask(own, ask="view", name="loud")["failed"]
    assert "no variable" in ask(own, ask="view", name="gone")["failed"]
    assert ask(own)["failed"]
