"""The Spark session in a real kernel with the real engine."""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.cell_outputs import Ran
from handloom.session import engine

Printed = Callable[[str], str]

ENGINE = """
import psutil
def engines():
    return [p.pid for p in psutil.Process().children(recursive=True) if "engine_child" in " ".join(p.cmdline())]
"""


def test_the_engine_starts_at_the_first_use_and_not_before(printed: Printed) -> None:
    printed(ENGINE)
    assert printed("print(spark, len(engines()))") == "<SparkSession: the engine starts when you use it> 0"
    assert printed("print(spark.range(3).count(), len(engines()))") == "3 1"


def test_spark_is_one_session_however_it_is_reached(printed: Printed) -> None:
    code = """
    from pathlib import Path
    Path("mine.py").write_text("def rows(): return spark.range(5).count()")
    import mine
    from pyspark.sql import SparkSession
    def inside(): return spark.range(4).count()
    built = SparkSession.builder.appName("x").getOrCreate()
    built.conf.set("mine.key", "1")
    print(mine.rows(), inside(), isinstance(spark, type(built)), spark.conf.get("mine.key"))
    print(SparkSession.getActiveSession() is built)
    """
    assert printed(code).split() == ["5", "4", "True", "1", "True"]


def test_a_missing_path_is_an_error_and_names_the_path(session: RemoteSession) -> None:
    for call in ("parquet('Files/none.parquet')", "option('path', 'none/*.csv').csv('none/*.csv')"):
        ran = session.run(f"spark.read.{call}.count()")
        assert ran.error is not None
        assert "PATH_NOT_FOUND" in ran.error["evalue"]
        assert "none" in ran.error["evalue"]


def test_an_error_of_spark_shows_the_persons_own_lines_and_not_the_clients_inside(session: RemoteSession) -> None:
    for last in ("frame.count()", "frame"):  # asked for, and while it is shown
        ran = session.run(f"def mine():\n    return spark.read.parquet('Files/none')\n\nframe = mine()\n{last}")
        assert ran.error is not None
        text = "\n".join(ran.error["traceback"])
        assert "PATH_NOT_FOUND" in text
        assert "connect/client" not in text
        assert ("frame.count()" in text) == (last != "frame")
    module = "from pathlib import Path\nPath('pysparkly.py').write_text('def rows(frame): return frame.count()')\n"
    ran = session.run(module + "import pysparkly\npysparkly.rows(frame)")
    assert ran.error is not None
    assert "def rows(frame)" in "\n".join(ran.error["traceback"])  # a module of the person's, whatever its name
    whole = session.run("%xmode Verbose\nframe.count()")
    assert whole.error is not None
    assert "connect/client" in "\n".join(whole.error["traceback"])
    session.run("%xmode Context")


def test_a_missing_sample_is_an_error_too(session: RemoteSession) -> None:
    ran = session.run(
        "spark.read.parquet('wasbs://mlsamples@azureopendatastorage.blob.core.windows.net/diabetes/no').count()"
    )
    assert ran.error is not None
    assert "PATH_NOT_FOUND" in ran.error["evalue"]


def test_option_path_is_read(printed: Printed) -> None:
    code = """
    spark.range(7).write.mode("overwrite").parquet("Files/seven")
    print(spark.read.format("parquet").option("path", "Files/seven").load().count())
    import os; print(os.path.isdir("Files/seven"))
    """
    assert printed(code).split() == ["7", "True"]


def test_a_sample_repeats_with_its_seed_however_it_is_given(printed: Printed) -> None:
    code = """
    frame = spark.range(100)
    given = [frame.sample(0.2, seed=3), frame.sample(0.2, 3), frame.sample(fraction=0.2, seed=3)]
    print(len({str(one.collect()) for one in [*given, *given]}), given[0].count() > 0)
    """
    assert printed(code) == "1 True"


def test_sql_text_reads_mounted_paths(printed: Printed) -> None:
    path = "wasbs://mlsamples@azureopendatastorage.blob.core.windows.net/diabetes"
    assert printed(f"print(spark.sql('SELECT count(*) FROM parquet.`{path}`').first()[0])") == "442"


def test_a_literal_that_looks_like_a_path_stays(printed: Printed) -> None:
    code = """
    from pyspark.sql import functions as f
    path = "wasbs://mlsamples@azureopendatastorage.blob.core.windows.net/diabetes"
    print(spark.range(1).select(f.lit(path)).first()[0] == path)
    """
    assert printed(code) == "True"


def test_tables_are_delta_in_the_workspace_and_appending_by_name_works(printed: Printed) -> None:
    code = """
    frame = spark.createDataFrame([(1, "a")], "AGE int, Name string")
    frame.write.mode("overwrite").saveAsTable("people")
    frame.write.mode("append").saveAsTable("people")
    print(spark.table("people").count(), os.path.isdir("Tables/people/_delta_log"))
    print(spark.sql("select max(AGE) from people").first()[0])
    """
    assert printed(code).split() == ["2", "True", "1"]


def test_tables_are_there_in_the_next_session(client: Client, workspace: str, printed: Printed) -> None:
    printed("spark.range(9).write.mode('overwrite').saveAsTable('nine')")
    with RemoteSession(client, workspace, name="next") as session:
        assert session.run("print(spark.table('nine').count())").text.strip() == "9"


def test_an_interrupt_stops_the_query_and_leaves_the_engine_running(session: RemoteSession) -> None:
    done: list[Ran] = []
    long = "spark.range(10**12).selectExpr('sum(id % 7)').collect()"
    began = time.monotonic()
    worker = threading.Thread(target=lambda: done.append(session.run(long, seconds=60)))
    worker.start()
    time.sleep(2)
    session.interrupt()
    worker.join()
    assert done[0].error is not None
    assert done[0].error["ename"] == "KeyboardInterrupt"
    text = "\n".join(done[0].error["traceback"])
    assert "sum(id % 7)" in text
    assert "pyspark/sql" not in text, "rendering pyspark's frames takes longer than to stop the query"
    assert time.monotonic() - began < 30
    assert session.run("print(spark.range(2).count())").text.strip() == "2"


def test_a_dead_engine_is_an_error_at_once_and_the_next_use_starts_a_fresh_one(session: RemoteSession) -> None:
    session.run(ENGINE + "\nimport os, signal, time\nheld = spark.range(3)\nfirst = engines()[0]")
    session.run("os.kill(first, signal.SIGKILL); time.sleep(0.2)")
    ran = session.run("began = time.time()\ntry:\n    held.count()\nfinally:\n    took = time.time() - began")
    assert ran.error is not None
    assert "The Spark engine has stopped" in ran.error["evalue"]
    assert "run the cells again" in ran.error["evalue"]
    assert session.run("print(took < 2)").text.strip() == "True"
    assert session.run("print(spark.range(6).count(), engines() != [first])").text.strip() == "6 True"


def test_an_engine_that_dies_mid_query_is_an_error_at_once(session: RemoteSession) -> None:
    code = """
    import threading
    spark.range(1).count()
    threading.Timer(1, lambda: os.kill(engines()[0], signal.SIGKILL)).start()
    began = time.time()
    spark.range(10**12).selectExpr("sum(id % 7)").collect()
    """
    ran = session.run(textwrap.dedent(code), seconds=60)
    assert ran.error is not None
    assert "The Spark engine has stopped" in ran.error["evalue"]
    assert session.run("print(time.time() - began < 10, spark.range(2).count())").text.split() == ["True", "2"]


def test_display_counts_a_long_spark_frame(session: RemoteSession) -> None:
    ran = session.run("display(spark.range(5000))")
    table = ran.outputs[0]["data"]["application/vnd.handloom.dataframe+json"]
    assert (table["shown"], table["total"], table["source"]) == (1000, 5000, "spark")
    assert table["columns"] == [{"name": "id", "type": "bigint"}]


def test_display_keeps_exact_types_of_spark(session: RemoteSession) -> None:
    ran = session.run(
        "display(spark.sql(\"select cast(1.10 as decimal(9,2)) d, 9007199254740993 big, double('NaN') n,"
        " date'2024-01-02' day, named_struct('a', 1) s, array(1, 2) l, cast(null as int) nothing\"))"
    )
    table = ran.outputs[0]["data"]["application/vnd.handloom.dataframe+json"]
    assert table["rows"] == [["1.10", "9007199254740993", "NaN", "2024-01-02", {"a": 1}, [1, 2], None]]
    assert table["columns"][0]["type"] == "decimal(9,2)"


def test_a_summary_says_what_is_in_each_column(session: RemoteSession) -> None:
    ran = session.run("display(spark.createDataFrame([(1, 'a'), (3, None)], 'n int, t string'), summary=True)")
    table = ran.outputs[0]["data"]["application/vnd.handloom.dataframe+json"]
    assert [column["name"] for column in table["columns"]][:4] == ["column", "type", "missing", "unique"]
    assert table["rows"][0][:7] == ["n", "int", 0, 2, 1, 3, 2.0]
    assert table["rows"][1][:6] == ["t", "string", 1, 1, "a", "a"]


def test_a_udf_that_prints_does_not_hang(printed: Printed) -> None:
    code = """
    from pyspark.sql.functions import udf
    @udf("long")
    def noisy(n):
        print("x" * 100)
        return n
    print(spark.range(3000).select(noisy("id")).collect()[-1][0])
    """
    assert printed(code).endswith("2999")


def test_other_values_are_displayed_as_ever(session: RemoteSession) -> None:
    ran = session.run("display({'a': 1}); displayHTML('<b>x</b>')")
    assert ran.outputs[0]["data"]["text/plain"] == "{'a': 1}"
    assert ran.outputs[1]["data"]["text/html"] == "<b>x</b>"


def test_a_system_without_a_time_zone_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine.check_time_zone()
    monkeypatch.setattr(engine, "TIME_ZONE_FILES", (str(tmp_path / "localtime"),))
    with pytest.raises(engine.EngineError, match="tzdata"):
        engine.EngineProcess(str(tmp_path), "")
