"""A Spark Connect address as a session's engine, with a real server that shares nothing with this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance import apache
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.cell_outputs import Ran
from running import Handloom
from tls import certificate, in_front_of

TOKEN = "connect-token"
pytestmark = pytest.mark.timeout(900)  # a busy machine takes minutes to start a JVM
SECONDS = 600


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The host and port of the server."""
    if not apache.PYTHON.exists():
        pytest.skip(".venv-spark is not there: `make test` makes it")
    with apache.server(tmp_path_factory.mktemp("remote"), TOKEN) as address:
        yield address.removeprefix("sc://").partition("/")[0]


@pytest.fixture(scope="module")
def client(remote: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("connect")
    context = certificate(folder, "localhost")
    context.set_alpn_protocols(["h2"])
    os.environ["CLUSTER_TOKEN"] = TOKEN
    with in_front_of(int(remote.rpartition(":")[2]), context) as port:
        safe = f'url = "sc://localhost:{port}/;use_ssl=true"\ntoken_env = "CLUSTER_TOKEN"\n'
        (folder / "capacities.toml").write_text(
            f'[team]\nname = "Team"\nurl = "sc://{remote}/;token={TOKEN}"\nversion = "4.2"\n'
            '[silent]\nname = "Silent"\nurl = "sc://127.0.0.1:9"\n'
            f'[safe]\nname = "Safe"\nca = "{folder / "cert.pem"}"\n{safe}'
            f'[unknown]\nname = "Unknown"\n{safe}'
        )
        yield from _served(folder)
    del os.environ["CLUSTER_TOKEN"]


def _served(folder: Path) -> Iterator[Client]:
    with Handloom(folder / "data", "--capacities", str(folder / "capacities.toml")) as server:
        client = Client(server.url, server.token)
        yield client
        client.close()


@pytest.fixture(scope="module")
def session(client: Client) -> Iterator[RemoteSession]:
    workspace = str(client.ask("POST", "/workspaces", {"name": "remote"})["id"])
    client.ask("PATCH", f"/workspaces/{workspace}", {"engine": "team"})
    with RemoteSession(client, workspace, name="remote") as session:
        yield session


def test_the_choices_say_what_answers(client: Client) -> None:
    found = {engine["id"]: engine["reachable"] for engine in client.ask("GET", "/engines")["engines"]}
    assert found == {"quick": None, "apache": None, "team": True, "silent": False, "safe": True, "unknown": True}


def test_a_session_runs_there_in_a_database_of_its_workspace(printed: Callable[[str], str]) -> None:
    code = """
    print(spark.range(4).count(), spark.catalog.currentDatabase().startswith("lake_"))
    spark.range(3).write.saveAsTable("three"); print(spark.table("three").count())
    """
    assert printed(code).split() == ["4", "True", "3"]


def test_a_file_of_this_machine_is_refused_by_name(session: RemoteSession) -> None:
    for code in ("spark.read.csv('Files/a.csv').count()", "spark.range(1).write.parquet('Files/out')"):
        ran = session.run(code, seconds=600)
        assert ran.error is not None
        assert "Files/" in ran.error["evalue"]
        assert "Way out" in ran.error["evalue"]


def test_the_builder_gives_a_session_of_the_address(remote: str, printed: Callable[[str], str]) -> None:
    code = f"""
    from pyspark.sql import SparkSession
    url = "sc://{remote}/;token={TOKEN}"
    mine = SparkSession.builder.remote(url).getOrCreate()
    print(mine.version, mine.range(2).count(), SparkSession.builder.remote(url).getOrCreate() is mine)
    """
    assert printed(code) == "4.2.0 2 True"


def run_on(client: Client, engine: str) -> Ran:
    """Run a query in a workspace of its own that uses the engine."""
    workspace = str(client.ask("POST", "/workspaces", {"name": f"on {engine}"})["id"])
    client.ask("PATCH", f"/workspaces/{workspace}", {"engine": engine})
    with RemoteSession(client, workspace, name=engine) as session:
        return session.run("print(spark.range(5).count())", seconds=600)


def test_a_server_behind_tls_is_reached_with_its_certificate_and_token(client: Client) -> None:
    ran = run_on(client, "safe")
    assert ran.error is None, "\n".join(ran.error["traceback"])
    assert ran.text.strip() == "5"


def test_a_certificate_that_nobody_vouches_for_is_refused(client: Client) -> None:
    ran = run_on(client, "unknown")
    assert ran.error is not None
    assert "Unknown does not answer" in ran.error["evalue"]
    assert "certificate" in ran.error["evalue"]


def test_a_server_that_does_not_answer_says_so(client: Client) -> None:
    ran = run_on(client, "silent")
    assert ran.error is not None
    assert "Silent does not answer at 127.0.0.1:9" in ran.error["evalue"]
