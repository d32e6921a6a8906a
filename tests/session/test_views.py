"""Views that last on the quick engine, and what DROP does: the bin gets it."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.session import lake_views, table_reader
from handloom.session.spark import Spark


@pytest.fixture
def sales(quick: Any) -> Any:
    quick.sql("CREATE SCHEMA IF NOT EXISTS gold")
    quick.sql("CREATE OR REPLACE TABLE sales AS SELECT 1 AS id, 'x' AS kind UNION ALL SELECT 2, 'y'")
    return quick


def test_a_view_is_there_in_the_next_session_and_in_every_schema(sales: Any) -> None:
    sales.sql(
        "CREATE VIEW doubled (twice, kind) COMMENT 'both' AS WITH s AS (SELECT * FROM sales) SELECT id * 2, kind FROM s"
    )
    sales.sql("CREATE VIEW gold.first AS SELECT min(twice) AS n FROM dbo.doubled")
    sales.sql("USE gold")
    assert sales.sql("SELECT n FROM first").collect() == [(2,)]
    assert sales.sql("SELECT sum(twice) FROM dbo.doubled").collect() == [(6,)]
    sales.sql("USE dbo")
    again = Spark()
    try:
        session = again.session()
        assert session.table("gold.FIRST").collect() == [(2,)]
        assert [row.viewName for row in session.sql("SHOW VIEWS").collect()] == ["doubled"]
        session.sql("ALTER VIEW doubled AS SELECT 7 AS twice")
    finally:
        again.stop()
    assert sales.sql("SELECT * FROM gold.first").collect() == [(7,)], "another session has changed the view"
    sales.sql("DROP VIEW gold.first")
    sales.sql("DROP VIEW doubled")
    assert lake_views.all_of(Path("Tables")) == []
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_NOT_FOUND"):
        sales.table("doubled").collect()


def test_what_apache_spark_refuses_of_views_is_refused(sales: Any) -> None:
    sales.sql("CREATE TEMPORARY VIEW passing AS SELECT 1 AS a")
    sales.sql("CREATE OR REPLACE VIEW a AS SELECT * FROM sales")
    sales.sql("CREATE OR REPLACE VIEW b AS SELECT * FROM a")
    refused = {
        "CREATE VIEW c AS SELECT * FROM passing": "INVALID_TEMP_OBJ_REFERENCE",
        "CREATE VIEW a AS SELECT 1": "TABLE_OR_VIEW_ALREADY_EXISTS",
        "CREATE OR REPLACE VIEW sales AS SELECT 1": "TABLE_OR_VIEW_ALREADY_EXISTS",
        "CREATE OR REPLACE VIEW a AS SELECT * FROM b": "RECURSIVE_VIEW",
        "ALTER VIEW nothing AS SELECT 1": "TABLE_OR_VIEW_NOT_FOUND",
        "DROP TABLE a": "EXPECT_TABLE_NOT_VIEW",
        "CREATE VIEW c AS SELECT id AS `a b` FROM sales": "plain names",
    }
    for statement, words in refused.items():
        with pytest.raises(AnalysisException, match=words):
            sales.sql(statement)
    sales.sql("CREATE VIEW IF NOT EXISTS a AS SELECT 5 AS z")
    assert sales.table("b").count() == 2
    assert sorted(name for _, name in lake_views.all_of(Path("Tables"))) == ["a", "b"]


def test_the_page_of_tables_reads_a_view(sales: Any) -> None:
    sales.sql("CREATE OR REPLACE VIEW shown COMMENT 'of all' AS SELECT id, array(kind) AS kinds FROM sales")
    root = Path.cwd()
    assert ("shown", "view") in [(one["name"], one["format"]) for one in table_reader.list_tables(root)["tables"]]
    found = table_reader.describe(root, "dbo", "shown")
    assert [(one["name"], one["type"]) for one in found["columns"]] == [("id", "int"), ("kinds", "array<string>")]
    assert (found["definition"], found["description"]) == ("SELECT id, array(kind) AS kinds FROM sales", "of all")
    assert table_reader.locate(root, "dbo", "shown")["kind"] == "view"
    file = lake_views.file_of(root / "Tables", "dbo", "shown")
    for query in (
        "SELECT * FROM csv.`/etc/passwd`",
        "SELECT * FROM csv.`https://h.example/x`",
        "SELECT * FROM outside",
    ):
        lake_views.write(file, lake_views.LakeView(query=query, current="dbo"))
        lake_views.write(
            lake_views.file_of(root / "Tables", "dbo", "outside"),
            lake_views.LakeView(query="SELECT * FROM json.`../x/y`", current="dbo"),
        )
        with pytest.raises(table_reader.ReadError, match="not in this workspace"):
            table_reader.read_rows(root, "dbo", "shown")
    file.write_text(json.dumps({"columns": 1}))
    with pytest.raises(table_reader.ReadError, match="no table"):
        table_reader.describe(root, "dbo", "shown")


def test_what_a_notebook_drops_is_in_the_bin(session: RemoteSession, client: Client, workspace: str) -> None:
    code = """
    spark.sql("CREATE SCHEMA silver")
    for name in ("kept", "purged", "silver.inside"):
        spark.range(3).write.saveAsTable(name)
    spark.sql("CREATE VIEW few AS SELECT * FROM kept WHERE id < 2")
    for statement in ("VIEW few", "TABLE kept", "TABLE purged PURGE", "SCHEMA silver CASCADE"):
        spark.sql("DROP " + statement)
    print([row.tableName for row in spark.sql("SHOW TABLES").collect()])
    """
    ran = session.run(textwrap.dedent(code))
    assert ran.error is None, ran.error
    at = f"/workspaces/{workspace}"
    items = {item["name"]: item for item in client.ask("GET", f"{at}/bin")["items"]}
    assert {name: item["kind"] for name, item in items.items()} == {
        "dbo.few": "view",
        "dbo.kept": "table",
        "silver.inside": "table",
    }
    for item in items.values():
        client.ask("POST", f"{at}/tables/{item['id']}/restore", {})
    ran = session.run("print(spark.table('few').count(), spark.table('silver.inside').count())")
    assert ran.error is None, ran.error
    rows = client.ask("GET", f"{at}/tables/dbo/few/rows")
    assert rows["rows"] == [[0], [1]]
