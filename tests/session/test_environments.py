"""Environments of workspaces: their packages are in each new session of the workspace, and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import wheels
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.errors import Conflict, Invalid
from handloom.kernels.environments import Environments
from running import Handloom

VERSION = "import kept_package; print(kept_package.__version__)"
Put = Callable[..., dict[str, Any]]


@pytest.fixture
def files(server: Handloom, workspace: str) -> Path:
    """The folder of the workspace."""
    return server.data / "workspaces" / workspace


@pytest.fixture
def put(client: Client, workspace: str) -> Iterator[Put]:
    """Asks for packages, waits for the end of the build, and returns the environment. None is left at the end."""
    path = f"/workspaces/{workspace}/environment"

    def ask(*requirements: str) -> dict[str, Any]:
        client.ask("PUT", path, {"requirements": list(requirements)})
        end = time.monotonic() + 120
        while (found := client.ask("GET", path))["state"] == "building":
            assert time.monotonic() < end
            time.sleep(0.1)
        return dict(found)

    yield ask
    client.ask("PUT", path, {"requirements": []})


def printed(session: RemoteSession, code: str) -> str:
    ran = session.run(code, seconds=120)
    assert ran.error is None, "\n".join(ran.error["traceback"])
    return ran.text.strip()


def test_packages_kept_for_a_workspace_are_in_its_sessions_and_in_no_other(
    client: Client, workspace: str, files: Path, put: Put
) -> None:
    wheels.build(files / "Files", "kept-package", "1.0")
    kept = put("Files/kept_package-1.0-py3-none-any.whl")
    assert (kept["state"], kept["packages"]) == ("ready", ["kept-package==1.0"]), kept["message"]
    with RemoteSession(client, workspace, name="has it") as session:
        assert session.facts["environment"] == ["kept-package==1.0"]
        assert printed(session, VERSION) == "1.0"
        child = "import subprocess, sys\nprint(subprocess.check_output([sys.executable, '-c', code], text=True))"
        assert printed(session, f"code = {VERSION!r}\n{child}") == "1.0"
        assert "kept" not in printed(session, "%pip list --local")
        client.ask("POST", f"/workspaces/{workspace}/sessions/{session.facts['id']}/restart")
    other = str(client.ask("POST", "/workspaces", {"name": f"beside {workspace}"})["id"])
    with RemoteSession(client, other, name="has not") as session:
        ran = session.run(VERSION, seconds=60)
        assert ran.error is not None
        assert ran.error["ename"] == "ModuleNotFoundError"


def test_a_session_may_change_what_its_workspace_keeps_for_itself_alone(
    client: Client, workspace: str, files: Path, put: Put
) -> None:
    for version in ("1.0", "2.0"):
        wheels.build(files / "Files", "kept-package", version)
    put("Files/kept_package-1.0-py3-none-any.whl")
    with RemoteSession(client, workspace, name="one") as one:
        printed(one, "%pip install Files/kept_package-2.0-py3-none-any.whl")
        assert printed(one, VERSION) == "2.0"
        with RemoteSession(client, workspace, name="two") as two:
            assert printed(two, VERSION) == "1.0"


def test_a_failed_build_says_why_and_sessions_go_on_with_the_last_one(
    client: Client, workspace: str, files: Path, put: Put
) -> None:
    wheels.build(files / "Files", "kept-package", "1.0")
    put("Files/kept_package-1.0-py3-none-any.whl")
    failed = put("Files/missing-1.0-py3-none-any.whl")
    assert failed["state"] == "failed"
    assert "missing-1.0-py3-none-any.whl" in failed["message"]
    assert failed["packages"] == ["kept-package==1.0"]
    with RemoteSession(client, workspace, name="goes on") as session:
        assert printed(session, VERSION) == "1.0"


def test_a_layer_that_is_gone_is_built_again_before_the_session_starts(
    client: Client, server: Handloom, workspace: str, files: Path, put: Put
) -> None:
    wheels.build(files / "Files", "kept-package", "1.0")
    put("Files/kept_package-1.0-py3-none-any.whl")
    for note in (server.data / "environments" / workspace).glob("*/environment.json"):
        note.unlink()  # as after an upgrade, or on another server
    with RemoteSession(client, workspace, name="again") as session:
        assert printed(session, VERSION) == "1.0"


def test_a_wheel_that_changed_without_its_version_is_built_again(
    client: Client, server: Handloom, workspace: str, files: Path, put: Put
) -> None:
    for padding in (0, 100):
        wheels.build(files / "Files", "kept-package", "1.0", padding=padding)
        kept = put("Files/kept_package-1.0-py3-none-any.whl")
    with RemoteSession(client, workspace, name="newest") as session:
        code = "import kept_package, os; print('padding.bin' in os.listdir(os.path.dirname(kept_package.__file__)))"
        assert printed(session, code) == "True"
    builds = sorted((server.data / "environments" / workspace).iterdir(), key=lambda build: build.stat().st_mtime_ns)
    environments = Environments(server.data, 0)
    superseded = [one for one in environments.superseded({workspace: kept["packages"]}) if one.parent.name == workspace]
    assert sorted(superseded) == sorted(builds[:-1])
    assert len(builds) > 1


def test_what_would_break_spark_options_and_a_second_build_are_refused(
    client: Client, workspace: str, files: Path, put: Put
) -> None:
    refused = put("pyarrow==4.0.0")
    assert refused["state"] == "failed"
    path = f"/workspaces/{workspace}/environment"
    with pytest.raises(Invalid, match="--index-url is an option"):
        client.ask("PUT", path, {"requirements": ["--index-url http://127.0.0.1:1"]})
    wheels.build(files / "Files", "kept-package", "1.0")
    client.ask("PUT", path, {"requirements": ["Files/kept_package-1.0-py3-none-any.whl"]})
    with pytest.raises(Conflict, match="being built"):
        client.ask("PUT", path, {"requirements": []})
    put_again = time.monotonic() + 120
    while client.ask("GET", path)["state"] == "building":
        assert time.monotonic() < put_again
        time.sleep(0.1)
