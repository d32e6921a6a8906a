"""`handloom doctor`: it finds what keeps a server from working, says what to do, and changes nothing."""

from __future__ import annotations

import os
import socket
import sqlite3
from pathlib import Path

import pytest

from running import Handloom, handloom

pytestmark = pytest.mark.on_sqlite


def levels(report: str) -> dict[str, str]:
    """The worst level of each subject."""
    found: dict[str, str] = {}
    for line in report.splitlines()[:-1]:
        level, subject = line[:9].strip(), line[9:25].strip()
        found[subject] = max(found.get(subject, ""), level)  # by chance, "OK" < "problem" < "warning"
    return found


def test_a_machine_on_which_nothing_has_started_is_fine_and_stays_as_it_is(tmp_path: Path) -> None:
    done = handloom("doctor", "--data", str(tmp_path / "new"), "--port", "0")
    assert (done.returncode, "problem" in levels(done.stdout).values()) == (0, False), done.stdout
    assert {"Data folder", "Disk", "Database", "Packages", "Server", "Isolation"} <= levels(done.stdout).keys()
    assert list(tmp_path.iterdir()) == []


def test_a_running_server_is_asked_whether_it_is_ready(server: Handloom) -> None:
    done = handloom("doctor", *server.where)
    assert done.returncode == 0, done.stdout
    assert f"A server runs at {server.url}" in done.stdout
    assert "has the schema of this release" in done.stdout


def test_a_damaged_and_a_newer_database_are_problems_and_are_left_alone(own_server: Handloom) -> None:
    own_server.stop()
    file = own_server.data / "handloom.db"
    with sqlite3.connect(file) as database:
        (version,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    newer = handloom("doctor", *own_server.where, "--port", "0")
    assert (newer.returncode, levels(newer.stdout)["Database"]) == (1, "problem")
    assert "newer release" in newer.stdout
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    database.close()
    older = handloom("doctor", *own_server.where, "--port", "0")
    assert (older.returncode, levels(older.stdout)["Database"]) == (0, "warning")
    assert f"migrates it to {version}" in older.stdout
    content = bytearray(file.read_bytes())
    content[4096:12288] = os.urandom(8192)
    file.write_bytes(content)
    damaged = handloom("doctor", *own_server.where, "--port", "0")
    assert (damaged.returncode, levels(damaged.stdout)["Database"]) == (1, "problem")
    assert file.read_bytes() == content


def test_what_is_out_of_reach_is_a_problem_that_names_no_secret(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        wrong = ("--oidc-issuer", "http://127.0.0.1:1", "--oidc-client-id", "x", "--isolation", "required")
        variables = {"HANDLOOM_DATABASE": "postgresql://ana:very-secret@127.0.0.1:1/lab", "PATH": str(tmp_path)}
        done = handloom("doctor", "--data", str(tmp_path / "new"), "--port", port, *wrong, env=variables)
    assert done.returncode == 1
    found = levels(done.stdout)
    subjects = ("Database", "Server", "Isolation", "Sign-in")
    assert [found[subject] for subject in subjects] == ["problem"] * 4, done.stdout
    assert done.stdout.splitlines()[-1].startswith("Problems: 4")
    assert "very-secret" not in done.stdout + done.stderr


def test_a_public_url_that_does_not_lead_to_the_server_is_a_warning(server: Handloom) -> None:
    for path, level in (("", "OK"), ("/lab", "warning")):  # the server was not started with this path
        done = handloom("doctor", *server.where, "--public-url", f"{server.url}{path}")
        assert (done.returncode, levels(done.stdout)["Address"]) == (0, level), done.stdout
    assert f"{server.url}/lab/health does not lead to this server" in done.stdout


def test_a_team_that_is_reached_in_the_clear_is_warned(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    flags = ("--public-url", "http://lab.example.com", "--isolation", "none", "--port", "0")
    done = handloom("doctor", "--data", str(data), *flags)
    found = levels(done.stdout)
    assert (done.returncode, found["Address"], found["Isolation"]) == (0, "warning", "warning"), done.stdout
    assert f"chmod 700 {data}" in done.stdout
