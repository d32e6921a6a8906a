"""A real Apache Spark Connect server, started from the wheel in `.venv-spark`."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PYTHON = Path(__file__).parents[2] / ".venv-spark/bin/python"
START_SECONDS = 120


def home() -> Path:
    """The folder of the `pyspark` package with Spark's jars."""
    (found,) = PYTHON.parents[1].resolve().glob("lib/python3*/site-packages/pyspark")
    return found


@contextlib.contextmanager
def server(folder: Path, token: str = "", python: str = "", *confs: str) -> Iterator[str]:
    """The address `sc://localhost:PORT/;token=…` of a server that keeps its tables in `folder`."""
    token = token or secrets.token_urlsafe(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = [
        "spark.connect.grpc.binding.address=127.0.0.1",
        f"spark.connect.grpc.binding.port={port}",
        f"spark.sql.warehouse.dir={folder / 'warehouse'}",
        "spark.sql.shuffle.partitions=1",
        "spark.sql.codegen.wholeStage=false",  # thousands of small queries: compiling each costs more than running it
        "spark.sql.codegen.factoryMode=NO_CODEGEN",
        "spark.ui.enabled=false",
        "spark.log.level=WARN",
        "spark.driver.extraJavaOptions=-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.timezone=UTC",
        *confs,
    ]
    command = [str(home() / "bin/spark-submit"), "--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    command += ["--master", "local[2]", "--driver-memory", "2g"]
    command += [part for setting in settings for part in ("--conf", setting)]
    known = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK", "PYSPARK"))}
    env = {
        **known,
        "SPARK_HOME": str(home()),
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": token,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": python or str(PYTHON),
        "TZ": "UTC",
    }
    with (folder / "spark.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "spark-internal"], env=env, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
    try:
        _await(process, port, folder / "spark.log")
        yield f"sc://localhost:{port}/;token={token}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(log.read_text(errors="replace")[-4000:])
        time.sleep(0.1)
