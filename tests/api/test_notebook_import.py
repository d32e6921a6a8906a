"""`handloom import notebooks`: archives and single files, twice, with what anybody may have put into an archive."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from running import Handloom, handloom

pytestmark = pytest.mark.on_sqlite


def document(source: str) -> str:
    cell: dict[str, Any] = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
    return json.dumps({"cells": [cell | {"execution_count": None}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def test_notebooks_and_files_of_archives_are_imported_once(server: Handloom, tmp_path: Path) -> None:
    archive = tmp_path / "lab.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("lab/모델.ipynb", document("x = 1"))
        written.writestr("lab/data/points.csv", "a,b\n" * 3_000_000)  # in two requests
        written.writestr("lab/broken.ipynb", "{")
        written.writestr("lab/.git/config", "secret")
        written.writestr("lab/../../evil.py", "")
        written.writestr("/etc/evil.py", "")
        written.writestr("lab\\..\\..\\evil.py", "")
        link = zipfile.ZipInfo("lab/link.txt")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        written.writestr(link, "/etc/passwd")
    single = tmp_path / "single.ipynb"
    single.write_text("\ufeff" + document("y = 2"))
    name = f"imported {uuid.uuid4()}"
    command = ("import", "notebooks", str(archive), str(single), "--workspace", name, *server.where)
    first = handloom(*command, timeout=120)
    assert first.returncode == 1, first.stderr  # something was left out, and is named
    for reason in ("broken.ipynb", ".git/config: it is hidden", "link.txt: it is a link", "leads out of the archive"):
        assert reason in first.stderr, first.stderr
    with server.client() as client:
        workspaces = client.get("/api/v1/workspaces").json()["workspaces"]
        workspace = next(one["id"] for one in workspaces if one["name"] == name)
        items = client.get(f"/api/v1/workspaces/{workspace}/items").json()["items"]
    assert sorted(item["name"] for item in items if item["kind"] == "notebook") == ["single", "모델"]
    folder = server.data / "workspaces" / workspace / "Files" / "lab"
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == ["data/points.csv"]
    assert (folder / "data" / "points.csv").read_text() == "a,b\n" * 3_000_000
    (folder / "data" / "points.csv").write_text("mine")
    second = handloom(*command, timeout=120)
    assert "the workspace has another file of this name" in second.stderr, second.stderr
    assert (folder / "data" / "points.csv").read_text() == "mine"
    assert len(list((server.data / "workspaces" / workspace).glob("*.ipynb"))) == 2


def test_what_is_no_archive_is_refused_by_name(server: Handloom, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    refused = handloom("import", "notebooks", str(tmp_path / "a.txt"), "--workspace", "default", *server.where)
    assert refused.returncode != 0
    assert "no zip archive" in refused.stderr


def test_archives_that_unpack_to_more_than_is_allowed_are_refused_and_leave_nothing(
    server: Handloom, tmp_path: Path
) -> None:
    many, large, lying, torn, good = (tmp_path / f"{name}.zip" for name in ("many", "large", "lying", "torn", "good"))
    with zipfile.ZipFile(many, "w") as written:
        for number in range(2001):
            written.writestr(f"{number}.txt", "")
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as written, written.open("bomb.csv", "w") as entry:
        for _ in range(501):
            entry.write(bytes(1_000_000))
    with zipfile.ZipFile(lying, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("data.csv", bytes(50_000_000))
    content = bytearray(lying.read_bytes())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (1000).to_bytes(4, "little")  # it says 1 kB
    lying.write_bytes(content)
    with zipfile.ZipFile(torn, "w", zipfile.ZIP_STORED) as written:
        written.writestr("torn.csv", bytes(20_000_000))
    content = bytearray(torn.read_bytes())
    content[19_000_000] = 1  # in the last of three requests
    torn.write_bytes(content)
    with zipfile.ZipFile(good, "w") as written:
        written.writestr("good.csv", "a,b")
    name = f"imported {uuid.uuid4()}"
    files = map(str, (many, large, lying, torn, good))
    command = ("import", "notebooks", *files, "--workspace", name, *server.where)
    refused = handloom(*command, timeout=120)
    assert refused.returncode == 1, refused.stderr
    for reason in (
        "The archive has 2,001 entries",
        "over 500 MB",
        "data.csv: the entry cannot",
        "torn.csv: the entry cannot",
    ):
        assert reason in refused.stderr, refused.stderr
    found = {path.name for path in (server.data / "workspaces").rglob("Files/*/*.csv")}
    assert "good.csv" in found
    assert not found & {"bomb.csv", "data.csv", "torn.csv"}


TIMES = {
    "cron": "0 6 * * *",
    "timezone": "Asia/Seoul",
    "parameters": {"n": 3},
    "webhook_url": "https://a.example",
}


def workspace_with_experiments(ask: Callable[..., Any], name: str) -> str:
    """A workspace where the ids of experiments are taken."""
    made = str(ask("POST", "/api/v1/workspaces", {"name": name})["id"])
    for number in range(3):
        ask("POST", f"/api/v1/workspaces/{made}/experiments", {"name": f"here before {number}"})
    return made


def check_links_and_folders(ask: Callable[..., Any], here: str, run: str, before: str, prose: str) -> None:
    """What was imported is in its folders, and links lead to it. `before` is the experiment's id where it was."""
    items = {one["name"]: one for one in ask("GET", f"/api/v1/workspaces/{here}/items")["items"]}
    assert items["sweep"]["id"] != before
    new = f"[runs](/workspaces/{here}/experiments/{items['sweep']['id']}?run={run}), /workspaces/w/tables"
    assert prose == f"Prose. {new}"
    assert items["sweep"]["description"] == new
    described = ask("GET", f"/api/v1/workspaces/{here}/runs/{run}")["description"]
    assert described == f"see /workspaces/{here}/notebooks/{items['Train']['id']}."
    folders = {one["id"]: one for one in ask("GET", f"/api/v1/workspaces/{here}/folders")["folders"]}
    assert len(folders) == 2
    inner = folders[items["sweep"]["folder"]]
    assert (inner["name"], folders[inner["parent"]]["name"]) == ("inner", "outer")
    assert items["Train"]["folder"] == inner["id"]


def linked_and_in_folders(ask: Callable[..., Any], source: str, run: str, notebook: str) -> tuple[str, str]:
    """Make an experiment, folders around it, and descriptions with links. Returns the experiment's id and the link."""
    own = f"/api/v1/workspaces/{source}"
    experiment = ask("POST", f"{own}/experiments", {"name": "sweep"})["id"]
    link = f"[runs](https://old.example/workspaces/{source}/experiments/{experiment}?run={run}), /workspaces/w/tables"
    ask("PATCH", f"{own}/experiments/{experiment}", {"description": link})
    ask("PATCH", f"{own}/runs/{run}", {"description": f"see /workspaces/{source}/notebooks/{notebook}."})
    folder = ask("POST", f"{own}/folders", {"name": "outer"})["id"]
    moved = [{"kind": "experiment", "id": experiment}, {"kind": "notebook", "id": notebook}]
    ask("POST", f"{own}/folders", {"name": "inner", "parent": folder, "items": moved})
    return experiment, link


def test_schedules_snapshots_of_runs_and_reports_come_along_in_an_archive(server: Handloom, tmp_path: Path) -> None:
    archive, name = tmp_path / "lab.zip", f"archived {uuid.uuid4()}"
    with server.client() as client:

        def ask(method: str, path: str, body: Any = None) -> Any:
            return client.request(method, path, json=body).raise_for_status().json()

        source = ask("POST", "/api/v1/workspaces", {"name": f"{name} source"})["id"]
        own, mlflow = f"/api/v1/workspaces/{source}", f"/mlflow/{source}/api/2.0/mlflow"
        content = json.loads(document("x = 1"))
        notebook = ask("POST", f"{own}/notebooks", {"name": "Train", "content": content})["id"]
        ask("POST", f"{own}/schedules", {"notebook": notebook, **TIMES})
        digest = ask("POST", f"{own}/notebooks/{notebook}/snapshots", {"document": content})["digest"]
        tags = {"handloom.snapshot": digest, "handloom.notebook.id": notebook}
        told = {"experiment_id": "0", "tags": [{"key": key, "value": value} for key, value in tags.items()]}
        run = ask("POST", f"{mlflow}/runs/create", told)["run"]["info"]["run_id"]
        ask("POST", f"{mlflow}/runs/update", {"run_id": run, "status": "FINISHED"})
        experiment, link = linked_and_in_folders(ask, source, run, notebook)
        table = {"kind": "table", "title": "", "columns": ["status"]}
        search = {"workspace": source, "experiment": "0", "filter": f"attributes.run_id = '{run}'"}
        picks = [
            {"workspace": source, "experiment": "0", "runs": [run]},
            {"workspace": "w", "experiment": "5", "runs": ["r"]},
        ]
        blocks = [
            {"kind": "text", "id": "a", "text": f"Prose. {link}"},
            {**table, "id": "b", "runs": {"search": search}},
            {**table, "id": "c", "runs": {"picks": picks}},
        ]
        ask("POST", f"{own}/reports", {"name": "Result", "description": "of all", "blocks": blocks})
        exported = handloom("export", f"{name} source", str(archive), *server.where, timeout=120)
        assert "reports 1, snapshots of runs 1, schedules 1, folders 2" in exported.stderr, exported.stderr
        here = workspace_with_experiments(ask, name)
        for _ in range(2):
            imported = handloom("import", str(archive), "--workspace", name, *server.where, timeout=120)
            assert imported.returncode == 0, imported.stdout + imported.stderr
            assert "Runs of other workspaces" in imported.stderr, imported.stderr
        (schedule,) = ask("GET", f"/api/v1/workspaces/{here}/schedules")["schedules"]
        assert (schedule["cron"], schedule["parameters"], schedule["notebook_name"]) == ("0 6 * * *", {"n": 3}, "Train")
        assert (schedule["paused"], schedule["webhook_url"]) == (True, "")
        found = ask("POST", f"/mlflow/{here}/api/2.0/mlflow/runs/search", {"experiment_ids": ["0"]})
        run = found["runs"][0]["info"]["run_id"]
        (item,) = [one for one in ask("GET", f"/api/v1/workspaces/{here}/items")["items"] if one["kind"] == "report"]
        report = ask("GET", f"/api/v1/workspaces/{here}/reports/{item['id']}")
        assert (report["name"], report["description"], report["blocks"][0]["text"][:6]) == (
            "Result",
            "of all",
            "Prose.",
        )
        check_links_and_folders(ask, here, run, experiment, report["blocks"][0]["text"])
        search = report["blocks"][1]["runs"]["search"]
        assert (search["workspace"], search["experiment"]) == (here, "0")
        assert search["filter"] == f"attributes.run_id = '{run}'"
        own_runs = {"workspace": here, "experiment": "0", "runs": [run]}
        assert report["blocks"][2]["runs"]["picks"] == [own_runs, picks[1]]
        shown = ask("GET", f"/api/v1/workspaces/{here}/runs/{run}/reproductions")["snapshot"]
        assert (shown["notebook_name"], shown["notebook"] != notebook, shown["cells"]) == ("Train", True, 1)


def test_links_between_reports_of_versions_and_in_saved_comparisons_follow_an_import(
    server: Handloom, tmp_path: Path
) -> None:
    archive, name = tmp_path / "lab.zip", f"linked {uuid.uuid4()}"
    with server.client() as client:

        def ask(method: str, path: str, body: Any = None) -> Any:
            return client.request(method, path, json=body).raise_for_status().json()

        source = ask("POST", "/api/v1/workspaces", {"name": f"{name} source"})["id"]
        own, mlflow = f"/api/v1/workspaces/{source}", f"/mlflow/{source}/api/2.0/mlflow"
        experiment = ask("POST", f"{own}/experiments", {"name": "sweep"})["id"]
        runs = [
            ask("POST", f"{mlflow}/runs/create", {"experiment_id": experiment, "start_time": n})["run"]["info"]
            for n in (1, 2)
        ]
        ids = [run["run_id"] for run in runs]
        for run in ids:
            ask("POST", f"{mlflow}/runs/update", {"run_id": run, "status": "FINISHED"})
        # The first names the second, which is imported after it.
        second = ask("POST", f"{own}/reports", {"name": "b", "description": ""})
        link = f"/workspaces/{source}/reports/{second['id']}"
        blocks = [{"kind": "text", "id": "a", "text": f"See [b]({link})"}]
        ask("POST", f"{own}/reports", {"name": "a", "description": "", "blocks": blocks})
        ask("POST", f"{mlflow}/registered-models/create", {"name": "m"})
        version = {"name": "m", "source": f"{runs[0]['artifact_uri']}/model", "run_id": ids[0]}
        ask("POST", f"{mlflow}/model-versions/create", version | {"description": f"Why: [b]({link})"})
        views = f"{own}/experiments/{experiment}/views"
        own_runs = f"runs={source}%2F{experiment}%3A{ids[0]}%2C{ids[1]}"
        ask("POST", views, {"name": "across", "search": f"view=across&{own_runs}&baseline={ids[1]}"})
        ask("POST", views, {"name": "pair", "search": f"runs={ids[0]}%2C{ids[1]}&view=compare", "is_default": True})
        assert handloom("export", f"{name} source", str(archive), *server.where, timeout=120).returncode == 0
        here = workspace_with_experiments(ask, name)
        for _ in range(2):
            imported = handloom("import", str(archive), "--workspace", name, *server.where, timeout=120)
            assert imported.returncode == 0, imported.stdout + imported.stderr
        items = {
            (one["kind"], one["name"]): one["id"] for one in ask("GET", f"/api/v1/workspaces/{here}/items")["items"]
        }
        new_link = f"/workspaces/{here}/reports/{items['report', 'b']}"
        (block,) = ask("GET", f"/api/v1/workspaces/{here}/reports/{items['report', 'a']}")["blocks"]
        assert block["text"] == f"See [b]({new_link})"
        described = ask("GET", f"/api/v1/workspaces/{here}/models/m/versions/1")["row"]["description"]
        assert described == f"Why: [b]({new_link})"
        new = items["experiment", "sweep"]
        assert new != experiment
        asked = {"experiment_ids": [new], "order_by": ["attributes.start_time"]}
        found = ask("POST", f"/mlflow/{here}/api/2.0/mlflow/runs/search", asked)["runs"]
        first, last = [run["info"]["run_id"] for run in found]
        views = ask("GET", f"/api/v1/workspaces/{here}/experiments/{new}/views")["views"]
        assert [(one["name"], one["search"], one["is_default"]) for one in views] == [
            ("across", f"view=across&runs={here}%2F{new}%3A{first}%2C{last}&baseline={last}", False),
            ("pair", f"runs={first}%2C{last}&view=compare", True),
        ]
