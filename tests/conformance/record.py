"""Plays the cases on a real Apache Spark and keeps its answers in `answers/*.json`.

Run it by hand after a change of a case: `.venv-spark/bin/python tests/conformance/record.py [GROUP ...]`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from pyspark.sql.connect.session import SparkSession

sys.path.insert(0, str(Path(__file__).parent.parent))

from conformance import apache, cases
from conformance.player import Player

SLOW_SECONDS = 5


def record(player: Player, group: str) -> int:
    """Write the answers of one group; the number of them."""
    lines = []
    for case in cases.load(group):
        began = time.monotonic()
        answer = player.play(case)
        if time.monotonic() - began > SLOW_SECONDS:
            print(f"  {time.monotonic() - began:.0f} s: {case.id}", flush=True)
        answer.pop("message", None)
        lines.append(json.dumps({"case": case.name, "code": case.code, **answer}, ensure_ascii=False))
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    (cases.ANSWERS / f"{group}.json").write_text(text, encoding="utf-8")
    return len(lines)


def main(groups: list[str]) -> None:
    cases.ANSWERS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="conformance") as folder, apache.server(Path(folder)) as address:
        os.environ |= {"SPARK_REMOTE": address, "SPARK_CONNECT_MODE_ENABLED": "1"}  # whose functions `F` means
        spark = SparkSession.builder.remote(address).create()
        player = Player(spark, Path(folder) / "files")
        for group in groups:
            print(f"{group}: {record(player, group)} answers", flush=True)
        spark.stop()  # a client whose server has gone would retry for ten minutes at its exit


if __name__ == "__main__":
    main(sys.argv[1:] or cases.groups())
