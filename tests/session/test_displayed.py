"""All rows of displayed frames: pages, order, filters, search, statistics and downloads."""

from __future__ import annotations

import datetime
import decimal
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from handloom.session import frames, page_requests, show
from handloom.session.displayed.engine import open_frame
from handloom.session.displayed.local import LocalFrame
from handloom.session.displayed.query import FrameQuery, QueryError, read_query
from handloom.session.displayed.requests import KEPT, Displayed, FrameView, displayed

ROWS = 5_000


def view(frame: Any) -> FrameView:
    shown = show._as_table(frame, False)
    assert shown is not None
    assert shown[1] is not None
    return FrameView(displayed.add(shown[1]))


def ask(one: FrameView, what: str, **asked: Any) -> dict[str, Any]:
    answer, _ = page_requests.answer(one, {"ask": what, **asked})
    return dict(json.loads(json.dumps(answer, allow_nan=False)))


def page(one: FrameView, start: int = 0, count: int = 3, **asked: Any) -> dict[str, Any]:
    return ask(one, "page", start=start, count=count, **asked)


def where(column: int, operator: str, value: str = "") -> list[dict[str, Any]]:
    return [{"column": column, "operator": operator, "value": value}]


def numbers() -> pd.DataFrame:
    n = range(ROWS)
    return pd.DataFrame({"n": n, "text": [f"row {i}" for i in n], "real": [i / 8 if i % 5 else None for i in n]})


KINDS: dict[str, Callable[[], Any]] = {
    "pandas": numbers,
    "polars": lambda: pl.from_pandas(numbers()),
    "arrow": lambda: pa.Table.from_pandas(numbers(), preserve_index=False),
}


@pytest.mark.parametrize("kind", KINDS)
def test_pages_order_and_search_reach_every_row(kind: str) -> None:
    one = view(KINDS[kind]())
    last = page(one, start=ROWS - 2)
    assert (last["matching"], last["numbers"]) == (ROWS, [ROWS - 2, ROWS - 1])
    assert [row[:2] for row in last["rows"]] == [[4_998, "row 4998"], [4_999, "row 4999"]]
    down = page(one, sort={"column": 0, "down": True})
    assert [row[0] for row in down["rows"]] == [4_999, 4_998, 4_997]
    found = page(one, search="ROW 499", count=20)
    assert found["matching"] == 11
    assert found["rows"][0][1] == "row 499"


@pytest.mark.parametrize("kind", KINDS)
def test_filters_and_statistics_count_what_is_missing(kind: str) -> None:
    one = view(KINDS[kind]())
    assert page(one, filters=where(0, ">=", "4990"))["matching"] == 10
    assert page(one, filters=where(1, "=", "row 7"))["rows"][0][0] == 7
    assert page(one, filters=where(2, "missing"))["matching"] == ROWS // 5
    facts = ask(one, "statistics", column=0)["statistics"]
    assert (facts["rows"], facts["missing"], facts["unique"], facts["min"], facts["max"]) == (ROWS, 0, ROWS, 0, 4_999)
    assert (facts["mean"], facts["median"]) == (2499.5, 2499.5)
    assert sum(count for _, _, count in facts["bins"]) == ROWS
    real = ask(one, "statistics", column=2)["statistics"]
    assert real["missing"] == ROWS // 5
    text = ask(one, "statistics", column=1, filters=where(1, "contains", "row 49"))["statistics"]
    assert text["rows"] == text["unique"] == 111


def test_odd_values_are_ordered_filtered_and_summed_up_as_what_they_are() -> None:
    day = datetime.date
    frame = pd.DataFrame(
        {
            "exact": [decimal.Decimal("10.5"), decimal.Decimal("9"), None],
            "day": [day(2024, 3, 1), day(2023, 1, 1), None],
            "when": pd.to_datetime(["2024-03-01 10:00", "2024-03-01 09:00", None]),
            "list": [[1], [2, 3], None],
            "mixed": [1, "a", None],
            "flag": [True, False, True],
        }
    )
    one = view(frame)
    first = [page(one, sort={"column": n, "down": False}, count=1)["numbers"][0] for n in range(6)]
    assert first == [1, 1, 1, 0, 0, 1]
    assert page(one, filters=where(0, ">", "9.5"))["numbers"] == [0]
    assert page(one, filters=where(1, "<", "2024-01-01"))["numbers"] == [1]
    assert page(one, filters=where(2, ">=", "2024-03-01 09:30"))["numbers"] == [0]
    assert page(one, filters=where(3, "contains", "3"))["numbers"] == [1]
    assert page(one, filters=where(5, "=", "true"))["numbers"] == [0, 2]
    assert "no order" in page(one, filters=where(4, "<", "2"))["failed"]
    assert "not a value" in page(one, filters=where(2, "<", "soon"))["failed"]
    for column in range(6):
        facts = ask(one, "statistics", column=column)["statistics"]
        assert facts["rows"] == 3
        assert facts["missing"] == (0 if column == 5 else 1)


def test_extremes_have_statistics() -> None:
    frame = pd.DataFrame({"a": [float("inf"), 1.0, float("nan")], "b": [1e308, -1e308, 0.0], "c": [2**62] * 3})
    one = view(frame)
    facts = [ask(one, "statistics", column=n)["statistics"] for n in range(3)]
    assert (facts[0]["infinite"], facts[0]["max"]) == (1, "Infinity")
    assert facts[1]["bins"] == []
    assert facts[2]["min"] == str(2**62)
    empty = view(pd.DataFrame({"a": pd.Series([], dtype="float64")}))
    assert ask(empty, "statistics", column=0)["statistics"] == {"rows": 0, "missing": 0, "unique": 0, "top": []}


def test_same_named_columns_and_an_index_are_kept_apart() -> None:
    frame = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"], index=["x", "y"])
    one = view(frame)
    found = page(one, sort={"column": 1, "down": True})
    assert (found["rows"], found["index"]) == ([[3, 4], [1, 2]], ["y", "x"])
    assert "different column names" in ask(one, "download", kind="parquet")["failed"]


def fetched(one: FrameView, kind: str, **asked: Any) -> bytes:
    size = ask(one, "download", kind=kind, **asked)["size"]
    data = b""
    while True:
        _, (piece,) = one.answer({"ask": "piece", "start": len(data)})
        if not piece:
            assert len(data) == size
            return data
        data += piece


@pytest.mark.parametrize("kind", KINDS)
def test_downloads_hold_every_row_in_order(kind: str) -> None:
    one = view(KINDS[kind]())
    down = {"column": 0, "down": True}
    csv = pd.read_csv(io.BytesIO(fetched(one, "csv", sort=down)))
    assert list(csv["n"]) == list(range(ROWS))[::-1]
    kept = pd.read_parquet(io.BytesIO(fetched(one, "parquet", filters=where(0, "<", "10"))))
    assert list(kept["text"]) == [f"row {n}" for n in range(10)]
    assert "Begin it again" in ask(one, "piece", start=0)["failed"]


@pytest.mark.parametrize(
    "asked",
    [
        {"ask": "page", "start": -1, "count": 5},
        {"ask": "page", "start": 0, "count": 10**9},
        {"ask": "page", "start": 0, "count": 1, "sort": {"column": 99}},
        {"ask": "page", "start": 0, "count": 1, "filters": [{"column": 0, "operator": "; drop"}]},
        {"ask": "statistics", "column": True},
        {"ask": "download", "kind": "pickle"},
        {"ask": "anything"},
        {},
    ],
)
def test_a_request_that_makes_no_sense_is_answered(asked: dict[str, Any]) -> None:
    assert one_line(ask(view(numbers()), asked.pop("ask", ""), **asked)["failed"])


def one_line(text: str) -> bool:
    return bool(text) and "\n" not in text


def test_a_frame_that_is_not_kept_any_more_says_what_to_do() -> None:
    kept = Displayed()
    first = kept.add(lambda: LocalFrame(numbers(), []))
    for _ in range(KEPT):
        kept.add(lambda: LocalFrame(numbers(), []))
    with pytest.raises(QueryError, match="Run the cell again"):
        kept.find(first)


SPARK = "id int, name string, at timestamp, part decimal(10,2), tags array<string>"
MADE = [
    (n, f"name {n % 7}" if n % 10 else None, datetime.datetime(2024, 1, 1 + n % 28, 12), decimal.Decimal(n) / 4, ["x"])
    for n in range(300)
]


@pytest.fixture(scope="module")
def made(quick: Any) -> Any:
    return quick.createDataFrame(MADE, SPARK)


def query(**asked: Any) -> FrameQuery:
    return read_query(asked, 5)


ASKED: list[dict[str, Any]] = [
    {},
    {"search": "name 3"},
    {"filters": where(0, ">=", "250")},
    {"filters": where(1, "=", "name 2")},
    {"filters": where(1, "missing")},
    {"filters": where(2, "<", "2024-01-05")},
    {"filters": where(3, ">", "70.5")},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_large_frame_is_asked_of_the_engine_and_answers_like_a_copy(made: Any, asked: dict[str, Any]) -> None:
    copy, engine = open_frame(made, 300), open_frame(made.drop("tags"), 300, largest=0)
    for column, down in ((0, True), (1, False), (3, True)):
        sort = {"column": column, "down": down}
        here = copy.page(query(sort=sort, **asked), 5, 20)
        there = engine.page(query(sort=sort, **asked), 5, 20)
        assert here.matching == there.matching
        assert [row[column] for row in here.rows] == [row[column] for row in there.rows]
    for column in (0, 1, 3):
        one, other = copy.statistics(query(**asked), column), engine.statistics(query(**asked), column)
        for name in ("rows", "missing", "unique", "min", "max"):
            assert str(one.get(name)) == str(other.get(name)), name


def test_a_copy_shows_the_same_values_as_the_first_page(made: Any) -> None:
    first = frames.of_spark(made)
    assert open_frame(made, 300).page(query(), 0, 300).rows == first.rows


def test_what_a_large_frame_cannot_do_is_said(made: Any, tmp_path: Path) -> None:
    engine = open_frame(made, 300, largest=0)
    with pytest.raises(QueryError, match="Sort it by a column"):
        engine.page(query(), 0, 10)
    with pytest.raises(QueryError, match="nested columns"):
        engine.page(query(search="x", sort={"column": 0}), 0, 10)
    with pytest.raises(QueryError, match="not a value"):
        engine.page(query(filters=where(3, "<", "many"), sort={"column": 0}), 0, 10)
    assert engine.statistics(query(), 4)["missing"] == 0
    engine.write(query(filters=where(0, "<", "3")), tmp_path / "a.csv", "csv")
    engine.write(query(filters=where(0, "<", "3")), tmp_path / "a.parquet", "parquet")
    assert list(pd.read_csv(tmp_path / "a.csv")["id"]) == [0, 1, 2]
    assert list(pd.read_parquet(tmp_path / "a.parquet")["part"]) == [decimal.Decimal(n) / 4 for n in range(3)]
