"""Errors of the quick engine for a missing column, function or statement: message, suggestions and a way out."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.errors import AnalysisException, ParseException, PySparkException, UnsupportedOperationException

WAY_OUT = "choose Apache Spark as this notebook's engine"


@pytest.fixture(scope="module")
def people(quick: Any) -> Any:
    frame = quick.createDataFrame([(1, "Ana", 34)], "id int, name string, age int")
    frame.createOrReplaceTempView("people")
    return frame


@pytest.mark.parametrize(
    "ask",
    [lambda f, _: f.select("agee"), lambda f, _: f.filter("agee > 3"), lambda f, s: s.sql("SELECT agee FROM people")],
)
def test_a_missing_column_is_named_with_the_ones_that_look_like_it(people: Any, quick: Any, ask: Any) -> None:
    with pytest.raises(AnalysisException, match=r"`agee` cannot be resolved. Did you mean .*\[`age`"):
        ask(people, quick).collect()


def test_a_column_that_both_sides_have_is_called_ambiguous(people: Any) -> None:
    with pytest.raises(AnalysisException, match=r"Reference `name` is ambiguous.*alias"):
        people.alias("a").crossJoin(people.alias("b")).selectExpr("upper(name)").collect()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT nothing_like_it(1)", "does not have the function nothing_like_it"),
        ("SELECT name, count(*) FROM people GROUP BY ALL", "does not have GROUP BY ALL"),
        ("SELECT id + 1 AS a, a * 2 AS b FROM people", "uses a, the name of another one"),
        ("COMMENT ON NAMESPACE dbo IS 'x'", "does not have the statement COMMENT ON"),
        ("WITH RECURSIVE t(n) AS (SELECT 1) SELECT * FROM t", "does not have WITH RECURSIVE"),
    ],
)
def test_what_the_engine_does_not_have_is_refused_by_name(people: Any, quick: Any, sql: str, words: str) -> None:
    with pytest.raises(PySparkException) as raised:
        quick.sql(sql).collect()
    assert words in str(raised.value)
    assert WAY_OUT in str(raised.value)


def test_a_statement_that_is_not_understood_says_where(quick: Any) -> None:
    with pytest.raises(ParseException, match="at 'SELEC', character 1"):
        quick.sql("SELEC 1")


def test_a_format_without_a_reader_is_refused_by_name(quick: Any) -> None:
    with pytest.raises(UnsupportedOperationException, match="a reader or writer for the format xml"):
        quick.read.format("xml").load("nowhere.xml").collect()


def test_avro_which_no_engine_writes_names_other_formats(quick: Any) -> None:
    with pytest.raises(AnalysisException, match=r"Avro is not written .* Way out: write Parquet"):
        quick.range(1).write.format("avro").save("avro")


def test_spark_context_and_rdds_are_refused_in_words(quick: Any) -> None:
    with pytest.raises(PySparkException, match="sparkContext"):
        _ = quick.sparkContext
    with pytest.raises(PySparkException, match="rdd"):
        _ = quick.range(1).rdd


def test_a_cached_name_is_cached_until_it_is_uncached(people: Any, quick: Any) -> None:
    quick.catalog.cacheTable("people")
    assert quick.catalog.isCached("people")
    quick.catalog.clearCache()
    assert not quick.catalog.isCached("people")
    quick.range(1).createOrReplaceTempView("dropped_twice")
    assert quick.catalog.dropTempView("dropped_twice")
    assert not quick.catalog.dropTempView("dropped_twice")
