"""Apache Spark as a session's engine: the machine's shared server, Delta tables, errors, interrupts."""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

import apache_handloom
from conformance import apache
from delta_walk import MERGING
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.cell_outputs import Ran
from running import Handloom, handloom

Printed = Callable[[str], str]
pytestmark = pytest.mark.timeout(900)  # a busy machine takes minutes to start a JVM
SECONDS = 600


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    """A server that starts its Apache Spark from the wheel of the tests."""
    if not apache.PYTHON.exists():
        pytest.skip(".venv-spark is not there: `make test` makes it")
    with apache_handloom.start(tmp_path_factory.mktemp("apache") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Handloom) -> Iterator[Client]:
    client = Client(server.url, server.token)
    yield client
    client.close()


@pytest.fixture(scope="module")
def workspace(client: Client) -> str:
    made = str(client.ask("POST", "/workspaces", {"name": "apache"})["id"])
    assert client.ask("PATCH", f"/workspaces/{made}", {"engine": "apache"})["engine"] == "apache"
    return made


@pytest.fixture(scope="module")
def session(client: Client, workspace: str) -> Iterator[RemoteSession]:
    with RemoteSession(client, workspace, name="apache") as session:
        assert session.run(apache_handloom.QUICK, seconds=600).error is None
        yield session


def error_of(session: RemoteSession, code: str) -> str:
    ran = session.run(textwrap.dedent(code), seconds=600)
    assert ran.error is not None, ran.text
    return str(ran.error["evalue"])


def test_the_engine_of_the_workspace_is_apache_spark(session: RemoteSession, client: Client, printed: Printed) -> None:
    assert printed("print(spark.version)") == "4.2.0"
    assert client.ask("GET", "/engines")["apache"]["status"] == "running"
    assert session.facts["engine"] == "apache"


def test_delta_tables_are_written_appended_and_overwritten(printed: Printed) -> None:
    code = """
    spark.createDataFrame([(1, "a"), (2, None)], "Id int, name string").write.saveAsTable("People")
    spark.createDataFrame([(3, "c")], "Id int, name string").write.mode("append").saveAsTable("people")
    print(spark.table("PEOPLE").count(), spark.sql("select max(id) from people").first()[0])
    spark.createDataFrame([(9, "z")], "Id int, name string").write.mode("overwrite").saveAsTable("people")
    old = spark.read.format("delta").option("versionAsOf", 0).load("Tables/People")
    print([tuple(row) for row in spark.table("people").collect()], old.count())
    import os; print(os.path.isdir("Tables/People/_delta_log"))
    """
    assert printed(code).splitlines() == ["3 3", "[(9, 'z')] 2", "True"]


def test_partitions_with_nulls_and_signs_come_back(printed: Printed) -> None:
    code = """
    rows = [("a b", 1), (None, 2), ("x/y=z", 3)]
    spark.createDataFrame(rows, "p string, Id int").write.partitionBy("p").saveAsTable("parts")
    print([tuple(row) for row in spark.table("parts").orderBy("Id").collect()], spark.table("parts").columns)
    """
    assert printed(code) == "[('a b', 1), (None, 2), ('x/y=z', 3)] ['p', 'Id']"


def test_the_quick_engine_reads_what_apache_spark_wrote(client: Client, workspace: str, printed: Printed) -> None:
    printed("spark.range(7).write.mode('overwrite').saveAsTable('seven')")
    client.ask("PATCH", f"/workspaces/{workspace}", {"engine": "quick"})
    try:
        with RemoteSession(client, workspace, name="quick") as quick:
            assert quick.run("print(spark.table('seven').count())", seconds=120).text.strip() == "7"
    finally:
        client.ask("PATCH", f"/workspaces/{workspace}", {"engine": "apache"})


def test_data_that_does_not_fit_leaves_the_table_as_it_was(session: RemoteSession, printed: Printed) -> None:
    printed("spark.range(2).write.mode('overwrite').saveAsTable('fits')")
    wrong = "spark.createDataFrame([('x',)], 'other string').write.mode('append').saveAsTable('fits')"
    assert "mergeSchema" in error_of(session, wrong)
    assert printed("print(spark.table('fits').count(), len(os.listdir('Tables/fits')))").split()[0] == "2"


def test_rows_are_inserted_updated_and_deleted_in_sql(printed: Printed) -> None:
    code = """
    spark.sql("CREATE OR REPLACE TEMP VIEW more AS SELECT 4 AS id, 'd' AS name")
    spark.createDataFrame([(1, "a"), (2, None), (3, "c")], "Id int, name string").write.saveAsTable("Staff")
    spark.sql("INSERT INTO staff SELECT * FROM more")
    spark.sql("INSERT INTO staff (name) VALUES ('e, f')")
    spark.sql("UPDATE staff AS s SET name = concat(s.name, '!'), id = id * 10 WHERE s.id >= 3")
    spark.sql("DELETE FROM staff WHERE name IS NULL")
    print(sorted((r.Id or 0, r.name) for r in spark.table("staff").collect()))
    print(spark.sql("DELETE FROM staff WHERE name = 'none'").collect(), spark.table("staff").dtypes)
    spark.sql("INSERT OVERWRITE staff VALUES (7, 'g')")
    print(spark.sql("SELECT count(*) FROM staff").first()[0])
    spark.sql("TRUNCATE TABLE staff")
    print(spark.table("staff").count())
    """
    assert printed(code).splitlines() == [
        "[(0, 'e, f'), (1, 'a'), (30, 'c!'), (40, 'd!')]",
        "[] [('Id', 'int'), ('name', 'string')]",
        "1",
        "0",
    ]


def test_the_history_of_a_table_is_listed_and_restored(printed: Printed) -> None:
    code = """
    spark.range(3).write.mode("overwrite").saveAsTable("lasting")
    spark.sql("DELETE FROM lasting WHERE id = 1")
    print([row.version for row in spark.sql("DESCRIBE HISTORY lasting").collect()])
    spark.sql("RESTORE TABLE lasting TO VERSION AS OF 0")
    print(spark.table("lasting").count(), spark.sql("DESCRIBE DETAIL lasting").first().format)
    spark.sql("OPTIMIZE lasting"); spark.sql("VACUUM lasting")
    print(spark.table("lasting").count())
    """
    assert printed(code).splitlines() == ["[1, 0]", "3 delta", "3"]
    code = """
    print(spark.sql("SELECT count(*) FROM lasting VERSION AS OF 1 WHERE lasting.id >= 0").first()[0],
          spark.sql("SELECT old.id FROM lasting VERSION AS OF 0 AS old JOIN dbo.lasting n ON old.id = n.id").count())
    """
    assert printed(code) == "2 3"


def test_properties_comments_and_new_columns_of_a_table(session: RemoteSession, printed: Printed) -> None:
    code = """
    spark.sql("CREATE TABLE described (a int) TBLPROPERTIES ('k' = 'v')")
    spark.sql("ALTER TABLE described SET TBLPROPERTIES ('k' = 'it''s', 'l.m' = '2')")
    print([tuple(row) for row in spark.sql("SHOW TBLPROPERTIES described").collect()])
    print(spark.sql("SHOW TBLPROPERTIES described ('none')").first().value)
    spark.sql("COMMENT ON TABLE described IS 'mine'"); spark.sql("ANALYZE TABLE described COMPUTE STATISTICS")
    spark.sql("ALTER TABLE described ADD COLUMNS (b string)")
    print(spark.sql("DESCRIBE DETAIL described").first().description, spark.table("described").columns)
    """
    assert printed(code).splitlines() == [
        "[('k', \"it's\"), ('l.m', '2')]",
        "Table described does not have property: none",
        "mine ['a', 'b']",
    ]
    made = "spark.sql('CREATE TABLE kept_none (a int, b int {} 7, c struct<default: int>)')"
    assert "USING parquet" in error_of(session, made.format("DEFAULT"))
    added = "spark.sql('ALTER TABLE described ADD COLUMNS (d int DEFAULT 7)')"
    assert "USING parquet" in error_of(session, added)


def test_encodings_of_java_and_brackets_in_names_are_read(session: RemoteSession, printed: Printed) -> None:
    code = """
    import pyarrow as pa, pyarrow.parquet as pq
    for name in ("Files/korean.csv", "Files/x[1].csv"):
        with open(name, "w", encoding="cp949") as file:
            print("이름,a\\n가나,1", file=file)
    korean = spark.read.csv("Files/korean.csv", header=True, encoding="cp949")
    print(korean.columns, spark.read.csv("Files/x[1].csv", header=True, encoding="euc-kr").first()[0])
    korean.write.json("Files/korean", encoding="cp949")
    print(spark.read.json("Files/korean", encoding="cp949").first()["이름"])
    pq.write_table(pa.table({"t": pa.array([1], pa.timestamp("ns"))}), "Files/nanoseconds.parquet", version="2.6")
    """
    assert printed(code).splitlines() == ["['이름', 'a'] 가나", "가나"]
    assert "coerce_timestamps" in error_of(session, "spark.read.parquet('Files/nanoseconds.parquet').show()")
    assert "Way out: upload a copy" in error_of(session, "spark.read.csv('https://127.0.0.1:9/a.csv').show()")
    assert "Way out: upload a copy" in error_of(session, "spark.read.csv('s3://bucket/a.csv').show()")


def test_a_failing_change_leaves_the_table_as_it_was(session: RemoteSession, printed: Printed) -> None:
    printed("spark.range(2).write.mode('overwrite').saveAsTable('kept')")
    assert "DIVIDE_BY_ZERO" in error_of(session, "spark.sql('UPDATE kept SET id = 1 / (id - 1)')")
    assert "no column other" in error_of(session, "spark.sql('INSERT INTO kept (other) VALUES (1)')")
    assert printed("print(spark.table('kept').count())") == "2"


def test_one_notebook_merges_and_renames_alike_on_both_engines(client: Client, printed: Printed) -> None:
    apache_rows = printed(MERGING)
    quick = str(client.ask("POST", "/workspaces", {"name": "quick too"})["id"])
    with RemoteSession(client, quick, name="quick") as session:
        ran = session.run(MERGING, seconds=600)
        assert ran.error is None, "\n".join(ran.error["traceback"])
    assert apache_rows.splitlines()[0] == "[('1', 'a', '1.5'), ('2', 'B!', '9.5'), ('4', 'D', 'None')]"
    assert ran.text.strip() == apache_rows


def test_a_merge_that_cannot_be_carried_out_leaves_the_table_as_it_was(
    session: RemoteSession, printed: Printed
) -> None:
    printed("spark.range(2).write.mode('overwrite').saveAsTable('target')")
    merge = "MERGE INTO target AS t USING range(3) AS s ON t.id = s.id WHEN "
    for rest, words in (
        ("NOT MATCHED THEN INSERT (id) VALUES (t.id)", "UNRESOLVED_COLUMN"),
        ("MATCHED THEN UPDATE SET other = 1", "no column other"),
        ("MATCHED THEN UPDATE SET id = 1 / (s.id - s.id)", "DIVIDE_BY_ZERO"),
        ("MATCHED UPDATE SET id = 1", "PARSE_SYNTAX_ERROR"),
    ):
        assert words in error_of(session, f"spark.sql('{merge}{rest}')")
    assert printed("print(sorted(row.id for row in spark.table('target').collect()))") == "[0, 1]"


def test_a_part_of_a_table_is_overwritten(session: RemoteSession, printed: Printed) -> None:
    code = """
    from pyspark.sql.functions import col
    def fresh():
        rows = [(1, "a"), (2, "b"), (3, None)]
        spark.createDataFrame(rows, "n int, p string").write.mode("overwrite").partitionBy("p").saveAsTable("parted")
    def rows(): print(sorted([tuple(row) for row in spark.table("parted").collect()], key=str))
    def new(text): return spark.createDataFrame([(9, text)], "n int, p string").write.mode("overwrite")
    fresh(); new("b").option("replaceWhere", "p = 'b'").saveAsTable("parted"); rows()
    fresh(); new(None).option("partitionOverwriteMode", "dynamic").format("delta").save("Tables/parted"); rows()
    fresh(); spark.createDataFrame([(9, "a")], "n int, p string").writeTo("parted").overwritePartitions(); rows()
    fresh(); spark.createDataFrame([(9, "a")], "n int, p string").writeTo("parted").overwrite(col("n") == 9); rows()
    fresh(); spark.sql("INSERT OVERWRITE parted PARTITION (p = 'a') SELECT 7"); rows()
    spark.sql("INSERT INTO parted PARTITION (p) SELECT 8, 'c'"); rows()
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    spark.sql("INSERT OVERWRITE parted SELECT 5, 'c'"); rows()
    spark.sql("DELETE FROM parted WHERE p = 'c'"); rows()
    spark.conf.unset("spark.sql.sources.partitionOverwriteMode")
    """
    assert printed(code).splitlines() == [
        "[(1, 'a'), (3, None), (9, 'b')]",
        "[(1, 'a'), (2, 'b'), (9, None)]",
        "[(2, 'b'), (3, None), (9, 'a')]",
        "[(1, 'a'), (2, 'b'), (3, None), (9, 'a')]",
        "[(2, 'b'), (3, None), (7, 'a')]",
        "[(2, 'b'), (3, None), (7, 'a'), (8, 'c')]",
        "[(2, 'b'), (3, None), (5, 'c'), (7, 'a')]",
        "[(2, 'b'), (3, None), (7, 'a')]",
    ]
    wrong = "new('b').option('replaceWhere', \"p = 'a'\").saveAsTable('parted')"
    assert "DELTA_REPLACE_WHERE_MISMATCH" in error_of(session, wrong)
    other = "spark.range(1).write.mode('overwrite').option('replaceWhere', \"p = 'a'\").saveAsTable('parted')"
    assert "DELTA_SCHEMA_MISMATCH" in error_of(session, other)


def test_rows_that_a_table_does_not_allow_are_not_written(session: RemoteSession, printed: Printed) -> None:
    code = """
    from deltalake import DeltaTable, Schema
    from deltalake.schema import Field, PrimitiveType
    spark.sql("CREATE TABLE strict (id INT NOT NULL, n INT)")
    spark.sql("INSERT INTO strict VALUES (1, 2)")
    DeltaTable("Tables/strict").alter.add_constraint({"small": "n < 9"})
    number = PrimitiveType("integer")
    filled = Field("n", number, True, {"delta.generationExpression": "id + 1"})
    DeltaTable.create("Tables/filled", Schema([Field("id", number), filled]))
    """
    printed(code)
    for statement, words in (
        ("INSERT INTO strict (n) VALUES (1)", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"),
        ("UPDATE strict SET n = 9", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"),
        ("INSERT INTO strict VALUES (2, NULL)", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"),
        ("INSERT INTO filled (id) VALUES (1)", "generated columns"),
    ):
        assert words in error_of(session, f"spark.sql('{statement}')")
    assert printed("print([tuple(row) for row in spark.table('strict').collect()])") == "[(1, 2)]"


def test_a_rename_keeps_to_what_is_there(session: RemoteSession, printed: Printed) -> None:
    code = """
    for name in ("first", "second"): spark.range(1).write.mode("overwrite").saveAsTable(name)
    spark.range(2).write.mode("overwrite").format("parquet").saveAsTable("files")
    spark.sql("ALTER TABLE files RENAME TO papers")
    print(spark.table("papers").count())
    """
    assert printed(code) == "2"
    assert "ALREADY_EXISTS" in error_of(session, "spark.sql('ALTER TABLE first RENAME TO Second')")
    assert "SCHEMA_NOT_FOUND" in error_of(session, "spark.sql('ALTER TABLE first RENAME TO nowhere.first')")
    assert printed("print(spark.table('first').count(), spark.catalog.tableExists('files'))") == "1 False"


@pytest.mark.parametrize(
    "statement", ["MERGE WITH SCHEMA EVOLUTION INTO gone USING gone AS g ON true WHEN MATCHED THEN DELETE",
                  "ALTER TABLE gone RENAME COLUMN id TO x"]
)  # fmt: skip
def test_a_change_that_needs_delta_lake_names_the_way_out(
    session: RemoteSession, printed: Printed, statement: str
) -> None:
    printed("spark.range(1).write.mode('overwrite').saveAsTable('gone')")
    assert "Way out: " in error_of(session, f"spark.sql('{statement}')")


def test_a_dataset_of_a_query_names_the_table_and_its_version(printed: Printed) -> None:
    code = """
    import mlflow.data
    for _ in range(2): spark.range(3).write.mode("overwrite").saveAsTable("seen")
    for query in ("SELECT * FROM seen", "SELECT id FROM dbo.seen WHERE id > 0", "SELECT * FROM seen VERSION AS OF 0"):
        print(mlflow.data.from_spark(spark.sql(query)).name)
    print(mlflow.data.from_spark(spark.table("seen").limit(1)).name, mlflow.data.from_spark(spark.range(1)).name)
    """
    assert printed(code).split() == ["seen@v1", "seen@v1", "seen@v0", "seen@v1", "dataset"]


def test_views_last_and_what_is_dropped_is_in_the_bin(
    session: RemoteSession, client: Client, workspace: str, printed: Printed
) -> None:
    code = """
    spark.range(3).write.mode("overwrite").saveAsTable("counted")
    spark.sql("CREATE VIEW few (n) COMMENT 'small ones' AS SELECT id FROM counted WHERE id < 2")
    spark.sql("CREATE VIEW fewer AS SELECT n FROM few WHERE n < 1")
    spark.range(10, 12).union(spark.range(1)).write.mode("overwrite").saveAsTable("counted")
    print(spark.table("few").columns, spark.sql("SELECT count(*) FROM fewer").first()[0], spark.table("FEW").count())
    """
    assert printed(code) == "['n'] 1 1"
    spark_range = "spark.range(1).createOrReplaceTempView('passing')\n"
    assert "INVALID_TEMP_OBJ_REFERENCE" in error_of(
        session, spark_range + "spark.sql('CREATE VIEW v AS SELECT * FROM passing')"
    )
    assert "ALREADY_EXISTS" in error_of(session, "spark.sql('CREATE VIEW few AS SELECT 1')")
    assert "EXPECT_TABLE_NOT_VIEW" in error_of(session, "spark.sql('DROP TABLE few')")
    with RemoteSession(client, workspace, name="another") as other:
        ran = other.run("print(spark.table('fewer').count())", seconds=600)
        assert ran.text.strip() == "1", ran.error
    printed("for name in ('VIEW fewer', 'VIEW few', 'TABLE counted'): spark.sql('DROP ' + name)")
    assert "TABLE_OR_VIEW_NOT_FOUND" in error_of(session, "spark.sql('SELECT * FROM counted').count()")
    items = client.ask("GET", f"/workspaces/{workspace}/bin")["items"]
    assert {(item["name"], item["kind"]) for item in items} >= {
        ("dbo.few", "view"),
        ("dbo.fewer", "view"),
        ("dbo.counted", "table"),
    }


def test_the_catalog_has_the_tables_and_views_of_earlier_sessions(
    session: RemoteSession, client: Client, workspace: str, printed: Printed
) -> None:
    code = """
    spark.range(3).write.saveAsTable("earlier")
    spark.range(2).write.mode("overwrite").parquet("Tables/plain_files")
    spark.sql("CREATE OR REPLACE VIEW earlier_view AS SELECT max(id) AS most FROM earlier")
    """
    printed(code)
    code = """
    spark.range(1).createOrReplaceTempView("earlier_temp")
    print([spark.catalog.tableExists(name) for name in
           ("earlier", "EARLIER", "dbo.earlier", "earlier_view", "earlier_temp", "earliest")])
    print(sorted((t.name, t.tableType, t.isTemporary) for t in spark.catalog.listTables() if "earlier" in t.name))
    print([row.tableName for row in spark.sql("SHOW TABLES LIKE 'earlier*'").collect()])
    print([(row.viewName, row.isTemporary) for row in spark.sql("SHOW VIEWS LIKE '*_view|*_temp'").collect()])
    print([t.name for t in spark.catalog.listTables(pattern="*lier")], spark.catalog.getTable("dbo.earlier").tableType)
    print([c.name for c in spark.catalog.listColumns("dbo.earlier")])
    print(spark.sql("SELECT count(*) FROM dbo.earlier AS e JOIN earlier ON e.id = earlier.id").first()[0])
    print(spark.sql("SELECT most FROM dbo.earlier_view").first()[0])
    """
    with RemoteSession(client, workspace, name="later") as later:
        ran = later.run(textwrap.dedent(code), seconds=600)
        assert ran.error is None, "\n".join(ran.error["traceback"])
    assert ran.text.splitlines() == [
        "[True, True, True, True, True, False]",
        "[('earlier', 'MANAGED', False), ('earlier_temp', 'TEMPORARY', True), ('earlier_view', 'VIEW', False)]",
        "['earlier', 'earlier_view', 'earlier_temp']",
        "[('earlier_view', False), ('earlier_temp', True)]",
        "['earlier'] MANAGED",
        "['id']",
        "3",
        "2",
    ]
    assert "SCHEMA_NOT_FOUND" in error_of(session, "spark.range(1).write.format('delta').saveAsTable('marts.m')")


def test_created_schemas_last_and_both_engines_have_them(
    session: RemoteSession, client: Client, workspace: str, printed: Printed
) -> None:
    code = """
    spark.sql("CREATE SCHEMA Sales")
    spark.range(3).write.saveAsTable("sales.orders")
    spark.sql("USE sales")
    spark.sql("CREATE TABLE names (id int, name string COMMENT 'of a person') USING delta TBLPROPERTIES ('a.b' = 'c')")
    spark.sql("INSERT INTO names VALUES (1, 'x'), (2, 'y')")
    spark.sql("CREATE OR REPLACE TABLE big AS SELECT * FROM orders WHERE id > 1")
    spark.sql("CREATE TABLE plain USING parquet AS SELECT 1 AS a")
    spark.sql("CREATE VIEW joined AS SELECT o.id, name FROM orders o JOIN names n ON o.id = n.id")
    print(spark.catalog.currentDatabase(), spark.table("orders").count(), spark.sql("SELECT * FROM joined").count())
    print([(t.name, t.tableType) for t in spark.catalog.listTables() if not t.isTemporary])
    print(spark.catalog.tableExists("orders"), spark.catalog.tableExists("people"), spark.catalog.isCached("orders"))
    spark.sql("USE dbo")
    print(spark.sql("SELECT sales.names.name FROM sales.names ORDER BY sales.names.id").first()[0],
          spark.table("lakehouse.sales.plain").count(), spark.table("sales.names").select("names.id").count())
    print([row.tableName for row in spark.sql("SHOW TABLES IN sales LIKE 'o*'").collect()], spark.table("big").count()
          if spark.catalog.tableExists("big") else "no big in dbo")
    """
    assert printed(code).splitlines() == [
        "sales 3 2",
        "[('big', 'MANAGED'), ('joined', 'VIEW'), ('names', 'MANAGED'), ('orders', 'MANAGED'), ('plain', 'MANAGED')]",
        "True False False",
        "x 1 2",
        "['orders'] no big in dbo",
    ]
    assert "SCHEMA_NOT_EMPTY" in error_of(session, "spark.sql('DROP SCHEMA sales')")
    assert "default schema" in error_of(session, "spark.sql('DROP SCHEMA dbo CASCADE')")
    client.ask("PATCH", f"/workspaces/{workspace}", {"engine": "quick"})
    try:
        with RemoteSession(client, workspace, name="quick") as quick:
            ran = quick.run("print(spark.table('sales.joined').count(), spark.table('sales.big').count())", seconds=120)
            assert ran.text.strip() == "2 1", ran.error
            quick.run(
                "spark.sql('CREATE SCHEMA quickly'); spark.range(2).write.saveAsTable('quickly.made')", seconds=120
            )
    finally:
        client.ask("PATCH", f"/workspaces/{workspace}", {"engine": "apache"})
    code = """
    print(spark.table("sales.orders").count(), spark.table("quickly.made").count())
    spark.sql("DROP SCHEMA sales CASCADE")
    print(spark.catalog.databaseExists("sales"), spark.catalog.tableExists("sales.orders"))
    """
    assert printed(code).splitlines() == ["3 2", "False False"]
    items = client.ask("GET", f"/workspaces/{workspace}/bin")["items"]
    assert {"sales.orders", "sales.joined", "sales.plain"} <= {item["name"] for item in items}


def test_temporary_views_hide_tables_and_see_new_rows(printed: Printed) -> None:
    code = """
    spark.range(2).write.saveAsTable("hidden")
    spark.sql("CREATE TEMP VIEW over AS SELECT * FROM hidden")
    spark.sql("INSERT INTO hidden VALUES (7)")
    print(spark.sql("SELECT * FROM over").count(), spark.table("over").count())
    spark.range(5).createOrReplaceTempView("hidden")
    print(spark.table("hidden").count(), spark.sql("SELECT * FROM hidden").count(), spark.table("dbo.hidden").count())
    spark.sql("DROP VIEW hidden")
    print(spark.table("hidden").count(), [row.col_name for row in spark.sql("DESCRIBE hidden").collect()])
    """
    assert printed(code).splitlines() == ["3 3", "5 5 3", "3 ['id']"]


def test_overwriting_what_is_read_keeps_the_rows(printed: Printed) -> None:
    code = """
    spark.range(5).write.mode("overwrite").parquet("Files/five")
    spark.range(5, 8).write.mode("append").parquet("Files/five")
    print(spark.read.parquet("Files/five").count())
    spark.read.parquet("Files/five").filter("id > 2").write.mode("overwrite").parquet("Files/five")
    print(spark.read.parquet("Files/five").count())
    """
    assert printed(code).split() == ["8", "5"]


def test_an_error_is_its_message_without_the_stacks_of_java(session: RemoteSession) -> None:
    ran = session.run("spark.range(1).select('idd').show()", seconds=600)
    assert ran.error is not None
    assert "stacktrace" not in ran.text
    words = error_of(session, "spark.range(3).selectExpr('1 / (id - 1)').collect()")
    assert "DIVIDE_BY_ZERO" in words
    assert "org.apache.spark" not in words
    assert "PATH_NOT_FOUND" in error_of(session, "spark.read.parquet('Files/none').count()")


def test_functions_run_with_the_sessions_python(printed: Printed) -> None:
    code = """
    import sys
    from pyspark.sql.functions import udf
    print(spark.range(1).select(udf(lambda _: sys.executable)("id")).first()[0] == sys.executable)
    """
    assert printed(code) == "True"


def test_machine_learning_runs(printed: Printed) -> None:
    code = """
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression
    frame = spark.createDataFrame([(float(x), 2.0 * x + 1) for x in range(10)], "x double, label double")
    model = LinearRegression().fit(VectorAssembler(inputCols=["x"], outputCol="features").transform(frame))
    print(round(model.coefficients[0], 6), round(model.intercept, 6))
    """
    assert printed(code) == "2.0 1.0"


def test_runs_and_metrics_are_tables_and_a_name_of_the_user_stays_theirs(printed: Printed) -> None:
    code = """
    import math, mlflow
    with mlflow.start_run(run_name="on apache"):
        mlflow.log_metrics({"a": math.nan, "b": math.inf, "c": 0.25})
    found = spark.sql("SELECT m.key, m.value FROM runs r JOIN metrics m USING (run_id) ORDER BY key")
    print([tuple(row) for row in found.collect()], spark.table("runs").first().name, end=" ")
    mlflow.MlflowClient().set_tag(spark.table("runs").first().run_id, "seen", "1")
    print(spark.sql("SELECT runs.name FROM handloom.runs").first()[0], spark.table("models").count(), end=" ")
    spark.sql("CREATE TABLE kept_runs AS SELECT run_id, name FROM runs")
    spark.range(5).createOrReplaceTempView("runs")
    print(spark.table("kept_runs").count(), spark.table("runs").count(), spark.table("handloom.runs").count(), end=" ")
    print(spark.sql("SELECT count(*) FROM runs").first()[0], spark.sql("SELECT count(*) FROM tags").first()[0] > 0)
    spark.catalog.dropTempView("runs")
    from handloom.session.tracking_tables import plans
    plans.LARGEST_MESSAGE = 0  # as of many rows, which are uploaded
    print(spark.sql("SELECT count(*) FROM runs JOIN metrics USING (run_id)").first()[0], spark.table("runs").count())
    """
    assert printed(code) == "[('a', nan), ('b', inf), ('c', 0.25)] on apache on apache 0 1 5 1 5 True\n3 1"


def test_an_interrupt_stops_the_query(session: RemoteSession) -> None:
    done: list[Ran] = []
    long = "spark.range(10**13).selectExpr('sum(id % 7)').collect()"
    worker = threading.Thread(target=lambda: done.append(session.run(long, seconds=120)))
    worker.start()
    time.sleep(3)
    session.interrupt()
    worker.join()
    assert done[0].error is not None
    assert "pyspark/sql" not in "\n".join(done[0].error["traceback"])
    assert session.run("print(spark.range(2).count())", seconds=120).text.strip() == "2"


def test_a_workspace_is_not_given_the_server_of_another(client: Client, workspace: str, session: RemoteSession) -> None:
    other = str(client.ask("POST", "/workspaces", {"name": "not given"})["id"])
    assert client.ask("POST", f"/workspaces/{workspace}/apache-spark")["status"] == "running"
    begun = client.ask("POST", f"/workspaces/{other}/apache-spark")
    assert begun["status"] != "running"
    assert not begun.get("url")


@pytest.mark.soak  # it waits for a second JVM and works in it
def test_two_workspaces_have_schemas_tables_and_views_of_their_own(client: Client, printed: Printed) -> None:
    code = """
    spark.sql("CREATE SCHEMA mine")
    for name in ("mine.orders", "same_name"):
        spark.range(3).write.mode("overwrite").saveAsTable(name)
    spark.sql("CREATE GLOBAL TEMP VIEW everywhere AS SELECT 1 AS a")
    """
    printed(code)
    other = str(client.ask("POST", "/workspaces", {"name": "apart"})["id"])
    client.ask("PATCH", f"/workspaces/{other}", {"engine": "apache"})
    code = """
    print([d.name for d in spark.catalog.listDatabases()], spark.catalog.tableExists("mine.orders"),
          spark.catalog.tableExists("global_temp.everywhere"), spark.catalog.tableExists("same_name"))
    spark.sql("CREATE SCHEMA mine")
    for name in ("mine.orders", "same_name"):
        spark.range(9).write.saveAsTable(name)
    """
    with RemoteSession(client, other, name="apart") as apart:
        ran = apart.run(textwrap.dedent(code), seconds=600)
        assert ran.error is None, "\n".join(ran.error["traceback"])
        assert ran.text.strip() == "['dbo', 'default'] False False False"
    assert printed("print(spark.table('mine.orders').count(), spark.table('same_name').count())") == "3 3"


def test_a_remote_that_does_not_answer_says_so(session: RemoteSession) -> None:
    code = """
    from pyspark.sql import SparkSession
    SparkSession.builder.remote("sc://127.0.0.1:9").getOrCreate()
    """
    assert "does not answer" in error_of(session, code)


def test_spark_goes_on_when_the_server_restarts_in_place(
    session: RemoteSession, server: Handloom, printed: Printed
) -> None:
    printed("spark.range(7).createOrReplaceTempView('kept')")
    told = handloom("restart", *server.where)
    assert told.returncode == 0, told.stderr
    assert printed("print(spark.table('kept').count())").strip() == "7"


def test_the_engine_ends_with_the_server(tmp_path_factory: pytest.TempPathFactory, server: Handloom) -> None:
    """The last test of this module: its server ends here."""
    running = [p for p in psutil.process_iter(["cmdline"]) if str(server.data) in " ".join(p.info["cmdline"] or [])]
    java = [p for p in running if "SparkConnectServer" in " ".join(p.info["cmdline"])]
    assert java
    server.kill()
    _, alive = psutil.wait_procs(java, timeout=120)
    assert not alive
