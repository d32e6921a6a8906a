"""Limits of capacities with real kernels: one that exceeds a limit ends alone, and says why."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from handloom.domain.capacities import BUILT_IN, Capacity
from handloom.domain.members import User
from handloom.domain.sessions import EXCEEDED, Ended, Session
from handloom.kernels.running import SessionSpec
from handloom.kernels.sessions import SessionRegistry
from kernels.pages import Page, box_here

ME = User(id="u1", name="me", display_name="Me", created_at=0)
SMALL = Capacity(id="small", name="Small", memory_mb=512, processes=40, cores=1, gpus="none")

_PAGES: list[Page] = []
"""The open pages of the running test."""


@asynccontextmanager
async def _registry(data: Path, *, boxed: bool = False) -> AsyncIterator[SessionRegistry]:
    box = box_here(data) if boxed else None
    if boxed and box is None:
        pytest.skip("no box can be made here")
    sessions = SessionRegistry(data=data, url="http://127.0.0.1:1", warm=0, box=box)
    try:
        yield sessions
    finally:
        for page in _PAGES:
            await page.close()
        _PAGES.clear()
        await sessions.close()


async def _page(sessions: SessionRegistry, session: Session) -> Page:
    page = await Page(sessions, session.kernel).open()
    _PAGES.append(page)
    return page


def _spec(notebook: str, capacity: Capacity = SMALL) -> SessionSpec:
    return SessionSpec(
        user=ME,
        workspace="w1",
        workspace_name="W",
        name=notebook,
        notebook=notebook,
        timeout=0,
        token="secret",
        capacity=capacity,
    )


async def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.05)


async def _printed(page: Page, cell: str, code: str) -> str:
    await page.run(cell, code)
    await page.until(lambda: page.state(cell) in ("ok", "error"))
    assert page.state(cell) == "ok", page.outputs(cell)
    return page.text(cell).strip()


@pytest.mark.parametrize("boxed", [False, True])
def test_a_cell_that_exceeds_its_memory_ends_alone_and_its_notebook_says_why(tmp_path: Path, boxed: bool) -> None:
    async def work() -> None:
        async with _registry(tmp_path, boxed=boxed) as sessions:
            _write_notebook(tmp_path, "greedy")
            greedy, other = await asyncio.gather(sessions.start(_spec("greedy")), sessions.start(_spec("other")))
            page = await _page(sessions, greedy)
            neighbour = await _page(sessions, other)
            assert await _printed(neighbour, "a", "held = bytearray(100_000_000); print('fits')") == "fits"
            await page.run("first", "import time; held = bytearray(b'x') * 900_000_000; time.sleep(60)")
            await page.until(lambda: page.state("first") == "lost")
            await _until(lambda: sessions.get(greedy.id).state == "dead")
            assert sessions.get(greedy.id).ended == Ended(reason="memory", limit=512, capacity="Small")
            said = page.outputs("first")[-1]["data"]
            assert said[EXCEEDED] == {"reason": "memory", "limit": 512, "capacity": "Small"}
            assert said["text/plain"].startswith("This session used more than its 512 MB of memory and was ended.")
            await page.close()
            _PAGES.remove(page)
            await _until(lambda: "512 MB of memory" in (tmp_path / "workspaces/w1/greedy.ipynb").read_text())
            assert await _printed(neighbour, "b", "print(len(held))") == "100000000"
            await _until(lambda: sessions.get(other.id).state == "idle")
            again = await sessions.restart(greedy.id)
            assert (again.state, again.ended) == ("idle", None)

    asyncio.run(work())


def _write_notebook(data: Path, name: str) -> None:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "first",
        "source": "",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    folder = data / "workspaces" / "w1"
    folder.mkdir(parents=True)
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / f"{name}.ipynb").write_text(json.dumps(document))


def test_one_huge_allocation_is_refused_and_the_session_goes_on(tmp_path: Path) -> None:
    async def work() -> None:
        async with _registry(tmp_path) as sessions:
            session = await sessions.start(_spec("n"))
            page = await _page(sessions, session)
            code = "try:\n    bytearray(20_000_000_000)\nexcept MemoryError:\n    print('refused')"
            assert await _printed(page, "a", code) == "refused"

    asyncio.run(work())


FORKS = """
import os, time
children = []
for _ in range(200):
    pid = os.fork()
    if pid == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(30)
        os._exit(0)
    os.waitpid(pid, 0)
time.sleep(30)
"""
"""At most 200 processes that leave the kernel's process group and lose their parent."""


@pytest.mark.parametrize("boxed", [False, True])
def test_a_cell_that_starts_too_many_processes_ends_with_all_of_them(tmp_path: Path, boxed: bool) -> None:
    async def work() -> None:
        async with _registry(tmp_path, boxed=boxed) as sessions:
            session = await sessions.start(_spec("n"))
            before = set(psutil.pids())
            page = await _page(sessions, session)
            await page.run("a", FORKS)
            await page.until(lambda: page.state("a") == "lost")
            await _until(lambda: sessions.get(session.id).state == "dead")
            assert sessions.get(session.id).ended == Ended(reason="processes", limit=40, capacity="Small")
            await _until(lambda: not _of_session(set(psutil.pids()) - before))

    asyncio.run(work())


def _of_session(pids: set[int]) -> list[int]:
    left = []
    for pid in pids:
        try:
            line = psutil.Process(pid).cmdline()
        except psutil.Error:
            continue
        if "handloom.session" in line and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            left.append(pid)
    return left


@pytest.mark.skipif(len(getattr(os, "sched_getaffinity", lambda _: ())(0)) < 2, reason="needs two cores")
def test_sessions_keep_to_their_cores_and_are_spread_over_them(tmp_path: Path) -> None:
    async def work() -> None:
        async with _registry(tmp_path) as sessions:
            first, second = await sessions.start(_spec("a")), await sessions.start(_spec("b"))
            cores = []
            for session in (first, second):
                page = await _page(sessions, session)
                code = "import os; print(*os.sched_getaffinity(0), os.environ['OMP_NUM_THREADS'])"
                cores.append((await _printed(page, "a", code)).split())
                await _printed(page, "b", "os.sched_setaffinity(0, range(64))")
                one = "import time\nwhile len(os.sched_getaffinity(0)) > 1: time.sleep(0.1)"
                await _printed(page, "c", one)  # it is moved back
            assert [threads for _, threads in cores] == ["1", "1"]
            assert cores[0][0] != cores[1][0]

    asyncio.run(work())


def test_a_capacity_without_gpus_hides_them_and_one_without_limits_changes_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with _registry(tmp_path) as sessions:
            limited, free = await sessions.start(_spec("a")), await sessions.start(_spec("b", BUILT_IN))
            shown: list[Any] = []
            for session in (limited, free):
                page = await _page(sessions, session)
                code = "import os, json; print(json.dumps(os.environ.get('CUDA_VISIBLE_DEVICES')))"
                shown.append(json.loads(await _printed(page, "a", code)))
            assert shown == ["", os.environ.get("CUDA_VISIBLE_DEVICES")]

    asyncio.run(work())
