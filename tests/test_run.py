"""`handloom run`, run as a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import psutil

from handloom.store.notebooks.html import written
from running import Handloom, environment, handloom

v4: Any = nbformat.v4
_read: Any = nbformat.read
_write: Any = nbformat.write


def _notebook(path: Path, *cells: str) -> Path:
    _write(v4.new_notebook(cells=[v4.new_markdown_cell("# Title"), *map(v4.new_code_cell, cells)]), path)
    return path


def _run(data: Path, notebook: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return handloom("run", str(notebook), "--workspace", "실험실", "--data", str(data), *more, timeout=120)


def test_a_notebook_runs_on_the_folders_running_server(own_server: Handloom, tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    cells = ["x = 1\nprint('hello')", "x + 1", "", "mlflow.set_experiment('by hand').name"]
    file = _notebook(tmp_path / "in.ipynb", *cells)
    with_frozen = _read(file, 4)
    with_frozen.cells.append(v4.new_code_cell("1 / 0", metadata={"frozen": True}))
    with_frozen.cells.insert(2, v4.new_code_cell("int('a')", metadata={"tags": ["raises-exception"]}))
    _write(with_frozen, file)
    done = _run(own_server.data, file, "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "[1/4] x = 1 ok" in done.stderr
    assert "[2/4] int('a') failed, as it may" in done.stderr
    document = _read(output, 4)
    assert document.cells[1].outputs[0].text == "hello\n"
    assert document.cells[2].outputs[0].ename == "ValueError"
    assert document.cells[3].outputs[0].data["text/plain"] == "2"
    assert document.cells[3].execution_count == 3
    with own_server.client() as client:
        workspaces = client.get("/api/v1/workspaces").json()["workspaces"]
        place = next(workspace["id"] for workspace in workspaces if workspace["name"] == "실험실")
        items = client.get(f"/api/v1/workspaces/{place}/items").json()["items"]
        assert "by hand" in [item["name"] for item in items]
        assert client.get("/api/v1/sessions").json() == {"sessions": []}


def test_progress_bars_of_widgets_are_in_the_output_as_they_ended(own_server: Handloom, tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    cells = ["from tqdm.notebook import tqdm", "for _ in tqdm(range(40), desc='steps'): pass", "int('a')"]
    done = _run(own_server.data, _notebook(tmp_path / "in.ipynb", *cells), "--output", str(output))
    assert done.returncode == 1
    states = _read(output, 4).metadata.widgets["application/vnd.jupyter.widget-state+json"].state
    assert [one.state.value for one in states.values() if one.model_name == "FloatProgressModel"] == [40.0]
    assert "100%" in "".join(str(one.state.get("value", "")) for one in states.values())
    assert "40/40" in written("n", output, language="en").decode()


def test_long_text_is_in_the_output_as_a_whole(own_server: Handloom, tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    cells = ["for n in range(200_000): print('line', n)", "print('한' * 400_000 + '끝')\ndisplay(7)"]
    done = _run(own_server.data, _notebook(tmp_path / "in.ipynb", *cells), "--output", str(output))
    assert done.returncode == 0, done.stderr
    _, long, wide = _read(output, 4).cells
    assert "".join(one.text for one in long.outputs) == "".join(f"line {n}\n" for n in range(200_000))
    assert "".join(one.text for one in wide.outputs if one.output_type == "stream") == f"{'한' * 400_000}끝\n"
    assert [one.data["text/plain"] for one in wide.outputs if one.output_type != "stream"] == ["7"]


def test_without_a_server_one_runs_for_the_purpose_and_leaves_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = _run(data, _notebook(tmp_path / "in.ipynb", "print(1)"))
    assert done.returncode == 0, done.stderr
    assert "starting one for this command" in done.stderr
    assert not (data / "server.json").exists()
    assert _processes(data) == []


def _processes(data: Path) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if str(data) in " ".join(p.info["cmdline"] or [])]


def test_a_failing_cell_ends_the_run_with_its_traceback_and_the_output_is_written(
    own_server: Handloom, tmp_path: Path
) -> None:
    output = tmp_path / "out.ipynb"
    notebook = _notebook(tmp_path / "in.ipynb", "print('before')", "1 / 0", "print('never')")
    done = _run(own_server.data, notebook, "--output", str(output))
    assert done.returncode == 1
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert "\x1b" not in done.stderr  # colours are for terminals
    cells = _read(output, 4).cells
    assert cells[1].outputs[0].text == "before\n"
    assert cells[2].outputs[0].ename == "ZeroDivisionError"
    assert cells[3].outputs == []


def test_a_file_that_is_no_notebook_is_refused_before_anything_starts(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    for path in (broken, tmp_path / "none.ipynb"):
        done = _run(tmp_path / "data", path)
        assert done.returncode == 2
        assert str(path) in done.stderr
    assert not (tmp_path / "data").exists()


def test_ctrl_c_stops_the_cell_and_ends_the_session(own_server: Handloom, tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    notebook = _notebook(tmp_path / "in.ipynb", "print('began', flush=True)\nimport time\ntime.sleep(600)")
    command = ["run", str(notebook), "--workspace", "w", "--data", str(own_server.data), "--output", str(output)]
    with subprocess.Popen(
        [sys.executable, "-m", "handloom.cli", *command], stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stderr is not None
        while "[1/1]" not in process.stderr.readline():
            pass
        time.sleep(2)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 130
    assert _read(output, 4).cells[1].outputs[0].text == "began\n"
    with own_server.client() as client:
        assert client.get("/api/v1/sessions").json() == {"sessions": []}
