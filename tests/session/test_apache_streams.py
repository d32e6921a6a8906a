"""Streams from and to Delta tables on Apache Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import apache_handloom
from conformance import apache
from handloom.client.http import Client
from handloom.client.session import RemoteSession

Printed = Callable[[str], str]
pytestmark = pytest.mark.timeout(900)  # a busy machine takes minutes to start a JVM
SECONDS = 600


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteSession]:
    if not apache.PYTHON.exists():
        pytest.skip(".venv-spark is not there: `make test` makes it")
    with apache_handloom.start(tmp_path_factory.mktemp("streams") / "data") as server:
        client = Client(server.url, server.token)
        workspace = str(client.ask("POST", "/workspaces", {"name": "streams"})["id"])
        client.ask("PATCH", f"/workspaces/{workspace}", {"engine": "apache"})
        with RemoteSession(client, workspace, name="streams") as session:
            assert session.run(apache_handloom.QUICK, seconds=600).error is None
            yield session
        client.close()


STREAMS = """
import os, shutil
TEXTS = "SELECT to_json(struct(id, g, t, deep, d)) AS row FROM "
rows = ("id", "CAST(id % 3 AS int) AS g", "timestamp'2024-01-02 03:04:05.123456' AS t",
        "array(struct(id AS x, map('a', id) AS m)) AS deep", "CAST(id AS decimal(10,2)) AS d")
spark.sql("DROP TABLE IF EXISTS streamed")
spark.sql("DROP TABLE IF EXISTS copied")
shutil.rmtree("Files/copied", ignore_errors=True)
spark.range(10).selectExpr(*rows).write.partitionBy("g").saveAsTable("streamed")

def copied(**options):
    stream = spark.readStream.options(**options).table("streamed").writeStream.partitionBy("g")
    query = stream.option("checkpointLocation", "Files/copied").trigger(availableNow=True).toTable("copied")
    query.awaitTermination(120)
    return sorted(row.row for row in spark.sql(TEXTS + "copied").collect())

def expected():
    return sorted(row.row for row in spark.sql(TEXTS + "streamed").collect())
"""


def test_a_stream_copies_a_delta_table_each_row_once(printed: Printed) -> None:
    said = printed(
        STREAMS
        + """
print(copied() == expected())
for name in ("0", ".0.crc"):
    os.remove("Files/copied/commits/" + name)  # as after a crash between the table's commit and the query's
print(len(copied()))
"""
    )
    assert said.splitlines() == ["True", "10"]


@pytest.mark.soak
def test_a_stream_goes_on_with_the_rows_that_are_added(printed: Printed) -> None:
    said = printed(
        STREAMS
        + """
copied()
new = [text if "AS g" not in text else "CAST(NULL AS int) AS g" for text in rows]
spark.range(10, 12).selectExpr(*new).write.mode("append").saveAsTable("streamed")
print(copied() == expected(), spark.table("copied").count())
spark.sql("DELETE FROM streamed WHERE id = 3")
try:
    copied()
except Exception as error:
    print(*(words in str(error) for words in ("DELTA_SOURCE_TABLE_IGNORE_CHANGES", "Traceback", "skipChangeCommits")))
print(len(copied(skipChangeCommits=True)))
"""
    )
    assert said.splitlines() == ["True 12", "True False True", "12"]


@pytest.mark.soak
def test_batches_of_a_stream_are_merged_by_a_function_that_uses_spark(printed: Printed) -> None:
    said = printed(
        """
from delta.tables import DeltaTable
spark.range(10).selectExpr("id", "CAST(id % 2 AS int) AS g").repartition(4).write.saveAsTable("events")
spark.sql("CREATE OR REPLACE TABLE counts (g int, count bigint)")
open("Files/name.txt", "w").write("counts")

def merge(batch, number):
    target = DeltaTable.forName(spark, open("/lakehouse/default/Files/name.txt").read()).alias("t")
    new = batch.groupBy("g").count().alias("s")
    made = target.merge(new, "t.g = s.g").whenMatchedUpdate(set={"count": "t.count + s.count"})
    made.whenNotMatchedInsertAll().execute()

stream = spark.readStream.format("delta").option("maxFilesPerTrigger", 2).load("Tables/events")
query = stream.writeStream.foreachBatch(merge).option("checkpointLocation", "Files/merged")
query = query.trigger(availableNow=True).start()
query.awaitTermination(120)
print(sorted(map(tuple, spark.table("counts").collect())), len(query.recentProgress) > 1)

totals = spark.readStream.table("events").groupBy("g").count().writeStream.outputMode("complete").format("delta")
totals = totals.option("checkpointLocation", "Files/totals.state").trigger(availableNow=True)
for _ in range(2):
    totals.start("Files/totals").awaitTermination(120)
    print(sorted(map(tuple, spark.read.format("delta").load("Files/totals").collect())))
    spark.range(2).selectExpr("id", "1 AS g").write.mode("append").saveAsTable("events")

for version in (1, 1, 2):
    once = spark.range(3).write.format("delta").mode("append").option("txnAppId", "a")
    once.option("txnVersion", version).save("Files/once")
print(spark.read.format("delta").load("Files/once").count())
"""
    )
    assert said.splitlines() == [
        "[(0, 5), (1, 5)] True",
        "[(0, 5), (1, 5)]",
        "[(0, 5), (1, 7)]",
        "6",
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("spark.readStream.table('streamed').writeStream.outputMode('update').toTable('out')", "append and complete"),
        ("spark.readStream.table('streamed').writeStream.toTable('out')", "checkpointLocation must be specified"),
        (
            "spark.readStream.option('readChangeFeed', 'true').table('streamed')",
            "do not have the option readChangeFeed",
        ),
        (
            "spark.read.option('readChangeFeed', 'true').table('streamed').show()",
            "option readChangeFeed of Delta tables",
        ),
        ("spark.udf.register('f', lambda x: str(spark))", "spark cannot be pickled"),
    ],
)
def test_streams_that_cannot_be_are_refused_by_name(session: RemoteSession, code: str, words: str) -> None:
    made = session.run("spark.sql('CREATE TABLE IF NOT EXISTS streamed (id bigint)')", seconds=600)
    assert made.error is None
    ran = session.run(code, seconds=600)
    assert ran.error is not None
    assert words in "\n".join(ran.error["traceback"])
