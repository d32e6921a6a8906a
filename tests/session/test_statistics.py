"""Statistics on the quick engine, and refusals where its results would differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import Observation
from pyspark.sql.functions import count, lit, rand, udf


def test_describe_and_summary_list_their_statistics_in_order(quick: Any) -> None:
    frame = quick.range(100)
    for _ in range(3):
        assert [row.summary for row in frame.describe().collect()] == ["count", "mean", "stddev", "min", "max"]
    everything = ["count", "mean", "stddev", "min", "25%", "50%", "75%", "max"]
    assert [row.summary for row in frame.summary().collect()] == everything
    assert [row.summary for row in frame.summary("max", "count").collect()] == ["max", "count"]


def test_quartiles_are_values_of_the_column(quick: Any) -> None:
    frame = quick.createDataFrame([(1, 2.5, "5"), (2, 1e7, "x"), (3, None, "7")], "a int, b double, s string")
    quartiles = frame.summary("25%", "75%", "count").collect()
    assert quartiles == [("25%", "1", "2.5", "5.0"), ("75%", "3", "1.0E7", "7.0"), ("count", "3", "2", "3")]
    assert frame.approxQuantile(["a", "b"], [0.0, 0.5, 1.0], 0.0) == [[1.0, 2.0, 3.0], [2.5, 2.5, 1e7]]
    assert frame.filter("a > 9").approxQuantile("a", [0.5], 0.0) == []


def test_frequent_items_are_those_with_the_support_that_is_asked_for(quick: Any) -> None:
    rows = [("KR", 1), ("KR", 1), ("US", None), (None, None), ("US", 3), ("DE", 4)]
    frame = quick.createDataFrame(rows, "country string, `a b` int")
    found = frame.stat.freqItems(["country", "a b"], 0.3)
    assert found.columns == ["country_freqItems", "a b_freqItems"]
    assert found.dtypes[1][1] == "array<int>"
    assert found.collect() == [(["KR", "US"], [None, 1])]
    assert frame.filter("country > 'Z'").freqItems(["country"]).collect() == [([],)]
    assert quick.range(1000).selectExpr("id % 7 = 0 AS seventh").freqItems(["seventh"], 0.2).first()[0] == [False]
    with pytest.raises(PySparkException, match="support from"):
        frame.freqItems(["country"], 0.00001).collect()


def test_a_dynamic_overwrite_of_a_delta_table_is_refused_before_it_replaces_all_of_it(quick: Any) -> None:
    frame = quick.createDataFrame([(1, "a"), (2, "b")], "x int, p string")
    frame.write.partitionBy("p").saveAsTable("dynamic_delta")
    write = frame.filter("x = 1").write.mode("overwrite").option("partitionOverwriteMode", "dynamic")
    with pytest.raises(PySparkException, match=r"replaceWhere.*choose Apache Spark"):
        write.partitionBy("p").saveAsTable("dynamic_delta")
    assert quick.table("dynamic_delta").count() == 2


def test_observed_measures_are_those_of_the_rows_that_were_read(quick: Any) -> None:
    quick.range(3).write.mode("overwrite").saveAsTable("observed")
    for mode, expected in (("append", 3), ("append", 6), ("overwrite", 12)):
        seen = Observation()
        quick.table("observed").observe(seen, count(lit(1)).alias("n")).write.mode(mode).saveAsTable("observed")
        assert seen.get == {"n": expected}


@pytest.mark.parametrize(
    "change",
    [
        lambda spark: spark.range(9).withColumn("r", rand()),
        lambda spark: spark.range(9).limit(3),
        lambda spark: spark.sql("select uuid() from range(3)"),
        lambda spark: spark.range(9).select(udf(lambda x: x).asNondeterministic()("id")),
    ],
)
def test_rows_that_another_query_might_not_give_are_not_observed(quick: Any, change: Callable[[Any], Any]) -> None:
    with pytest.raises(PySparkException, match="observe over rows that differ"):
        change(quick).observe(Observation(), count(lit(1)).alias("n")).collect()
