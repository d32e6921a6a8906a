"""A session in a workspace whose quota is used up writes no tables, and says why."""

from __future__ import annotations

import pytest

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.session import room


@pytest.fixture
def full(client: Client, workspace: str, session: RemoteSession) -> None:
    """Let the workspace have more files than its quota allows."""
    written = session.run("open('Files/big.bin', 'wb').write(bytes(3_000_000)) and None", seconds=60)
    assert written.error is None
    client.ask("PUT", f"/storage/{workspace}", {"files_mb": 1})


@pytest.mark.parametrize(
    "code",
    [
        "spark.range(3).write.saveAsTable('t')",
        "spark.range(3).write.parquet('Files/t')",
        "spark.range(3).writeTo('t').create()",
        "spark.sql('CREATE TABLE t AS SELECT 1 AS a')",
    ],
)
def test_a_full_workspace_takes_no_table(session: RemoteSession, full: None, code: str) -> None:
    ran = session.run(code, seconds=120)
    assert ran.error is not None
    assert ran.error["ename"] == room.WorkspaceFullError.__name__
    assert "its tables and files take 3 MB of 1 MB" in ran.error["evalue"]
    left = session.run("import os; print(os.path.exists('Tables/t'), os.path.exists('Files/t'))", seconds=60)
    assert left.text.split() == ["False", "False"]
