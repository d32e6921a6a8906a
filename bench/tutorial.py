"""The whole tutorial, timed: `handloom run` beside JupyterLab's runner with Apache Spark and `mlflow server`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.servers import PEER, ROOT, Server

NOTEBOOK = ROOT / "src" / "handloom" / "tutorial" / "en.ipynb"
DATA = ROOT / "src" / "handloom" / "session" / "data" / "diabetes"
AUTHORITY = "mlsamples@azureopendatastorage.blob.core.windows.net"

# What a person has to write first where nothing is prepared: a Spark session that knows the address, and a tracker.
PRELUDE = """
from pyspark.sql import SparkSession
import mlflow
name = "spark.hadoop.fs.viewfs"
spark = (
    SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false")
    .config("spark.hadoop.fs.wasbs.impl", "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme")
    .config("spark.hadoop.fs.wasbs.impl.disable.cache", "true")
    .config(name + ".overload.scheme.target.file.impl", "org.apache.hadoop.fs.LocalFileSystem")
    .config(name + ".mounttable.{authority}.linkFallback", "file://{mirror}")
    .getOrCreate()
)
mlflow.set_tracking_uri("{tracking}")
display = lambda frame: frame.show()
"""
RUNNER = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=600).execute()
"""


def on_handloom(data: Path, folder: Path) -> float:
    """Seconds from the command to its end, on the running server of `data`."""
    command = [sys.executable, "-m", "handloom.cli", "run", str(NOTEBOOK), "--workspace", "bench", "--data", str(data)]
    return _timed([*command, "--output", str(folder / "handloom.ipynb")], folder)


def on_peers(server: Server, folder: Path) -> float:
    mirror = folder / "mirror"
    (mirror / "diabetes").parent.mkdir(parents=True, exist_ok=True)
    if not (mirror / "diabetes").exists():
        (mirror / "diabetes").symlink_to(DATA)
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    source = PRELUDE.format(authority=AUTHORITY, mirror=mirror, tracking=server.url)
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "prelude",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    notebook["cells"].insert(0, {**cell, "source": source})
    prepared = folder / "peers.ipynb"
    prepared.write_text(json.dumps(notebook), encoding="utf-8")
    return _timed([str(PEER / "python"), "-c", RUNNER, str(prepared)], folder)


def _timed(command: list[str], folder: Path) -> float:
    paths = os.pathsep.join([str(PEER), os.environ.get("PATH", "")])
    own = {} if command[0] == sys.executable else {"PATH": paths, "PYSPARK_PYTHON": str(PEER / "python")}
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", **own}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start
