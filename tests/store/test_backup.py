"""The commands of docs/team.md back a PostgreSQL up and bring it back, with everything in it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from databases import Postgres
from handloom.domain.metrics import Metric
from handloom.store.engine.database import Database, Write
from handloom.store.engine.upgrade import upgrade
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.runs import rows as runs
from handloom.store.users import rows as users
from handloom.store.workspaces import rows as workspaces
from running import ROOT


def command(name: str) -> str:
    page = (ROOT / "docs" / "team.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^{name} .+$", page, re.M)
    return str(line)


def ask(postgres: Postgres, line: str, url: str, folder: Path) -> None:
    """Run a line of the page in a shell, as its reader would."""
    env = os.environ | {"PATH": f"{postgres.programs}{os.pathsep}{os.environ['PATH']}"}
    env["HANDLOOM_DATABASE"] = url.replace("+psycopg", "")
    subprocess.run(["sh", "-c", line], check=True, cwd=folder, env=env, timeout=120)


def test_what_was_dumped_is_restored_and_goes_on_counting(postgres: Postgres, tmp_path: Path) -> None:
    def fill(tx: Write) -> tuple[str, str]:
        workspace = workspaces.create(tx, users.create(tx, "김").id, "실험실").id
        info = runs.create(tx, workspace, "0").info
        metrics.log(tx, info, [Metric("loss", 0.1, 1, step) for step in range(500)])
        return workspace, info.run_id

    lost, restored = postgres.current(tmp_path), postgres.fresh()
    database = Database(lost, tmp_path)
    workspace, run_id = database.write_now(fill)
    database.close()
    ask(postgres, command("pg_dump"), lost, tmp_path)
    postgres.drop(lost)
    ask(postgres, command("pg_restore"), restored, tmp_path)
    upgrade(restored, tmp_path)
    database = Database(restored, tmp_path)
    try:
        (summary,) = database.read_now(lambda tx: metrics.summaries(tx, workspace, [run_id]))
        assert (summary.count, summary.step, summary.value) == (500, 499, 0.1)
        assert database.read_now(lambda tx: workspaces.find(tx, "실험실")) == workspace
        made = database.write_now(lambda tx: experiments.create(tx, workspace, "next", owner=None))
        assert made.id == "1"
        assert database.write_now(lambda tx: runs.create(tx, workspace, "1")).info.run_id != run_id
    finally:
        database.close()
        postgres.drop(restored)
