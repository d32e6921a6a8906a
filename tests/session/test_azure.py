"""Azure's blob storage in a session: anonymous and SAS access, several accounts at once, with an emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import azurite
import handloom.session
from azurite import KEYS, Storage
from handloom.client.http import Client
from handloom.client.session import RemoteSession

DATA = Path(handloom.session.__file__).parent / "data" / "diabetes" / "part-00000.parquet"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """A public and a private container in each of two accounts."""
    with azurite.running(tmp_path_factory.mktemp("azurite")) as storage:
        for account in KEYS:
            for container, public in (("open", True), ("closed", False)):
                storage.create(account, container, public=public)
                url = f"{storage.address(account, container)}/data/a b.parquet?{storage.sas(account)}"
                block = {"x-ms-blob-type": "BlockBlob"}
                httpx.put(url, content=DATA.read_bytes(), headers=block).raise_for_status()
        yield storage


@pytest.fixture(scope="module")
def session(client: Client, workspace: str, storage: Storage) -> Iterator[RemoteSession]:
    for account in KEYS:
        for container in ("open", "closed"):
            body = {
                "prefix": f"wasbs://{container}@{account}.blob.core.windows.net",
                "target": storage.address(account, container),
            }
            client.ask("PUT", f"/workspaces/{workspace}/mounts", body)
    with RemoteSession(client, workspace, name="azure") as session:
        yield session


def _count(session: RemoteSession, path: str) -> str:
    ran = session.run(f"print(spark.read.parquet({path!r}).count())", seconds=60)
    return ran.text.strip() if ran.error is None else f"{ran.error['ename']}: {ran.error['evalue']}"


def _set(session: RemoteSession, account: str, container: str, sas: str) -> None:
    key = f"fs.azure.sas.{container}.{account}.blob.core.windows.net"
    assert session.run(f"spark.conf.set({key!r}, {sas!r})").error is None


def test_a_public_container_opens_without_a_token(session: RemoteSession) -> None:
    _set(session, "first", "open", "")
    assert _count(session, "wasbs://open@first.blob.core.windows.net/data") == "442"
    assert _count(session, "abfss://open@second.dfs.core.windows.net/data/a b.parquet") == "442"
    assert _count(session, "wasbs://open@second.blob.core.windows.net/data/*.parquet") == "442"


def test_a_missing_blob_is_an_error_and_no_empty_table(session: RemoteSession) -> None:
    said = _count(session, "wasbs://open@first.blob.core.windows.net/dat")
    assert "PATH_NOT_FOUND" in said
    assert "wasbs://open@first.blob.core.windows.net/dat" in said


def test_a_private_container_opens_with_its_sas_also_after_a_refusal(session: RemoteSession, storage: Storage) -> None:
    path = "wasbs://closed@first.blob.core.windows.net/data"
    refused = _count(session, path)
    assert "fs.azure.sas.closed.first.blob.core.windows.net" in refused  # says what to set
    _set(session, "first", "closed", storage.sas("first"))
    assert _count(session, path) == "442"


def test_two_accounts_with_different_tokens_work_in_one_session(session: RemoteSession, storage: Storage) -> None:
    _set(session, "first", "closed", "?" + storage.sas("first"))
    _set(session, "second", "closed", storage.sas("second"))
    code = """
a = spark.read.parquet("wasbs://closed@first.blob.core.windows.net/data")
b = spark.read.parquet("wasbs://closed@second.blob.core.windows.net/data")
print(a.union(b).count())
"""
    assert session.run(code, seconds=60).text.strip() == "884"


def test_a_frame_is_written_with_a_sas_and_read_back(session: RemoteSession, storage: Storage) -> None:
    _set(session, "second", "closed", storage.sas("second"))
    path = "wasbs://closed@second.blob.core.windows.net/written"
    ran = session.run(f"spark.range(1000).write.parquet({path!r})", seconds=60)
    assert ran.error is None, ran.error
    assert _count(session, path) == "1000"
    ran = session.run(f"spark.range(7).write.format('delta').save({path + '-delta'!r})", seconds=60)
    assert ran.error is None, ran.error
    assert session.run(f"print(spark.read.format('delta').load({path + '-delta'!r}).count())").text.strip() == "7"


def test_a_token_that_was_unset_is_forgotten(session: RemoteSession, storage: Storage) -> None:
    _set(session, "first", "closed", storage.sas("first"))
    session.run("spark.conf.unset('fs.azure.sas.closed.first.blob.core.windows.net')")
    assert "refused" in _count(session, "wasbs://closed@first.blob.core.windows.net/data")


def test_nobody_else_can_ask_through_the_gateway(session: RemoteSession) -> None:
    code = """
import psutil
ports = {c.laddr.port for c in psutil.Process().net_connections() if c.status == "LISTEN"}
print(*ports)
"""
    _count(session, "wasbs://open@first.blob.core.windows.net/data")
    ports = session.run(code).text.split()
    statuses = set()
    for port in ports:
        try:
            statuses.add(httpx.get(f"http://127.0.0.1:{port}/guess/open/data", timeout=5).status_code)
        except httpx.HTTPError:
            continue
    assert statuses == {403}
