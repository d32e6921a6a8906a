"""The image of packaging/Containerfile is built, starts as its user, runs a notebook in a box, and keeps its data.

It needs root, podman, runc and mmdebstrap. Its base is made from Debian's packages, since a registry of images cannot
be reached everywhere.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from azurite import free_port
from running import ROOT

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1_800)]

PROGRAMS = ("podman", "runc", "mmdebstrap")
BASE = """FROM localhost/handloom-test-debian
RUN python3 -m venv /opt/python
ENV PATH=/opt/python/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
"""
CONFIGURATION = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs/ca-certificates.crt", "/opt/wheels", "/opt/pypi")
LIMITS = ("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096")
FOR_BOXES = [f"--security-opt={option}" for option in ("seccomp=unconfined", "apparmor=unconfined", "unmask=ALL")]
CELL = """import os, mlflow
mlflow.set_experiment("from a container")
with mlflow.start_run():
    mlflow.log_metric("rows", spark.range(5).count())
print(os.getuid(), os.path.exists("/data/secret.key"), os.path.exists("/data/handloom.db"))"""


def podman(*words: str, timeout: float = 900) -> str:
    done = subprocess.run(
        ["podman", *words],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "STORAGE_DRIVER": "vfs"},
        check=False,
    )
    assert done.returncode == 0, f"podman {' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"needs root and {', '.join(missing or PROGRAMS)}")
    folder = tmp_path_factory.mktemp("image")
    base = folder / "base.tar"
    packages = "--include=python3,python3-venv,python3-pip,ca-certificates"
    subprocess.run(["mmdebstrap", "--variant=apt", packages, "bookworm", str(base)], check=True, capture_output=True)
    (folder / "Containerfile").write_text(BASE)
    podman("import", str(base), "localhost/handloom-test-debian")
    built = ("build", "--isolation=chroot", "--network=host")
    podman(*built, "--tag", "localhost/handloom-test-python", str(folder))
    subprocess.run(["make", "wheel"], cwd=ROOT, check=True, capture_output=True)
    mounts = [f"--volume={path}:{path}:ro" for path in CONFIGURATION if Path(path).exists()]
    argument = "--build-arg=BASE=localhost/handloom-test-python"
    file = str(ROOT / "packaging" / "Containerfile")
    podman(*built, argument, *mounts, "--file", file, "--tag", "localhost/handloom-test", str(ROOT))
    yield "localhost/handloom-test"
    for name in ("localhost/handloom-test", "localhost/handloom-test-python", "localhost/handloom-test-debian"):
        podman("rmi", "--force", name)


@pytest.fixture
def container(image: str) -> Iterator[tuple[str, int]]:
    port = free_port()
    name, volume = f"handloom-test-{port}", f"handloom-test-data-{port}"
    variable = f"--env=HANDLOOM_PORT={port}"
    options = ["--runtime=runc", "--network=host", *LIMITS, *FOR_BOXES, f"--volume={volume}:/data", variable]
    podman("run", "--detach", "--name", name, *options, image)
    yield name, port
    podman("rm", "--force", "--volumes", name)
    podman("volume", "rm", "--force", volume)


def ready(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as reply:
            if json.load(reply)["ready"]:
                return
        time.sleep(0.3)
    raise AssertionError("The server in the container is not ready after two minutes.")


def test_the_image_runs_a_notebook_and_keeps_its_runs(container: tuple[str, int], tmp_path: Path) -> None:
    name, port = container
    ready(port)
    report = podman("exec", name, "handloom", "doctor")
    assert "Sessions can be kept apart in boxes" in report
    assert "Problems: 0" in report
    notebook = tmp_path / "cell.ipynb"
    cell: dict[str, object] = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": CELL,
    }
    notebook.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    podman("cp", str(notebook), f"{name}:/tmp/cell.ipynb")
    podman("exec", name, "handloom", "run", "/tmp/cell.ipynb", "--workspace", "lab", "--output", "/tmp/done.ipynb")
    outputs = json.loads(podman("exec", name, "cat", "/tmp/done.ipynb"))["cells"][0]["outputs"]
    printed = {one["name"]: "".join(one["text"]) for one in outputs if one["output_type"] == "stream"}
    assert printed["stdout"] == "8484 False False\n"
    assert "WARNING" not in printed.get("stderr", "")
    assert not [one for one in outputs if one["output_type"] == "error"]
    began = time.monotonic()
    podman("stop", "--time", "60", name)
    assert time.monotonic() - began < 50, "the server did not end by SIGTERM"
    podman("start", name)
    ready(port)
    podman("exec", name, "handloom", "export", "lab", "/tmp/lab.zip")
    read = "import zipfile; print(zipfile.ZipFile('/tmp/lab.zip').read('records.jsonl').decode())"
    assert '"rows"' in podman("exec", name, "python", "-c", read)
