"""Hostile sources of `handloom import`: archives, servers and folders that try to read or write elsewhere."""

from __future__ import annotations

import itertools
import json
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from handloom.cli import main
from handloom.client.http import Client
from handloom.domain.errors import Invalid
from handloom.domain.records import ExperimentRecord, RunRecord, encode_lines
from running import Handloom

RUN = "a" * 32
SECRET = "the private key of the person who imports"


class Importing:
    """Runs `handloom import` in this process, into a workspace of the test's own."""

    def __init__(self, server: Handloom, workspace: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.server, self.workspace, self._capsys = server, workspace, capsys

    def __call__(self, *source: str) -> tuple[int, str]:
        """The exit code, and what the command printed."""
        code = main(["import", *source, "--workspace", self.workspace, "--data", str(self.server.data)])
        return code, self._capsys.readouterr().err

    def workspace_id(self) -> str | None:
        with self.server.client() as client:
            workspaces = client.get("/api/v1/workspaces").json()["workspaces"]
            return next((w["id"] for w in workspaces if w["name"] == self.workspace), None)

    def files(self) -> list[str]:
        """The files of the imported run."""
        workspace = self.workspace_id()
        records = (json.loads(line) for line in self.records())
        run_id = next(record["run_id"] for record in records if record["kind"] == "run")
        with self.server.client() as client:
            url = f"/mlflow/{workspace}/api/2.0/mlflow/artifacts/list"
            return [file["path"] for file in client.get(url, params={"run_id": run_id}).json().get("files", [])]

    def records(self) -> Iterator[str]:
        """All records of the workspace as JSON."""
        after: str | None = ""
        with self.server.client() as client:
            while after is not None:
                url = f"/api/v1/workspaces/{self.workspace_id()}/records"
                page = client.get(url, params={"after": after}).json()
                yield from map(json.dumps, page["records"])
                after = page["next"]

    def everything(self) -> str:
        """All text that the server has of the workspace: records and files."""
        workspace = self.workspace_id()
        if workspace is None:
            return ""
        records = list(self.records())
        files = (file for file in (self.server.data / "artifacts" / workspace).rglob("*") if file.is_file())
        return "".join([*records, *(file.read_text(errors="replace") for file in files)])


_numbers = itertools.count(1)


@pytest.fixture
def importing(server: Handloom, capsys: pytest.CaptureFixture[str]) -> Importing:
    return Importing(server, f"hostile {next(_numbers)}", capsys)


def archive(path: Path, *, entries: dict[str, bytes], compressed: bool = False, **manifest: Any) -> Path:
    described = {"format": 1, "id": path.name, "written_by": "x", "written_at": 1, "workspace": "w", "runs": 1}
    run = RunRecord(
        run_id=RUN, experiment_id="1", status="FINISHED", artifact_uri=f"mlflow-artifacts:/1/{RUN}/artifacts"
    )
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as file:
        file.writestr("records.jsonl", encode_lines([ExperimentRecord(id="1", name="x", creation_time=1), run]))
        file.writestr("handloom.json", json.dumps(described | manifest))
        for name, content in entries.items():
            file.writestr(zipfile.ZipInfo(name) if not compressed else name, content)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../../../../../../../api/v1/workspaces",
        "a/../../../../../../../../../api/v1/tokens",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/x",
        "..%2f..%2fx",
        "/etc/cron.d/x",
        "a\\..\\..\\x",
        "x\x01y",
    ],
)
def test_an_entry_whose_name_leads_out_of_an_archive_refuses_the_archive(
    importing: Importing, tmp_path: Path, name: str
) -> None:
    path = archive(tmp_path / "hostile.zip", entries={f"artifacts/1/{RUN}/artifacts/{name}": b"{}"})
    code, printed = importing(str(path))
    assert code == 2
    assert "is not safe to import" in printed
    assert importing.workspace_id() is None


@pytest.mark.parametrize("path", ["/api/v1/../../x", "/mlflow/w/%2e%2e/x", "/a/./b", "/a/..", "/a/%252e%252e/b"])
def test_the_client_of_the_api_refuses_a_path_that_an_http_library_would_fold(server: Handloom, path: str) -> None:
    with Client(server.url, server.token) as client:
        with pytest.raises(Invalid, match="path"):
            client.request("PUT", path, b"")
        with pytest.raises(Invalid, match="path"):
            list(client.stream(path))


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(importing: Importing, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    archive(path, entries={}, compressed=True)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file,
        file.open(f"artifacts/1/{RUN}/artifacts/zeros", "w", force_zip64=True) as entry,
    ):
        for _ in range(1_100):
            entry.write(bytes(1_000_000))
    code, printed = importing(str(path))
    assert code == 2
    assert "unpacks to" in printed


def test_a_line_of_records_without_an_end_is_refused(importing: Importing, tmp_path: Path) -> None:
    path = archive(tmp_path / "line.zip", entries={}, compressed=True)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file,
        pytest.warns(UserWarning, match="Duplicate name"),
        file.open("records.jsonl", "w") as entry,
    ):
        entry.write(b'{"kind":"experiment","id":"' + b"1" * 80_000_000)
    code, printed = importing(str(path))
    assert code == 2
    assert "longer than" in printed


def test_a_notebook_that_an_archive_names_and_does_not_have_is_reported(importing: Importing, tmp_path: Path) -> None:
    entry = {"name": "lost", "description": "", "file": "notebooks/1.ipynb"}
    code, printed = importing(str(archive(tmp_path / "lost.zip", entries={}, notebooks=[entry])))
    assert code == 1
    assert "Not imported: notebook lost:" in printed


def test_damaged_compressed_data_is_reported(importing: Importing, tmp_path: Path) -> None:
    name = f"artifacts/1/{RUN}/artifacts/x.bin"
    path = archive(tmp_path / "damaged.zip", entries={name: os.urandom(1_000) + b"x" * 50_000}, compressed=True)
    with zipfile.ZipFile(path) as file:
        start = file.getinfo(name).header_offset + 30 + len(name)
    content = bytearray(path.read_bytes())
    content[start + 200 : start + 900] = b"\xff" * 700
    path.write_bytes(content)
    code, printed = importing(str(path))
    assert code == 1
    assert "damaged" in printed


def mlruns(root: Path, artifact_uri: str = "", run_id: str = RUN) -> Path:
    """An mlruns folder with one run; returns the folder of the run."""
    experiment = root / "1"
    run = experiment / RUN
    (run / "params").mkdir(parents=True)
    (experiment / "meta.yaml").write_text("experiment_id: '1'\nname: lab\nlifecycle_stage: active\n")
    (run / "meta.yaml").write_text(
        f"run_id: '{run_id}'\nexperiment_id: '1'\nstatus: 3\nlifecycle_stage: active\nstart_time: 1\n"
        f"artifact_uri: '{artifact_uri}'\n"
    )
    return run


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder beside the source with a file that must not be imported."""
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "key").write_text(SECRET)
    return folder


def point_at(private: Path, root: Path) -> None:
    mlruns(root, f"file://{private}")


def point_relative(private: Path, root: Path) -> None:
    mlruns(root, "../private")


def climb_by_run_id(private: Path, root: Path) -> None:
    (private / "artifacts").mkdir()
    (private / "key").rename(private / "artifacts" / "key")
    mlruns(root, run_id="../../private")


def link_a_file(private: Path, root: Path) -> None:
    run = mlruns(root)
    (run / "artifacts").mkdir()
    (run / "artifacts" / "key").symlink_to(private / "key")


def link_a_folder(private: Path, root: Path) -> None:
    run = mlruns(root)
    (run / "artifacts").symlink_to(private)


def link_a_param(private: Path, root: Path) -> None:
    (mlruns(root) / "params" / "key").symlink_to(private / "key")


def link_a_folder_of_params(private: Path, root: Path) -> None:
    run = mlruns(root)
    (run / "params").rmdir()
    (run / "params").symlink_to(private)


@pytest.mark.parametrize(
    "prepare",
    [
        point_at,
        point_relative,
        climb_by_run_id,
        link_a_file,
        link_a_folder,
        link_a_param,
        link_a_folder_of_params,
    ],
)
def test_an_mlruns_folder_brings_no_file_from_outside(
    importing: Importing, tmp_path: Path, private: Path, prepare: Callable[[Path, Path], None]
) -> None:
    root = tmp_path / "source" / "mlruns"
    prepare(private, root)
    code, printed = importing("mlflow", str(root))
    assert SECRET not in importing.everything()
    if prepare is not climb_by_run_id:  # whose run has no files
        assert code == 1
        assert "Not imported:" in printed


def test_files_outside_the_folder_come_along_where_the_artifact_root_allows_them(
    importing: Importing, tmp_path: Path, private: Path
) -> None:
    root = tmp_path / "source" / "mlruns"
    point_at(private, root)
    code, printed = importing("mlflow", str(root), "--artifact-root", str(private))
    assert code == 0, printed
    assert SECRET in importing.everything()


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1,1]\nb: &b [*a,*a]\nc: [*b,*b]\nexperiment_id: '1'\nname: x\n",
        "a: &a {x: 1}\nexperiment_id: '1'\nname: x\nb: {<<: *a}\n",
        "experiment_id: '1'\n" + "name: " + "x" * 2_000_000,
        "- a\n- b\n",
        "experiment_id: {}\nname: [1]\n",
        "name: 5\n",
    ],
)
def test_a_malformed_meta_yaml_is_named(importing: Importing, tmp_path: Path, text: str) -> None:
    run = mlruns(tmp_path / "mlruns")
    (run.parent / "meta.yaml").write_text(text)
    code, printed = importing("mlflow", str(tmp_path / "mlruns"))
    assert code in (1, 2)
    assert "meta.yaml" in printed


@contextmanager
def mlflow_server(answers: Callable[[str, dict[str, list[str]]], Any]) -> Iterator[str]:
    """An HTTP server on loopback that answers as a hostile MLflow server would."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = answers(path, parse_qs(query))
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def answers_with(files: Any) -> Callable[[str, dict[str, list[str]]], Any]:
    """One experiment with one run, whose list of files is `files`, or what `files` returns for a folder."""

    def answer(path: str, query: dict[str, list[str]]) -> Any:
        if path.endswith("experiments/search"):
            return {"experiments": [{"experiment_id": "1", "name": "lab"}]}
        if path.endswith("runs/search"):
            info = {"run_id": RUN, "experiment_id": "1", "status": "FINISHED", "artifact_uri": "mlflow-artifacts:/1/a"}
            return {"runs": [{"info": info}]}
        if path.endswith("artifacts/list"):
            return files(query.get("path", [""])[0]) if callable(files) else {"files": files}
        if path.endswith("get-artifact"):
            return b"{}"
        return {}

    return answer


def test_the_names_of_a_hostile_server_lead_nowhere(importing: Importing) -> None:
    names = ["../../../../../../../api/v1/workspaces", "/etc/passwd", "a/../../../b", "%2e%2e/c", "good.txt"]
    files = [{"path": name, "is_dir": False, "file_size": 2} for name in names]
    with mlflow_server(answers_with(files)) as url:
        code, printed = importing("mlflow", url)
    assert code == 1
    assert "Not imported: " in printed
    assert importing.files() == ["good.txt"]


def endless_folders(folder: str) -> Any:
    return {"files": [{"path": f"{folder}/d".lstrip("/"), "is_dir": True}]}


def a_folder_that_holds_itself(folder: str) -> Any:
    return {"files": [{"path": folder or "d", "is_dir": True}]}


def endless_pages(folder: str) -> Any:
    return {"files": [], "next_page_token": "again"}


def numbers_for_names(folder: str) -> Any:
    return {"files": [{"path": 5}]}


def no_list_of_files(folder: str) -> Any:
    return {"files": {"a": 1}}


@pytest.mark.parametrize(
    "files", [endless_folders, a_folder_that_holds_itself, endless_pages, numbers_for_names, no_list_of_files]
)
def test_a_server_whose_lists_never_end_or_make_no_sense_ends_the_import_with_a_sentence(
    importing: Importing, files: Callable[[str], Any]
) -> None:
    with mlflow_server(answers_with(files)) as url:
        code, printed = importing("mlflow", url)
    assert code == 1
    assert f"Not imported: files of run {RUN}: " in printed


@pytest.mark.parametrize(
    "answer",
    [
        {"experiments": [{}]},
        {"experiments": [None]},
        {"experiments": 5},
        {"experiments": [{"experiment_id": [], "name": {}}]},
        {"experiments": [{"experiment_id": "1", "name": "x", "tags": [{"k": 1}]}]},
        b"[" * 200_000,
        b"{" + b'"a":{' * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_server_that_answers_nonsense_ends_the_import_with_a_sentence(importing: Importing, answer: Any) -> None:
    with mlflow_server(lambda path, query: answer) as url:
        code, printed = importing("mlflow", url)
    assert code in (1, 2)
    assert "does not answer like an MLflow server" in printed
