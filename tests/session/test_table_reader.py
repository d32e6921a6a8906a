"""Tables that the quick engine has written, as the page of tables reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow.data.spark_dataset
import pytest

from handloom.domain.lakehouse import NamedTable, table_of_source
from handloom.session import datasets, table_reader


@pytest.fixture(scope="module")
def written(quick: Any) -> Any:
    """A session with a table of many types, three versions and odd partition values."""
    quick.sql(
        "CREATE TABLE kinds (i INT NOT NULL COMMENT 'the number', d DECIMAL(10,2), t TIMESTAMP, n TIMESTAMP_NTZ, "
        "day DATE, b BINARY, s STRUCT<x: INT, y: STRING>, l ARRAY<DOUBLE>, m MAP<STRING, BIGINT>, p STRING) "
        "USING delta PARTITIONED BY (p)"
    )
    quick.sql(
        "INSERT INTO kinds VALUES (1, 1.50, TIMESTAMP '2026-01-02 03:04:05', TIMESTAMP_NTZ '2026-01-02 03:04:05', "
        "DATE '2026-01-02', X'00FF', named_struct('x', 1, 'y', '가'), array(0.5D, NULL), map('k', 9007199254740993L), "
        "'a b/é=%')"
    )
    quick.sql(f"INSERT INTO kinds VALUES (2{', NULL' * 9})")
    return quick


def test_all_types_and_partition_values_are_read(written: Any) -> None:
    found = table_reader.describe(Path.cwd(), "dbo", "kinds")
    assert [(one["name"], one["type"], one["nullable"], one["comment"]) for one in found["columns"]] == [
        ("i", "int", False, "the number"),
        ("d", "decimal(10,2)", True, ""),
        ("t", "timestamp", True, ""),
        ("n", "timestamp_ntz", True, ""),
        ("day", "date", True, ""),
        ("b", "binary", True, ""),
        ("s", "struct<x:int,y:string>", True, ""),
        ("l", "array<double>", True, ""),
        ("m", "map<string,bigint>", True, ""),
        ("p", "string", True, ""),
    ]
    assert (found["rows"], found["partition_columns"], found["unreadable"]) == (2, ["p"], "")
    rows = sorted(table_reader.read_rows(Path.cwd(), "dbo", "kinds")["rows"])
    assert rows[1] == [2, *[None] * 9]
    first = dict(zip([one["name"] for one in found["columns"]], rows[0], strict=True))
    assert first["m"] in ('[["k", "9007199254740993"]]', '{"k": "9007199254740993"}')
    assert {name: first[name] for name in "idnbslp"} == {
        "i": 1,
        "d": "1.50",
        "n": "2026-01-02 03:04:05",
        "b": "00 FF",
        "s": '{"x": 1, "y": "가"}',
        "l": "[0.5, null]",
        "p": "a b/é=%",
    }
    assert first["day"] == "2026-01-02"


def test_changes_of_the_engine_are_versions_and_a_restore_is_seen_by_it(written: Any) -> None:
    written.sql("CREATE SCHEMA IF NOT EXISTS gold")
    written.createDataFrame([(1, "a"), (2, "b")], "x int, y string").write.saveAsTable("gold.changed")
    written.sql("UPDATE gold.changed SET y = 'c' WHERE x = 2")
    written.sql("DELETE FROM gold.changed WHERE x = 1")
    where = (Path.cwd(), "gold", "changed")
    assert table_reader.read_rows(*where)["rows"] == [[2, "c"]]
    assert sorted(table_reader.read_rows(*where, version=0)["rows"]) == [[1, "a"], [2, "b"]]
    operations = [one["operation"] for one in table_reader.read_history(*where)["versions"]]
    assert (len(operations), operations[0]) == (3, "DELETE")
    table_reader.restore(*where, 0, "Ada")
    assert sorted(tuple(row) for row in written.table("gold.changed").collect()) == [(1, "a"), (2, "b")]
    listed = table_reader.list_tables(Path.cwd())
    assert listed["schemas"] == ["dbo", "gold"]
    assert [(one["schema"], one["name"]) for one in listed["tables"]] == [("dbo", "kinds"), ("gold", "changed")]


def test_a_dataset_of_a_table_names_the_table_and_its_version(written: Any) -> None:
    datasets.register()
    written.sql("CREATE TABLE used AS SELECT 1 AS x")
    first = mlflow.data.spark_dataset.from_spark(written.table("used"), table_name="dbo.used")
    assert table_of_source(first.source.to_json()) == NamedTable(schema="dbo", name="used", version=0)
    written.sql("INSERT INTO used VALUES (2)")
    one = mlflow.data.spark_dataset.from_spark(written.table("used"), table_name="used")
    again = mlflow.data.spark_dataset.from_spark(written.table("used"), table_name="used")
    assert table_of_source(one.source.to_json()) == NamedTable(schema="dbo", name="used", version=1)
    assert (one.digest, len(one.digest)) == (again.digest, 8)
    found = mlflow.data.spark_dataset.from_spark(written.table("used"))
    assert (one.name, found.name, found.source.to_dict()) == ("used@v1", "used@v1", one.source.to_dict())
    written.sql("INSERT INTO used VALUES (3)")
    other = mlflow.data.spark_dataset.from_spark(written.table("used"), path=str(Path("Tables/used").absolute()))
    assert table_of_source(other.source.to_json()) == NamedTable(schema="dbo", name="used", version=2)
    assert other.digest != one.digest
    assert other.name == "used@v2"
    for query, name in (("used VERSION AS OF 0", "used@v0"), ("dbo.used", "dbo.used@v2"), ("used", "used@v2")):
        assert mlflow.data.spark_dataset.from_spark(written.sql(f"SELECT * FROM {query}")).name == name
    written.range(1).write.csv("Files/named.csv")
    assert mlflow.data.spark_dataset.from_spark(written.read.csv("Files/named.csv")).name == "named.csv"
    assert mlflow.data.spark_dataset.from_spark(written.range(1)).name == "dataset"
