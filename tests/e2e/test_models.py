"""The page of a model: versions, comparison, aliases with their history, lineage; and the webhooks of a workspace."""

from __future__ import annotations

import re
import uuid

from playwright.sync_api import expect

from e2e.conftest import Sit
from e2e.words import KOREAN
from running import Handloom

MODEL = "churn"


def registered(site: Handloom, versions: int = 3) -> str:
    """A model whose versions come from runs with different params and metrics: its workspace."""
    with site.client() as http:
        workspace: str = http.post("/api/v1/workspaces", json={"name": f"models {uuid.uuid4()}"}).json()["id"]
        api = f"/mlflow/{workspace}/api/2.0/mlflow"
        described = {"name": MODEL, "description": "Tells **who** leaves.\n\n- fast\n- small"}
        http.post(f"{api}/registered-models/create", json=described)
        for n in range(versions):
            start = {"experiment_id": "0", "run_name": f"forest {n}", "start_time": n + 1}
            run = http.post(f"{api}/runs/create", json=start).json()["run"]["info"]
            points = [
                {"key": key, "value": value + n / 10, "timestamp": 1, "step": 0}
                for key, value in (("accuracy", 0.5), ("log_loss", 0.2))
            ]
            pairs = [{"key": "depth", "value": str(n)}, {"key": "seed", "value": "1"}]
            http.post(f"{api}/runs/log-batch", json={"run_id": run["run_id"], "metrics": points, "params": pairs})
            folder = run["artifact_uri"].replace(
                "mlflow-artifacts:/", f"/mlflow/{workspace}/api/2.0/mlflow-artifacts/artifacts/"
            )
            packages = f"numpy==2.0\nscikit-learn==1.{n}\n"
            http.put(f"{folder}/model/requirements.txt", content=packages).raise_for_status()
            source = {"name": MODEL, "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
            assert http.post(f"{api}/model-versions/create", json=source).status_code == 200
    return workspace


def test_versions_are_compared_and_an_alias_says_who_set_it_and_why(sit: Sit, site: Handloom) -> None:
    workspace = registered(site)
    person = sit()
    page = person.page
    person.go(f"/workspaces/{workspace}/models/{MODEL}")
    page.get_by_role("button", name="Add alias").click()
    page.get_by_label("Alias", exact=True).fill("champion")
    page.get_by_label("Why (optional)").fill("Best on the data of March")
    page.get_by_role("button", name="Save", exact=True).click()
    history = page.get_by_role("list", name="History of the aliases")
    versions = page.get_by_role("navigation", name="Model versions")
    expect(versions.get_by_label("Metric in the list")).to_have_value("accuracy")
    versions.get_by_label("Metric in the list").click()
    page.get_by_role("option", name="log_loss").click()
    expect(versions.get_by_role("button").first).to_contain_text("0.4")
    page.get_by_role("button", name="Show the description").click()
    expect(page.get_by_role("region", name="Description").get_by_role("listitem")).to_have_text(["fast", "small"])
    expect(page.get_by_role("main")).not_to_contain_text("**")
    expect(history).to_contain_text("@champion set to version 3")
    expect(history).to_contain_text("Best on the data of March")
    person.shot("alias")

    page.get_by_role("tab", name="All versions").click()
    table = page.get_by_role("grid", name="Versions of the model")
    expect(table.get_by_role("columnheader", name="accuracy")).to_be_visible()
    expect(table.get_by_role("row").nth(1)).to_contain_text("@champion")
    for version in (1, 3):
        table.get_by_role("checkbox", name=f"Select version {version}").click()
    person.shot("table")
    page.get_by_role("button", name="Compare (2)").click()
    compared = page.get_by_role("grid", name="Versions side by side")
    expect(compared).to_contain_text("depth")
    expect(compared).not_to_contain_text("seed")
    expect(compared.get_by_role("row").filter(has_text="accuracy")).to_contain_text("0.7")
    person.shot("compare")
    page.reload()
    expect(compared).to_contain_text("depth")
    page.get_by_role("tab", name="Files", exact=True).click()
    page.get_by_role("tree", name="Files to compare").get_by_role("treeitem", name="requirements.txt").click()
    expect(page.get_by_text("scikit-learn==1.2")).to_be_visible()
    expect(page.get_by_label("Second of the two")).to_have_value(re.compile("Version 3 @champion"))
    person.shot("files")
    page.get_by_role("tab", name="Code", exact=True).click()
    expect(page.get_by_text("No code was kept of Version 1, Version 3 @champion")).to_be_visible()
    page.get_by_role("tab", name="Parameters and metrics").click()
    page.get_by_role("button", name="Compare source runs").click()
    expect(page.get_by_role("grid").get_by_role("link", name="forest 2")).to_be_visible()
    page.go_back()

    page.get_by_role("tab", name="Version details").click()
    lineage = page.get_by_role("region", name="Lineage")
    expect(lineage.get_by_role("link", name="forest 2")).to_be_visible()
    expect(lineage).to_contain_text("No run has logged its use")
    person.shot("lineage")


def test_a_webhook_is_made_where_it_may_send_and_tells_what_became_of_it(sit: Sit, site: Handloom) -> None:
    workspace = registered(site, versions=1)
    person = sit(KOREAN, dark=True)
    page = person.page
    person.go(f"/workspaces/{workspace}")
    page.get_by_role("button", name="기타 작업").first.click()
    page.get_by_role("menuitem", name="웹후크").click()
    page.get_by_role("button", name="웹후크 추가").click()
    panel = page.get_by_role("dialog", name="웹후크 추가")
    panel.get_by_label("이름").fill("chat")
    panel.get_by_label("URL").fill("http://127.0.0.1:9/hook")
    panel.get_by_role("radio", name="Slack").click()
    panel.get_by_role("button", name="저장").click()
    expect(panel).to_contain_text("127.0.0.1 주소(127.0.0.1)는 공용 주소가 아닙니다.")
    person.shot("refused")
    panel.get_by_label("URL").fill("https://1.1.1.1/hook")
    panel.get_by_role("button", name="저장").click()
    expect(page.get_by_role("dialog", name="chat")).to_contain_text("아직 보낸 메시지가 없습니다")
    person.shot("made")
    page.keyboard.press("Escape")
    expect(page.get_by_role("table", name="웹후크")).to_contain_text("https://1.1.1.1/hook")
