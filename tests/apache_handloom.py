"""A Handloom whose engine is the Apache Spark of `.venv-spark`."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from conformance import apache
from running import Handloom

ARCHIVE_SECONDS = 240
QUICK = """
spark.conf.set("spark.sql.shuffle.partitions", "1")
spark.conf.set("spark.sql.codegen.wholeStage", "false")
spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
"""
"""What a session of a test runs first: compiling each of many small queries costs more than running it."""
JVM = "-XX:TieredStopAtLevel=1"
"""Java's second compiler pays off for long queries only."""


@contextlib.contextmanager
def start(data: Path, *flags: str) -> Iterator[Handloom]:
    """The server. Its archive of classes, which a JVM writes in most of a minute, is kept for the next one."""
    engines, kept = data / "engines", apache.PYTHON.parents[1]
    for archive in kept.glob("classes-*.jsa"):
        engines.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(archive, engines / archive.name)
    os.environ["JDK_JAVA_OPTIONS"] = JVM
    try:
        with Handloom(data, "--spark-home", str(apache.home()), *flags) as running:
            yield running
    finally:
        del os.environ["JDK_JAVA_OPTIONS"]
    if not any(kept.glob("classes-*.jsa")):
        _keep(engines, kept)


def _keep(engines: Path, kept: Path) -> None:
    end = time.monotonic() + ARCHIVE_SECONDS
    while not (archives := list(engines.glob("classes-*.jsa"))) and time.monotonic() < end:
        time.sleep(0.2)
    for archive in archives:
        draft = kept / f"{archive.name}.{os.getpid()}"
        shutil.copyfile(archive, draft)
        draft.replace(kept / archive.name)
