"""CREATE TABLE on Apache Spark: what a statement asks for, and which ones are left to Spark."""

from __future__ import annotations

from handloom.session.apache.creating import NewTable, parse


def test_columns_partitions_and_properties_are_read() -> None:
    sql = """CREATE TABLE IF NOT EXISTS sales.`my t` (a int NOT NULL, b decimal(10,2) COMMENT 'it''s, (money)') -- here
    USING delta PARTITIONED BY (a) COMMENT 'a table' TBLPROPERTIES ('delta.appendOnly' = 'true');"""
    assert parse(sql) == NewTable(
        "sales.`my t`",
        if_missing=True,
        columns="a int NOT NULL, b decimal(10,2) COMMENT 'it''s, (money)'",
        partitions=["a"],
        comment="a table",
        properties={"delta.appendOnly": "true"},
        provider="delta",
    )


def test_a_query_follows_as_or_stands_alone() -> None:
    for sql in ("CREATE OR REPLACE TABLE t AS SELECT (1) AS a", "REPLACE TABLE t SELECT (1) AS a"):
        assert parse(sql) == NewTable("t", is_replaced=True, query="SELECT (1) AS a")
    found = parse("CREATE TABLE t USING DELTA AS (WITH x AS (SELECT 1) SELECT * FROM x)")
    assert found is not None
    assert found.query == "(WITH x AS (SELECT 1) SELECT * FROM x)"


def test_other_formats_and_statements_are_left_to_spark() -> None:
    for sql in (
        "CREATE TABLE t USING parquet AS SELECT 1",
        "CREATE TABLE t (a int) STORED AS ORC",
        "CREATE TEMP VIEW t AS SELECT 1",
        "SELECT 1",
    ):
        assert parse(sql) is None
    found = parse("CREATE TABLE t USING delta LOCATION 'Files/t'")
    assert found is not None
    assert found.unknown == "LOCATION"
