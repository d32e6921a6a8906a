"""Sessions with a real Jupyter child and real kernels, without an HTTP server."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from handloom.domain.changes import Change
from handloom.domain.errors import Conflict, NotFound, Unavailable
from handloom.domain.members import User
from handloom.kernels import running as running_module
from handloom.kernels.handed_sessions import HandedSessions, encode_path, sessions_of
from handloom.kernels.places import session_file
from handloom.kernels.running import RunningSession, SessionSpec
from handloom.kernels.sessions import SessionRegistry
from handloom.supervision import failures
from kernels.pages import box_here

ME = User(id="u1", name="me", display_name="Me", created_at=0)
OTHER = User(id="u2", name="other", display_name="Other", created_at=0)


@asynccontextmanager
async def _sessions(data: Path, **options: Any) -> AsyncIterator[SessionRegistry]:
    sessions = SessionRegistry(data=data, url="http://127.0.0.1:1", **{"warm": 0, "box": box_here(data), **options})
    try:
        yield sessions
    finally:
        await sessions.close()


def _spec(notebook: str | None = "n1", **options: Any) -> SessionSpec:
    facts: dict[str, Any] = {"user": ME, "workspace": "w1", "workspace_name": "W", "name": "N", "timeout": 0}
    return SessionSpec(notebook=notebook, token="secret", **(facts | options))


async def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def _run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_a_session_starts_and_ends_and_gives_its_token_back(tmp_path: Path) -> None:
    ended: list[str] = []
    changes: list[Change] = []

    async def work() -> None:
        async with _sessions(tmp_path, on_end=lambda spec: ended.append(spec.token_id)) as sessions:
            sessions.listen(changes.append)
            session = await sessions.start(_spec(token_id="first"))
            assert session.state == "idle"
            assert session.ready_in > 0
            pid = _kernels(sessions)[0].pid
            assert [s.id for s in sessions.list(ME)] == [session.id]
            assert sessions.list(OTHER) == []
            await sessions.stop(session.id)
            assert sessions.list() == []
            assert not psutil.pid_exists(pid)
            with pytest.raises(NotFound):
                sessions.get(session.id)

    _run(work())
    assert ended == ["first"]
    assert {(c.noun, c.workspace, c.parent) for c in changes} == {("sessions", "w1", "n1")}


def _kernels(sessions: SessionRegistry) -> list[psutil.Process]:
    assert sessions.jupyter.pid is not None
    return psutil.Process(sessions.jupyter.pid).children()


class FailingOnce:
    """Calls `act`, except that the first call fails as no one expects."""

    def __init__(self, act: Callable[..., Any]) -> None:
        self.act = act
        self.calls = 0

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        if self.calls == 1:
            raise ZeroDivisionError
        return self.act(*arguments)


def test_the_workers_of_sessions_survive_an_unexpected_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = ("session-watch", "jupyter-events", "kernel-pool")
    before = {name: failures()[name].count if name in failures() else 0 for name in workers}

    async def work() -> None:
        async with _sessions(tmp_path, warm=1, minute_ms=50) as sessions:
            monkeypatch.setattr(sessions._meter, "read", FailingOnce(sessions._meter.read))
            monkeypatch.setattr(sessions._pool, "on_event", FailingOnce(sessions._pool.on_event))
            monkeypatch.setattr(sessions.jupyter, "start_kernel", FailingOnce(sessions.jupyter.start_kernel))
            sessions.warm("w1")
            await _until(lambda: "kernel-pool" in failures())
            session = await sessions.start(_spec())
            await _until(lambda: sessions.get(session.id).memory_bytes > 0, 60)

    _run(work())
    after = {name: failures()[name].count for name in workers}
    assert {name: after[name] - before[name] for name in workers} == dict.fromkeys(workers, 1)


def test_two_starts_of_one_notebook_give_one_session(tmp_path: Path) -> None:
    ended: list[str] = []

    async def work() -> None:
        async with _sessions(tmp_path, on_end=lambda spec: ended.append(spec.token_id)) as sessions:
            one, two = await asyncio.gather(
                sessions.start(_spec(token_id="first")), sessions.start(_spec(token_id="second"))
            )
            assert one.id == two.id
            assert ended == ["second"]  # the second one's token is of no use
            other = await sessions.start(_spec(user=OTHER))
            assert other.id != one.id

    _run(work())


def test_a_killed_kernel_is_reported_dead_and_a_restart_brings_it_back_under_its_id(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path) as sessions:
            session = await sessions.start(_spec())
            _kernels(sessions)[0].kill()
            await _until(lambda: sessions.get(session.id).state == "dead")
            await asyncio.sleep(1)
            assert sessions.get(session.id).state == "dead"  # and stays so
            with pytest.raises(Conflict):
                await sessions.interrupt(session.id)
            again = await sessions.restart(session.id)
            assert (again.state, again.kernel) == ("idle", session.kernel)

    _run(work())


def test_a_kernel_that_a_page_is_bound_to_restarts_in_its_own_environment(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path) as sessions:
            session = await sessions.start(_spec())
            bound = {"path": f"{session.workspace}/a.ipynb", "name": "a.ipynb", "type": "notebook"}
            page = await sessions.jupyter.ask("POST", "/api/sessions", bound | {"kernel": {"id": session.kernel}})
            await sessions.jupyter.ask("PATCH", f"/api/sessions/{page['id']}", {"path": f"{session.workspace}/b.ipynb"})
            _kernels(sessions)[0].kill()
            await _until(lambda: sessions.get(session.id).state == "dead")
            assert (await sessions.restart(session.id)).state == "idle"

    _run(work())


def test_starting_where_the_kernel_is_dead_restarts_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path) as sessions:
            session = await sessions.start(_spec())
            _kernels(sessions)[0].kill()
            await _until(lambda: sessions.get(session.id).state == "dead")
            again = await sessions.start(_spec())
            assert (again.id, again.state) == (session.id, "idle")

    _run(work())


def test_a_restart_that_jupyter_refuses_leaves_a_dead_session_and_the_next_start_gives_a_new_one(
    tmp_path: Path,
) -> None:
    ended: list[str] = []

    async def work() -> None:
        async with _sessions(tmp_path, on_end=lambda spec: ended.append(spec.token_id)) as sessions:
            session = await sessions.start(_spec(token_id="first"))
            await sessions.jupyter.ask("DELETE", f"/api/kernels/{session.kernel}")
            with pytest.raises(Unavailable):
                await sessions.restart(session.id)
            assert sessions.get(session.id).state == "dead"
            again = await sessions.start(_spec(token_id="second"))
            assert again.state == "idle"
            assert again.id != session.id
            assert ended == ["first"]

    _run(work())


def test_a_waiting_kernel_makes_the_next_session_start_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path, warm=1) as sessions:
            sessions.warm("w1")
            await _until(lambda: sessions.jupyter.running and len(_kernels(sessions)) == 1)
            session = await sessions.start(_spec())
            assert len(_kernels(sessions)) == 1  # it is the one that waited
            file = session_file(sessions.jupyter.run, session.kernel)
            assert file.stat().st_mode & 0o777 == 0o600
            await _until(lambda: len(_kernels(sessions)) == 2)  # and the next one waits

    _run(work())


def test_an_idle_session_warns_then_ends(tmp_path: Path) -> None:
    changes: list[tuple[float, str]] = []

    async def work() -> None:
        async with _sessions(tmp_path, minute_ms=500) as sessions:  # minutes of half a second
            session = await sessions.start(_spec(timeout=4))
            sessions.listen(lambda change: changes.append((time.monotonic(), str(change.id))))
            await sessions.keep_alive(session.id)
            began = time.monotonic()
            changes.clear()
            await _until(lambda: sessions.list() == [])
            assert time.monotonic() - began >= 2
            assert changes[0][0] - began < 1.9  # a change two "minutes" before the end

    _run(work())


def test_a_session_that_nothing_connects_to_ends_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_module, "LOST_MS", 500)

    async def work() -> None:
        async with _sessions(tmp_path, minute_ms=100) as sessions:
            used = await sessions.start(_spec("n1"))
            sessions.reach(used.kernel)
            lost = await sessions.start(_spec("n2"))
            await _until(lambda: [one.id for one in sessions.list()] == [used.id])
            with pytest.raises(NotFound):
                sessions.get(lost.id)

    _run(work())


def test_a_session_of_a_release_that_did_not_note_connections_counts_as_used() -> None:
    facts = msgspec.json.decode(
        msgspec.json.encode(RunningSession(id="a", spec=_spec(), name="N").facts(), enc_hook=encode_path)
    )
    (same,) = sessions_of(HandedSessions(sessions=[facts], pool=[], jupyter=None))
    assert (same.id, same.reached) == ("a", False)
    del facts["reached"]
    (older,) = sessions_of(HandedSessions(sessions=[facts], pool=[], jupyter=None))
    assert (older.id, older.reached) == ("a", True)


def test_keeping_alive_begins_the_idle_time_anew(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path, minute_ms=300) as sessions:
            session = await sessions.start(_spec(timeout=4))
            for _ in range(4):
                await asyncio.sleep(0.6)
                await sessions.keep_alive(session.id)
            assert len(sessions.list()) == 1

    _run(work())


def test_a_removed_workspace_takes_its_sessions_along_and_no_others(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path) as sessions:
            await sessions.start(_spec())
            kept = await sessions.start(_spec("n2", workspace="w2"))
            await sessions.stop_workspace("w1")
            assert [session.id for session in sessions.list()] == [kept.id]

    _run(work())


def test_a_dead_jupyter_child_ends_its_sessions_and_the_next_start_brings_a_new_one(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path) as sessions:
            await sessions.start(_spec())
            kernel = _kernels(sessions)[0]
            assert sessions.jupyter.pid is not None
            os.kill(sessions.jupyter.pid, signal.SIGKILL)
            await _until(lambda: sessions.list() == [])
            await _until(lambda: not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE)
            assert (await sessions.start(_spec())).state == "idle"

    _run(work())


def test_what_a_session_costs_is_measured(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path) as sessions:
            session = await sessions.start(_spec())
            await _until(lambda: sessions.get(session.id).memory_bytes > 20_000_000)
            assert not sessions.get(session.id).engine_running

    _run(work())


def test_a_rename_reaches_the_session_and_its_file(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path) as sessions:
            session = await sessions.start(_spec())
            await sessions.renamed("n1", "w1/N.ipynb", "w1/모델 훈련.ipynb")
            assert sessions.get(session.id).name == "모델 훈련"
            written = json.loads(session_file(sessions.jupyter.run, session.kernel).read_text())
            assert written["notebook"] == {"id": "n1", "name": "모델 훈련"}

    _run(work())


def test_packages_of_an_ended_server_are_removed_and_those_of_a_running_one_stay(tmp_path: Path) -> None:
    ended, running = tmp_path / "layers" / "ended", tmp_path / "layers" / "running"
    for folder in (ended, running):
        (folder / "kernel").mkdir(parents=True)
        (folder / ".lock").touch()

    async def work() -> None:
        with (running / ".lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            async with _sessions(tmp_path) as sessions:
                await sessions.start(_spec())
                await _until(lambda: not ended.exists())
                assert running.exists()
                mine = [folder for folder in (tmp_path / "layers").iterdir() if folder != running]
                assert len(mine) == 1
            assert list((tmp_path / "layers").iterdir()) == [running]

    _run(work())


def test_a_notebook_that_installs_packages_gets_a_kernel_that_has_imported_none(tmp_path: Path) -> None:
    async def work() -> None:
        async with _sessions(tmp_path, warm=1) as sessions:
            sessions.warm("w1")
            await _until(lambda: sessions.jupyter.pid is not None and len(_kernels(sessions)) == 1)
            waiting = _kernels(sessions)[0].pid
            await sessions.start(_spec(installs=True))
            assert len(_kernels(sessions)) == 2
            await sessions.start(_spec(notebook="n2"))
            assert waiting in [kernel.pid for kernel in _kernels(sessions)]
            assert len(_kernels(sessions)) == 2

    _run(work())
