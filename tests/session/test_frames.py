"""Frames as display() sends them: exact values, types, counts."""

from __future__ import annotations

import datetime
import decimal
import json

import numpy as np
import pandas as pd

from handloom.session import frames
from handloom.session.frames import MIME


def _shown(frame: object) -> dict[str, object]:
    bundle = frames.of_pandas(frame).bundle()
    return dict(json.loads(json.dumps(bundle[MIME], allow_nan=False)))


def test_values_travel_without_loss() -> None:
    frame = pd.DataFrame(
        {
            "big": [2**53 - 1, 2**53 + 1],
            "real": [1.5, float("nan")],
            "odd": [float("inf"), float("-inf")],
            "exact": [decimal.Decimal("1.10"), None],
            "when": pd.to_datetime(["2024-01-02 03:04:05.123456", None]),
            "bytes": [b"\x00\xff", None],
            "list": [[1, 2], None],
        }
    )
    assert _shown(frame)["rows"] == [
        [2**53 - 1, 1.5, "Infinity", "1.10", "2024-01-02 03:04:05.123456", "00 FF", [1, 2]],
        [str(2**53 + 1), "NaN", "-Infinity", None, None, None, None],
    ]


def test_a_long_frame_shows_a_thousand_rows_and_counts_all() -> None:
    shown = _shown(pd.DataFrame({"n": range(5_000)}))
    assert (shown["shown"], shown["total"], shown["total_exact"]) == (1_000, 5_000, True)
    assert shown["index"] is None


def test_an_index_that_says_something_is_shown() -> None:
    frame = pd.DataFrame({"n": [1, 2]}, index=pd.to_datetime(["2024-01-01", "2024-01-02"]))
    assert _shown(frame)["index"] == ["2024-01-01 00:00:00", "2024-01-02 00:00:00"]


def test_a_series_is_a_frame_of_one_column() -> None:
    shown = _shown(pd.Series([1, 2], name="n"))
    assert shown["columns"] == [{"name": "n", "type": "int64"}]
    assert shown["rows"] == [[1], [2]]


def test_empty_frames_are_shown_as_such() -> None:
    assert _shown(pd.DataFrame())["rows"] == []
    shown = _shown(pd.DataFrame({"a": []}))
    assert (shown["rows"], shown["total"]) == ([], 0)


def test_the_plain_table_escapes_what_it_shows_and_says_how_many_rows_there_are() -> None:
    bundle = frames.of_pandas(pd.DataFrame({"<b>": ["<script>"] * 60})).bundle()
    assert "<script>" not in bundle["text/html"]
    assert "&lt;script&gt;" in bundle["text/html"]
    assert "60 rows, 1 column (the first 50 shown)" in bundle["text/html"]


def test_numpy_values_in_cells_are_plain() -> None:
    assert frames.cell(np.int64(2**60)) == str(2**60)
    assert frames.cell(np.array([1.0, np.nan])) == [1.0, "NaN"]
    assert frames.cell(datetime.date(2024, 1, 2)) == "2024-01-02"
