"""Models through our own API: save a run as a model; versions, files, signature, tags and aliases."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.run_lab import WorkspaceLab
from running import Handloom

ML_MODEL = """\
artifact_path: model
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.9}
  sklearn: {pickled_model: model.pkl}
mlflow_version: 3.17.2
signature:
  inputs: '[{"type": "long", "name": "AGE", "required": true}, {"type": "double", "name": "BMI", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'
  params: null
utc_time_created: 2026-01-01 00:00:00
"""
ART = "/api/2.0/mlflow-artifacts/artifacts"


class Lab(WorkspaceLab):
    def __init__(self, client: httpx.Client) -> None:
        super().__init__(client)
        self.ui = f"/api/v1/workspaces/{self.id}"

    def put(self, uri: str, path: str, data: bytes) -> None:
        place = f"{uri.removeprefix('mlflow-artifacts:/')}/{path}"
        assert self.client.put(f"/mlflow/{self.id}{ART}/{place}", content=data).status_code == 200

    def run(self, name: str = "calm-elk-7") -> str:
        info = self.mlflow("runs/create", {"experiment_id": "0", "run_name": name, "start_time": 1})["run"]["info"]
        self.uri = info["artifact_uri"]
        run_id: str = info["run_id"]
        return run_id

    def logged_model(self, run_id: str, name: str = "model") -> str:
        given = {"experiment_id": "0", "name": name, "source_run_id": run_id}
        info = self.mlflow("logged-models", given)["model"]["info"]
        self.put(info["artifact_uri"], "MLmodel", ML_MODEL.encode())
        self.put(info["artifact_uri"], "data/model.pkl", b"\x00\x01")
        model_id: str = info["model_id"]
        return model_id

    def save(self, run_id: str, path: str, model: str, *, new: bool = True, status: int = 200) -> Any:
        body = {"run": run_id, "path": path, "new": new, "description": "first"}
        return self.ask("POST", f"/models/{quote(model, safe='')}/versions", body, status=status)


@pytest.fixture
def lab(server: Handloom) -> Iterator[Lab]:
    with server.client() as client:
        yield Lab(client)


def test_a_runs_files_show_its_logged_model_as_a_folder(lab: Lab) -> None:
    run_id = lab.run()
    lab.put(lab.uri, "estimator.html", b"<p>hi</p>")
    lab.put(lab.uri, "plots/a.png", b"png")
    lab.logged_model(run_id)
    root = lab.ask("GET", f"/runs/{run_id}/files")
    assert [(e["path"], e["is_dir"], e["size"], e["model"]) for e in root["entries"]] == [
        ("model", True, None, True),
        ("plots", True, None, False),
        ("estimator.html", False, 9, False),
    ]
    inside = lab.ask("GET", f"/runs/{run_id}/files", params={"path": "model"})
    assert [(e["path"], e["name"], e["is_dir"]) for e in inside["entries"]] == [
        ("model/data", "data", True),
        ("model/MLmodel", "MLmodel", False),
    ]
    deeper = lab.ask("GET", f"/runs/{run_id}/files", params={"path": "model/data"})
    assert [e["path"] for e in deeper["entries"]] == ["model/data/model.pkl"]
    lab.ask("GET", f"/runs/{run_id}/files", params={"path": "nowhere"}, status=404)
    lab.ask("GET", f"/runs/{run_id}/files", params={"path": "../.."}, status=400)


def test_a_version_is_copied_to_another_workspace_with_its_files_run_and_origin(lab: Lab, server: Handloom) -> None:
    run_id = lab.run("tall-oak-1")
    points = [
        {"key": "r2", "value": 0.5, "timestamp": 5, "step": 0},
        {"key": "r2", "value": 0.7, "timestamp": 6, "step": 1},
    ]
    pairs = [{"key": "depth", "value": "3"}]
    lab.mlflow("runs/log-batch", {"run_id": run_id, "metrics": points, "params": pairs})
    dataset = {"name": "sales", "digest": "d1", "source_type": "local", "source": "{}"}
    lab.mlflow("runs/log-inputs", {"run_id": run_id, "datasets": [{"dataset": dataset}]})
    lab.mlflow("runs/set-tag", {"run_id": run_id, "key": "mlflow.source.name", "value": "train.py"})
    model_id = lab.logged_model(run_id)
    lab.save(run_id, "model", "churn")
    lab.put(f"mlflow-artifacts:/0/models/{model_id}/artifacts", "MLmodel", (ML_MODEL + f"run_id: {run_id}\n").encode())
    other = Lab(lab.client)
    asked = {"from_workspace": lab.id, "from_model": "churn", "from_version": 1, "alias": "champion"}
    made = other.ask("POST", "/models/churn/copies", asked)
    assert (made["workspace"], made["model"], made["version"]) == (other.id, "churn", 1)
    detail = other.ask("GET", "/models/churn/versions/1")
    row = detail["row"]
    assert (row["run_name"], row["experiment_name"], row["aliases"]) == ("tall-oak-1", "Default", ["champion"])
    assert (row["metrics"], row["params"]) == ({"r2": 0.7}, {"depth": "3"})
    assert row["run_id"] != run_id
    lineage = other.ask("GET", f"/runs/{row['run_id']}")
    assert ([one["name"] for one in lineage["datasets"]], lineage["row"]["source"]) == (["sales"], "train.py")
    assert detail["copied_from"]["workspace"] == lab.id
    assert (detail["copied_from"]["model"], detail["copied_from"]["version"]) == ("churn", 1)
    assert detail["model_card"]["run_id"] == row["run_id"]
    assert detail["logged_model"] == "model"
    files = other.ask("GET", "/models/churn/versions/1/files", params={"path": "data"})
    assert [(entry["path"], entry["size"]) for entry in files["entries"]] == [("data/model.pkl", 2)]

    lab.call("DELETE", f"/api/v1/workspaces/{lab.id}/models/churn")
    assert other.ask("GET", "/models/churn/versions/1")["flavors"] == ["python_function", "sklearn"]
    other.ask("POST", "/models/churn/copies", asked, status=404)
    other.ask("POST", "/models/churn/copies", asked | {"from_workspace": "0" * 32}, status=404)


def test_a_file_is_shown_sandboxed_and_downloaded_as_it_is(lab: Lab) -> None:
    run_id = lab.run()
    lab.put(lab.uri, "보고서.html", b"<script>alert(1)</script>")
    lab.logged_model(run_id)
    content = f"{lab.ui}/runs/{run_id}/files/content"
    shown = lab.client.get(content, params={"path": "보고서.html"})
    assert shown.text == "<script>alert(1)</script>"
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert shown.headers["x-content-type-options"] == "nosniff"
    kept = lab.client.get(content, params={"path": "보고서.html", "download": "1"})
    assert kept.headers["content-disposition"].startswith("attachment")
    part = lab.client.get(content, params={"path": "model/MLmodel"}, headers={"Range": "bytes=0-12"})
    assert (part.status_code, part.text) == (206, "artifact_path")
    for path in ("gone.txt", "model/gone.txt"):
        assert lab.client.get(content, params={"path": path}).status_code == 404
    for path in ("../x", "model/../../x", "model"):
        assert lab.client.get(content, params={"path": path}).status_code == 400


def test_a_report_runs_its_scripts_in_an_origin_of_its_own(lab: Lab) -> None:
    run_id = lab.run()
    lab.put(lab.uri, "report.html", b"<script>1</script>")
    lab.put(lab.uri, "notes.txt", b"plain")
    path = f"{lab.ui}/runs/{run_id}/files/content"
    page = lab.client.get(path, params={"path": "report.html", "scripts": 1}).headers["content-security-policy"]
    assert page.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in page
    assert "connect-src" not in page  # default-src forbids every request
    text = lab.client.get(path, params={"path": "notes.txt", "scripts": 1}).headers["content-security-policy"]
    kept = lab.client.get(path, params={"path": "report.html", "scripts": 1, "download": 1}).headers
    assert text == kept["content-security-policy"]
    assert text.startswith("sandbox; default-src 'none'")


def test_a_pdf_is_sent_without_a_sandbox_and_as_nothing_else(lab: Lab) -> None:
    run_id = lab.run()
    lab.put(lab.uri, "plot.pdf", b"<script>alert(1)</script>")
    path = f"{lab.ui}/runs/{run_id}/files/content"
    shown = lab.client.get(path, params={"path": "plot.pdf", "scripts": 1}).headers
    assert "sandbox" not in shown["content-security-policy"]  # the browser's viewer does not start in one
    assert shown["content-security-policy"].startswith("default-src 'none'")
    assert (shown["content-type"], shown["x-content-type-options"]) == ("application/pdf", "nosniff")


def test_a_run_is_saved_as_a_new_model_and_both_name_each_other(lab: Lab) -> None:
    run_id = lab.run()
    lab.mlflow("runs/log-metric", {"run_id": run_id, "key": "r2", "value": 0.5, "timestamp": 1, "step": 0})
    lab.mlflow("runs/log-parameter", {"run_id": run_id, "key": "depth", "value": "5"})
    model_id = lab.logged_model(run_id)
    version = lab.save(run_id, "model", "model-diabetes")
    assert (version["version"], version["run_id"], version["run_name"]) == (1, run_id, "calm-elk-7")
    assert (version["experiment"], version["experiment_name"], version["source"]) == (
        "0",
        "Default",
        f"models:/{model_id}",
    )
    assert (version["metrics"], version["params"], version["description"]) == ({"r2": 0.5}, {"depth": "5"}, "first")
    run = lab.ask("GET", f"/runs/{run_id}")
    assert run["row"]["versions"] == [{"model": "model-diabetes", "version": 1}]
    view = lab.ask("GET", "/models/model-diabetes")
    assert [v["version"] for v in view["versions"]] == [1]
    tags = lab.mlflow(f"logged-models/{model_id}", None, "GET")["model"]["info"]["tags"]
    assert {"key": "mlflow.modelVersions", "value": '[{"name":"model-diabetes","version":1}]'} in tags


def test_a_version_tells_signature_flavors_and_files(lab: Lab) -> None:
    run_id = lab.run()
    lab.logged_model(run_id)
    lab.save(run_id, "model", "m")
    detail = lab.ask("GET", "/models/m/versions/1")
    assert detail["inputs"] == [
        {"name": "AGE", "type": "long", "required": True},
        {"name": "BMI", "type": "double", "required": True},
    ]
    assert detail["outputs"] == [{"name": None, "type": "tensor(float64, [-1])", "required": True}]
    assert (detail["flavors"], detail["mlflow_version"]) == (["python_function", "sklearn"], "3.17.2")
    assert detail["model_uri"] == "models:/m/1"
    assert detail["model_card"]["utc_time_created"].startswith("2026-01-01 00:00:00")
    files = lab.ask("GET", "/models/m/versions/1/files")
    assert [e["path"] for e in files["entries"]] == ["data", "MLmodel"]
    content = lab.client.get(f"{lab.ui}/models/m/versions/1/files/content", params={"path": "MLmodel"})
    assert content.text == ML_MODEL
    mlflow = lab.client.get(
        f"/mlflow/{lab.id}/model-versions/get-artifact", params={"name": "m", "version": "1", "path": "MLmodel"}
    )
    assert mlflow.text == ML_MODEL


def test_a_model_folder_of_an_older_client_is_saved_from_the_run_itself(lab: Lab) -> None:
    run_id = lab.run()
    lab.put(lab.uri, "deep/model/MLmodel", ML_MODEL.encode())
    version = lab.save(run_id, "deep/model", "m")
    assert version["source"] == f"{lab.uri}/deep/model"
    assert lab.save(run_id, "deep/model", "m", new=False)["version"] == 2
    assert lab.ask("GET", "/models/m/versions/2")["flavors"] == ["python_function", "sklearn"]


def test_what_cannot_be_saved_says_why(lab: Lab) -> None:
    run_id = lab.run()
    lab.put(lab.uri, "plots/a.png", b"png")
    lab.logged_model(run_id)
    for path in ("plots", "", "gone"):
        error = lab.save(run_id, path, "m", status=400)["error"]
        assert error["field"] == "path"
        assert "MLmodel" in error["message"]
    lab.ask("GET", "/models/m", status=404)
    lab.save(run_id, "model", "m")
    error = lab.save(run_id, "model", "m", status=409)["error"]
    assert (error["code"], error["field"]) == ("already_exists", "name")
    assert "save this run as a new version" in error["message"]
    assert "There is no model named" in lab.save(run_id, "model", "other", new=False, status=404)["error"]["message"]
    assert lab.save("f" * 32, "model", "n", status=404)["error"]["code"] == "not_found"
    assert lab.save(run_id, "model", "a:b", status=400)["error"]["field"] == "name"


def test_a_model_is_made_renamed_described_and_deleted(lab: Lab) -> None:
    assert lab.ask("POST", "/models", {"name": " 당뇨병 모델 ", "description": "d"})["name"] == "당뇨병 모델"
    assert lab.ask("POST", "/models", {"name": "당뇨병 모델"}, status=409)["error"]["field"] == "name"
    path = f"/models/{quote('당뇨병 모델')}"
    assert lab.ask("PATCH", path, {"description": "new"})["description"] == "new"
    assert lab.ask("PATCH", path, {"name": "m@2 % ?"})["name"] == "m@2 % ?"
    renamed = f"/models/{quote('m@2 % ?', safe='')}"
    assert lab.ask("GET", renamed)["versions"] == []
    lab.ask("DELETE", renamed)
    lab.ask("GET", renamed, status=404)
    lab.ask("POST", "/models", {"name": "a/b"}, status=400)


def test_aliases_tags_and_versions_are_edited(lab: Lab) -> None:
    run_id = lab.run()
    lab.logged_model(run_id)
    for new in (True, False):
        lab.save(run_id, "model", "m", new=new)
    view = lab.ask("PUT", "/models/m/aliases", {"alias": "champion", "version": 2})
    assert [v["aliases"] for v in view["versions"]] == [["champion"], []]
    assert (
        "reserved"
        in lab.ask("PUT", "/models/m/aliases", {"alias": "latest", "version": 1}, status=400)["error"]["message"]
    )
    assert lab.ask("DELETE", "/models/m/aliases", params={"alias": "champion"})["versions"][0]["aliases"] == []
    assert lab.ask("PUT", "/models/m/tags", {"key": "team", "value": "a"})["tags"] == {"team": "a"}
    view = lab.ask("PUT", "/models/m/tags", {"key": "ok", "value": "yes", "version": 1})
    assert view["versions"][1]["tags"] == {"ok": "yes"}
    view = lab.ask("DELETE", "/models/m/tags", params={"key": "ok", "version": 1})
    assert view["versions"][1]["tags"] == {}
    assert lab.ask("DELETE", "/models/m/tags", params={"key": "team"})["tags"] == {}
    assert lab.ask("PATCH", "/models/m/versions/1", {"description": "better"})["description"] == "better"
    lab.ask("DELETE", "/models/m/versions/2")
    assert [v["version"] for v in lab.ask("GET", "/models/m")["versions"]] == [1]
    assert lab.ask("GET", f"/runs/{run_id}")["row"]["versions"] == [{"model": "m", "version": 1}]


def test_a_broken_model_file_shows_as_a_version_without_signature(lab: Lab) -> None:
    run_id = lab.run()
    bomb = b"a: &a [x, x, x, x, x, x, x, x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (c + 1, c + 1, b", ".join([b"*%c" % c] * 8)) for c in range(97, 106)
    )
    for at, text in enumerate([b"{{{ not yaml", b"- a list", b"", b"flavors: 3\nsignature: x", bomb]):
        lab.put(lab.uri, f"m{at}/MLmodel", text)
        lab.save(run_id, f"m{at}", "broken", new=at == 0)
        detail = lab.ask("GET", f"/models/broken/versions/{at + 1}")
        assert (detail["inputs"], detail["flavors"]) == (None, [])


def test_models_of_another_workspace_are_out_of_reach(lab: Lab, server: Handloom) -> None:
    run_id = lab.run()
    lab.logged_model(run_id)
    lab.save(run_id, "model", "m")
    with server.client() as client:
        other = Lab(client)
        other.ask("GET", "/models/m", status=404)
        other.ask("GET", f"/runs/{run_id}/files", status=404)
        other.save(run_id, "model", "m", status=404)
