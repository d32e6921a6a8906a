"""The command line, run as a process."""

import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from running import Handloom, environment, handloom


def test_a_server_says_where_it_is_and_ends_cleanly_on_sigterm(own_server: Handloom) -> None:
    assert f"at {own_server.url}" in own_server.log
    assert own_server.stop() == 0
    assert not (own_server.data / "server.json").exists()
    assert "Traceback" not in own_server.log


def test_ctrl_c_ends_it_cleanly(own_server: Handloom) -> None:
    assert own_server.process is not None
    own_server.process.send_signal(signal.SIGINT)
    assert own_server.process.wait(20) == 0
    assert "Traceback" not in own_server.log


def test_what_was_acknowledged_survives_kill_9(own_server: Handloom) -> None:
    with own_server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": "kept"}).json()
    own_server.kill()
    own_server.start()
    with own_server.client() as client:
        assert client.get(f"/api/v1/workspaces/{made['id']}").json()["name"] == "kept"


def test_each_start_prints_a_new_link(own_server: Handloom) -> None:
    first = own_server.sign_in_url
    own_server.stop()
    own_server.start()
    assert own_server.sign_in_url != first


def test_a_second_server_on_the_folder_names_the_first(own_server: Handloom) -> None:
    second = handloom("up", "--data", str(own_server.data), "--port", "0", "--no-browser")
    assert second.returncode == 1
    assert own_server.url in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = handloom("up", "--data", str(tmp_path / "data"), "--port", port, "--no-browser")
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["--no-auth", "--host", "0.0.0.0"], "--no-auth"),
        (["--port", "99999"], "--port"),
        (["--port", "http"], "--port"),
        (["--warm-kernels", "-1"], "--warm-kernels"),
        (["--data", ""], "--data"),
    ],
)
def test_a_wrong_flag_is_named(tmp_path: Path, flags: list[str], word: str) -> None:
    done = handloom("up", "--no-browser", "--data", str(tmp_path / "data"), *flags)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_variable_is_named_and_a_flag_wins_over_it(tmp_path: Path) -> None:
    env = {"HANDLOOM_PORT": "eighty", "HANDLOOM_DATA": str(tmp_path / "data")}
    done = handloom("up", "--no-browser", env=env)
    assert (done.returncode, "HANDLOOM_PORT" in done.stderr) == (2, True)
    done = handloom("up", "--no-browser", "--port", "99999", env=env)
    assert "HANDLOOM_PORT" not in done.stderr


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = handloom("up", "--data", str(tmp_path / "file"), "--no-browser")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_of_a_newer_release_is_refused_and_left_alone(own_server: Handloom) -> None:
    own_server.stop()
    file = own_server.data / "handloom.db"
    with sqlite3.connect(file) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    db.close()
    before = file.read_bytes()
    done = handloom("up", "--data", str(own_server.data), "--port", "0", "--no-browser")
    assert done.returncode == 2
    assert "newer" in done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize("running", [True, False])
def test_tokens_are_made_listed_and_revoked(own_server: Handloom, running: bool) -> None:
    if not running:
        own_server.stop()
    data = ["--data", str(own_server.data)]
    assert "expires on" in handloom("token", "create", "usual", *data).stderr
    assert "never expires" in handloom("token", "create", "for ever", "--expires", "never", *data).stderr
    assert handloom("token", "create", "wrong", "--expires", "soon", *data).returncode == 2
    text = handloom("token", "create", "노트북 laptop", "--expires", "3", *data).stdout.strip()
    listed = handloom("token", "list", *data).stdout
    assert "노트북 laptop" in listed
    assert text not in listed
    token_id = listed.splitlines()[1].split()[0]
    if not running:
        own_server.start()
    assert httpx.get(f"{own_server.url}/api/v1/me", headers={"Authorization": f"Bearer {text}"}).status_code == 200
    if not running:
        own_server.stop()
    assert handloom("token", "revoke", token_id, *data).returncode == 0
    again = handloom("token", "revoke", token_id, *data)
    assert (again.returncode, "no such token" in again.stderr) == (1, True)
    if not running:
        own_server.start()
    assert httpx.get(f"{own_server.url}/api/v1/me", headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_a_new_sign_in_link_works(own_server: Handloom) -> None:
    link = handloom("token", "sign-in", "--data", str(own_server.data)).stdout.strip()
    with httpx.Client() as browser:
        assert own_server.sign_in(browser, link).status_code == 303
        assert browser.get(f"{own_server.url}/api/v1/me").status_code == 200


def test_people_are_added_listed_disabled_and_removed(own_server: Handloom) -> None:
    where = ("--data", str(own_server.data))

    def said(*words: str, **options: str) -> str:
        done = handloom("user", *words, *where, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    link = said("add", "kim", "--display-name", "김지은")
    assert link.startswith(f"{own_server.url}/sign-in?token=hl_")
    with httpx.Client(base_url=own_server.url) as browser:
        assert own_server.sign_in(browser, link).status_code == 303
        browser.post("/api/v1/workspaces", json={"name": "kims"}, headers={"Origin": own_server.url})
        assert ["김지은" in line and "active" in line for line in said("list").splitlines() if "kim" in line] == [True]
        assert own_server.sign_in(browser, said("link", "KIM")).status_code == 303
        said("password", "kim", input="a good password\n")
        assert browser.get("/api/v1/me").status_code == 401
        said("role", "kim", "admin")
        said("disable", "kim")
        assert "disabled" in said("list")
        assert handloom("user", "link", "kim", *where).returncode == 1
        said("enable", "kim")
    refused = handloom("user", "remove", "kim", *where, input="")
    assert refused.returncode == 1
    assert "kims" in refused.stderr
    said("add", "lee", "--role", "admin")
    said("remove", "kim", "--to", "lee")
    assert "kim" not in said("list")
    assert handloom("user", "add", "lee", *where).returncode == 1
    with own_server.client() as admin:  # the command line on the server's machine reaches every workspace
        assert "kims" in [found["name"] for found in admin.get("/api/v1/workspaces").json()["workspaces"]]


def test_a_person_is_added_before_the_first_start_with_the_address_that_people_reach(tmp_path: Path) -> None:
    data = tmp_path / "data"
    said = handloom(
        *("user", "add", "kim", "--data", str(data)), env={"HANDLOOM_PUBLIC_URL": "https://lab.example.com/"}
    )
    assert said.stdout.startswith("https://lab.example.com/sign-in?token=hl_"), said.stderr
    with Handloom(data, "--public-url", "https://lab.example.com") as server, httpx.Client() as browser:
        answer = server.sign_in(browser, said.stdout.strip())
        assert answer.status_code == 303
        assert "; secure" in answer.headers["set-cookie"].lower()
        reached = httpx.get(f"{server.url}/health", headers={"Host": "lab.example.com"})
        assert reached.status_code == 200


@pytest.mark.parametrize(
    "given", ["lab.example.com", "ftp://x", "https://lab.example.com/api", "https://u@x", "https://"]
)
def test_a_public_address_that_is_none_is_refused(tmp_path: Path, given: str) -> None:
    refused = handloom("up", "--data", str(tmp_path / "data"), "--public-url", given)
    assert (refused.returncode, "--public-url" in refused.stderr) == (2, True)


def test_tokens_of_a_folder_that_is_none_are_told(tmp_path: Path) -> None:
    done = handloom("token", "list", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "handloom up" in done.stderr


def test_the_server_imports_neither_mlflow_nor_pandas_nor_jupyter(own_server: Handloom) -> None:
    """Read from the process itself: Linux names the files that a process has mapped, and these bring compiled parts."""
    assert own_server.process is not None
    maps = Path(f"/proc/{own_server.process.pid}/maps")
    if not maps.exists():
        pytest.skip("only Linux shows what a process has mapped")
    mapped = maps.read_text()
    for package in ("pandas", "numpy", "pyarrow", "zmq", "sklearn"):
        assert f"/{package}/" not in mapped
    code = "import sys, handloom.commands.up; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    imported = _python(code).split()
    for package in ("mlflow", "pandas", "jupyter_server", "jupyter_client", "nbformat", "traitlets", "alembic"):
        assert package not in imported


def _python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    ).stdout


def test_it_ends_at_once_with_a_live_page_open(own_server: Handloom) -> None:
    url = own_server.url.replace("http", "ws") + "/api/v1/events"
    with connect(url, additional_headers={"Authorization": f"Bearer {own_server.token}"}):
        began = time.monotonic()
        assert own_server.stop() == 0
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("given", ["mysql://kim@host/lab", "lab.db", "sqlite:///lab.db"])
def test_a_database_that_is_no_postgresql_is_refused_and_told_what_is(tmp_path: Path, given: str) -> None:
    env = {"HANDLOOM_DATABASE": given, "HANDLOOM_DATA": str(tmp_path / "data")}
    done = handloom("up", "--no-browser", env=env)
    assert done.returncode == 2
    assert "HANDLOOM_DATABASE" in done.stderr
    assert "postgresql://USER@HOST/NAME" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    address = "postgresql://kim:hush-hush@127.0.0.1:9/lab"
    for command in (["up", "--no-browser", "--port", "0"], ["token", "list"]):
        done = handloom(*command, "--data", str(tmp_path / "data"), env={"HANDLOOM_DATABASE": address})
        assert done.returncode == 1
        assert "kim:***@127.0.0.1:9/lab" in done.stderr
        assert "cannot be reached" in done.stderr
        assert "hush-hush" not in done.stderr
        assert "Traceback" not in done.stderr
