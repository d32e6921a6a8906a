"""Environments: their packages are in new sessions of the notebooks that have chosen them, and nowhere else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import wheels
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.environments import Environment
from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
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
    """Makes the environment with these packages, the workspace's default unless it is named, or builds it anew.

    Waits for the end of the build and returns the environment. None is left at the end.
    """
    path = f"/workspaces/{workspace}/environments"

    def ask(*requirements: str, name: str = "Default") -> dict[str, Any]:
        body = {"requirements": list(requirements)}
        known = {one["name"]: one["id"] for one in client.ask("GET", path)["environments"]}
        if name in known:
            made = client.ask("PATCH", f"{path}/{known[name]}", body)
        else:
            made = client.ask("POST", path, body | {"name": name, "default": name == "Default"})
        return built(client, made)

    yield ask
    for one in client.ask("GET", path)["environments"]:
        client.ask("DELETE", f"{path}/{one['id']}")


def built(client: Client, environment: dict[str, Any]) -> dict[str, Any]:
    """Wait for the end of the build."""
    end = time.monotonic() + 120
    path = f"/workspaces/{environment['workspace']}/environments/{environment['id']}"
    while (found := client.ask("GET", path))["state"] == "building":
        assert time.monotonic() < end
        time.sleep(0.1)
    return dict(found)


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


def test_no_session_starts_as_if_a_chosen_environment_had_been_built(client: Client, workspace: str, put: Put) -> None:
    assert put("Files/missing-1.0-py3-none-any.whl", name="Never built")["state"] == "failed"
    with pytest.raises(Conflict, match="“Never built” could not be built"):
        client.ask("POST", f"/workspaces/{workspace}/sessions", {"name": "refused", "environment": "Never built"})
    put("Files/missing-1.0-py3-none-any.whl")
    with RemoteSession(client, workspace, name="default") as session:
        assert (session.facts["environment_id"], session.facts["environment_name"]) == ("", "")


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
    known = Environment(id=kept["id"], workspace=workspace, name=kept["name"], packages=kept["packages"])
    superseded = [one for one in environments.superseded([known]) if one.parent.name == workspace]
    assert sorted(superseded) == sorted(builds[:-1])
    assert len(builds) > 1


def test_what_would_break_spark_options_and_a_second_build_are_refused(
    client: Client, workspace: str, files: Path, put: Put
) -> None:
    refused = put("pyarrow==4.0.0")
    assert refused["state"] == "failed"
    path = f"/workspaces/{workspace}/environments"
    mine = f"{path}/{refused['id']}"
    with pytest.raises(Invalid, match="--index-url is an option"):
        client.ask("PATCH", mine, {"requirements": ["--index-url http://127.0.0.1:1"]})
    with pytest.raises(Invalid, match="at least one package"):
        client.ask("PATCH", mine, {"requirements": ["# nothing"]})
    with pytest.raises(AlreadyExists, match="“default” is in this workspace already"):
        client.ask("POST", path, {"name": "default", "requirements": ["x"]})
    wheels.build(files / "Files", "kept-package", "1.0")
    again = client.ask("PATCH", mine, {"requirements": ["Files/kept_package-1.0-py3-none-any.whl"]})
    with pytest.raises(Conflict, match="being built"):
        client.ask("PATCH", mine, {"requirements": ["x"]})
    built(client, again)


def test_notebooks_of_a_workspace_choose_among_its_environments(
    client: Client, workspace: str, files: Path, put: Put
) -> None:
    for version in ("1.0", "2.0"):
        wheels.build(files / "Files", "kept-package", version)
    put("Files/kept_package-1.0-py3-none-any.whl")
    newer = put("Files/kept_package-2.0-py3-none-any.whl", name="newer")
    log = client.ask("GET", f"/workspaces/{workspace}/environments/{newer['id']}/log")["lines"]
    assert "kept-package 2.0" in " ".join(log)
    notebook = client.ask("POST", f"/workspaces/{workspace}/notebooks", {"name": "chooses"})
    assert notebook["environment"] == ""
    path = f"/workspaces/{workspace}/notebooks/{notebook['id']}"
    with pytest.raises(NotFound, match="no such environment"):
        client.ask("PATCH", path, {"environment": "elsewhere"})

    def started(environment: str = "") -> tuple[str, str]:
        with RemoteSession(client, workspace, notebook=notebook["id"], environment=environment) as session:
            found = printed(
                session,
                "try:\n    import kept_package; print(kept_package.__version__)\nexcept ImportError: print('none')",
            )
            return found, session.facts["environment_name"]

    assert started() == ("1.0", "Default")
    client.ask("PATCH", path, {"environment": newer["id"]})
    assert started() == ("2.0", "newer")
    assert started(environment="Default") == ("1.0", "Default")
    with pytest.raises(Invalid, match="no environment “gone”"):
        started(environment="gone")
    client.ask("PATCH", path, {"environment": "none"})
    assert started() == ("none", "")
    client.ask("PATCH", path, {"environment": newer["id"]})
    client.ask("PATCH", f"/workspaces/{workspace}/environments/{newer['id']}", {"name": "newest", "default": True})
    listed = client.ask("GET", f"/workspaces/{workspace}/environments")["environments"]
    assert [(one["name"], one["is_default"], one["notebooks"]) for one in listed] == [
        ("newest", True, 1),
        ("Default", False, 0),
    ]
    schedule = client.ask(
        "POST",
        f"/workspaces/{workspace}/schedules",
        {"notebook": notebook["id"], "every_seconds": 86_400, "environment": newer["id"]},
    )
    client.ask("DELETE", f"/workspaces/{workspace}/environments/{newer['id']}")
    assert client.ask("GET", path)["environment"] == ""
    assert client.ask("GET", f"/workspaces/{workspace}/schedules/{schedule['id']}")["environment"] == ""
    assert started() == ("none", "")


def test_a_document_names_its_environment_and_a_schedule_chooses_another(
    client: Client, workspace: str, files: Path, put: Put
) -> None:
    wheels.build(files / "Files", "kept-package", "1.0")
    course = put("Files/kept_package-1.0-py3-none-any.whl", name="course")
    code = "import importlib.util as found; print(found.find_spec('kept_package') is not None)"
    cell: dict[str, Any] = {"cell_type": "code", "source": code, "metadata": {}, "outputs": [], "execution_count": None}
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "cells": [cell],
        "metadata": {"handloom": {"environment": "course"}},
    }
    at = f"/workspaces/{workspace}"
    notebook = client.ask("POST", f"{at}/notebooks", {"name": "brought", "content": document})
    assert notebook["environment"] == course["id"]
    unknown = document | {"metadata": {"handloom": {"environment": "elsewhere"}}}
    assert client.ask("POST", f"{at}/notebooks", {"name": "unknown", "content": unknown})["environment"] == ""
    file = f"{at}/notebooks/{notebook['id']}/file"
    client.ask("PATCH", f"{at}/environments/{course['id']}", {"name": "renamed"})
    kept = json.loads(client.download(file))
    assert kept["metadata"]["handloom"]["environment"] == "renamed"
    assert client.ask("POST", f"{at}/notebooks", {"name": "again", "content": kept})["environment"] == course["id"]

    def printed_by(environment: str) -> str:
        given = {"notebook": notebook["id"], "every_seconds": 86_400, "environment": environment}
        schedule = client.ask("POST", f"{at}/schedules", given)
        assert schedule["environment"] == environment
        job = client.ask("POST", f"{at}/schedules/{schedule['id']}/run")["id"]
        end = time.monotonic() + 120
        while (found := client.ask("GET", f"{at}/jobs/{job}")["job"])["state"] in ("queued", "running"):
            assert time.monotonic() < end
            time.sleep(0.1)
        assert found["state"] == "succeeded", found
        (ran,) = json.loads(client.download(f"{at}/jobs/{job}/document"))["cells"]
        return "".join(ran["outputs"][0]["text"]).strip()

    assert [printed_by(""), printed_by("none")] == ["True", "False"]
    with pytest.raises(NotFound, match="no such environment"):
        client.ask("POST", f"{at}/schedules", {"notebook": notebook["id"], "every_seconds": 86_400, "environment": "x"})
