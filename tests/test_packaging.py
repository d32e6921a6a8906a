"""The files to run a server as a service or in a container: they parse, and name settings and commands that exist."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from handloom import settings
from running import ROOT, handloom

PACKAGING = ROOT / "packaging"
UNIT, IMAGE, COMPOSE = PACKAGING / "handloom.service", PACKAGING / "Containerfile", PACKAGING / "compose.yaml"


@pytest.mark.parametrize("file", [UNIT, IMAGE, COMPOSE], ids=lambda path: path.name)
def test_every_setting_that_a_file_names_exists_and_no_image_names_a_registry(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    named = set(re.findall(r"\bHANDLOOM_[A-Z_]+\b", text))
    assert named
    assert named <= {settings.variable(name) for name in settings.names()}
    assert not re.search(r"(docker|quay|ghcr|gcr)\.io", text)


def test_systemd_finds_no_fault_in_the_unit_and_its_commands_take_their_flags(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "handloom"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = UNIT.read_text(encoding="utf-8")
    (tmp_path / UNIT.name).write_text(text.replace("/opt/handloom/bin/handloom", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / UNIT.name)], capture_output=True, text=True, check=False
    )
    assert UNIT.name not in done.stdout + done.stderr, done.stderr
    unit = configparser.RawConfigParser(strict=False)
    unit.read_string(text)
    for key in ("ExecStartPre", "ExecStart"):
        _, command, *flags = unit["Service"][key.lower()].split()
        said = handloom(command, "--help")
        assert said.returncode == 0
        assert all(flag in said.stdout for flag in flags if flag.startswith("--"))


def test_the_service_starts_with_the_settings_of_the_unit(tmp_path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    pairs = unit["Service"]["environment"].split()
    variables = dict(pair.split("=", 1) for pair in pairs) | {"HANDLOOM_DATA": str(tmp_path / "data")}
    parsed = settings.parse({}, variables)
    assert (parsed.data, parsed.browser) == (tmp_path / "data", False)
    checked = handloom("doctor", "--port", "0", env=variables)
    assert checked.returncode == 0, checked.stdout


def test_the_compose_file_gives_the_server_what_it_reads(tmp_path: Path) -> None:
    compose = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    server, database = compose["services"]["handloom"], compose["services"]["database"]
    chosen = {"DATABASE_PASSWORD": "a-password", "PUBLIC_URL": "https://lab.example.com", "ISOLATION": "required"}
    given = {
        name: re.sub(r"\$\{(\w+)[^}]*}", lambda found: chosen[found[1]], value)
        for name, value in server["environment"].items()
    }
    parsed = settings.parse({}, given | {"HANDLOOM_DATA": str(tmp_path)})
    assert parsed.database == "postgresql://handloom:a-password@database/handloom"
    assert (parsed.public_url, parsed.isolation) == ("https://lab.example.com", "required")
    assert database["environment"]["POSTGRES_PASSWORD"] == server["environment"]["HANDLOOM_DATABASE"].split(":", 2)[
        2
    ].removesuffix("@database/handloom")
    assert (COMPOSE.parent / server["build"]["context"] / server["build"]["dockerfile"]).resolve() == IMAGE
    assert {volume.split(":")[0] for service in (server, database) for volume in service["volumes"]} == set(
        compose["volumes"]
    )
    assert server["volumes"][0].split(":")[1] in re.findall(r"^VOLUME (\S+)$", IMAGE.read_text(), re.M)


def test_every_file_that_the_image_copies_is_there_after_make_wheel() -> None:
    (copied,) = re.findall(r"^COPY (.+) \S+$", IMAGE.read_text(encoding="utf-8"), re.M)
    for source in copied.split():
        assert source == "dist/handloom-*.whl" or (ROOT / source).is_file()
    assert "dist/*.whl" in (ROOT / "Makefile").read_text(encoding="utf-8")
