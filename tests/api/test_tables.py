"""Tables of a workspace: what people see of them, any version of it, restoring and deleting, and tables that attack."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from handloom.domain.errors import Unavailable
from handloom.domain.lakehouse import LakeRows, LakeTables
from handloom.kernels.box import NoBoxError
from handloom.kernels.box import find as find_box
from handloom.kernels.table_readers import TableReaders
from running import Handloom

pytestmark = pytest.mark.on_sqlite


class Lake:
    """A workspace of its own: its folder, and requests about its tables."""

    def __init__(self, server: Handloom, client: httpx.Client) -> None:
        self.client = client
        self.id = client.post("/api/v1/workspaces", json={"name": f"lake {uuid.uuid4()}"}).json()["id"]
        self.folder = server.data / "workspaces" / self.id
        self.tables = self.folder / "Tables"

    def ask(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        content: dict[str, Any] = {"params": body} if method in ("GET", "DELETE") else {"json": body}
        reply = self.client.request(method, f"/api/v1/workspaces/{self.id}/tables{path}", **content)
        assert reply.status_code == status, reply.text
        return reply.json()

    def refused(self, path: str, status: int = 400, **body: Any) -> str:
        return str(self.ask("GET", path, status, **body)["error"]["message"])


@pytest.fixture(scope="module")
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


@pytest.fixture(scope="module")
def lake(server: Handloom, client: httpx.Client) -> Lake:
    """A workspace for tests that need only tables of their own in it, which share its reader."""
    return Lake(server, client)


@pytest.fixture
def own_lake(server: Handloom, client: httpx.Client) -> Lake:
    return Lake(server, client)


def names(lake: Lake) -> list[tuple[str, str, str]]:
    return [(one["schema"], one["name"], one["format"]) for one in lake.ask("GET", "")["tables"]]


def test_tables_are_listed_by_schema_and_other_folders_are_not(own_lake: Lake) -> None:
    assert own_lake.ask("GET", "") == {"schemas": ["dbo"], "tables": [], "left_out": 0}
    one = pa.table({"a": [1]})
    for place in ("sales", "dbo/people", "gold/판매"):
        write_deltalake(own_lake.tables / place, one)
    (own_lake.tables / "plain").mkdir()
    pq.write_table(one, own_lake.tables / "plain" / "part-0.parquet")
    for place in (".hidden", "_temporary", "p=1", "empty/nothing"):
        (own_lake.tables / place).mkdir(parents=True)
    (own_lake.tables / "elsewhere").symlink_to(own_lake.tables / "sales")
    assert names(own_lake) == [
        ("dbo", "people", "delta"),
        ("dbo", "plain", "parquet"),
        ("dbo", "sales", "delta"),
        ("gold", "판매", "delta"),
    ]
    assert own_lake.ask("GET", "")["schemas"] == ["dbo", "empty", "gold"]


def test_a_table_says_its_columns_counts_partitions_and_comments(lake: Lake) -> None:
    fields = [
        pa.field("id", pa.int64(), nullable=False, metadata={"comment": "the order"}),
        pa.field("day", pa.string()),
        pa.field("price", pa.decimal128(10, 2)),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("at", pa.timestamp("us", "UTC")),
        pa.field("point", pa.struct([("x", pa.int32())])),
    ]
    rows = pa.table(
        [[1, 2], ["a b/é", "z"], [None, None], [["x"], None], [0, None], [{"x": 1}, None]], schema=pa.schema(fields)
    )
    write_deltalake(lake.tables / "orders", rows, partition_by=["day"], description="Orders", name="orders")
    found = lake.ask("GET", "/dbo/orders")
    assert [(one["name"], one["type"], one["nullable"], one["comment"]) for one in found["columns"]] == [
        ("id", "bigint", False, "the order"),
        ("day", "string", True, ""),
        ("price", "decimal(10,2)", True, ""),
        ("tags", "array<string>", True, ""),
        ("at", "timestamp", True, ""),
        ("point", "struct<x:int>", True, ""),
    ]
    assert (found["rows"], found["files"], found["version"], found["partition_columns"]) == (2, 2, 0, ["day"])
    assert (found["description"], found["path"], found["unreadable"]) == ("Orders", "Tables/orders", "")
    assert found["bytes"] == sum(file.stat().st_size for file in (lake.tables / "orders").rglob("*.parquet"))
    shown = lake.ask("GET", "/dbo/orders/rows")["rows"]
    assert sorted(shown) == [
        [1, "a b/é", None, '["x"]', "1970-01-01 00:00:00+00:00", '{"x": 1}'],
        [2, "z", None, None, None, None],
    ]


def test_rows_come_in_pages_over_files_and_row_groups(lake: Lake) -> None:
    place = lake.tables / "long"
    for first in (0, 1_000, 2_000):
        write_deltalake(place, pa.table({"n": range(first, first + 1_000)}), mode="append")
    (lake.tables / "groups").mkdir()
    pq.write_table(pa.table({"n": range(3_000)}), lake.tables / "groups" / "a.parquet", row_group_size=700)
    for name in ("long", "groups"):
        assert lake.ask("GET", f"/dbo/{name}")["rows"] == 3_000
        pages = [lake.ask("GET", f"/dbo/{name}/rows", start=at, limit=450)["rows"] for at in range(0, 3_000, 450)]
        assert [len(page) for page in pages] == [450] * 6 + [300]
        assert sorted(row[0] for page in pages for row in page) == list(range(3_000))
    assert lake.ask("GET", "/dbo/groups/rows", start=2_999)["rows"] == [[2_999]]
    assert lake.ask("GET", "/dbo/groups/rows", start=3_000)["rows"] == []


def test_cells_are_exact_and_long_texts_are_cut(lake: Lake) -> None:
    big = 2**62
    rows = {"i": [big], "f": [float("nan")], "b": [b"\x00\xff"], "t": ["x" * 5_000], "e": [0.1]}
    write_deltalake(lake.tables / "cells", pa.table(rows))
    assert lake.ask("GET", "/dbo/cells/rows")["rows"] == [[str(big), "NaN", "00 FF", "x" * 1_000 + "…", 0.1]]


def test_a_column_added_later_is_null_in_older_rows_and_absent_in_older_versions(lake: Lake) -> None:
    place = lake.tables / "grown"
    write_deltalake(place, pa.table({"a": [1]}))
    write_deltalake(place, pa.table({"a": [2], "b": ["new"]}), mode="append", schema_mode="merge")
    assert sorted(lake.ask("GET", "/dbo/grown/rows")["rows"]) == [[1, None], [2, "new"]]
    assert lake.ask("GET", "/dbo/grown/rows", version=0) == {"start": 0, "columns": ["a"], "rows": [[1]], "left_out": 0}
    assert len(lake.ask("GET", "/dbo/grown", version=0)["columns"]) == 1
    assert lake.refused("/dbo/grown", version=2**70) == "There is no such version."
    assert lake.refused("/dbo/grown", 404, version=7) == "dbo.grown has no version 7. Its newest is 1."


def test_a_restore_is_a_version_with_a_name_in_it_and_can_be_undone(lake: Lake) -> None:
    place = lake.tables / "sales"
    write_deltalake(place, pa.table({"a": [1, 2]}))
    write_deltalake(place, pa.table({"a": [9]}), mode="overwrite")
    restored = lake.ask("POST", "/dbo/sales/restore", version=0)
    assert (restored["version"], restored["rows"]) == (2, 2)
    newest, *_ = lake.ask("GET", "/dbo/sales/history")["versions"]
    assert (newest["version"], newest["operation"], bool(newest["user"])) == (2, "RESTORE", True)
    lake.ask("POST", "/dbo/sales/restore", version=1)
    assert lake.ask("GET", "/dbo/sales/rows")["rows"] == [[9]]
    assert "already" in lake.ask("POST", "/dbo/sales/restore", 409, version=3)["error"]["message"]
    short = lake.ask("GET", "/dbo/sales/history", limit=2)
    assert ([one["version"] for one in short["versions"]], short["more"]) == ([3, 2], True)


def test_a_version_whose_files_are_gone_is_refused_by_name(lake: Lake) -> None:
    place = lake.tables / "vacuumed"
    write_deltalake(place, pa.table({"a": [1]}))
    write_deltalake(place, pa.table({"a": [2]}), mode="overwrite")
    DeltaTable(place).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    assert "VACUUM" in lake.refused("/dbo/vacuumed/rows", version=0)
    assert "VACUUM" in lake.ask("POST", "/dbo/vacuumed/restore", 409, version=0)["error"]["message"]
    assert lake.ask("GET", "/dbo/vacuumed/rows")["rows"] == [[2]]


def test_a_deleted_table_is_in_the_bin_and_the_log_of_actions_names_it(own_lake: Lake) -> None:
    for schema, place in (("dbo", "sales"), ("dbo", "dbo/people"), ("gold", "gold/sales")):
        write_deltalake(own_lake.tables / place, pa.table({"a": [1]}))
        own_lake.ask("DELETE", f"/{schema}/{Path(place).name}")
        assert not (own_lake.tables / place).exists()
    assert (names(own_lake), (own_lake.tables / "gold").is_dir()) == ([], True)
    assert "There is no table" in own_lake.ask("DELETE", "/dbo/sales", 404)["error"]["message"]
    binned = own_lake.client.get(f"/api/v1/workspaces/{own_lake.id}/bin").json()["items"]
    assert sorted(one["name"] for one in binned) == ["dbo.people", "dbo.sales", "gold.sales"]
    gold = next(one for one in binned if one["name"] == "gold.sales")
    own_lake.ask("POST", f"/{gold['id']}/restore")
    assert own_lake.ask("GET", "/gold/sales/rows")["rows"] == [[1]]
    entries = own_lake.client.get(f"/api/v1/workspaces/{own_lake.id}/audit", params={"area": "table"}).json()["entries"]
    assert [(one["action"], one["target"], one["detail"].get("schema", "")) for one in entries] == [
        ("table.recover", gold["id"], ""),
        ("table.delete", "sales", "gold"),
        ("table.delete", "people", "dbo"),
        ("table.delete", "sales", "dbo"),
    ]


def give(lake: Lake, user: str, role: str) -> None:
    at = f"/api/v1/workspaces/{lake.id}/members"
    if lake.client.patch(f"{at}/{user}", json={"role": role}).status_code == 404:
        lake.client.post(at, json={"user": user, "role": role}).raise_for_status()


def test_viewers_read_and_contributors_change(server: Handloom, own_lake: Lake) -> None:
    write_deltalake(own_lake.tables / "sales", pa.table({"a": [1]}))
    write_deltalake(own_lake.tables / "sales", pa.table({"a": [2]}), mode="append")
    made = own_lake.client.post("/api/v1/users", json={"name": f"p {uuid.uuid4()}"}).json()
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}, timeout=60) as browser:
        server.sign_in(browser, server.url + made["path"])
        at = f"/api/v1/workspaces/{own_lake.id}"
        one = f"{at}/tables/dbo/sales"
        assert browser.get(f"{at}/tables").status_code == 404  # not a member
        for role, status in (("viewer", 403), ("contributor", 200)):
            give(own_lake, made["user"]["id"], role)
            assert browser.get(f"{one}/rows").json()["rows"] != []
            assert browser.post(f"{one}/restore", json={"version": 0}).status_code == status
            assert browser.delete(one).status_code == status


def test_runs_that_logged_the_table_as_an_input_are_listed_with_the_version(lake: Lake) -> None:
    mlflow = f"/mlflow/{lake.id}/api/2.0/mlflow"
    sources = [
        {"delta_table_name": "lakehouse.dbo.Sales_1", "delta_table_version": 3},
        {"path": f"{lake.tables}/sales_1", "delta_table_version": 2},
        {"path": "/lakehouse/default/Tables/dbo/sales_1"},
        {"table_name": "gold.sales_1"},
        {"delta_table_name": "salesx1"},
        {"path": "/elsewhere/sales_1"},
        {"sql": "SELECT * FROM sales_1"},
        {"table_name": "판매"},
    ]
    for number, source in enumerate(sources):
        run = {"experiment_id": "0", "run_name": f"r{number}", "start_time": number}
        run_id = lake.client.post(f"{mlflow}/runs/create", json=run).json()["run"]["info"]["run_id"]
        dataset = {"name": "d", "digest": str(number), "source_type": "delta_table", "source": json.dumps(source)}
        tags = [{"key": "mlflow.data.context", "value": "training"}]
        used = {"run_id": run_id, "datasets": [{"dataset": dataset, "tags": tags}]}
        lake.client.post(f"{mlflow}/runs/log-inputs", json=used).raise_for_status()
    found = lake.ask("GET", "/dbo/sales_1/runs")["runs"]
    assert [(one["name"], one["version"], one["context"]) for one in found] == [
        ("r2", None, "training"),
        ("r1", 2, "training"),
        ("r0", 3, "training"),
    ]
    assert [one["name"] for one in lake.ask("GET", "/gold/sales_1/runs")["runs"]] == ["r3"]
    assert [one["name"] for one in lake.ask("GET", "/dbo/판매/runs")["runs"]] == ["r7"]
    assert lake.ask("GET", "/dbo/none/runs") == {"runs": []}


# Tables that attack


def commit(place: Path, version: int, *actions: dict[str, Any]) -> None:
    (place / "_delta_log").mkdir(parents=True, exist_ok=True)
    lines = "\n".join(json.dumps(action) for action in actions)
    (place / "_delta_log" / f"{version:020}.json").write_text(lines)


def start(features: list[str] | None = None, **configuration: str) -> list[dict[str, Any]]:
    """The first actions of a log for a table with one column `a`."""
    schema = {"type": "struct", "fields": [{"name": "a", "type": "long", "nullable": True, "metadata": {}}]}
    protocol: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": 2}
    if features is not None:
        protocol = {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": features,
            "writerFeatures": features,
        }
    metadata = {
        "id": str(uuid.uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(schema),
        "partitionColumns": [],
        "configuration": configuration,
        "createdTime": 0,
    }
    return [{"protocol": protocol}, {"metaData": metadata}]


def added(path: str, **more: Any) -> dict[str, Any]:
    return {"add": {"path": path, "partitionValues": {}, "size": 1, "modificationTime": 0, "dataChange": True, **more}}


@pytest.fixture
def secret(server: Handloom, lake: Lake) -> Path:
    """A file outside of the workspace that a table would like to read."""
    file = server.data / f"secret-{uuid.uuid4()}.parquet"
    pq.write_table(pa.table({"a": [424242]}), file)
    return file


def test_files_outside_of_the_table_are_named_and_not_read(lake: Lake, secret: Path) -> None:
    paths = [
        str(secret),
        secret.as_uri(),
        f"../../../../{secret.name}",
        f"..%2F..%2F..%2F..%2F{secret.name}",
        "s3://b/k",
    ]
    for number, path in enumerate(paths):
        commit(lake.tables / f"t{number}", 0, *start(), added(path))
        for what in ("", "/rows"):
            reply = lake.client.get(f"/api/v1/workspaces/{lake.id}/tables/dbo/t{number}{what}")
            assert (reply.status_code, "424242" in reply.text) == (400, False), (path, reply.text)
            assert f"dbo.t{number}" in reply.json()["error"]["message"]


def test_links_are_not_followed(lake: Lake, secret: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write_deltalake(outside, pa.table({"a": [424242]}))
    link = lake.tables / "link"
    link.symlink_to(outside)
    (lake.tables / "schema").symlink_to(tmp_path)
    (lake.tables / "log").mkdir()
    (lake.tables / "log" / "_delta_log").symlink_to(outside / "_delta_log")
    commit(lake.tables / "file", 0, *start(), added("a.parquet"))
    (lake.tables / "file" / "a.parquet").symlink_to(secret)
    commit(lake.tables / "folder", 0, *start(), added(f"in/{secret.name}"))
    (lake.tables / "folder" / "in").symlink_to(secret.parent)
    commit(lake.tables / "inner", 0, *start())
    (lake.tables / "inner" / "_delta_log" / f"{1:020}.json").symlink_to(outside / "_delta_log" / f"{0:020}.json")
    for path in ("/dbo/link", "/schema/outside", "/dbo/log", "/dbo/file", "/dbo/folder", "/dbo/inner"):
        assert "symbolic link" in lake.refused(f"{path}/rows"), path
    lake.ask("DELETE", "/dbo/link", 400)
    lake.ask("DELETE", "/schema/outside", 400)
    assert DeltaTable(outside).version() == 0


def test_names_do_not_lead_out_of_the_lakehouse(lake: Lake) -> None:
    write_deltalake(lake.folder / "Files" / "t", pa.table({"a": [1]}))
    for path in (
        "/..%2FFiles/t",
        "/dbo/..%2F..%2FFiles%2Ft",
        "/%2e%2e/t",
        "/dbo/%2e%2e",
        "/.bin/t",
        "/dbo/a%00b",
        "/dbo/%0a",
    ):
        reply = lake.client.get(f"/api/v1/workspaces/{lake.id}/tables{path}")
        assert reply.status_code in (400, 404), (path, reply.text)


def test_broken_logs_are_refused_by_name_and_other_tables_stay_readable(lake: Lake) -> None:
    write_deltalake(lake.tables / "good", pa.table({"a": [1]}))
    commit(lake.tables / "nothing", 0)
    commit(lake.tables / "words", 0, {"add": 7}, {"x": []})
    (lake.tables / "words" / "_delta_log" / f"{1:020}.json").write_bytes(b"\xff\x00 no json")
    commit(lake.tables / "missing", 0, *start(), added("gone.parquet"))
    commit(lake.tables / "garbage", 0, *start(), added("a.parquet"))
    (lake.tables / "garbage" / "a.parquet").write_bytes(b"PAR1 garbage PAR1")
    commit(lake.tables / "pipe", 0, *start())
    os.mkfifo(lake.tables / "pipe" / "_delta_log" / f"{1:020}.json")
    (lake.tables / "empty" / "_delta_log").mkdir(parents=True)
    for name in ("nothing", "words", "missing", "garbage", "pipe", "empty"):
        assert f"dbo.{name}" in lake.refused(f"/dbo/{name}/rows"), name
    assert lake.ask("GET", "/dbo/good/rows")["rows"] == [[1]]


def test_a_log_of_a_gigabyte_is_refused_before_it_is_read(lake: Lake) -> None:
    commit(lake.tables / "huge", 0, *start())
    with (lake.tables / "huge" / "_delta_log" / f"{1:020}.json").open("wb") as file:
        file.truncate(1_000_000_000)  # a hole, which takes no disk
    assert "too large" in lake.refused("/dbo/huge")


def test_features_that_cannot_be_read_are_named(lake: Lake) -> None:
    commit(lake.tables / "future", 0, *start(["mysteriousFeature"]))
    assert "mysteriousFeature" in lake.refused("/dbo/future")
    mapped = {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "1"}
    actions = start(["columnMapping"], **mapped)
    metadata = {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "col-1"}
    fields = [{"name": "a", "type": "long", "nullable": True, "metadata": metadata}]
    actions[1]["metaData"]["schemaString"] = json.dumps({"type": "struct", "fields": fields})
    commit(lake.tables / "mapped", 0, *actions)
    assert "columnMapping" in lake.ask("GET", "/dbo/mapped")["unreadable"]
    assert "columnMapping" in lake.refused("/dbo/mapped/rows", 501)


def deletion_vector(*rows: int) -> dict[str, Any]:
    """Deleted rows as the Delta protocol writes them into the log: a roaring bitmap in Z85."""
    container = struct.pack("<HH", 0, len(rows) - 1) + struct.pack("<I", 16) + struct.pack(f"<{len(rows)}H", *rows)
    bitmap = struct.pack("<II", 12346, 1) + container
    content = struct.pack("<Iqi", 1681511377, 1, 0) + bitmap
    alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    padded = content + b"\0" * (-len(content) % 4)
    text = ""
    for (word,) in struct.iter_unpack(">I", padded):
        text += "".join(alphabet[word // 85**power % 85] for power in (4, 3, 2, 1, 0))
    return {
        "storageType": "i", "pathOrInlineDv": text, "sizeInBytes": len(content), "cardinality": len(rows)
    }  # fmt: skip


def test_rows_of_a_deletion_vector_are_neither_shown_nor_counted(lake: Lake) -> None:
    place = lake.tables / "vectors"
    vector = deletion_vector(1, 3)
    stats = json.dumps({"numRecords": 5})
    commit(place, 0, *start(["deletionVectors"]), added("a.parquet", deletionVector=vector, stats=stats))
    pq.write_table(pa.table({"a": range(5)}), place / "a.parquet", row_group_size=2)
    assert lake.ask("GET", "/dbo/vectors")["rows"] == 3
    assert lake.ask("GET", "/dbo/vectors/rows")["rows"] == [[0], [2], [4]]
    assert lake.ask("GET", "/dbo/vectors/rows", start=1, limit=1)["rows"] == [[2]]


def test_the_log_names_more_rows_than_memory_and_the_server_stays(lake: Lake) -> None:
    commit(lake.tables / "liar", 0, *start(), added("a.parquet", stats=json.dumps({"numRecords": 10**15})))
    pq.write_table(pa.table({"a": [1]}), lake.tables / "liar" / "a.parquet")
    assert lake.ask("GET", "/dbo/liar/rows")["rows"] == [[1]]
    assert lake.ask("GET", "/dbo/liar/rows", start=10**12)["rows"] == []


def test_a_reader_that_fails_is_ended_and_the_next_question_gets_a_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "workspaces" / "w"
    write_deltalake(folder / "Tables" / "t", pa.table({"a": [1]}))

    async def ask() -> None:
        hurried = TableReaders(tmp_path, answer_seconds=0.0)
        with pytest.raises(Unavailable, match="it took over 0 seconds"):
            await hurried.ask("w", "list", LakeTables)
        await hurried.close()
        readers = TableReaders(tmp_path)
        first = await readers.ask("w", "list", LakeTables)
        # An unexpected error ends the process, as running out of memory does.
        with pytest.raises(Unavailable, match="without an answer"):
            await readers.ask("w", "no such action", LakeTables)
        assert await readers.ask("w", "list", LakeTables) == first
        await readers.close()

    asyncio.run(ask())


def test_a_reader_in_a_box_reads_its_workspace_and_nothing_else(tmp_path: Path) -> None:
    try:
        box = find_box(tmp_path)
    except NoBoxError as error:
        pytest.skip(f"no box can be made on this machine: {error}")
    write_deltalake(tmp_path / "workspaces" / "w" / "Tables" / "t", pa.table({"a": [1]}))
    write_deltalake(tmp_path / "workspaces" / "other" / "Tables" / "t", pa.table({"a": [2]}))

    async def ask() -> None:
        readers = TableReaders(tmp_path, box)
        where = {"schema": "dbo", "table": "t"}
        assert (await readers.ask("w", "rows", LakeRows, **where)).rows == [[1]]
        seen = (await readers.ask("w", "list", LakeTables)).tables
        assert [table.name for table in seen] == ["t"]
        inner = psutil.Process(readers._readers["w"].process.pid).children(recursive=True)[-1].pid
        seen_folders = Path(f"/proc/{inner}/root{tmp_path}/workspaces")
        assert [folder.name for folder in seen_folders.iterdir()] == ["w"]
        await readers.close()

    asyncio.run(ask())
