"""Everything that the docs name exists: files, make targets, commands, settings, routes, links, pictures."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from handloom import settings
from handloom.api.mlflow.api import ROUTES as MLFLOW_ROUTES
from handloom.api.reference import pages
from handloom.api.ui.api import ROUTES
from running import ROOT, handloom

WRITTEN = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LONGEST_LINE_OF_A_CHANGE = 25  # words
LARGEST_PICTURE = 200_000  # bytes


@pytest.fixture(params=WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def page(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def spoken(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", spoken(page))
    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


def test_every_path_of_the_tree_exists(page: Path) -> None:
    named = re.findall(r"(?<![\w./~<-])((?:src|ui|tests|bench|docs)/[\w./-]*\w/?)", spoken(page))
    assert not [path for path in named if not (ROOT / path).exists()]


def test_every_named_test_exists(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", spoken(page))
    assert not [name for file, name in named if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")]


def test_every_make_target_exists(page: Path) -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert set(re.findall(r"(?:^|`)make (\w+)", spoken(page), re.M)) <= set(targets)


def test_every_setting_exists(page: Path) -> None:
    known = {settings.variable(name) for name in settings.names()}
    clients = ROOT / "src" / "handloom" / "session" / "plugins.py"  # its variables are read beside a script
    known |= set(re.findall(r'= "(HANDLOOM_[A-Z_]+)"', clients.read_text(encoding="utf-8")))
    assert set(re.findall(r"\bHANDLOOM_[A-Z_]+\b", spoken(page))) <= known


def test_every_command_and_flag_exists(page: Path) -> None:
    blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", spoken(page), re.M | re.S))
    in_text = re.findall(r"(?:\.venv/bin/|`)handloom ([^`\n]+)", spoken(page))
    for line in in_text + re.findall(r"^handloom (.+)", blocks, re.M):
        words = line.split("#")[0].split()
        help_text = help_of(*words[: 2 if words[0] in ("token", "user", "group", "service") else 1])
        assert help_text, f"handloom {words[0]}"
        for flag in (word for word in words if word.startswith("--") and word != "--help"):
            assert flag in help_text, f"handloom {words[0]} {flag}"


@cache
def help_of(*command: str) -> str:
    return handloom(*command, "--help").stdout


def test_every_route_exists(page: Path) -> None:
    ours = {route.path.removeprefix("/api/v1") for route in ROUTES} | {"/events"}
    named = {path.rstrip("/.:") for path in re.findall(r"/api/v1(/[\w{}/:-]+)", spoken(page))}
    assert named <= ours
    theirs = {route.path for route in MLFLOW_ROUTES}
    assert set(re.findall(r"\b(mlflow/[a-z-]+/[a-z/-]+[a-z])\b", spoken(page))) <= theirs


def test_the_generated_pages_say_what_the_tables_say() -> None:
    for name, text in pages().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, f"run `make schema`: {name}"


def test_the_readme_opens_with_the_commands_that_the_makefile_has() -> None:
    dry = subprocess.run(["make", "-n", "install"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert dry.returncode == 0, dry.stderr


def test_pictures_are_small_and_each_is_shown() -> None:
    pictures = list((ROOT / "docs" / "pictures").glob("*.png"))
    shown = "".join(spoken(page) for page in WRITTEN)
    assert pictures
    assert not [p.name for p in pictures if p.stat().st_size > LARGEST_PICTURE or p.name not in shown]


def test_a_change_is_told_in_few_words() -> None:
    lines = re.findall(r"^- (.+)$", spoken(ROOT / "CHANGELOG.md"), re.M)
    assert lines
    assert not [line for line in lines if len(line.split()) > LONGEST_LINE_OF_A_CHANGE]
