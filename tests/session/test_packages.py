"""Packages of a session: %pip installs them immediately, in this session only, and never in the server."""

from __future__ import annotations

import os
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wheels
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.cell_outputs import Ran
from running import Handloom

SITE = Path(sysconfig.get_path("purelib"))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of wheels, as `--find-links` takes it."""
    folder = tmp_path_factory.mktemp("wheels")
    wheels.build(folder, "loomdemo", "1.0")
    wheels.build(folder, "loomdemo", "2.0")
    wheels.build(folder, "loomuser", "1.0", requires=["loomdemo>=1", "numpy"])
    wheels.build(folder, "loomold", "1.0", requires=["pyarrow<10"])
    wheels.build(folder, "pyarrow", "9.0")
    wheels.build(folder, "scikit-learn", "1.7.0", module="sklearn")
    wheels.build(folder, "loombig", "1.0", padding=3_000_000)
    return folder


@pytest.fixture
def pip(shelf: Path) -> str:
    """The beginning of an install that takes from the shelf alone."""
    return f"install --no-index --find-links {shelf}"


@pytest.fixture
def own(client: Client, workspace: str) -> Iterator[RemoteSession]:
    """A session for one test."""
    with RemoteSession(client, workspace, name="packages") as session:
        yield session


def good(ran: Ran) -> str:
    assert ran.error is None, "\n".join(ran.error["traceback"])
    return ran.text


def server_environment() -> int:
    """Changes with any file of the server's packages, compiled ones aside."""
    found = [
        (entry.path, entry.stat(follow_symlinks=False).st_size, entry.stat(follow_symlinks=False).st_mtime_ns)
        for entry in _files(str(SITE))
    ]
    return hash(tuple(sorted(found)))


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                yield entry


def test_an_install_is_for_this_session_and_leaves_the_server_and_other_sessions_alone(
    client: Client, workspace: str, own: RemoteSession, pip: str
) -> None:
    before = server_environment()
    said = good(own.run(f"%pip {pip} loomuser 'scikit-learn<1.7.1'"))
    assert "Installed in this session: loomdemo 2.0, loomuser 1.0" in said
    assert "Changed in this session: scikit-learn 1.7.0 (instead of" in said
    seen = "import loomuser, loomdemo, sklearn; print(loomuser.__version__, loomdemo.__version__, sklearn.__version__)"
    assert good(own.run(seen)).strip() == "1.0 2.0 1.7.0"
    with RemoteSession(client, workspace, name="other") as other:
        print_both = (
            "import importlib.util as u, sklearn; print(u.find_spec('loomdemo'), sklearn.__version__ > '1.7.0')"
        )
        assert good(other.run(print_both)).strip() == "None True"
    assert server_environment() == before


def test_the_details_of_a_session_name_its_packages_and_their_size(
    client: Client, own: RemoteSession, pip: str
) -> None:
    good(own.run(f"%pip {pip} loombig"))
    end = time.monotonic() + 60
    while not (facts := _facts(client, own))["packages"]:
        assert time.monotonic() < end, "the details do not show it"
        time.sleep(0.2)
    assert facts["packages"] == ["loombig 1.0"]
    assert 3_000_000 < facts["packages_bytes"] < 4_000_000


def _facts(client: Client, session: RemoteSession) -> dict[str, Any]:
    sessions = client.ask("GET", "/sessions")["sessions"]
    return next(found for found in sessions if found["id"] == session.facts["id"])


def test_the_packages_go_with_the_session(client: Client, workspace: str, pip: str) -> None:
    with RemoteSession(client, workspace, name="short") as session:
        good(session.run(f"%pip {pip} loomdemo"))
        layer = Path(good(session.run("import sys; print(sys.prefix)")).strip())
        assert (layer / "installed.json").exists()
    end = time.monotonic() + 30
    while layer.exists() or layer.with_name(f"{layer.name}.gone").exists():
        assert time.monotonic() < end, "the folder stays"
        time.sleep(0.1)


WAYS = [
    "!pip {pip} loomdemo==1.0",
    "!uv pip {pip} loomdemo==2.0",
    "!python -m pip {pip} loomdemo==1.0",
    "%pip {pip} loomdemo==2.0 > /dev/null",
    "import subprocess, sys; subprocess.check_call([sys.executable, '-m', 'pip', *'{pip} loomdemo==1.0'.split()])",
]


def test_every_way_to_call_pip_reaches_the_session(session: RemoteSession, pip: str) -> None:
    for command in WAYS:
        good(session.run(command.format(pip=pip)))
        installed = good(session.run("from importlib.metadata import version; print(version('loomdemo'))")).strip()
        assert f"loomdemo=={installed}" in command


def test_commands_of_the_shell_are_those_of_the_session(own: RemoteSession) -> None:
    said = good(
        own.run("import sys; print(sys.prefix)\n!python -c 'import sys; print(sys.prefix)'\n!which pip python3")
    )
    prefix, same, *places = said.split()
    assert prefix == same
    assert places == [f"{prefix}/bin/pip", f"{prefix}/bin/python3"]


def test_what_excludes_spark_is_refused_with_the_way_out_and_installed_without_spark(
    own: RemoteSession, pip: str
) -> None:
    refused = own.run(f"%pip {pip} loomold")
    assert refused.error is not None
    assert "loomold does not go together with Spark.\nIt brings pyarrow 9.0; Spark in this session" in refused.text
    assert "Nothing was changed." in refused.text
    assert f"%pip install --no-spark --no-index --find-links {pip.rsplit(maxsplit=1)[-1]} loomold" in refused.text
    assert good(own.run("spark.range(3).count()")) == ""
    assert "Spark is off in this session." in good(own.run(f"%pip {pip} --no-spark loomold"))
    off = own.run("spark.range(3).count()")
    assert off.error is not None
    assert "Spark is off in this session since %pip install" in off.error["traceback"][-1]


def test_a_refused_version_of_what_the_session_has_lets_the_notebook_go_on(session: RemoteSession, pip: str) -> None:
    said = good(session.run(f"%pip {pip} pyarrow==9.0"))
    assert "pyarrow==9.0 does not go together with Spark." in said
    assert "is here." in said
    assert "the session brings its own (pyspark-client" in good(session.run("%pip install pyspark==3.5.1"))


def test_a_loaded_package_is_named_and_a_restart_uses_the_new_one(
    client: Client, workspace: str, own: RemoteSession, pip: str
) -> None:
    good(own.run(f"%pip {pip} loomdemo==1.0\nimport loomdemo"))
    said = good(own.run(f"%pip {pip} loomdemo==2.0"))
    assert "loomdemo 1.0 is loaded already. Restart the session to use 2.0." in said
    client.ask("POST", f"/workspaces/{workspace}/sessions/{own.facts['id']}/restart")
    assert good(own.run("import loomdemo; print(loomdemo.__version__)")).strip() == "2.0"


def test_functions_in_spark_and_the_needs_of_a_model_see_the_packages(own: RemoteSession, pip: str) -> None:
    good(own.run(f"%pip {pip} loomdemo==1.0"))
    said = own.run(
        "from pyspark.sql.functions import udf\n"
        "frame = spark.range(3)\n"
        "@udf('long')\n"
        "def twice(x):\n"
        "    import loomdemo\n"
        "    return loomdemo.double(x)\n"
        "print([r[0] for r in frame.select(twice('id')).collect()])\n"
        "from mlflow.utils.requirements_utils import _get_pinned_requirement\n"
        "print(_get_pinned_requirement('loomdemo'))"
    )
    assert good(said).split("\n")[:2] == ["[0, 2, 4]", "loomdemo==1.0"]


def test_list_freeze_show_check_and_uninstall_speak_of_the_session(own: RemoteSession, pip: str) -> None:
    good(own.run(f"%pip {pip} loomdemo==1.0 'scikit-learn==1.7.0'"))
    assert "this session" in good(own.run("%pip list --local"))
    assert good(own.run("!pip freeze --local")).split() == ["loomdemo==1.0", "scikit-learn==1.7.0"]
    assert "scikit-learn==1.7.0" in good(own.run("!pip freeze"))
    assert "Summary: A package for tests." in good(own.run("%pip show loomdemo"))
    assert "No broken requirements found." in good(own.run("%pip check"))
    said = good(own.run("%pip uninstall -y loomdemo scikit-learn"))
    assert "Removed from this session: loomdemo 1.0" in said
    assert "of the server is back" in said
    assert good(own.run("%pip list --local --format=json")).strip() == "[]"
    refused = own.run("%pip uninstall -y numpy")
    assert refused.error is not None
    assert "belongs to the server and stays" in refused.text


def test_what_cannot_be_done_is_refused_by_name(session: RemoteSession, pip: str) -> None:
    for code, words in [
        ("%conda install x", "conda is not available in a session. Use %pip install NAME"),
        ("!conda install x", "conda is not available in a session. Use %pip install NAME"),
        (f"%pip {pip} --target /tmp/x loomdemo", "%pip install --target is not available in a session."),
        (f"!uv pip {pip} --python {sys.executable} loomdemo", "That is the server's own environment"),
        ("%pip download loomdemo", "pip download is not available in a session"),
        (f"%pip {pip} loomnothing", "loomnothing was not found"),
        ("%pip install Files/none.whl", "Files/none.whl does not exist."),
    ]:
        ran = session.run(code)
        text = ran.text + "\n".join(ran.error["traceback"] if ran.error else [])
        assert words in text, code
        assert code.startswith("!") or ran.error is not None


def test_without_a_network_an_install_says_so(session: RemoteSession) -> None:
    ran = session.run("%pip install --index-url http://127.0.0.1:1/simple loomnowhere")
    assert ran.error is not None
    assert "The package index cannot be reached from this machine" in ran.text
    assert "Nothing was changed." in ran.text


def test_a_wheel_by_its_path_and_a_requirements_file_need_no_index(
    own: RemoteSession, shelf: Path, tmp_path: Path
) -> None:
    wants = tmp_path / "wants.txt"
    wants.write_text(f"# packages\n{shelf / 'loomdemo-1.0-py3-none-any.whl'}\nnumpy  # is there\n")
    good(own.run(f"%pip install --index-url http://127.0.0.1:1/simple -r {wants}"))
    assert good(own.run("import loomdemo; print(loomdemo.__version__)")).strip() == "1.0"


def test_more_than_the_limit_is_not_installed(tmp_path: Path, shelf: Path) -> None:
    with Handloom(tmp_path / "data", "--session-packages-mb", "1") as server:
        client = Client(server.url, server.token)
        workspace = client.ask("POST", "/workspaces", {"name": "w"})["id"]
        with RemoteSession(client, workspace, name="n") as session:
            good(session.run(f"%pip install --no-index --find-links {shelf} loomdemo==1.0"))
            ran = session.run(f"%pip install --no-index --find-links {shelf} loombig loomdemo==2.0")
            assert ran.error is not None
            assert "may take 1 MB" in ran.text
            code = "import loomdemo, importlib.util as u; print(loomdemo.__version__, u.find_spec('loombig'))"
            assert good(session.run(code)).strip() == "1.0 None"
        client.close()
