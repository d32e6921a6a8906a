"""History, details, compaction, restore and changes of Delta tables on the quick engine, in SQL and by DeltaTable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.errors import AnalysisException

from handloom.session.delta_tables import DeltaTable


@pytest.fixture(scope="module")
def versions(quick: Any) -> Any:
    """A session with a table `versions` whose three versions have one, two and three rows."""
    quick.createDataFrame([(1, "a")], "x int, p string").write.partitionBy("p").saveAsTable("versions")
    quick.sql("INSERT INTO versions VALUES (2, 'b')")
    quick.sql("INSERT INTO versions VALUES (3, 'b')")
    return quick


def test_history_lists_the_versions_newest_first(versions: Any) -> None:
    rows = versions.sql("DESCRIBE HISTORY versions").collect()
    assert [row.version for row in rows] == [2, 1, 0]
    assert versions.sql("describe history dbo.VERSIONS limit 1").count() == 1
    assert DeltaTable.forName(versions, "versions").history(2).count() == 2


def test_detail_says_where_and_how_large_the_table_is(versions: Any) -> None:
    row = DeltaTable.forName(versions, "versions").detail().first()
    assert (row.format, row.numFiles, row.partitionColumns) == ("delta", 3, ["p"])
    assert row.location == Path("Tables/versions").absolute().as_uri()
    assert row.sizeInBytes > 0


def test_a_table_is_named_by_its_path_too(versions: Any) -> None:
    place = Path("Tables/versions").absolute()
    assert versions.sql(f"DESCRIBE HISTORY delta.`{place}`").count() == 3
    with pytest.raises(AnalysisException, match="nothing_here is not a Delta table"):
        versions.sql("DESCRIBE HISTORY nothing_here")


def test_optimize_joins_files_and_keeps_the_rows(quick: Any) -> None:
    for number in range(3):
        quick.range(number, number + 1).write.mode("append").saveAsTable("small_files")
    table = DeltaTable.forName(quick, "small_files")
    metrics = table.optimize().executeCompaction().first().metrics
    assert (metrics.numFilesAdded, metrics.numFilesRemoved) == (1, 3)
    assert sorted(row.id for row in quick.table("small_files").collect()) == [0, 1, 2]
    assert table.optimize().executeZOrderBy("id").first().metrics.numFilesAdded == 1


def test_vacuum_lists_or_deletes_old_files_and_refuses_a_short_retention(quick: Any) -> None:
    quick.range(3).write.saveAsTable("to_vacuum")
    quick.range(3, 6).write.mode("overwrite").saveAsTable("to_vacuum")
    with pytest.raises(AnalysisException, match="RETENTION_PERIOD_TOO_SHORT"):
        quick.sql("VACUUM to_vacuum RETAIN 0 HOURS")
    quick.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    try:
        doomed = [row.path for row in quick.sql("VACUUM to_vacuum RETAIN 0 HOURS DRY RUN").collect()]
        assert doomed
        assert all(Path(path.removeprefix("file://")).exists() for path in doomed)
        quick.sql("VACUUM to_vacuum RETAIN 0 HOURS")
    finally:
        quick.conf.unset("spark.databricks.delta.retentionDurationCheck.enabled")
    assert not any(Path(path.removeprefix("file://")).exists() for path in doomed)
    assert sorted(row.id for row in quick.table("to_vacuum").collect()) == [3, 4, 5]


def test_restore_brings_back_the_rows_and_columns_of_a_version(quick: Any) -> None:
    quick.sql("CREATE TABLE to_restore AS SELECT 1 AS a")
    quick.sql("CREATE OR REPLACE TABLE to_restore AS SELECT 2 AS b, 3 AS c")
    assert quick.table("to_restore").columns == ["b", "c"]
    quick.sql("RESTORE TABLE to_restore TO VERSION AS OF 0")
    assert [row.asDict() for row in quick.table("to_restore").collect()] == [{"a": 1}]
    DeltaTable.forName(quick, "to_restore").restoreToVersion(1)
    assert quick.table("to_restore").columns == ["b", "c"]
    with pytest.raises(AnalysisException, match="no version 9"):
        quick.sql("RESTORE TABLE to_restore TO VERSION AS OF 9")


def test_a_table_gets_columns_and_another_name(quick: Any) -> None:
    quick.sql("CREATE TABLE to_alter (a INT)")
    quick.sql("INSERT INTO to_alter VALUES (1)")
    assert quick.sql("ALTER TABLE to_alter ADD COLUMNS (b STRING)").columns == []
    quick.sql("INSERT INTO to_alter VALUES (2, 'x')")
    quick.sql("ALTER TABLE to_alter RENAME TO altered")
    assert quick.table("altered").orderBy("a").collect() == [(1, None), (2, "x")]
    assert not quick.catalog.tableExists("to_alter")
    quick.range(1).write.saveAsTable("in_the_way")
    with pytest.raises(AnalysisException, match="nothing was renamed"):
        quick.sql("ALTER TABLE altered RENAME TO in_the_way")
    quick.sql("TRUNCATE TABLE altered")
    assert quick.table("altered").count() == 0


def test_commands_give_no_rows_and_show_gives_apache_sparks_columns(quick: Any) -> None:
    quick.sql("CREATE TABLE shown (a INT, p STRING) PARTITIONED BY (p)")
    assert quick.sql("INSERT INTO shown VALUES (1, 'x'), (2, 'y')").columns == []
    assert quick.sql("UPDATE shown SET a = 5 WHERE p = 'x'").collect() == []
    assert quick.sql("SHOW COLUMNS IN shown").collect() == [("a",), ("p",)]
    assert quick.sql("SHOW PARTITIONS shown").collect() == [("p=x",), ("p=y",)]
    assert quick.sql("SHOW TABLES").columns == ["namespace", "tableName", "isTemporary"]
    assert [row.col_name for row in quick.sql("DESCRIBE shown").collect()][:2] == ["a", "p"]
    assert quick.sql("DESCRIBE QUERY SELECT 1 AS a").collect() == [("a", "int", None)]
    assert quick.sql("DROP TABLE shown").columns == []


def test_folders_with_capitals_are_tables_and_an_empty_log_is_none(quick: Any) -> None:
    write_deltalake("Tables/Shouted", pa.table({"x": [1, 2]}))
    Path("Tables/Hollow/_delta_log").mkdir(parents=True)
    assert {"shouted"} <= {table.name for table in quick.catalog.listTables()}
    assert quick.sql("DESCRIBE HISTORY shouted").count() == 1
    quick.sql("INSERT INTO Shouted VALUES (3)")
    assert quick.table("SHOUTED").count() == 3
    assert not quick.catalog.tableExists("hollow")


def test_an_insert_names_its_partition(quick: Any) -> None:
    quick.sql("CREATE TABLE daily (n INT, day STRING) USING delta PARTITIONED BY (day)")
    quick.sql("INSERT INTO daily PARTITION (day = 'x') VALUES (1)")
    quick.sql("INSERT INTO daily PARTITION (day) SELECT 2, 'y'")
    quick.sql("INSERT OVERWRITE daily PARTITION (day = 'x') VALUES (3), (4)")
    assert sorted(map(tuple, quick.table("daily").collect())) == [(2, "y"), (3, "x"), (4, "x")]
    with pytest.raises(AnalysisException, match="no column night"):
        quick.sql("INSERT INTO daily PARTITION (night = 'x') VALUES (1)")
    quick.sql("COMMENT ON TABLE daily IS 'each day'")
    assert quick.sql("DESCRIBE DETAIL daily").first().description == "each day"
