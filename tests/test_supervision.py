"""Background threads and tasks survive unexpected errors: each is logged, counted and followed by another try."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from databases import Postgres
from handloom import supervision
from handloom.api.outbound import Outbound
from handloom.api.webhook_deliveries import WebhookDeliveries
from handloom.domain.changes import ANYTHING, Change
from handloom.domain.errors import Unavailable
from handloom.domain.workspaces import RemovedWorkspace
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.artifacts.folder import FolderStore
from handloom.store.artifacts.removal import RemovalWorker
from handloom.store.audit import rows as audit_rows
from handloom.store.audit.retention import AuditRetention
from handloom.store.backup import layout, writing
from handloom.store.backup.schedule import BackupSchedule
from handloom.store.deleted.retention import BinRetention
from handloom.store.engine.database import Database, Read, Write
from handloom.store.upgrade import upgrade
from handloom.store.users import rows as users
from handloom.store.webhooks import rows as webhooks
from handloom.store.webhooks.tables import webhook_deliveries
from handloom.store.workspaces import rows as workspaces
from handloom.supervision import attempt, attempt_task, failures, supervised, supervised_task


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 0.01)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'handloom.db'}"
    upgrade(url, tmp_path)
    database = Database(url, tmp_path)
    yield database
    database.close()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def count(name: str) -> int:
    return failures()[name].count if name in failures() else 0


def test_a_step_that_fails_is_logged_counted_and_repeated(caplog: pytest.LogCaptureFixture) -> None:
    outcomes: list[object] = [ZeroDivisionError("one"), True, KeyError("two"), KeyError("three"), False]
    pauses: list[float] = []

    def step() -> bool:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return bool(outcome)

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return False

    supervised("test-thread", step, pause)
    assert outcomes == []
    assert pauses == [0.01, 0.01, 0.02]  # a step that worked ends the back-off
    assert failures()["test-thread"].count == 3
    assert failures()["test-thread"].error == "KeyError: 'three'"
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 3
    assert all(record.exc_info for record in caplog.records)


def test_a_part_of_the_server_that_is_away_is_logged_in_words_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    outcomes: list[bool | Exception] = [Unavailable("The database cannot be reached."), True, False]

    def step() -> bool:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    supervised("test-away", step, lambda _: False)
    assert outcomes == []
    assert count("test-away") == 0
    (record,) = caplog.records
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert "The database cannot be reached. (trying again in 0.01 s)" in record.getMessage()


def test_the_back_off_ends_when_the_worker_is_closed() -> None:
    closing = threading.Event()
    closing.set()

    def step() -> bool:
        raise RuntimeError("again")

    supervised("test-closing", step, closing.wait)
    assert count("test-closing") == 1


def test_a_task_that_fails_is_repeated_and_ends_when_cancelled() -> None:
    async def scenario() -> None:
        calls = 0
        working = asyncio.Event()

        async def step() -> bool:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise OSError(24, "Too many open files")
            working.set()
            await asyncio.sleep(60)
            return True

        task = asyncio.create_task(supervised_task("test-task", step, asyncio.sleep))
        await asyncio.wait_for(working.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert count("test-task") == 1


def test_work_that_is_tried_once_reports_whether_it_worked() -> None:
    async def fail() -> None:
        raise RuntimeError("no")

    assert attempt("test-once", lambda: 1)
    assert not attempt("test-once", lambda: 1 / 0)
    assert not asyncio.run(attempt_task("test-once", fail))
    assert count("test-once") == 2


class Exhausted(FolderStore):
    """A folder whose first deletion meets EMFILE."""

    failed = False

    def delete(self, workspace: str, path: str) -> None:
        if not self.failed:
            self.failed = True
            raise OSError(24, "Too many open files")
        super().delete(workspace, path)


def test_artifact_removal_survives_an_unexpected_error(database: Database, tmp_path: Path) -> None:
    before = count("artifact-removal")
    worker = RemovalWorker(database, Exhausted(tmp_path / "artifacts"))
    worker.start()
    database.write_now(lambda tx: artifact_rows.remove_later(tx, "w1", "run"))
    until(lambda: count("artifact-removal") > before and not database.read_now(artifact_rows.removals))
    worker.close()


def test_background_writes_survive_an_unexpected_error(database: Database) -> None:
    before = count("background-writes")
    done: list[str] = []

    def fail(tx: Write) -> None:
        raise ZeroDivisionError

    database.background_writes.add("bad", fail)
    database.background_writes.add("good", lambda _: done.append("good"))
    until(lambda: bool(done))
    assert count("background-writes") == before + 1


def test_the_writer_survives_failing_listeners_and_actions(database: Database) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    def write(tx: Write) -> None:
        tx.changed("runs", "w1")
        tx.after_commit(fail)

    before = count("change-listener"), count("commit-action")
    database.listen(fail)
    for _ in range(2):
        database.write_now(write)
    assert (count("change-listener"), count("commit-action")) == (before[0] + 2, before[1] + 2)


def test_the_writer_survives_an_error_of_its_own(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = database._commit
    before = count("database-writer")

    def fail(group: object) -> None:
        monkeypatch.setattr(database, "_commit", commit)
        raise MemoryError

    monkeypatch.setattr(database, "_commit", fail)
    assert isinstance(database.write(lambda tx: 1).exception(30), Exception)
    assert database.write(lambda tx: 2).result(30) == 2
    assert count("database-writer") == before + 1


def test_peer_notifications_survive_an_unexpected_error(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.current(tmp_path)
    one, other = Database(url, tmp_path), Database(url, tmp_path)
    heard: list[Change] = []
    one.listen(heard.extend)
    assert one._peers is not None
    receive = one._peers._receive
    before = count("peer-notifications")

    def fail(payload: str) -> None:
        assert one._peers is not None
        monkeypatch.setattr(one._peers, "_receive", receive)
        raise ZeroDivisionError

    monkeypatch.setattr(one._peers, "_receive", fail)
    other.write_now(lambda tx: tx.changed("runs", "w1", "missed"))
    until(lambda: ANYTHING in heard and one.in_sync)  # what was missed may be anything
    other.write_now(lambda tx: tx.changed("runs", "w1", "seen"))
    until(lambda: any(change.id == "seen" for change in heard))
    assert count("peer-notifications") == before + 1
    one.close()
    other.close()
    postgres.drop(url)


class FailingOnce:
    """`act`, whose first call raises an error that nobody expects."""

    def __init__(self, act: Callable[..., Any]) -> None:
        self.act = act
        self.has_failed = False

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if not self.has_failed:
            self.has_failed = True
            raise ZeroDivisionError
        return self.act(*arguments, **named)


def test_webhook_deliveries_survive_an_unexpected_error(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before = count("webhook deliveries")
    monkeypatch.setattr(webhooks, "next_at", FailingOnce(webhooks.next_at))

    def make(tx: Write) -> None:
        workspace = workspaces.create(tx, users.create(tx, "kim").id, "lab").id
        webhooks.create(tx, workspace, "hook", "https://127.0.0.1:9/", ["registered_model.created"])
        webhooks.enqueue(tx, workspace, "model.created", "m", {})

    def attempts(tx: Read) -> int:
        return int(tx.connection.scalar(select(webhook_deliveries.c.attempts)) or 0)

    database.write_now(make)

    async def deliver() -> None:
        deliveries = WebhookDeliveries(database, Outbound(()), webhooks, ("models",))
        deliveries.start()
        await asyncio.to_thread(until, lambda: database.read_now(attempts) > 0)  # refused, since the address is local
        await deliveries.close()

    asyncio.run(deliver())
    assert count("webhook deliveries") == before + 1


def test_scheduled_backups_survive_an_unexpected_error(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = count("scheduled-backup")
    monkeypatch.setattr(writing, "write", FailingOnce(writing.write))
    url = f"sqlite:///{tmp_path / 'handloom.db'}"
    schedule = BackupSchedule(tmp_path / "backups", tmp_path, url, "", interval_seconds=3600, keep=1)
    schedule.start()
    until(lambda: bool(layout.snapshots(tmp_path / "backups")))
    schedule.close()
    assert count("scheduled-backup") == before + 1


def test_the_retention_of_the_audit_log_survives_an_unexpected_error(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = count("audit-retention")
    purge = FailingOnce(audit_rows.purge)
    purged: list[int] = []

    def counted(tx: Write, at: int) -> bool:
        purged.append(at)
        return bool(purge(tx, at))

    monkeypatch.setattr(audit_rows, "purge", counted)
    retention = AuditRetention(database, 30)
    retention.start()
    until(lambda: len(purged) == 2)
    retention.close()
    assert count("audit-retention") == before + 1


def test_the_retention_of_the_bin_survives_an_unexpected_error(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = count("bin-retention")
    calls: list[int] = []
    listed = workspaces.list_removed

    def broken_at_first(tx: Read, user_id: str | None) -> list[RemovedWorkspace]:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("unexpected")
        return listed(tx, user_id)

    monkeypatch.setattr(workspaces, "list_removed", broken_at_first)
    retention = BinRetention(database, database.root, 30)
    retention.start()
    until(lambda: len(calls) == 2)
    retention.close()
    assert count("bin-retention") == before + 1
