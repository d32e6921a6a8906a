"""Runs, metrics, params, tags and models as tables in a session, and over HTTP with other tokens."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from running import Handloom

Printed = Callable[[str], str]

LOGGED = """
import math, mlflow
mlflow.set_experiment("tables")
with mlflow.start_run(run_name="first"):
    mlflow.log_param("depth", "3")
    mlflow.log_metrics({"rmse": 1.5, "nothing": math.nan, "far": math.inf, "below": -math.inf, "tiny": 5e-324})
with mlflow.start_run(run_name="second"):
    mlflow.log_param("depth", "5")
    mlflow.log_metric("rmse", 2.5, step=1)
    mlflow.log_metric("rmse", 0.5, step=2)
"""

READ = """
rows = spark.sql('''
    SELECT r.name, params.value AS depth, m.value, m.step, m.min_value, m.max_value, m.points, r.experiment, r.status
    FROM runs AS r JOIN metrics m ON m.run_id = r.run_id JOIN params ON params.run_id = r.run_id
    WHERE m.key = 'rmse' AND params.key = 'depth' ORDER BY r.name
''').collect()
print([tuple(row) for row in rows])
"""
ROWS = (
    "[('first', '3', 1.5, 0, 1.5, 1.5, 1, 'tables', 'FINISHED'), "
    "('second', '5', 0.5, 2, 0.5, 2.5, 2, 'tables', 'FINISHED')]"
)
NUMBERS = """
print({row.key: row.value for row in spark.table("handloom.metrics").where("key <> 'rmse'").orderBy("key").collect()})
"""


@pytest.fixture(scope="module")
def logged(session: RemoteSession) -> None:
    ran = session.run(LOGGED, seconds=120)
    assert ran.error is None, ran.error


@pytest.mark.usefixtures("logged")
def test_runs_metrics_and_params_join_in_sql(printed: Printed) -> None:
    assert printed(READ) == ROWS


@pytest.mark.usefixtures("logged")
def test_numbers_arrive_as_they_were_logged(printed: Printed) -> None:
    assert printed(NUMBERS) == "{'below': -inf, 'far': inf, 'nothing': nan, 'tiny': 5e-324}"
    code = """
    import handloom
    frame = handloom.metrics().set_index("key")["value"]
    print(math.isnan(frame["nothing"]), frame["far"], handloom.runs().start_time.dt.tz, len(handloom.models()))
    """
    assert printed(code) == "True inf UTC 0"


@pytest.mark.usefixtures("logged")
def test_each_use_reads_what_was_logged_until_then(printed: Printed) -> None:
    code = """
    before = spark.sql("SELECT count(*) AS n FROM tags t WHERE t.key = 'later'")
    counts = [before.first().n]
    mlflow.MlflowClient().set_tag(handloom.runs().run_id[0], "later", "yes")
    print(counts + [before.first().n], spark.sql("SELECT value FROM handloom.tags WHERE key = 'later'").first()[0])
    """
    assert printed("import handloom\n" + code.replace("\n    ", "\n")) == "[0, 1] yes"


@pytest.mark.usefixtures("logged")
def test_a_frame_of_runs_filters_joins_saves_and_becomes_a_view(printed: Printed) -> None:
    code = """
    runs = spark.table("runs")
    runs.createOrReplaceTempView("seen")
    spark.sql("CREATE OR REPLACE TABLE kept AS SELECT run_id, name FROM runs")
    spark.sql("INSERT INTO kept SELECT 'x', value FROM params")
    spark.table("metrics").select("key", "value").write.mode("overwrite").saveAsTable("points_kept")
    print(
        runs.filter(runs.name == "first").count(), spark.sql("SELECT count(*) FROM seen").first()[0],
        sorted(row.name for row in spark.table("kept").collect()), spark.table("points_kept").count(),
        spark.sql("WITH runs AS (SELECT 1 AS one) SELECT one FROM runs").first()[0],
        spark.sql("SELECT runs.name FROM handloom.runs ORDER BY 1").first()[0],
        spark.sql("SELECT count(*) FROM {frame} f JOIN runs r USING (run_id)", frame=runs).first()[0],
    )
    """
    assert printed(code) == "1 2 ['3', '5', 'first', 'second'] 6 1 first 2"


@pytest.mark.usefixtures("logged")
def test_many_rows_go_through_a_file(printed: Printed) -> None:
    code = """
    from handloom.session.tracking_tables import plans
    before, plans.LARGEST_MESSAGE = plans.LARGEST_MESSAGE, 0
    joined = spark.sql("SELECT count(*) FROM runs JOIN params USING (run_id)").first()[0]
    counts = [spark.table("metrics").count(), joined]
    print(counts, {row.key: row.value for row in spark.table("metrics").where("key <> 'rmse'").collect()}["far"])
    plans.LARGEST_MESSAGE = before
    """
    assert printed(code) == "[6, 2] inf"


@pytest.mark.usefixtures("logged")
def test_a_table_or_view_of_the_user_keeps_its_name(printed: Printed) -> None:
    code = """
    spark.range(7).createOrReplaceTempView("runs")
    print(spark.table("runs").count(), spark.sql("SELECT count(*) FROM runs").first()[0], end=" ")
    print(spark.sql("SELECT count(*) FROM handloom.runs").first()[0], end=" ")
    spark.catalog.dropTempView("runs")
    spark.range(3).write.saveAsTable("params")
    print(spark.table("params").count(), spark.sql("SELECT count(*) FROM handloom.params").first()[0], end=" ")
    spark.sql("DROP TABLE params")
    print(spark.sql("SELECT count(*) FROM params").first()[0], spark.table("runs").count())
    """
    assert printed(code) == "7 7 2 3 2 2 2"


@pytest.mark.usefixtures("logged")
def test_a_view_in_sql_over_runs_is_refused_with_the_way_out(session: RemoteSession) -> None:
    ran = session.run("spark.sql('CREATE TEMP VIEW best AS SELECT * FROM runs')", seconds=60)
    assert ran.error is not None
    assert "createOrReplaceTempView" in ran.error["evalue"]


@pytest.mark.usefixtures("logged")
def test_a_session_reads_its_workspace_and_a_token_of_the_person_reads_theirs(
    client: Client, printed: Printed, workspace: str
) -> None:
    other = str(client.ask("POST", "/workspaces", {"name": "elsewhere of tables"})["id"])
    experiment = client.ask("POST", f"/workspaces/{other}/experiments", {"name": "there"})["id"]
    _create_run(client, other, experiment)
    token = client.ask("POST", "/tokens", {"name": "tables"})["text"]
    code = f"""
    import handloom
    own = set(handloom.runs().workspace_id)
    handloom.use_token({token!r})
    print(own == {{{workspace!r}}}, {{{workspace!r}, {other!r}}} <= set(handloom.runs().workspace_id),
        spark.sql("SELECT count(*) FROM runs WHERE workspace_id = '{other}'").first()[0])
    handloom.use_token(None)
    print(spark.sql("SELECT count(*) FROM runs WHERE workspace_id = '{other}'").first()[0])
    """
    assert printed(code) == "True True 1\n0"


def _create_run(client: Client, workspace: str, experiment: str) -> None:
    body = {"experiment_id": experiment, "start_time": 1}
    headers = {"Authorization": f"Bearer {client.token}"}
    reply = httpx.post(f"{client.url}/mlflow/{workspace}/api/2.0/mlflow/runs/create", json=body, headers=headers)
    assert reply.status_code == 200, reply.text


def test_pages_go_on_where_the_one_before_ended_and_strangers_see_nothing(server: Handloom) -> None:
    with server.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": "pages of tables"}).json()["id"]
        api = f"/mlflow/{workspace}/api/2.0/mlflow"
        experiment = http.post(f"{api}/experiments/create", json={"name": "many"}).json()["experiment_id"]
        for _ in range(3):
            made = http.post(f"{api}/runs/create", json={"experiment_id": experiment}).json()
            run = made["run"]["info"]["run_id"]
            metrics = [{"key": f"m{n}", "value": n, "timestamp": 1, "step": 0} for n in range(5)]
            body = {"run_id": run, "metrics": metrics, "params": [{"key": "p", "value": "v"}]}
            assert http.post(f"{api}/runs/log-batch", json=body).status_code == 200
        http.post(f"{api}/runs/delete", json={"run_id": run})
        for name in ("a", "b"):
            http.post(f"{api}/registered-models/create", json={"name": name})
            for _ in range(2):
                source = f"runs:/{run}/model"
                made = http.post(f"{api}/model-versions/create", json={"name": name, "source": source, "run_id": run})
                assert made.status_code == 200, made.text
        http.post(f"{api}/registered-models/alias", json={"name": "b", "alias": "champion", "version": "2"})
        path = f"/api/v1/workspaces/{workspace}/tracking"
        for table, rows in (("runs", 2), ("metrics", 10), ("params", 2), ("models", 4)):
            for limit in (1, 3, 50_000):
                found, after = [], ""
                while True:
                    page = _page(http.get(f"{path}/{table}", params={"after": after, "limit": limit}).content)
                    found += list(zip(*page["columns"].values(), strict=True))
                    after = page["next"]
                    if not after:
                        break
                assert len(found) == len(set(map(repr, found))) == rows, (table, limit)
        models = _page(http.get(f"{path}/models").content)["columns"]
        assert models["aliases"] == [[], [], [], ["champion"]]
        assert http.get(f"{path}/nothing").status_code == 400
        assert http.get(f"{path}/runs", params={"after": "[1,2,3]"}).json()["error"]["field"] == "after"
        made = http.post("/api/v1/users", json={"name": f"p {uuid.uuid4()}"}).json()
        with httpx.Client(base_url=server.url, headers={"Origin": server.url}) as stranger:
            assert server.sign_in(stranger, server.url + made["path"]).status_code == 303
            assert stranger.get(f"{path}/runs").status_code in (403, 404)
            assert _page(stranger.get("/api/v1/tracking/metrics").content)["columns"]["run_id"] == []
            http.post(f"/api/v1/workspaces/{workspace}/members", json={"user": made["user"]["id"], "role": "viewer"})
            assert len(_page(stranger.get("/api/v1/tracking/metrics").content)["columns"]["run_id"]) == 10


def _page(content: bytes) -> Any:
    return msgspec.msgpack.decode(content)
