"""Names that Microsoft Fabric notebooks use, in a real session."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from handloom.client.session import RemoteSession
from handloom.session import column_sql, magics, notebook_file
from handloom.session.notebookutils import notebook

Printed = Callable[[str], str]


def write_notebook(
    printed: Printed, name: str, *cells: str, parameters: int | None = None, may_fail: int | None = None
) -> None:
    """An .ipynb file in the workspace's folder; `parameters` is the index of its parameter cell, and `may_fail` that of
    one which shows an error.
    """
    tags = {parameters: "parameters", may_fail: "raises-exception"}
    document = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {"tags": [tags[index]]} if index in tags else {},
                "outputs": [],
                "source": source,
            }
            for index, source in enumerate(cells)
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    printed(f"from pathlib import Path\n_ = Path({name + '.ipynb'!r}).write_text({json.dumps(document)!r})")


def test_sql_cells_run_every_statement_and_keep_the_last_result(session: object, printed: Printed) -> None:
    code = """
    get_ipython().run_cell_magic("sql", "", '''
    CREATE OR REPLACE TEMP VIEW fruits AS SELECT * FROM VALUES (1, 'fig; ripe'), (2, 'plum') AS t(id, name);
    -- a comment; with a semicolon
    SELECT count(*) AS n FROM fruits WHERE name LIKE '%;%';
    ''')
    print(_sqldf.collect()[0].n)
    """
    assert printed(code).splitlines()[-1] == "1"


def test_semicolons_in_strings_and_comments_do_not_split_a_statement() -> None:
    assert magics.statements("SELECT ';' AS a; -- b; c\n/* d; */ SELECT 2;;\n-- nothing\n") == [
        "SELECT ';' AS a",
        "-- b; c\n/* d; */ SELECT 2",
    ]


def test_configure_sets_what_can_be_set_and_names_the_rest(printed: Printed) -> None:
    said = printed(
        'get_ipython().run_cell_magic("configure", "-f", '
        '\'{"conf": {"spark.sql.shuffle.partitions": 7}, "driverMemory": "28g"}\')\n'
        'print(spark.conf.get("spark.sql.shuffle.partitions"))'
    )
    assert "Not used here: driverMemory" in said
    assert said.splitlines()[-1] == "7"


def test_cells_in_languages_that_are_not_here_say_so(session: object, printed: Printed) -> None:
    said = printed(
        'try: get_ipython().run_cell_magic("sparkr", "", "x <- 1")\nexcept ValueError as error: print(error)'
    )
    assert "not R" in said


def test_another_notebook_runs_in_this_ones_namespace_with_parameters(printed: Printed) -> None:
    write_notebook(printed, "shared steps", "factor = 2", "def scale(x): return x * factor", parameters=0)
    assert printed('%run shared steps {"factor": 5}\nprint(scale(3))').splitlines()[-1] == "15"
    assert printed("%run shared steps\nprint(scale(3))").splitlines()[-1] == "6"
    write_notebook(printed, "shows an error", "1 / 0", "after = 7", may_fail=0)
    assert printed("%run shows an error\nprint(after)").splitlines()[-1] == "7"
    said = printed("try: get_ipython().run_line_magic('run', 'no such')\nexcept OSError as error: print(error)")
    assert "no such" in said
    assert "'shared steps'" in said


def test_a_notebook_that_is_run_apart_gives_its_exit_value_and_keeps_its_variables(printed: Printed) -> None:
    write_notebook(
        printed,
        "child",
        "n = 1",
        "inner = n * 2\n1 / 0",
        "print('child says', inner)\nnotebookutils.notebook.exit(inner)",
        "raise ValueError('never reached')",
        parameters=0,
        may_fail=1,
    )
    write_notebook(printed, "broken child", "1 / 0")
    code = """
    import notebookutils
    print("value", notebookutils.notebook.run("child", 90, {"n": 21}), "inner" in globals())
    try:
        mssparkutils.notebook.run("broken child")
    except RuntimeError as error:
        print(error)
    """
    said = printed(code).splitlines()
    assert said == [
        "child says 42",
        "value 42 False",
        "The notebook 'broken child' failed in cell 1: ZeroDivisionError: division by zero",
    ]


def test_several_notebooks_run_by_their_dependencies_and_the_failed_ones_are_named(printed: Printed) -> None:
    write_notebook(printed, "first", "notebookutils.notebook.exit('one')")
    write_notebook(printed, "fails", "raise KeyError('gone')")
    code = """
    from notebookutils import mssparkutils
    dag = {"activities": [
        {"name": "a", "path": "first"},
        {"name": "b", "path": "fails", "dependencies": ["a"]},
        {"name": "c", "path": "first", "dependencies": ["b"]},
    ]}
    try:
        mssparkutils.notebook.runMultiple(dag)
    except RuntimeError as error:
        print(error)
        print(error.result["a"]["exitVal"], "|", error.result["c"]["exception"])
    """
    said = printed(code).splitlines()
    assert said[-2].startswith("b, c did not succeed")
    assert said[-1] == "one | Not run, because b failed."


def test_activities_that_wait_for_each_other_are_refused() -> None:
    circle = {
        "activities": [
            {"name": "a", "path": "x", "dependencies": ["b"]},
            {"name": "b", "path": "x", "dependencies": ["a"]},
        ]
    }
    with pytest.raises(ValueError, match="depend on each other"):
        notebook.validateDAG(circle)
    with pytest.raises(ValueError, match="do not exist: z"):
        notebook.validateDAG({"activities": [{"name": "a", "path": "x", "dependencies": ["z"]}]})
    assert notebook.validateDAG(["one", "two"])


def test_parameters_are_set_after_the_parameter_cell_as_what_they_are() -> None:
    cells = [notebook_file.Cell(1, "import os"), notebook_file.Cell(2, "a = 1", True), notebook_file.Cell(3, "a")]
    with_values = notebook_file.with_parameters(cells, {"a": float("inf"), "b": "it's", "c": True})
    space: dict[str, object] = {}
    for cell in with_values[:3]:
        exec(cell.source, space)
    assert [cell.number for cell in with_values] == [1, 2, 0, 3]
    assert (space["a"], space["b"], space["c"]) == (float("inf"), "it's", True)
    with pytest.raises(TypeError, match="list"):
        notebook_file.with_parameters(cells, {"a": [1]})
    with pytest.raises(TypeError, match="not a Python name"):
        notebook_file.with_parameters(cells, {"a; import os": 1})


def test_files_of_the_workspace_are_reached_by_each_of_their_spellings(printed: Printed) -> None:
    code = """
    import os, pandas as pd
    from pathlib import Path
    fs = notebookutils.fs
    fs.put("Files/notes/a.csv", "x,y\\n1,2\\n", overwrite=True)
    name = notebookutils.runtime.context["currentWorkspaceName"].replace(" ", "%20")
    ws = notebookutils.runtime.context["currentWorkspaceId"]
    lake = f"abfss://{ws}@onelake.dfs.fabric.microsoft.com/my.Lakehouse/Files/notes/a.csv"
    print(open("/lakehouse/default/Files/notes/a.csv").read().split()[1], os.listdir("/lakehouse/default/Files/notes"))
    print(pd.read_csv("/lakehouse/default/Files/notes/a.csv").y[0], spark.read.csv(lake, header=True).count())
    import deltalake
    deltalake.write_deltalake(lake.replace("Files/notes/a.csv", "Tables/by_address"), pd.DataFrame({"a": [1]}))
    found = notebookutils.lakehouse.get()
    print(spark.table("by_address").count(), len(open(lake).read()) > 3, found.displayName == found["displayName"],
          spark.read.csv(found.properties.abfsPath + "/Files/notes/a.csv", header=True).count())
    print(fs.head("/lakehouse/default/Files/notes/a.csv", 3), Path("/lakehouse/default/Files/notes/a.csv").exists())
    pd.DataFrame({"a": [1]}).to_parquet("/lakehouse/default/Files/notes/b.parquet")
    print([(f.name, f.isDir) for f in fs.ls("Files/notes")], spark.read.parquet("Files/notes/b.parquet").count())
    fs.cp("Files/notes", "Files/copy", recurse=True); fs.mv("Files/copy/a.csv", "Files/copy/c.csv")
    fs.rm("Files/notes", recurse=True)
    print(fs.exists("Files/notes"), sorted(os.listdir("Files/copy")))
    """
    assert printed(code).splitlines() == [
        "1,2 ['a.csv']",
        "2 1",
        "1 True True 1",
        "x,y True",
        "[('a.csv', False), ('b.parquet', False)] 1",
        "False ['b.parquet', 'c.csv']",
    ]


def test_no_spelling_of_a_path_leads_out_of_the_workspace(printed: Printed) -> None:
    code = """
    for path in ("/lakehouse/default/../../etc/passwd", "Files/../../x",
                 "abfss://another@onelake.dfs.fabric.microsoft.com/l.Lakehouse/Files/a"):
        try:
            notebookutils.fs.exists(path)
        except OSError as error:
            print(error)
    """
    said = printed(code).splitlines()
    assert len(said) == 3
    assert all("leads out" in line for line in said[:2])
    assert "in the workspace 'another'" in said[2]


def test_parts_of_fabric_that_are_not_here_are_refused_by_name(printed: Printed) -> None:
    code = """
    def attempt(work):
        try:
            work()
        except (NotImplementedError, ImportError, AttributeError) as error:
            print(error)
    attempt(lambda: notebookutils.fs.mount("abfss://x", "/y"))
    attempt(lambda: notebookutils.variableLibrary.get("x"))
    attempt(lambda: __import__("sempy.fabric"))
    attempt(lambda: __import__("synapse.ml.lightgbm"))
    attempt(lambda: notebookutils.credentials.getSecret("https://vault", "no-such-secret"))
    attempt(lambda: sqlContext.cacheTable("t"))
    """
    said = printed(code).splitlines()
    assert [line.split()[0] for line in said[:4]] == [
        "notebookutils.fs.mount",
        "notebookutils.variableLibrary.get",
        "sempy",
        "synapse.ml.lightgbm",
    ]
    assert "NO_SUCH_SECRET" in said[4]
    assert "spark.catalog" in said[5]


def test_a_delta_table_is_merged_updated_and_deleted_from(printed: Printed) -> None:
    code = """
    from delta.tables import DeltaTable
    from pyspark.sql import functions as F
    spark.createDataFrame([(1, "a", 1.0), (2, "b", 2.0), (3, "c", 3.0)], "id int, Name string, price double").write \\
        .format("delta").mode("overwrite").saveAsTable("stock")
    new = spark.createDataFrame([(2, "B", 20.0), (4, "d", 4.0)], "id int, Name string, price double")
    table = DeltaTable.forName(spark, "stock")
    (table.alias("t").merge(new.alias("s"), "t.id = s.id")
        .whenMatchedUpdate(set={"Name": "s.Name", "price": F.col("s.price") + F.lit(1)})
        .whenNotMatchedInsertAll()
        .execute())
    print([tuple(r) for r in table.toDF().orderBy("id").collect()])
    table.update(F.col("Name") == F.lit("a"), {"price": F.lit(9.5)})
    table.delete("id = 3")
    print([tuple(r) for r in table.toDF().orderBy("id").collect()])
    gone = DeltaTable.forPath(spark, "Tables/stock").alias("t").merge(new.limit(0).alias("s"), "t.id = s.id")
    gone.whenNotMatchedBySourceDelete("t.id = 2").execute()
    print([r.id for r in table.toDF().orderBy("id").collect()])
    print(DeltaTable.isDeltaTable(spark, "Tables/stock"), DeltaTable.isDeltaTable(spark, "Files"))
    try:
        DeltaTable.forName(spark, "nothing")
    except ValueError as error:
        print(error)
    """
    assert printed(code).splitlines() == [
        "[(1, 'a', 1.0), (2, 'B', 21.0), (3, 'c', 3.0), (4, 'd', 4.0)]",
        "[(1, 'a', 9.5), (2, 'B', 21.0), (4, 'd', 4.0)]",
        "[1, 4]",
        "True False",
        "There is no table nothing.",
    ]


def test_a_delta_table_is_built_from_columns(printed: Printed) -> None:
    code = """
    from delta.tables import DeltaTable
    built = (DeltaTable.createIfNotExists(spark).tableName("built").addColumn("id", "INT", nullable=False)
        .addColumn("part", "STRING").execute())
    spark.sql("INSERT INTO built VALUES (1, 'x')")
    print(built.toDF().count(), [f.name for f in built.toDF().schema.fields])
    """
    assert printed(code) == "1 ['id', 'part']"


def test_column_texts_quote_what_they_hold(tmp_path: Path) -> None:
    assert column_sql.literal("it's \\ here") == "'it\\'s \\\\ here'"
    assert column_sql.quoted("a`b") == "`a``b`"


def test_a_registered_model_scores_a_table_by_each_of_the_three_ways(session: RemoteSession) -> None:
    code = """
    import mlflow, pandas as pd
    from mlflow.models import infer_signature
    from sklearn.linear_model import LinearRegression
    from synapse.ml.predict import MLFlowTransformer
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})
    model = LinearRegression().fit(frame, [2.0, 5.0, 6.0])
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="model", signature=infer_signature(frame, model.predict(frame)),
            registered_model_name="doubler")
    table = spark.createDataFrame([(1, 1.0, 0.0), (2, 10.0, 0.0)], "id int, a double, b double")
    scored = MLFlowTransformer(inputCols=["a", "b"], outputCol="guess", modelName="doubler", modelVersion=1)
    print([round(r.guess, 6) for r in scored.transform(table).orderBy("id").collect()])
    table.createOrReplaceTempView("to_score")
    by_sql = spark.sql("SELECT id, PREDICT('doubler/1', a, b) AS p FROM to_score ORDER BY id")
    print([round(r.p, 6) for r in by_sql.collect()])
    newest = MLFlowTransformer(modelName="doubler").to_udf()
    print([round(r.p, 6) for r in table.select("id", newest("a", "b").alias("p")).orderBy("id").collect()])
    for name, version, columns in (("nobody", 1, ["a"]), ("doubler", 9, ["a"]), ("doubler", 1, ["z"])):
        try:
            MLFlowTransformer(inputCols=columns, modelName=name, modelVersion=version).transform(table)
        except ValueError as error:
            print(error)
    """
    ran = session.run(textwrap.dedent(code), seconds=120)
    assert ran.error is None, "\n".join(ran.error["traceback"])
    said = ran.stdout.splitlines()
    at = said.index("[2.0, 20.0]")
    assert said[at : at + 3] == ["[2.0, 20.0]"] * 3
    assert said[at + 3 : at + 5] == [
        "This workspace has no model 'nobody' with version or alias '1'.",
        "This workspace has no model 'doubler' with version or alias '9'.",
    ]
    assert said[at + 5].startswith("The table has no column z")
