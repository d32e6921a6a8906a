"""Names of tables, views and schemas on the quick engine: case, `dbo`, and the lakehouse as a prefix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import PySparkException

from handloom.session.quick.names import Names, rename_tables, replace_read_tables
from handloom.session.spark import Spark

NAMES = Names(Path("/nowhere"), "My Space")


@pytest.mark.parametrize(
    ("sql", "made"),
    [
        ("SELECT a.B, 'FROM X' FROM MyT a JOIN Other o ON a.id = o.ID, Third", None),
        (
            "SELECT EXTRACT(YEAR FROM D), trim(both from Q) FROM t",
            "SELECT EXTRACT(YEAR FROM D), trim(both from Q) FROM t",
        ),
        ("with T as (select 1 x) select * from T -- from Z", "with t as (select 1 x) select * from t -- from Z"),
        ("CREATE TABLE IF NOT EXISTS Foo (A int)", "CREATE TABLE IF NOT EXISTS foo (A int)"),
        ("SELECT * FROM range(3) R", "SELECT * FROM range(3) R"),
        ("SELECT * FROM parquet.`/A/B`", "SELECT * FROM parquet.`/A/B`"),
        ("SELECT * FROM `My T` WHERE x IN (SELECT 1 FROM U)", "SELECT * FROM `my t` WHERE x IN (SELECT 1 FROM u)"),
        ("MERGE INTO T USING S ON T.id = S.id", "MERGE INTO t USING s ON T.id = S.id"),
    ],
)
def test_only_names_of_tables_are_changed_in_a_statement(sql: str, made: str | None) -> None:
    assert NAMES.rewrite(sql) == (made or "SELECT a.B, 'FROM X' FROM myt a JOIN other o ON a.id = o.ID, third")


def test_a_name_gets_another_everywhere_and_its_columns_are_named_by_its_last_part() -> None:
    def chosen(name: list[str]) -> list[str] | None:
        return ["shown"] if name == ["sales", "t"] else None

    sql = "SELECT sales.t.id, x.t.id FROM Sales.T JOIN dbo.u ON `sales`.t.id = dbo.u.id"
    assert replace_read_tables(sql, chosen) == ("SELECT t.id, x.t.id FROM `shown` AS `t` JOIN dbo.u ON t.id = dbo.u.id")
    assert rename_tables("INSERT INTO sales.t SELECT sales.t.id FROM sales.t", chosen) == (
        "INSERT INTO `shown` SELECT sales.t.id FROM `shown`"
    )


def test_tables_views_and_schemas_have_no_case(quick: Any) -> None:
    quick.createDataFrame([(1, "a")], "AGE int, Name string").write.saveAsTable("People")
    assert quick.sql("SELECT PEOPLE.age FROM people").columns == ["age"]
    assert quick.table("PEOPLE").count() == 1
    quick.table("people").createOrReplaceTempView("MyView")
    assert quick.sql("SELECT * FROM myview v JOIN People p ON v.AGE = p.age").count() == 1
    assert quick.catalog.tableExists("pEoPlE")


def test_a_column_may_end_with_a_space_and_errorifexists_is_a_mode(quick: Any) -> None:
    quick.createDataFrame([(1,)], "`2022 ` int").write.mode("errorifexists").parquet("spaces")
    assert quick.read.parquet("spaces").select("2022 ").first()[0] == 1
    with pytest.raises(PySparkException, match="already exists"):
        quick.range(1).write.mode("errorifexists").parquet("spaces")


def test_use_set_and_cache_are_statements(quick: Any) -> None:
    quick.sql("CREATE SCHEMA IF NOT EXISTS other_one")
    quick.sql("USE other_one")
    assert quick.catalog.currentDatabase() == "other_one"
    quick.sql("USE dbo")
    assert quick.sql("SET spark.sql.shuffle.partitions = 7").first().value == "7"
    assert quick.conf.get("spark.sql.shuffle.partitions") == "7"
    quick.sql("CACHE TABLE Counted AS SELECT 4 AS n")
    assert quick.sql("SELECT n FROM counted").first().n == 4
    quick.sql("UNCACHE TABLE counted")


def test_dbo_and_the_lakehouse_may_stand_in_front_and_another_lakehouse_is_refused(quick: Any) -> None:
    quick.range(2).write.mode("overwrite").saveAsTable("dbo.Pair")
    assert Path("Tables/pair/_delta_log").is_dir()
    quick.range(1).write.mode("append").saveAsTable("lakehouse.dbo.PAIR")
    assert quick.sql("SELECT * FROM Dbo.Pair").count() == 3
    assert quick.table("lakehouse.dbo.pair").count() == 3
    with pytest.raises(PySparkException, match=r"other\.dbo\.pair begins with other"):
        quick.sql("SELECT * FROM other.dbo.pair")


def test_a_table_in_a_created_schema_is_there_in_the_next_session(quick: Any) -> None:
    quick.sql("CREATE SCHEMA IF NOT EXISTS Sales")
    quick.range(5).write.saveAsTable("sales.Orders")
    quick.sql("CREATE TABLE Sales.kept AS SELECT * FROM sales.orders WHERE id > 2")
    quick.range(1).write.format("parquet").saveAsTable("sales.plain")
    after = Spark()
    try:
        session = after.session()
        assert session.table("SALES.orders").count() == 5
        assert session.table("sales.kept").count() == 2
        assert session.table("sales.plain").count() == 1
    finally:
        after.stop()


def test_a_dropped_table_does_not_come_back(quick: Any) -> None:
    quick.range(1).write.saveAsTable("gone")
    quick.sql("DROP TABLE Gone")
    assert not Path("Tables/gone").exists()
    quick.range(2).write.saveAsTable("gone")
    assert quick.table("gone").count() == 2


def test_folders_that_are_no_tables_do_not_keep_a_session_from_starting(
    quick: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    quick.range(3).write.format("delta").save(str(Path("Tables/o'brien").resolve()))
    Path("Tables/broken/_delta_log").mkdir(parents=True)
    after = Spark()
    try:
        session = after.session()
        assert session.table("`o'brien`").count() == 3
        assert "broken cannot be opened as a table" in capsys.readouterr().err
    finally:
        after.stop()
