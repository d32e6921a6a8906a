"""Functions of the quick engine return Apache Spark's results, in SQL and in DataFrames, under the same names."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.sql.connect import functions as F  # noqa: N812 - the name that everybody uses
from pyspark.sql.connect.window import Window

from handloom.session.quick import expressions
from handloom.session.quick.rewriting import of_sql, of_statement


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a.b, count(*) FROM t WHERE x NOT IN (1, 2) AND y LIKE 'a''%' -- initcap(x)",
        "SELECT CASE WHEN a THEN b[0].c END, INTERVAL 1 DAY, r'\\d' FROM t PIVOT (sum(x) FOR y IN (1, 2))",
        "SELECT transform(a, (x, i) -> x + i) OVER (PARTITION BY k ORDER BY v ROWS UNBOUNDED PRECEDING) FROM a, b",
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
    ],
)
def test_text_that_calls_nothing_special_is_kept_to_the_letter(sql: str) -> None:
    assert expressions.rewrite(sql, lambda *_: None) == sql


def test_only_calls_are_changed_and_columns_keep_their_names() -> None:
    made = of_sql("SELECT weekday(d), weekday(d) AS w FROM t WHERE weekday(d) = 1 -- weekday(d)")
    day = "pmod(dayofweek(d) + 5, 7)"
    assert made == f"SELECT {day} AS `weekday(d)`, {day} AS w FROM t WHERE {day} = 1 -- weekday(d)"
    assert of_sql("SELECT 'weekday(d)', `rint(x)`") == "SELECT 'weekday(d)', `rint(x)`"
    assert of_statement("CREATE TABLE t (c CHAR(3), s STRING)") == "CREATE TABLE t (c CHAR(3), s STRING)"
    assert of_statement("CREATE VIEW v AS SELECT rint(x) AS r").endswith("SELECT bround(cast(x as double), 0) AS r")


@pytest.fixture(scope="module")
def frame(quick: Any) -> Any:
    """One row of each kind of value, also as the view `kinds`."""
    made = quick.sql(
        "SELECT date'2020-01-05' AS d, 'o-neil mc donald' AS s, array(1, null) AS a, 1e20D AS x, 'ab' AS t, 3 AS i"
    )
    made.createOrReplaceTempView("kinds")
    return made


@pytest.mark.parametrize(
    ("sql", "column", "answer"),
    [
        ("weekday(d)", lambda: F.weekday("d"), 6),
        ("initcap(s)", lambda: F.initcap("s"), "O-neil Mc Donald"),
        ("array_contains(a, 2)", lambda: F.array_contains("a", 2), None),
        ("substring(t, -7, 6)", lambda: F.substring("t", -7, 6), "a"),
        ("split(t, '')", lambda: F.split("t", ""), ["a", "b"]),
        ("regexp_replace(t, 'b', '\\\\$')", lambda: F.regexp_replace("t", "b", "\\$"), "a$"),
        ("CAST(x AS string)", lambda: F.col("x").cast("string"), "1.0E20"),
        ("rint(2.5D)", lambda: F.rint(F.lit(2.5)), 2.0),
        ("percentile_approx(i, 0.5)", lambda: F.percentile_approx("i", 0.5), 3),
    ],
)
def test_sql_and_dataframes_give_the_same_answer(frame: Any, quick: Any, sql: str, column: Any, answer: Any) -> None:
    assert quick.sql(f"SELECT {sql} AS v FROM kinds").first().v == answer
    assert frame.select(column().alias("v")).first().v == answer


def test_a_changed_column_without_a_name_keeps_the_one_it_had(frame: Any, quick: Any) -> None:
    assert frame.select(F.initcap("s"), F.weekday("d")).columns == ["initcap(s)", "weekday(d)"]
    assert quick.sql("SELECT initcap(s), CAST(x AS string) FROM kinds").columns == ["initcap(s)", "x"]
    assert frame.selectExpr("weekday(d)", "weekday(d) AS w").columns == ["weekday(d)", "w"]


def test_lists_over_a_window_leave_nulls_out(quick: Any) -> None:
    rows = quick.createDataFrame([(1, "a"), (2, None)], "i int, s string")
    rows.createOrReplaceTempView("with_nulls")
    listed = rows.select(F.collect_list("s").over(Window.partitionBy(F.lit(1)).orderBy("i")).alias("l")).collect()
    assert [row.l for row in listed] == [["a"], ["a"]]
    again = quick.sql("SELECT collect_list(s) OVER (ORDER BY i) AS l FROM with_nulls").collect()
    assert [row.l for row in again] == [["a"], ["a"]]


@pytest.mark.parametrize(
    "sql", ["to_time('12:00:00')", "version()", "get_json_object(t, '$[*].a')", "array(1, 'a')", "to_json(struct(x))"]
)
def test_what_has_no_right_answer_here_is_refused(frame: Any, quick: Any, sql: str) -> None:
    with pytest.raises(PySparkException, match="choose Apache Spark as this notebook's engine"):
        quick.sql(f"SELECT {sql} FROM kinds").collect()


def test_a_union_by_name_gives_missing_columns_their_type(quick: Any) -> None:
    one, other = quick.sql("SELECT 1 AS a"), quick.sql("SELECT 2 AS a, true AS b")
    made = one.unionByName(other, allowMissingColumns=True)
    assert made.schema["b"].dataType.simpleString() == "boolean"
    assert sorted(made.collect()) == [(1, None), (2, True)]


def test_a_date_less_a_date_is_refused_and_other_differences_are_not(quick: Any) -> None:
    quick.sql("SELECT date'2024-02-29' AS d, date'2024-01-01' AS e, 5 AS a, 3L AS b").createOrReplaceTempView("lesses")
    with pytest.raises(PySparkException, match=r"use datediff\(a, b\)"):
        quick.sql("SELECT d - e FROM lesses").collect()
    with pytest.raises(PySparkException, match=r"use datediff\(a, b\)"):
        quick.table("lesses").select(F.col("d") - F.col("e")).collect()
    row = quick.sql("SELECT a - b, a - b - 1 AS c, d - 1 AS f FROM lesses").first()
    assert (row["(a - b)"], row.c, row.f.isoformat()) == (2, 1, "2024-02-28")


def test_halves_of_decimals_are_rounded_to_the_even_neighbour(quick: Any) -> None:
    values = "VALUES (1.25BD), (1.35BD), (-1.25BD), (99.95BD) AS t(x)"
    rows = quick.sql(f"SELECT bround(x, 1), bround(x), typeof(bround(x, 1)) FROM {values}").collect()
    assert [tuple(map(str, row)) for row in rows] == [
        ("1.2", "1", "decimal(4,1)"),
        ("1.4", "1", "decimal(4,1)"),
        ("-1.2", "-1", "decimal(4,1)"),
        ("100.0", "100", "decimal(4,1)"),
    ]
    frame = quick.sql("SELECT 25BD AS x, 2.50BD AS y").select(F.bround("x", -1), F.bround("y"), F.bround("y", 1))
    assert [str(value) for value in frame.first()] == ["20", "2", "2.5"]
