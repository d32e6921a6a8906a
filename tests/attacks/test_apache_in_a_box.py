"""Apache Spark in a box: its JVM, and the functions that it runs, see the files of their workspace only."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

import apache_handloom
from conformance import apache
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.kernels import box
from handloom.kernels.box import NoBoxError


@pytest.mark.soak  # a JVM of its own
@pytest.mark.timeout(900)
def test_apache_spark_in_a_box_works_and_sees_its_own_workspace_only(tmp_path: Path) -> None:
    if not apache.PYTHON.exists():
        pytest.skip(".venv-spark is not there: `make test` makes it")
    try:
        box.find(tmp_path)
    except NoBoxError as error:
        pytest.skip(f"no box can be made on this machine: {error}")
    with apache_handloom.start(tmp_path / "data", "--isolation", "required") as server:
        client = Client(server.url, server.token)
        mine, other = (client.ask("POST", "/workspaces", {"name": f"jvm {number}"})["id"] for number in (1, 2))
        client.ask("PATCH", f"/workspaces/{mine}", {"engine": "apache"})
        for workspace in (mine, other):
            (server.data / "workspaces" / workspace / "Files" / "secret.txt").write_text("of a workspace")
        with RemoteSession(client, mine, name="boxed") as session:
            code = """
            from pyspark.sql.functions import udf
            spark.range(3).write.saveAsTable("boxed")
            plus = udf(lambda x: x + 1, "long")
            print(spark.table("boxed").count(), spark.range(3).select(plus("id")).collect()[2][0])
            print(spark.read.text("/lakehouse/default/Files/secret.txt").count())
            """
            ran = session.run(textwrap.dedent(code), seconds=600)
            assert ran.error is None, ran.error
            assert ran.text.split() == ["3", "3", "1"]
            for path in (server.data / "workspaces" / other / "Files/secret.txt", server.data / "handloom.db"):
                there = f"udf(lambda _: __import__('os').path.exists({str(path)!r}), 'boolean')('id')"
                assert (
                    session.run(f"print(spark.range(1).select({there}).first()[0])", seconds=120).text.strip()
                    == "False"
                )
                assert session.run(f"spark.read.text('file://{path}').count()", seconds=120).error is not None
        client.close()
