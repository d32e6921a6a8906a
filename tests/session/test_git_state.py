"""A script's run says what its code had that was not committed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from handloom.client.http import Client
from handloom.session import git_state
from running import Handloom, environment

LOG = "import mlflow\nwith mlflow.start_run() as run:\n    print(run.info.run_id)\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A committed script in a repository."""
    path = tmp_path / "train.py"
    path.write_text(LOG)
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "first")
    return path


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull})


def _said(script: Path) -> Any:
    return json.loads(git_state.changes(script))


def test_a_committed_script_has_no_changes(script: Path) -> None:
    said = _said(script)
    assert len(said.pop("commit")) == 40
    assert said == {"count": 0, "files": [], "diff": "", "cut": False}


def test_changed_and_unknown_files_are_named_and_the_text_of_known_ones_kept(script: Path) -> None:
    script.write_text(LOG + "print('새 줄')\n")
    (script.parent / "new file.py").write_text("secret = 1\n")
    said = _said(script)
    assert (said["count"], said["files"], said["cut"]) == (2, ["train.py", "new file.py"], False)
    assert "+print('새 줄')" in said["diff"]
    assert "secret" not in said["diff"]


def test_a_long_diff_is_cut_so_that_the_tag_holds_it(script: Path) -> None:
    script.write_text(LOG + "\n".join(f'x = "\\\\ {n} 한글"' for n in range(3_000)))
    for n in range(200):
        (script.parent / f"{'n' * 200}{n}.py").write_text("")
    text = git_state.changes(script)
    said = json.loads(text)
    assert len(text) <= git_state.LONGEST
    assert (said["count"], said["cut"]) == (201, True)
    assert "train.py" in said["files"]


def test_nothing_is_said_where_nothing_is_known(script: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    ignored = script.parent / "ignored.py"
    ignored.write_text("")
    assert git_state.changes(ignored) == ""
    elsewhere = tmp_path_factory.mktemp("plain") / "a.py"
    elsewhere.write_text("")
    assert git_state.changes(elsewhere) == ""


@pytest.mark.parametrize("wanted", [True, False])
def test_the_run_of_a_script_has_the_tag_unless_it_is_turned_off(
    server: Handloom, client: Client, script: Path, *, wanted: bool
) -> None:
    script.write_text(LOG + "print('changed')\n")
    own = {"MLFLOW_TRACKING_URI": server.url, "MLFLOW_TRACKING_TOKEN": server.token}
    own |= {} if wanted else {"HANDLOOM_GIT_CHANGES": "false"}
    ran = subprocess.run(
        [sys.executable, str(script)], env=environment() | own, capture_output=True, text=True, check=True
    )
    run = client.request("GET", f"/api/2.0/mlflow/runs/get?run_id={ran.stdout.split()[0]}").json()["run"]
    tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
    assert (git_state.TAG in tags) is wanted
    if wanted:
        assert json.loads(tags[git_state.TAG])["files"] == ["train.py"]
        assert json.loads(tags[git_state.TAG])["commit"] == tags["mlflow.source.git.commit"]
