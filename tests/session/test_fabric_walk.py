"""Each name that notebooks bring from Microsoft Fabric, one by one in a session: it works, or is refused by name."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from handloom.client.session import RemoteSession

Printed = Callable[[str], str]

WORKS = {
    "%%sql shows each result": ("%%sql\nCREATE OR REPLACE TABLE w1 AS SELECT 1 AS a;\nSELECT a FROM w1", ""),
    "%sql on one line": ("%sql SELECT 42 AS v\nprint(_sqldf.first().v)", "42"),
    "%%pyspark": ("%%pyspark\nfrom_cell = 5\nprint(from_cell)", "5"),
    "%%configure": ('%%configure -f\n{"vCores": 4}', "Not used here: vCores. The session's size is chosen"),
    "%%sh": ("%%sh\necho from the shell", "from the shell"),
    "%run of a Python file": (
        'notebookutils.fs.put("Files/script.py", "made = 41 + 1", True)\n%run Files/script.py\nprint(made)',
        "42",
    ),
    "fs": (
        'fs = mssparkutils.fs\nfs.mkdirs("Files/w/x"); fs.put("Files/w/x/a.txt", "one", True)\n'
        'fs.append("Files/w/x/a.txt", " two"); fs.cp("file:/lakehouse/default/Files/w/x/a.txt", "Files/w/b.txt")\n'
        'fs.mv("Files/w/b.txt", "Files/w/c.txt"); fs.refreshMounts()\n'
        'print(fs.head("Files/w/c.txt"), [f.name for f in fs.ls("Files/w")], fs.rm("Files/w", True))',
        "one two ['c.txt', 'x'] True",
    ),
    "help": (
        'notebookutils.fs.help("cp"); notebookutils.help("notebook")',
        "cp(src, dest, recurse=False): Copy a file",
    ),
    "modules of notebookutils": (
        "import notebookutils.fs as nfs\nfrom notebookutils.visualization import display as shown\n"
        "from mssparkutils.runtime import context\n"
        'print(nfs.exists("Files"), callable(shown), "currentWorkspaceId" in context)',
        "True True True",
    ),
    "runtime and env": (
        "print(notebookutils.runtime.getCurrentWorkspaceName() == mssparkutils.env.getWorkspaceName() != '')",
        "True",
    ),
    "lakehouse.loadTable": (
        'notebookutils.fs.put("Files/l.csv", "a;b\\n1;x\\n", True)\n'
        'notebookutils.lakehouse.loadTable({"relativePath": "Files/l.csv", "pathType": "File", "mode": "Overwrite",\n'
        '    "formatOptions": {"format": "Csv", "header": True, "delimiter": ";"}}, "loaded")\n'
        'print([tuple(row) for row in spark.table("loaded").collect()])',
        "[(1, 'x')]",
    ),
    "sc": (
        "from pyspark import SparkContext\nfrom pyspark.context import SparkContext as Same\n"
        'sc = SparkContext.getOrCreate(); sc.setLogLevel("ERROR")\n'
        "print(sc.version == spark.version, Same is SparkContext, spark.sparkContext.defaultParallelism > 0)",
        "True True True",
    ),
    "sc.broadcast": (
        "from pyspark.sql import functions as F\nknown = sc.broadcast({1: 'one'})\n"
        "print(spark.range(1, 2).select(F.udf(lambda k: known.value[k])('id')).first()[0])",
        "one",
    ),
    "a builder with a master": (
        "from pyspark.sql import SparkSession\n"
        'same = SparkSession.builder.master("local[*]").appName("x").config("a.b", "c").getOrCreate()\n'
        "print(same.range(3).count())",
        "3",
    ),
    "SQLContext": (
        'from pyspark.sql import SQLContext\nold = SQLContext(sc)\nold.setConf("a.b", "c")\n'
        'old.registerDataFrameAsTable(spark.range(2), "two")\n'
        'print(old.sql("SELECT count(*) AS n FROM two").first().n)',
        "2",
    ),
    "Tables by path and by name": (
        'spark.range(3).write.format("delta").mode("overwrite").save("Tables/dbo/bypath")\n'
        "import deltalake, pyarrow as pa\n"
        'deltalake.write_deltalake("/lakehouse/default/Tables/others", pa.table({"a": [1, 2]}))\n'
        'print(spark.table("dbo.bypath").count(), spark.read.load("Tables/bypath").count(),\n'
        '    spark.sql("SELECT count(*) FROM others").first()[0], spark.catalog.tableExists("others"))',
        "3 3 2 True",
    ),
    "a table at a relative place": (
        "spark.sql(\"CREATE TABLE IF NOT EXISTS placed USING delta LOCATION 'Tables/bypath'\")\n"
        'print(spark.table("placed").count())',
        "3",
    ),
    "convertToDelta": (
        "from delta import DeltaTable, configure_spark_with_delta_pip\n"
        'spark.range(4).write.mode("overwrite").parquet("Files/plain")\n'
        'spark.range(5).write.mode("overwrite").parquet("Files/plain2")\n'
        'spark.sql("CONVERT TO DELTA parquet.`Files/plain2`")\n'
        'print(DeltaTable.convertToDelta(spark, "parquet.`Files/plain`").toDF().count(),\n'
        '    DeltaTable.forPath(spark, "Files/plain2").toDF().count())',
        "4 5",
    ),
    "DeltaTable maintenance": (
        'spark.range(2).write.mode("overwrite").saveAsTable("kept")\n'
        'spark.range(3).write.mode("append").saveAsTable("kept")\n'
        'kept = DeltaTable.forName(spark, "kept")\n'
        "kept.optimize().executeCompaction(); kept.optimize().executeZOrderBy('id'); kept.vacuum()\n"
        'spark.sql("OPTIMIZE kept VORDER")\n'
        "kept.restoreToVersion(0)\n"
        "print(kept.toDF().count(), kept.history(1).first().operation, kept.detail().first().format)",
        "2 RESTORE delta",
    ),
    "a Delta table with a folder only": (
        'made = DeltaTable.create(spark).location("Files/made").addColumn("a", "INT").partitionedBy("a").execute()\n'
        "print(made.toDF().dtypes)",
        "[('a', 'int')]",
    ),
    "SQLTransformer": (
        "from pyspark.ml.feature import SQLTransformer\n"
        'print(SQLTransformer(statement="SELECT id * 2 AS d FROM __THIS__").transform(spark.range(2, 3)).first().d)',
        "4",
    ),
    "pandas on Spark": (
        "import warnings; warnings.simplefilter('ignore')\nimport pyspark.pandas as ps\n"
        'print(list(ps.DataFrame(spark.range(3)).index.to_numpy()), len(ps.read_delta("Tables/kept")))',
        "2",
    ),
    "display and displayHTML": (
        'display(spark.range(2), summary=True); displayHTML("<b>x</b>"); print("shown")',
        "shown",
    ),
    "checkpoint": ("print(spark.range(3).checkpoint().count(), spark.range(2).localCheckpoint().count())", "3 2"),
    "a user's own function predict": (
        'spark.udf.register("predict", lambda x: x + 1, "int")\nprint(spark.sql("SELECT predict(3) AS p").first().p)',
        "4",
    ),
}
"""Code, and a part of what it prints."""

REFUSED = {
    "%%spark\nval x = 1": "not Scala",
    "%%sparkr\nx <- 1": "not R",
    "%%csharp\nvar x = 1;": "not C#",
    "%conda install numpy": "%pip install",
    "notebookutils.fs.mount('abfss://x', '/m')": "add a mount in the workspace settings",
    "notebookutils.fs.unmountAll()": "workspace settings",
    "notebookutils.fs.nothing()": "It has: ls,",
    "notebookutils.credentials.getToken('storage')": "the service's own client",
    "notebookutils.credentials.putSecret('v', 's', 'x')": "environment variable",
    "notebookutils.lakehouse.create('x')": "create another workspace",
    "notebookutils.warehouse.list()": "workspace's lakehouse",
    "notebookutils.session.restartPython()": "Restart session",
    "notebookutils.data.connect_to_artifact('x')": "spark.sql or deltalake",
    "sc.parallelize([1])": "spark.createDataFrame",
    "sc.textFile('x')": "spark.read.text",
    "spark.range(1).rdd": "mapInPandas",
    "spark._jvm": "notebookutils.fs",
    "spark.newSession()": "one Spark session per notebook",
    "import com.microsoft.spark": "JVM package",
    "import sempy.fabric": "semantic models",
    "import pkg_resources": "setuptools<81",
    "from synapse.ml.lightgbm import LightGBMClassifier": "synapse.ml.predict works here",
    "spark.read.csv('https://host.invalid/a.csv').count()": "Upload a copy to Files/",
    "import pandas as pd; pd.read_csv('abfss://other@onelake.dfs.fabric.microsoft.com/l.Lakehouse/Files/a.csv')": (
        "in the workspace 'other'"
    ),
    "spark.sql('SELECT 1; SELECT 2')": "%%sql runs several",
    "spark.sql('CREATE TABLE c CLONE w1')": "CREATE TABLE new AS SELECT",
    "spark.sql('COPY INTO w1 FROM \"Files\"')": "saveAsTable",
    "spark.readStream.format('rate').load().writeStream.format('memory').queryName('q').start()": "spark.read",
    "spark.read.option('readChangeFeed', 'true').table('w1').count()": "versionAsOf",
    "spark.range(1).write.format('delta').mode('append').option('txnVersion', 1).saveAsTable('w1')": "write without it",
    "DeltaTable.forName(spark, 'w1').generate('symlink_format_manifest')": "file_uris()",
    "DeltaTable.forName(spark, 'w1').restoreToTimestamp('2000-01-01')": "its oldest is of",
    "DeltaTable.create(spark).tableName('z').addColumn('a', 'INT').clusterBy('a')": "partitionedBy",
    "spark.sql(\"SELECT PREDICT('nobody', a) FROM w1\")": "'model/version'",
}
"""Code, and words of its refusal that name the way out."""


@pytest.mark.parametrize("name", WORKS)
def test_a_name_from_fabric_works(printed: Printed, name: str) -> None:
    code, expected = WORKS[name]
    assert expected in printed(code)


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_not_here_is_refused_with_the_way_out(session: RemoteSession, code: str) -> None:
    ran = session.run(textwrap.dedent(code), seconds=60)
    assert ran.error is not None
    assert REFUSED[code] in " ".join(ran.error["traceback"])


def test_a_download_out_of_reach_names_the_way_out_under_its_error(session: RemoteSession) -> None:
    ran = session.run("import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/a.csv')", seconds=60)
    assert ran.error is not None
    assert "Upload a copy to Files/" in " ".join(ran.error["traceback"])
