"""Arithmetic on the quick engine: integers fail instead of wrapping around, decimals have Apache Spark's digits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

import pytest
from pyspark.errors import AnalysisException, ArithmeticException, PySparkException
from pyspark.sql.connect import functions as F  # noqa: N812 - the name that everybody uses
from pyspark.sql.connect.window import Window

from handloom.session.quick.numbers import arithmetic, unions
from handloom.session.quick.numbers.questions import Questions
from handloom.session.quick.numbers.sql_text import marked, typed

LONGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("name", "left", "right", "result"),
    [
        ("+", (10, 2), (10, 2), (11, 2)),
        ("*", (10, 2), (6, 3), (17, 5)),
        ("/", (10, 2), (6, 3), (20, 9)),
        ("%", (5, 1), (1, 0), (2, 1)),
        ("/", (38, 10), (38, 10), (38, 6)),
        ("+", (38, 18), (38, 18), (38, 17)),
        ("*", (38, 18), (38, 18), (38, 6)),
    ],
)
def test_decimals_get_the_digits_that_apache_spark_gives_them(name: str, left: Any, right: Any, result: Any) -> None:
    assert arithmetic.decimal_result(name, left, right) == result


def test_numbers_of_different_types_meet_in_one() -> None:
    assert arithmetic.common(["int", "decimal(2,1)", "bigint"]) == "decimal(21,1)"
    assert arithmetic.common(["int", "float"]) == "double"
    assert arithmetic.common(["smallint", "void", "int"]) == "int"
    assert arithmetic.common(["int", "string"]) is None


def test_only_operands_whose_type_decides_are_asked_for() -> None:
    questions = Questions()
    sql = "SELECT a, 1 + 1, upper('s'), d + INTERVAL 1 DAY FROM t WHERE x = 'a + b' -- a + b"
    assert marked(sql, questions) == sql
    assert not questions
    assert "typeof(a)" in marked("SELECT a + 1 FROM t", questions)


def test_text_without_numbers_is_kept_to_the_letter() -> None:
    sql = "SELECT a + b /* c */ AS x, sum(d) FROM t GROUP BY a + b ORDER BY 1"
    assert typed(sql, {}) == sql


def test_the_sides_of_a_union_are_asked_for_with_the_named_queries_they_use() -> None:
    asked: list[str] = []

    def fields_of(query: str) -> list[tuple[str, str]]:
        asked.append(query)
        return [("a", "int")]

    inner = "SELECT a FROM x UNION SELECT 2"
    sql = f"WITH x AS (SELECT 1 AS a), y AS ({inner}) SELECT a FROM y EXCEPT (SELECT 3) LIMIT 1"
    assert unions.cast_sides(sql, fields_of) == sql
    first = "WITH x AS (SELECT 1 AS a)"
    assert [query.strip() for query in asked] == [
        f"{first} SELECT a FROM x",
        f"{first} SELECT 2",
        f"{first}, y AS ({inner}) SELECT a FROM y",
        f"{first}, y AS ({inner}) (SELECT 3)",
    ]


@pytest.fixture(scope="module")
def numbers(quick: Any) -> Any:
    """One row with the largest number of each type, also as the view `numbers`."""
    kinds = "t tinyint, i int, n int, l long, d double, p decimal(10,2), q decimal(6,3)"
    row = (127, 2**31 - 1, None, LONGEST, 1.5, Decimal("10.25"), Decimal("3.700"))
    made = quick.createDataFrame([row], kinds)
    made.createOrReplaceTempView("numbers")
    return made


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("t + t", lambda: F.col("t") + F.col("t")),
        ("i + 1", lambda: F.col("i") + 1),
        ("-3 - l", lambda: F.lit(-3) - F.col("l")),
        ("i * 2", lambda: F.col("i") * 2),
        ("l + 1", lambda: F.col("l") + 1),
        ("l * i", lambda: F.expr("l * i")),
        ("sum(l) + sum(l)", lambda: F.sum("l") + F.sum("l")),
        ("transform(array(i), x -> x + 1)", lambda: F.transform(F.array("i"), lambda x: x + 1)),
    ],
)
def test_a_result_that_does_not_fit_fails(quick: Any, numbers: Any, sql: str, column: Any) -> None:
    with pytest.raises(ArithmeticException, match="ARITHMETIC_OVERFLOW"):
        quick.sql(f"SELECT {sql} FROM numbers").collect()
    with pytest.raises(ArithmeticException, match="ARITHMETIC_OVERFLOW"):
        numbers.select(column().alias("x")).collect()


def test_a_sum_fails_where_it_does_not_fit_in_groups_and_windows_too(quick: Any) -> None:
    frame = quick.createDataFrame([("a", LONGEST), ("a", 1), ("b", 5), ("c", None)], "k string, x long")
    frame.createOrReplaceTempView("summed")
    rest = frame.filter("k <> 'a'")
    assert sorted(rest.groupBy("k").sum("x").collect()) == [("b", 5), ("c", None)]
    over = F.sum("x").over(Window.partitionBy("k"))
    assert sorted(row.s for row in rest.select(over.alias("s")).na.drop().collect()) == [5]
    queries: list[Callable[[], Any]] = [
        lambda: frame.groupBy("k").agg(F.sum("x")),
        lambda: frame.select(over),
        lambda: quick.sql("SELECT sum(DISTINCT x) FROM summed"),
        lambda: quick.sql("SELECT sum(x) OVER (PARTITION BY k ORDER BY x) FROM summed"),
    ]
    for query in queries:
        with pytest.raises(ArithmeticException):
            query().collect()


def test_types_and_names_are_apache_sparks(quick: Any, numbers: Any) -> None:
    made = quick.sql("SELECT t+1, n + 1, p / q, p % q, p + i, d * p, coalesce(n, 2.5), if(n > 0, 1, 2.5D) FROM numbers")
    kinds = ["int", "int", "decimal(20,9)", "decimal(6,3)", "decimal(13,2)", "double", "decimal(11,1)", "double"]
    assert [field.dataType.simpleString() for field in made.schema] == kinds
    assert made.columns[:4] == ["(t + 1)", "(n + 1)", "(p / q)", "(p % q)"]
    assert made.first()[:4] == (128, None, Decimal("2.770270270"), Decimal("2.850"))
    frame = numbers.select(F.col("p") / F.col("q"), F.when(F.col("n") > 0, 1).otherwise(2.5))
    assert frame.columns == ["(p / q)", "CASE WHEN (n > 0) THEN 1 ELSE 2.5 END"]
    assert frame.first() == (Decimal("2.770270270"), 2.5)


def test_a_union_has_the_type_that_holds_all_sides(quick: Any) -> None:
    made = quick.sql("SELECT a + 1 AS b FROM (SELECT 1 AS a UNION ALL SELECT 2.5) ORDER BY b")
    assert made.schema.simpleString() == "struct<b:decimal(12,1)>"
    assert made.collect() == [(Decimal("2.0"),), (Decimal("3.5"),)]
    united = quick.sql("SELECT 1 AS a").union(quick.sql("SELECT 2.5D AS c"))
    assert united.schema.simpleString() == "struct<a:double>"
    assert sorted(united.collect()) == [(1.0,), (2.5,)]


def test_grouping_and_ordering_by_a_result_work_as_they_did(quick: Any) -> None:
    sql = """SELECT a+b, sum(a * 2) FROM VALUES (1, 2), (1, 3) AS t(a, b)
             GROUP BY a + b HAVING a + b > 3 ORDER BY a + b"""
    assert quick.sql(sql).collect() == [(4, 2)]


def test_statements_that_change_tables_do_not_wrap_around_either(quick: Any) -> None:
    quick.sql("CREATE TABLE counters (a INT, b BIGINT)")
    quick.sql("INSERT INTO counters SELECT i - 1, 5L * 2 FROM VALUES (4) AS t(i)")
    quick.sql("UPDATE counters SET a = a + 1, b = b * 2 WHERE a * 2 = 6")
    quick.sql(
        "MERGE INTO counters AS t USING (SELECT 4 AS a, 7L AS b) AS s ON t.a = s.a "
        "WHEN MATCHED THEN UPDATE SET t.b = t.b + s.b"
    )
    assert quick.table("counters").collect() == [(4, 27)]
    with pytest.raises(ArithmeticException):
        quick.sql("UPDATE counters SET a = a + 2147483647")
    with pytest.raises(ArithmeticException):
        quick.sql("INSERT INTO counters SELECT a * 2147483647, b FROM counters")
    quick.sql("CREATE VIEW doubled AS SELECT a * 2, b FROM counters")
    assert quick.table("doubled").columns == ["(a * 2)", "b"]
    assert quick.table("doubled").first()[0] == 8


def test_parameters_and_frames_in_sql_text_are_known_too(quick: Any, numbers: Any) -> None:
    assert quick.sql("SELECT :x + t AS y, :x * 2 AS z FROM numbers", args={"x": 5}).collect() == [(132, 10)]
    assert quick.sql("SELECT ? + l AS y, ? AS z FROM numbers", args=[-1, 2]).collect() == [(LONGEST - 1, 2)]
    with pytest.raises(ArithmeticException):
        quick.sql("SELECT :x + i FROM {frame}", args={"x": 1}, frame=numbers).collect()


def test_other_types_under_the_same_text_are_asked_for_again(quick: Any) -> None:
    for kind in ("double", "decimal(10,2)"):
        quick.sql(f"SELECT CAST(1 AS {kind}) AS v").createOrReplaceTempView("changing")
        made = quick.sql("SELECT v * v AS w FROM changing").schema["w"].dataType.simpleString()
        assert made == ("double" if kind == "double" else "decimal(21,4)")


def test_a_long_chain_of_sums_is_run(quick: Any) -> None:
    frame = quick.createDataFrame([tuple(range(40))], ", ".join(f"c{number} int" for number in range(40)))
    columns = [F.col(f"c{number}") for number in range(40)]
    assert frame.select(reduce(add, columns).alias("s")).collect() == [(780,)]


def test_dates_intervals_and_texts_are_left_alone(quick: Any) -> None:
    row = quick.sql(
        "SELECT CAST(d + 1 AS string) AS a, CAST(d - INTERVAL 1 DAY AS date) AS b, s || 'x' AS c, "
        "CASE WHEN s = 'k' THEN 'yes' ELSE s END AS e FROM VALUES (DATE'2024-02-28', 'k') AS t(d, s)"
    ).first()
    assert (row.a, row.b.isoformat(), row.c, row.e) == ("2024-02-29", "2024-02-27", "kx", "yes")


def test_a_column_that_is_not_there_is_named_as_before(quick: Any, numbers: Any) -> None:
    with pytest.raises(AnalysisException, match=r"UNRESOLVED_COLUMN.*`nothing`"):
        quick.sql("SELECT nothing + 1 FROM numbers").collect()


def test_doubles_are_rounded_by_their_decimal_digits(quick: Any) -> None:
    frame = quick.createDataFrame([(1.005, 1), (-2.675, 2), (float("nan"), 3), (None, 4), (-0.4, 5)], "d double, i int")
    frame.createOrReplaceTempView("halves")
    expected = ["1.01", "-2.68", "nan", "None", "-0.4"]
    by_sql = quick.sql("SELECT round(d, 2) AS r FROM halves ORDER BY i")
    assert [str(row.r) for row in by_sql.collect()] == expected
    assert [str(row.r) for row in frame.orderBy("i").select(F.round("d", 2).alias("r")).collect()] == expected
    assert quick.sql("SELECT round(avg(d), 2) AS r FROM halves WHERE i = 1").first().r == 1.01
    assert [kind for _, kind in frame.select(F.round("i"), F.round("d") + 1, F.round("i") + 1).dtypes] == [
        "int",
        "double",
        "int",
    ]


@pytest.mark.parametrize(
    ("made", "text"),
    [("concat('a', d)", "a1.0E7"), ("'a' || d", "a1.0E7"), ("concat_ws('-', 'a', d)", "a-1.0E7"), ("trim(d)", "1.0E7")],
)
def test_a_double_inside_a_text_is_written_as_apache_spark_does(quick: Any, made: str, text: str) -> None:
    assert quick.sql(f"SELECT {made} AS t FROM (SELECT 1e7D AS d)").first().t == text


def test_a_formatted_double_is_refused_where_the_engine_writes_it_otherwise(quick: Any) -> None:
    frame = "(SELECT 1.5D AS d UNION ALL SELECT 2.25D)"
    assert len(quick.sql(f"SELECT format_string('%s', d) FROM {frame}").collect()) == 2
    with pytest.raises(PySparkException, match="Apache Spark runs this"):
        quick.sql("SELECT format_string('%s', d) FROM (SELECT 1e7D AS d)").collect()


def test_money_in_doubles_becomes_the_decimal_that_is_written(quick: Any) -> None:
    frame = quick.sql("SELECT cast(d as decimal(10, 2)) AS m FROM VALUES (1.005D), (-0.285D) t(d) ORDER BY d")
    assert [str(row.m) for row in frame.collect()] == ["-0.29", "1.01"]
    assert str(quick.sql("SELECT avg(m) AS a FROM VALUES (1.10), (2.25), (3.33) t(m)").first().a) == "2.226667"
    assert quick.sql("SELECT 1 FROM VALUES (1.25) t(x) WHERE cast(x as decimal(5, 1)) = 1.3").count() == 1
