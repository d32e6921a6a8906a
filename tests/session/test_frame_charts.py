"""Charts of displayed frames: their numbers are those of all rows, and what they leave out is counted."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from handloom.session import page_requests, show
from handloom.session.displayed.charts import POINTS, numbers_of, read_chart
from handloom.session.displayed.engine import EngineFrame
from handloom.session.displayed.query import FrameQuery
from handloom.session.displayed.requests import FrameView, displayed

ROWS = 20_000
NAMES = ["n", "city", "price", "day", "shop"]


def sales() -> pd.DataFrame:
    n = range(ROWS)
    days = [datetime.datetime(2024, 1, 1) + datetime.timedelta(days=i % 366) for i in n]
    return pd.DataFrame(
        {
            "n": n,
            "city": [None if i % 10 == 9 else f"city {i % 3}" for i in n],
            "price": [None if i % 7 == 6 else i / 4 for i in n],
            "day": days,
            "shop": [f"shop {i % 40}" for i in n],
        }
    )


KINDS: dict[str, Callable[[], Any]] = {
    "pandas": sales,
    "polars": lambda: pl.from_pandas(sales()),
    "arrow": lambda: pa.Table.from_pandas(sales(), preserve_index=False),
}


def chart(frame: Any, **asked: Any) -> dict[str, Any]:
    shown = show._as_table(frame, False)
    assert shown is not None
    assert shown[1] is not None
    view = FrameView(displayed.add(shown[1]))
    query = asked.pop("query", {})
    answer, _ = page_requests.answer(view, {"ask": "chart", "chart": asked, **query})
    return dict(json.loads(json.dumps(answer, allow_nan=False)))


def points(answer: dict[str, Any], number: int = 0) -> dict[Any, Any]:
    return dict(answer["chart"]["series"][number]["points"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("aggregation", ["count", "sum", "mean", "min", "max", "median"])
def test_bars_aggregate_every_row(kind: str, aggregation: str) -> None:
    answer = chart(KINDS[kind](), type="bar", x=1, y=[2], aggregation=aggregation)
    wanted = sales().groupby("city", dropna=False)["price"].agg(aggregation)
    found = points(answer)
    assert found == pytest.approx({"null" if pd.isna(city) else city: value for city, value in wanted.items()})
    assert list(found) == sorted(found, key=lambda one: -found[one])
    assert (answer["chart"]["rows"], answer["chart"]["notes"]) == (ROWS, [])


def test_a_chart_follows_the_filters_of_the_table() -> None:
    answer = chart(sales(), type="bar", x=1, query={"filters": [{"column": 0, "operator": "<", "value": "9"}]})
    assert (points(answer), answer["chart"]["rows"]) == ({"city 0": 3, "city 1": 3, "city 2": 3}, 9)


def test_lines_keep_the_order_of_time_and_have_series() -> None:
    answer = chart(sales(), type="line", x=3, y=[2], split=1, aggregation="sum")["chart"]
    assert [one["name"] for one in answer["series"]] == ["city 0", "city 1", "city 2", "null"]
    first = answer["series"][0]["points"]
    assert first[0][0] == datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC).timestamp() * 1000
    assert [x for x, _ in first] == sorted(x for x, _ in first)
    frame = sales()
    wanted = frame[(frame.city == "city 0") & (frame.day == "2024-01-01")]["price"].sum()
    assert first[0][1] == pytest.approx(wanted)


def test_many_values_on_an_axis_become_intervals_that_lose_no_row() -> None:
    answer = chart(sales(), type="line", x=0)["chart"]
    assert answer["notes"] == [{"kind": "intervals", "name": "n", "count": 500}]
    assert sum(y for _, y in answer["series"][0]["points"]) == ROWS


def test_points_and_series_that_are_left_out_are_counted() -> None:
    answer = chart(sales(), type="scatter", x=0, y=[2], split=4)["chart"]
    assert {"kind": "points", "shown": POINTS, "total": ROWS} in answer["notes"]
    assert {"kind": "series", "shown": 12, "total": 40} in answer["notes"]
    small = chart(sales().head(100), type="scatter", x=0, y=[2])["chart"]
    assert (small["notes"], len(small["series"][0]["points"])) == ([], 86)


@pytest.mark.parametrize("kind", KINDS)
def test_a_histogram_counts_every_value(kind: str) -> None:
    answer = chart(KINDS[kind](), type="histogram", x=2, bins=10)["chart"]
    present = sales()["price"].dropna()
    assert sum(count for _, _, count in answer["bins"]) == len(present)
    assert (answer["bins"][0][0], answer["bins"][-1][1]) == (present.min(), present.max())
    assert answer["notes"] == [{"kind": "missing", "count": ROWS - len(present)}]


def test_slices_that_are_left_out_are_one_slice() -> None:
    answer = chart(sales(), type="pie", x=4, y=[0], aggregation="sum")["chart"]
    assert answer["notes"] == [{"kind": "groups", "shown": 12, "total": 40}]
    assert sum(y for _, y in answer["series"][0]["points"]) + answer["other"] == sum(range(ROWS))
    assert chart(sales().assign(n=-1), type="pie", x=4, y=[0], aggregation="sum")["failed"].startswith("A pie cannot")


def test_boxes_have_exact_quartiles() -> None:
    answer = chart(sales(), type="box", x=1, y=[2])["chart"]
    values = sales().query("city == 'city 1'")["price"].dropna()
    found = {one[1]: one[2:] for one in answer["boxes"]}
    assert found["city 1"] == [*values.quantile([0, 0.25, 0.5, 0.75, 1]), len(values)]
    alone = chart(sales(), type="box", y=[2])["chart"]["boxes"]
    assert alone[0][:2] == ["", "price"]


def test_a_heat_map_has_the_groups_of_two_columns() -> None:
    answer = chart(sales(), type="heat", x=1, split=0, aggregation="count")["chart"]
    assert sum(number for _, _, number in answer["cells"]) == ROWS
    assert answer["categories"] == ["city 0", "city 1", "city 2", "null"]
    assert answer["lines"][0] == [0, pytest.approx((ROWS - 1) / 24)]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"type": "radar"}, "one of the types"),
        ({"type": "bar"}, "Choose a column for the X axis"),
        ({"type": "bar", "x": 99}, "no such column"),
        ({"type": "bar", "x": 1, "y": [1], "aggregation": "sum"}, "“city” has no numbers"),
        ({"type": "bar", "x": 1, "y": [2], "aggregation": "mode"}, "one of count, sum"),
        ({"type": "histogram", "x": 1}, "“city” has no numbers"),
        ({"type": "histogram", "x": 2, "bins": 100_000}, "1 to 200 intervals"),
        ({"type": "scatter", "x": 1}, "Choose a column of values"),
        ({"type": "heat", "x": 1}, "Choose a column for the Y axis"),
    ],
)
def test_a_chart_that_cannot_be_drawn_says_why(asked: dict[str, Any], says: str) -> None:
    assert says in chart(sales(), **asked)["failed"]


def test_odd_values_have_charts() -> None:
    frame = pd.DataFrame(
        {
            "real": [float("inf"), float("nan"), 1.0, 2.0],
            "money": [decimal.Decimal("1.50"), None, decimal.Decimal(2), decimal.Decimal(3)],
            "date": [datetime.date(2024, 1, 1), None, datetime.date(2024, 1, 2), datetime.date(2024, 1, 2)],
            "zone": pd.to_datetime(["2024-01-01 09:00"] * 4).tz_localize("Asia/Seoul"),
            "list": [[1], [1], None, [2]],
            "flag": [True, False, True, True],
        }
    )
    assert chart(frame, type="histogram", x=0, bins=2)["chart"]["bins"] == [[1, 1.5, 1], [1.5, 2, 1]]
    assert points(chart(frame, type="bar", x=5, y=[1], aggregation="sum")) == {"true": 6.5, "false": None}
    assert [y for _, y in chart(frame, type="line", x=2)["chart"]["series"][0]["points"]] == [1, 2]
    nine = datetime.datetime(2024, 1, 1, 9, tzinfo=datetime.UTC).timestamp() * 1000
    assert points(chart(frame, type="line", x=3)) == {nine: 4}
    assert points(chart(frame, type="pie", x=4)) == {"[1]": 2, "[2]": 1, "null": 1}
    assert chart(frame.head(0), type="bar", x=0)["chart"]["series"] == []
    assert chart(frame.head(0), type="histogram", x=0)["chart"]["bins"] == []


CHARTS: list[dict[str, Any]] = [
    *(
        {"type": "bar", "x": 1, "y": [2], "aggregation": one}
        for one in ("count", "sum", "mean", "min", "max", "median")
    ),
    {"type": "bar", "x": 1},
    {"type": "line", "x": 3, "y": [2], "split": 1, "aggregation": "mean"},
    {"type": "histogram", "x": 2, "bins": 10},
    {"type": "box", "x": 1, "y": [2]},
    {"type": "box", "y": [2]},
    {"type": "heat", "x": 1, "split": 0, "aggregation": "count"},
    {"type": "scatter", "x": 0, "y": [2]},
]


@pytest.fixture(scope="module")
def engine(quick: Any) -> EngineFrame:
    rows = sales().head(1_000)
    plain = rows.astype(object).where(rows.notna(), None).itertuples(index=False)
    made = [(n, city, price, day.to_pydatetime(), shop) for n, city, price, day, shop in plain]
    return EngineFrame(quick.createDataFrame(made, "n int, city string, price double, day timestamp, shop string"))


@pytest.mark.parametrize("asked", CHARTS, ids=lambda one: f"{one['type']} {one.get('aggregation', '')}")
def test_the_engine_computes_the_same_numbers(engine: EngineFrame, asked: dict[str, Any]) -> None:
    here = chart(sales().head(1_000), **asked)["chart"]
    there = json.loads(json.dumps(numbers_of(engine.groups(FrameQuery()), read_chart(asked, 5), NAMES)))
    assert there.keys() == here.keys()
    for name in ("rows", "axis", "categories", "bins", "boxes", "lines"):
        assert there.get(name) == here.get(name), name
    for one, other in zip(there.get("series", []), here.get("series", []), strict=True):
        assert one["name"] == other["name"]
        assert sorted(map(str, one["points"])) == sorted(map(str, other["points"]))
    assert sorted(there.get("cells", [])) == sorted(here.get("cells", []))
