"""Backups: written under load, checked, restored to the same data, and free of tokens."""

from __future__ import annotations

import os
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import msgspec
import pytest

from databases import Postgres
from handloom.cli import main
from handloom.domain.errors import Conflict, Invalid, NotFound
from handloom.store.backup import last, layout, restoring, writing
from handloom.store.engine.data_folder import Lock
from running import Handloom

CONTENT = os.urandom(300_000)


@pytest.fixture
def filled(own_server: Handloom) -> Handloom:
    """A server with a run, an artifact twice, and a notebook."""
    with own_server.client() as client:
        for name in ("a.bin", "folder/b.bin"):
            put(client, run_of(client), name, CONTENT)
        workspace = client.get("/api/v1/workspaces").json()["workspaces"][0]["id"]
        client.post(f"/api/v1/workspaces/{workspace}/notebooks", json={"name": "분석"}).raise_for_status()
    return own_server


def run_of(client: httpx.Client) -> dict[str, str]:
    made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"})
    info: dict[str, str] = made.raise_for_status().json()["run"]["info"]
    return info


def put(client: httpx.Client, run: dict[str, str], name: str, content: bytes) -> None:
    root = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
    client.put(f"/api/2.0/mlflow-artifacts/artifacts/{root}/{name}", content=content).raise_for_status()


def runs_of(client: httpx.Client) -> dict[str, dict[str, bytes]]:
    """All runs of the default workspace with the contents of their files."""
    found: dict[str, dict[str, bytes]] = {}
    body = {"experiment_ids": ["0"], "max_results": 1000}
    for run in client.post("/api/2.0/mlflow/runs/search", json=body).raise_for_status().json().get("runs", []):
        run_id = run["info"]["run_id"]
        found[run_id] = {path: read(client, run_id, path) for path in paths(client, run_id)}
    return found


def paths(client: httpx.Client, run_id: str, below: str = "") -> Iterator[str]:
    listed = client.get("/api/2.0/mlflow/artifacts/list", params={"run_id": run_id, "path": below}).json()
    for file in listed.get("files", []):
        if file["is_dir"]:
            yield from paths(client, run_id, file["path"])
        else:
            yield file["path"]


def read(client: httpx.Client, run_id: str, path: str) -> bytes:
    return client.get("/get-artifact", params={"run_id": run_id, "path": path}).raise_for_status().content


def back_up(server: Handloom, root: Path) -> layout.SnapshotManifest:
    return writing.write(root, server.data, server.database_url, "")


@pytest.fixture
def empty(database_kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty PostgreSQL database, with pg_dump of its version on PATH; "" on SQLite."""
    if database_kind == "sqlite":
        return ""
    postgres: Postgres = request.getfixturevalue("postgres")
    monkeypatch.setenv("PATH", f"{postgres.programs}{os.pathsep}{os.environ['PATH']}")
    return postgres.fresh()


def test_a_backup_under_load_is_sound_and_restores_to_a_server_with_the_same_data(
    filled: Handloom, tmp_path: Path, empty: str
) -> None:
    stop, errors = threading.Event(), []

    def log() -> None:
        with filled.client() as client:
            while not stop.is_set():
                try:
                    put(client, run_of(client), "x.bin", os.urandom(2_000))
                except httpx.HTTPError as error:
                    errors.append(error)

    with filled.client() as client:
        before = runs_of(client)
    writers = [threading.Thread(target=log) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(3):
            manifest = back_up(filled, tmp_path / "backup")
            assert restoring.check(tmp_path / "backup", manifest.id)[1] == []
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert not errors
    restored = tmp_path / "restored"
    restoring.restore(tmp_path / "backup", restored, empty or f"sqlite:///{restored}/handloom.db")
    with filled.client() as client:
        after = runs_of(client)
    with Handloom(restored, database=empty) as server, server.client() as client:
        found = runs_of(client)
        assert before.items() <= found.items()
        for run_id, files in found.items():  # a file that was uploaded after the folder was read may be missing
            assert files.items() <= after[run_id].items()
        workspace = client.get("/api/v1/workspaces").json()["workspaces"][0]["id"]
        items = client.get(f"/api/v1/workspaces/{workspace}/items").json()["items"]
        assert "분석" in [item["name"] for item in items]
        assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {filled.token}"}).status_code == 401


@pytest.mark.on_sqlite
def test_contents_are_kept_once_and_old_snapshots_are_pruned(filled: Handloom, tmp_path: Path) -> None:
    root = tmp_path / "backup"
    first = back_up(filled, root)
    contents = set((root / layout.CONTENTS).glob("*/*"))
    same = [path for path in contents if path.stat().st_size == len(CONTENT)]
    assert len(same) == 1
    second = back_up(filled, root)
    assert [m.id for m in layout.snapshots(root)] == [first.id, second.id]
    draft = root / layout.SNAPSHOTS / f"{layout.DRAFT}killed"
    draft.mkdir()
    assert layout.prune(root, 1) == [first.id]
    assert not draft.exists()
    assert restoring.check(root)[1] == []


@pytest.mark.on_sqlite
def test_people_see_when_the_last_backup_was_written_wherever_to(filled: Handloom, tmp_path: Path) -> None:
    with filled.client() as client:
        assert client.get("/api/v1/backup-status").json() == {"last": None, "every_hours": 0}
        manifest = back_up(filled, tmp_path / "backup")
        shown = client.get("/api/v1/backup-status").json()["last"]
    assert (shown["created_at"], shown["files"]) == (manifest.created_at, manifest.files)
    (filled.data / last.FILE).unlink()  # a release before this one recorded nothing
    assert last.read(filled.data, tmp_path / "none") is None
    assert last.read(filled.data, tmp_path / "backup") is not None


@pytest.mark.on_sqlite
def test_a_backup_signs_nobody_in(filled: Handloom, tmp_path: Path) -> None:
    manifest = back_up(filled, tmp_path / "backup")
    folder = layout.folder_of(tmp_path / "backup", manifest.id)
    with closing(sqlite3.connect(folder / layout.SQLITE)) as database:
        assert database.execute("SELECT count(*) FROM tokens").fetchone() == (0,)
    everything = b"".join(path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file())
    assert filled.token.encode() not in everything


@pytest.mark.on_sqlite
def test_damage_is_found_and_not_restored(filled: Handloom, tmp_path: Path) -> None:
    root = tmp_path / "backup"
    manifest = back_up(filled, root)
    content = next(path for path in (root / layout.CONTENTS).glob("*/*") if path.stat().st_size == len(CONTENT))
    content.write_bytes(b"x" + CONTENT[1:])
    assert any("changed" in problem for problem in restoring.check(root)[1])
    content.unlink()
    assert any("missing" in problem for problem in restoring.check(root)[1])
    with pytest.raises(Invalid, match="missing"):
        restoring.restore(root, tmp_path / "restored", f"sqlite:///{tmp_path}/restored/handloom.db")
    assert not (tmp_path / "restored" / "handloom.db").exists()
    database = layout.folder_of(root, manifest.id) / layout.SQLITE
    with database.open("r+b") as file:
        file.seek(8_192)
        file.write(b"\xff" * 4_096)
    assert any("database" in problem for problem in restoring.check(root)[1])


@pytest.mark.on_sqlite
def test_a_backup_file_restores_as_a_folder_does(
    filled: Handloom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, file, restored = ["--data", str(filled.data)], str(tmp_path / "b.tar"), tmp_path / "restored"
    assert main(["backup", file, *data]) == 0
    assert main(["backup", file, "--check"]) == 0
    assert main(["restore", file, "--data", str(restored)]) == 0
    assert "Restored the snapshot" in capsys.readouterr().err
    assert main(["restore", file, "--data", str(restored)]) == 1
    assert "is not empty" in capsys.readouterr().err
    with filled.client() as client:
        before = runs_of(client)
    with Handloom(restored) as server, server.client() as client:
        assert runs_of(client) == before
    assert sorted(path.name for path in tmp_path.iterdir() if "b.tar" in path.name) == ["b.tar"]


def hostile(path: Path, *names: str, kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    return path


@pytest.mark.on_sqlite
def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    files = [
        hostile(tmp_path / "a.tar", "../../outside"),
        hostile(tmp_path / "b.tar", "/tmp/outside"),
        hostile(tmp_path / "c.tar", f"contents/aa/{'a' * 64}", kind=tarfile.SYMTYPE),
        hostile(tmp_path / "d.tar", f"contents/aa/{'a' * 64}", f"contents/aa/{'a' * 64}"),
    ]
    (tmp_path / "e.tar").write_bytes(b"no tar")
    for file in [*files, tmp_path / "e.tar"]:
        with pytest.raises(Invalid, match="is not a backup"), restoring.unpacked(file):
            pass
    with pytest.raises(NotFound), restoring.unpacked(tmp_path / "none.tar"):
        pass


@pytest.mark.on_sqlite
@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a//x", "C:/x", "a\\..\\x", "a\x00b"])
def test_a_list_that_names_files_outside_is_not_restored(filled: Handloom, tmp_path: Path, path: str) -> None:
    root = tmp_path / "backup"
    manifest = back_up(filled, root)
    entry = layout.SnapshotFile(path=path, size=1, modified_ns=1, sha256="a" * 64)
    (layout.folder_of(root, manifest.id) / layout.FILES).write_bytes(msgspec.json.encode(entry) + b"\n")
    with pytest.raises(Invalid, match="not safe"):
        restoring.restore(root, tmp_path / "restored", f"sqlite:///{tmp_path}/restored/handloom.db")


@pytest.mark.on_sqlite
def test_only_one_backup_at_a_time_is_written_to_a_folder_and_none_inside_the_data(
    filled: Handloom, tmp_path: Path
) -> None:
    root = tmp_path / "backup"
    back_up(filled, root)
    lock = Lock(root)
    with pytest.raises(Conflict, match="Another backup"):
        back_up(filled, root)
    lock.release()
    with pytest.raises(Invalid, match="inside of the data folder"):
        back_up(filled, filled.data / "workspaces" / "backup")


@pytest.mark.on_sqlite
def test_links_in_the_data_are_not_followed(filled: Handloom, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a private key")
    workspace = next((filled.data / "workspaces").iterdir())
    (workspace / "link").symlink_to(secret)
    (workspace / "folder").symlink_to(tmp_path)
    os.mkfifo(workspace / "pipe")
    manifest = back_up(filled, tmp_path / "backup")
    assert manifest.skipped == 3
    assert not any(b"private key" in path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file())
