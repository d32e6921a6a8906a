"""The queue of a full capacity, with real kernels: who gets the next place, and how waiting ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from handloom.domain.capacities import Capacity
from handloom.domain.changes import Change
from handloom.domain.errors import Conflict, NotFound, Unavailable
from handloom.domain.members import User
from handloom.domain.sessions import QueuePlace, Session
from handloom.kernels import running as running_module
from handloom.kernels import sessions as sessions_module
from handloom.kernels.running import RunningSession, SessionSpec
from handloom.kernels.sessions import SessionRegistry
from handloom.kernels.waiting import Queues

ANA, BO, CY = (User(id=name, name=name, display_name=name, created_at=0) for name in ("ana", "bo", "cy"))
ONE = Capacity(id="one", name="One", sessions=1)


@asynccontextmanager
async def _registry(data: Path, **options: Any) -> AsyncIterator[SessionRegistry]:
    sessions = SessionRegistry(data=data, url="http://127.0.0.1:1", warm=0, **options)
    try:
        yield sessions
    finally:
        await sessions.close()


def _spec(notebook: str | None, user: User = ANA, capacity: Capacity = ONE, **more: Any) -> SessionSpec:
    facts: dict[str, Any] = {"workspace": "w1", "workspace_name": "W", "name": "N", "timeout": 0, "token": "secret"}
    return SessionSpec(user=user, notebook=notebook, capacity=capacity, **(facts | more))


async def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def _place(session: Session) -> tuple[int, int] | None:
    return None if session.queue is None else (session.queue.place, session.queue.waiting)


def test_with_one_place_three_sessions_run_one_after_the_other(tmp_path: Path) -> None:
    ended: list[str] = []
    changes: list[Change] = []

    async def work() -> None:
        async with _registry(tmp_path, on_end=lambda spec: ended.append(spec.token_id)) as sessions:
            first = await sessions.start(_spec("n1"))
            second = await sessions.start(_spec("n2", BO))
            third = await sessions.start(_spec("n3", CY, token_id="n3"))
            assert [one.state for one in (first, second, third)] == ["idle", "queued", "queued"]
            assert [_place(sessions.get(one.id)) for one in (first, second, third)] == [None, (1, 2), (2, 2)]
            again = await sessions.start(_spec("n3", CY))
            assert (again.id, again.state) == (third.id, "queued")  # a page that comes back finds it
            with pytest.raises(Conflict):
                await sessions.interrupt(third.id)
            sessions.listen(changes.append)
            await sessions.stop(first.id)
            await _until(lambda: sessions.get(second.id).state == "idle")
            assert {change.id for change in changes} >= {second.id, third.id}  # pages are told of their places
            assert _place(sessions.get(third.id)) == (1, 1)
            await sessions.stop(third.id)  # it leaves the queue
            assert ended[-1] == "n3"
            with pytest.raises(NotFound):
                sessions.get(third.id)
            await sessions.stop(second.id)
            assert sessions.list() == []
            assert (await sessions.start(_spec("n4"))).state == "idle"

    asyncio.run(work())


def test_a_kernel_that_dies_gives_its_place_up_and_its_restart_waits(tmp_path: Path) -> None:
    async def work() -> None:
        async with _registry(tmp_path) as sessions:
            first = await sessions.start(_spec("n1"))
            second = await sessions.start(_spec("n2", BO))
            pid = sessions._sessions[first.id].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await _until(lambda: sessions.get(second.id).state == "idle")
            assert sessions.get(first.id).state == "dead"
            assert (await sessions.restart(first.id)).queue == QueuePlace(place=1, waiting=1, own_limit=False)
            await sessions.stop(second.id)
            await _until(lambda: sessions.get(first.id).state == "idle")
            assert sessions.get(first.id).kernel == first.kernel

    asyncio.run(work())


def test_a_person_at_their_own_limit_waits_and_others_pass(tmp_path: Path) -> None:
    async def work() -> None:
        async with _registry(tmp_path) as sessions:
            each = Capacity(id="each", name="Each", sessions_per_person=1)
            mine = await sessions.start(_spec("n1", capacity=each))
            more = await sessions.start(_spec("n2", capacity=each))
            assert more.queue == QueuePlace(place=1, waiting=1, own_limit=True)
            assert (await sessions.start(_spec("n3", BO, each))).state == "idle"
            await sessions.stop(mine.id)
            await _until(lambda: sessions.get(more.id).state == "idle")

    asyncio.run(work())


def test_more_places_or_another_capacity_end_the_waiting(tmp_path: Path) -> None:
    async def work() -> None:
        async with _registry(tmp_path) as sessions:
            await sessions.start(_spec("n1"))
            second, third = await sessions.start(_spec("n2", BO)), await sessions.start(_spec("n3", CY))
            sessions.change_capacity(Capacity(id="free", name="Free"), notebook="n3")
            await _until(lambda: sessions.get(third.id).state == "idle")
            assert sessions.get(third.id).capacity == "free"
            assert sessions.get(second.id).state == "queued"
            sessions.change_capacity(Capacity(id="one", name="One", sessions=2))
            await _until(lambda: sessions.get(second.id).state == "idle")

    asyncio.run(work())


def test_a_session_that_cannot_start_after_waiting_says_why_and_gives_its_place_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with _registry(tmp_path) as sessions:
            first = await sessions.start(_spec("n1"))
            second, third = await sessions.start(_spec("n2", BO)), await sessions.start(_spec("n3", CY))
            start_kernel = sessions.jupyter.start_kernel

            async def refuse_once(*arguments: Any) -> None:
                monkeypatch.setattr(sessions.jupyter, "start_kernel", start_kernel)
                raise Unavailable("No kernel today.")

            monkeypatch.setattr(sessions.jupyter, "start_kernel", refuse_once)
            await sessions.stop(first.id)
            await _until(lambda: sessions.get(third.id).state == "idle")
            refused = sessions.get(second.id)
            assert (refused.state, refused.problem) == ("dead", "No kernel today.")
            again = await sessions.start(_spec("n2", BO))
            assert (again.state, again.id != second.id) == ("queued", True)

    asyncio.run(work())


def test_a_client_that_is_gone_loses_its_place_in_the_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_module, "LOST_MS", 500)

    async def work() -> None:
        async with _registry(tmp_path, minute_ms=6_000) as sessions:
            sessions.reach((await sessions.start(_spec("n1"))).kernel)
            kept, gone = await sessions.start(_spec("n2", BO)), await sessions.start(_spec(None, CY))
            await _until(lambda: gone.id not in [one.id for one in sessions.list()])
            assert sessions.get(kept.id).state == "queued"  # its page may be closed

    asyncio.run(work())


def test_a_person_cannot_fill_the_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_module, "MOST_WAITING", 2)

    async def work() -> None:
        async with _registry(tmp_path) as sessions:
            for notebook in ("n1", "n2", "n3"):
                await sessions.start(_spec(notebook))
            with pytest.raises(Unavailable, match="2 of your sessions wait"):
                await sessions.start(_spec("n4"))
            assert (await sessions.start(_spec("n5", BO))).state == "queued"

    asyncio.run(work())


def test_places_go_to_the_people_with_the_fewest_sessions_first() -> None:
    def session(name: str, user: User, at: int, state: Any = "queued") -> RunningSession:
        return RunningSession(id=name, spec=_spec(name, user), name=name, state=state, queued_at=at)

    every = [
        session("running", ANA, 0, "busy"),
        *(session(f"a{at}", ANA, at) for at in (1, 2, 3)),
        *(session(f"b{at}", BO, at) for at in (4, 5)),
        session("c6", CY, 6),
    ]
    queues = Queues({one.id: one for one in every})
    assert [one.id for one in queues.order("one")] == ["b4", "c6", "a1", "b5", "a2", "a3"]
    queues.elsewhere["one", BO.id] = 1
    assert [one.id for one in queues.order("one")] == ["c6", "a1", "b4", "a2", "b5", "a3"]


def test_sessions_at_other_servers_count_for_what_one_person_may_have(tmp_path: Path) -> None:
    two = Capacity(id="two", name="Two", sessions=2, sessions_per_person=1)

    async def work() -> None:
        async with _registry(tmp_path) as sessions:
            sessions.queues.elsewhere["two", ANA.id] = 1
            sessions.queues.elsewhere["one", BO.id] = 1
            waits = await sessions.start(_spec("n1", ANA, two))
            assert waits.queue == QueuePlace(place=1, waiting=1, own_limit=True)
            assert (await sessions.start(_spec("n2", BO, two))).state != "queued"
            sessions.queues.elsewhere.clear()
            sessions.admit()
            await _until(lambda: sessions.get(waits.id).state == "idle")

    asyncio.run(work())
