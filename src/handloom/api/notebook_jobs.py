"""The worker that runs whole notebooks: by their schedules, by hand and by the API, each in a session of its own.

It runs on the server's event loop. Everything about a run is in the database, so that another server or the next start
knows what this one was doing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import msgspec

from handloom.api import new_session
from handloom.api.new_session import NewSession
from handloom.api.server import Server
from handloom.domain import clock
from handloom.domain import parameters as cells_of
from handloom.domain.cell_outputs import Ran
from handloom.domain.changes import ANYTHING, Change
from handloom.domain.errors import HandloomError, Invalid, NotFound, Unavailable
from handloom.domain.members import User
from handloom.domain.schedules import HandedJob, Job, JobState, Reason
from handloom.kernels import whole_notebook
from handloom.kernels.whole_notebook import CellRunner
from handloom.store.engine.database import Read
from handloom.store.notebooks import files as notebook_files
from handloom.store.notebooks import rows as notebook_store
from handloom.store.schedules import jobs, messages, rows
from handloom.store.users import rows as user_store
from handloom.supervision import attempt_task, supervised_task

log = logging.getLogger("handloom.schedules")

AT_ONCE = 4
"""Notebooks that one server runs at the same time; others wait in the queue."""
RENEW_SECONDS = 20
LOOK_SECONDS = 60
"""The longest time between two looks: the clock may be set, and another server may have ended."""
RECORD_SECONDS = 1.0
KEEP_SECONDS = 15.0
"""Between two states of the executed notebook that are kept while it runs, so that a kill loses little of it."""
LARGEST_KEPT = 32 * 1024 * 1024


@dataclass(slots=True)
class _RunningJob:
    """A job that this server runs."""

    job: Job
    user: str
    document: dict[str, Any] = field(default_factory=dict)
    session: str | None = None
    client: str = field(default_factory=lambda: uuid4().hex)
    asked: dict[str, Any] | None = None
    """The request of the cell that runs."""
    ends_at: int | None = None
    """When it is stopped because it takes too long (ms)."""
    ending: bool = False
    """Whether its session is being stopped."""
    handed: bool = False
    """Whether the next server continues with it."""
    work: asyncio.Task[str] | None = None
    ended_by: Reason = ""
    """Why the work was cancelled, if it was."""
    done: int = 0
    recorded_at: float = 0.0
    kept_at: float = field(default_factory=time.monotonic)

    def cancel(self, reason: Reason) -> None:
        self.ended_by = self.ended_by or reason
        if self.work is not None:
            self.work.cancel()


class _NotDone(Exception):
    """The notebook did not run to its end."""

    def __init__(self, reason: Reason, error: str = "") -> None:
        super().__init__(error)
        self.reason: Reason = reason
        self.error = error


class NotebookJobs:
    """The worker, between `start` and `close`. `alone`: at the start, no other server uses the database."""

    def __init__(self, server: Server, *, alone: bool) -> None:
        self._server = server
        self._alone = alone
        self._wake = asyncio.Event()
        self._running: dict[asyncio.Task[object], _RunningJob] = {}
        self._worker: asyncio.Task[None] | None = None
        self._begun = False
        self._renewed_at = self._swept_at = time.monotonic()
        self._closing = False

    def start(self) -> None:
        loop = asyncio.get_running_loop()

        def on_changes(changes: Sequence[Change]) -> None:
            if any(change.noun in ("schedules", "notebooks", "workspaces", ANYTHING.noun) for change in changes):
                with contextlib.suppress(RuntimeError):  # the loop has closed
                    loop.call_soon_threadsafe(self._wake.set)

        self._server.database.listen(on_changes)
        self._worker = asyncio.create_task(supervised_task("notebook-jobs", self._step, asyncio.sleep))

    async def close(self) -> None:
        """Stop what runs and record that the server ended; a schedule with retries tries again after the start."""
        self._closing = True
        if self._worker is not None:
            self._worker.cancel()
        for running in self._running.values():
            running.cancel("restart")
        await asyncio.gather(*self._running, return_exceptions=True)

    @property
    def settled(self) -> bool:
        """Whether every job that runs can be handed over."""
        return all(self._is_in_cells(running) for running in self._running.values())

    def _is_in_cells(self, running: _RunningJob) -> bool:
        working = running.work is not None and not running.work.done()
        return working and running.session is not None and not running.ending and not running.ended_by

    async def hand_over(self) -> list[HandedJob]:
        """Let go of the jobs whose cells run, for the next server, which this process becomes. Others end here."""
        self._closing = True
        if self._worker is not None:
            self._worker.cancel()
        found = [running for running in self._running.values() if self._is_in_cells(running)]
        for running in found:
            running.handed = True
            if running.work is not None:
                running.work.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        return [
            HandedJob(
                job=running.job,
                user=running.user,
                document=running.document,
                session=running.session or "",
                client=running.client,
                asked=running.asked,
                done=running.done,
                ends_at=running.ends_at,
            )
            for running in found
        ]

    def take_over(self, handed: Sequence[HandedJob]) -> None:
        """Continue with the jobs of the server before. Call it before `start`."""
        for one in handed:
            facts = msgspec.structs.asdict(one)
            self._begin(_RunningJob(**facts))
        if handed:
            self._alone, self._renewed_at = False, time.monotonic() - RENEW_SECONDS

    async def _step(self) -> bool:
        self._wake.clear()
        try:
            pause = await self._look()
        except Unavailable as error:
            log.warning("Schedules wait for the database: %s", error.message)
            pause = 5.0
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), pause)
        return True

    async def _look(self) -> float:
        """Start what is due, renew the claims on what runs; return the seconds until the next look."""
        await self._end_lost()
        await self._renew()
        if self._server.sessions.until is not None or self._server.sessions.restarting:
            return RENEW_SECONDS  # another server starts what is due, or this one after its restart
        due, now = await self._server.read(rows.next_due), clock.now()
        if due is not None and due <= now:
            await self._server.write(partial(rows.claim_due, now=now))
            room = AT_ONCE - len(self._running)
            if room > 0:
                for job, user in await self._server.write(partial(jobs.take, now=now, limit=room)):
                    self._begin(_RunningJob(job, user))
            due = await self._server.read(rows.next_due)
        longest = RENEW_SECONDS if self._running else LOOK_SECONDS
        if due is None:
            return longest
        full = len(self._running) >= AT_ONCE
        return min(max((due - clock.now()) / 1_000, 1.0 if full else 0.01), longest)

    async def _end_lost(self) -> None:
        """Record the end of runs whose server is gone: at the start those of the one before, later those of others."""
        shared = bool(self._server.settings.database)
        if self._begun and (not shared or time.monotonic() - self._swept_at < LOOK_SECONDS):
            return
        alone = self._alone and not self._begun
        address = self._server.settings.public_address
        await self._server.write(partial(messages.end_lost, now=clock.now(), alone=alone, public_address=address))
        self._begun, self._swept_at = True, time.monotonic()

    async def _renew(self) -> None:
        """Renew the claims, and stop what somebody asked to stop."""
        mine = {running.job.id: running for running in self._running.values()}
        if not mine:
            return
        if time.monotonic() - self._renewed_at >= RENEW_SECONDS:
            asked = await self._server.write(partial(jobs.renew, ids=list(mine), now=clock.now()))
            self._renewed_at = time.monotonic()
        else:
            asked = await self._server.read(partial(jobs.stop_requests, ids=list(mine)))
        for job in asked:
            mine[job].cancel("stopped")

    def _begin(self, running: _RunningJob) -> None:
        task: asyncio.Task[object] = asyncio.create_task(self._run(running), name=f"notebook-job-{running.job.id}")
        self._running[task] = running
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[object]) -> None:
        self._running.pop(task, None)
        self._wake.set()

    async def _run(self, running: _RunningJob) -> None:
        """Run a job and record how it ended, whatever happens."""
        outcome: list[tuple[JobState, Reason, str, str]] = []
        if not await attempt_task("notebook-job", lambda: self._perform(running, outcome)):
            outcome.append(("failed", "session", "The server failed unexpectedly; its log says how.", ""))
        if running.handed:
            return
        state, reason, error, exit_value = outcome[-1]
        if running.document:
            await self._settle(partial(self._keep, running))
        finish = partial(
            messages.finish,
            job=running.job,
            state=state,
            public_address=self._server.settings.public_address,
            reason=reason,
            error=error,
            exit_value=exit_value,
            done=running.done,
        )
        await self._settle(lambda: self._server.write(finish))

    async def _perform(self, running: _RunningJob, outcome: list[tuple[JobState, Reason, str, str]]) -> None:
        minutes = await self._server.read(partial(_limit, job=running.job))
        if minutes and running.ends_at is None:
            running.ends_at = clock.now() + minutes * 60_000
        running.work = asyncio.create_task(self._work(running))
        if running.ended_by:
            running.work.cancel()
        timer = None
        if running.ends_at is not None:
            left = max(running.ends_at - clock.now(), 0) / 1_000
            timer = asyncio.get_running_loop().call_later(left, running.cancel, "timeout")
        try:
            outcome.append(("succeeded", "", "", await running.work))
        except asyncio.CancelledError:
            stopped = running.ended_by == "stopped"
            outcome.append(("stopped" if stopped else "failed", running.ended_by or "restart", "", ""))
        except _NotDone as error:
            outcome.append(("stopped" if error.reason == "stopped" else "failed", error.reason, error.error, ""))
        finally:
            if timer is not None:
                timer.cancel()

    async def _work(self, running: _RunningJob) -> str:
        """Run the cells in a session of their own, and return the notebook's exit value."""
        if running.session is None:
            await self._start_session(running)
        session_id = running.session or ""
        try:
            await self._server.write(partial(jobs.record, job=running.job, session_id=session_id))
            session = await self._server.sessions.admitted(session_id)
            jupyter = self._server.sessions.jupyter
            async with whole_notebook.connected(jupyter, session.kernel, running.client) as runner:
                try:
                    return await self._run_cells(running, runner)
                finally:
                    if not running.handed:
                        await runner.keep_widgets(running.document)
        except Unavailable as error:
            raise await self._why_gone(running, error) from error
        finally:
            if not running.handed:
                running.ending = True
                with contextlib.suppress(NotFound, Unavailable):  # it has ended already
                    await self._server.sessions.stop(session_id)

    async def _start_session(self, running: _RunningJob) -> None:
        """Read the notebook and start its session. Raises _NotDone."""
        job = running.job
        user, problem = await self._server.read(partial(_who, workspace=job.workspace, user=running.user))
        if problem:
            raise _NotDone(problem)
        try:
            running.document, cells = await self._read(job)
            await self._keep(running)  # what its runs' snapshots hold
        except HandloomError as error:
            raise _NotDone("file", error.message) from error
        await self._server.write(partial(jobs.record, job=job, cells=len(cells)))
        chosen = await self._server.read(partial(_choices, job=job))
        try:
            new = NewSession(user=user, workspace=job.workspace, notebook=job.notebook, job=job.id, **chosen)
            session = await new_session.start(self._server, new)
        except HandloomError as error:
            raise _NotDone("restart" if self._server.sessions.draining else "session", error.message) from error
        running.session = session.id

    async def _read(self, job: Job) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        if job.reproduces is not None:
            kept = await self._server.read(lambda tx: jobs.document(tx, job.workspace, job.id))
            return await self._server.on_thread(lambda: _prepared(zlib.decompress(kept), job))
        notebook = await self._server.read(lambda tx: notebook_store.get(tx, job.workspace, job.notebook))
        content = await self._server.on_thread(
            partial(notebook_files.read, self._server.settings.data, notebook, cells_of.LARGEST)
        )
        return await self._server.on_thread(partial(_prepared, content, job))

    async def _run_cells(self, running: _RunningJob, runner: CellRunner) -> str:
        """Run the cells that have not run yet. One that a server before has begun is waited for."""
        cells = cells_of.to_run(running.document)
        for number, cell in enumerate(cells[running.done :], running.done + 1):
            ran = Ran()
            cell["outputs"] = ran.outputs
            cell["metadata"]["trusted"] = True  # the outputs are made by this server's own kernel
            again = running.asked is not None
            if running.asked is None:
                running.asked = runner.request(cells_of.source(cell), str(cell.get("id") or number))
            try:
                await runner.run(running.asked, ran, again=again)
                running.asked = None
            finally:
                cell["execution_count"] = ran.execution_count
            running.done = number
            if ran.exited:
                return ran.exit_value
            if ran.error is not None:
                if ran.error["ename"] == "KeyboardInterrupt":
                    running.ending = True
                    raise await self._why_interrupted(running)
                if not cells_of.may_fail(cell):
                    raise _NotDone("error", f"{ran.error['ename']}: {ran.error['evalue']}")
            await self._report(running, runner)
        return ""

    async def _report(self, running: _RunningJob, runner: CellRunner) -> None:
        """Record the progress now and then, and the executed notebook so far."""
        now = time.monotonic()
        if now - running.recorded_at >= RECORD_SECONDS:
            running.recorded_at = now
            await self._server.write(partial(jobs.record, job=running.job, done=running.done))
        if now - running.kept_at >= KEEP_SECONDS:
            running.kept_at = now
            await runner.keep_widgets(running.document)
            await self._keep(running)

    async def _keep(self, running: _RunningJob) -> None:
        content = await self._server.on_thread(partial(_compressed, running.document))
        await self._server.write(partial(jobs.keep_document, job=running.job.id, content=content))

    async def _why_interrupted(self, running: _RunningJob) -> _NotDone:
        """Why a cell was interrupted: the server ends, the owner may not run it any more, or somebody stopped it."""
        if self._server.sessions.draining or self._closing:
            return _NotDone("restart")
        _, problem = await self._server.read(partial(_who, workspace=running.job.workspace, user=running.user))
        return _NotDone(problem or "stopped")

    async def _why_gone(self, running: _RunningJob, error: Unavailable) -> _NotDone:
        """Why the kernel can be reached no more."""
        why = await self._why_interrupted(running)
        if why.reason != "stopped":
            return why
        try:
            self._server.sessions.get(running.session or "")
        except NotFound:
            return why
        return _NotDone("kernel", error.message)

    async def _settle(self, act: Callable[[], Awaitable[Any]]) -> Any:
        """Await `act`, again and again while the database is unavailable, unless the server stops."""
        while True:
            try:
                return await act()
            except Unavailable as error:
                log.warning("The end of a notebook's run waits for the database: %s", error.message)
                if self._closing:
                    return None
                await asyncio.sleep(5)


def _limit(tx: Read, job: Job) -> int:
    """The minutes after which a job is stopped; 0 for no limit."""
    if job.schedule is None:
        return 0
    try:
        return rows.get(tx, job.workspace, job.schedule).max_minutes
    except NotFound:
        return 0


def _choices(tx: Read, job: Job) -> dict[str, str]:
    """The environment, engine and capacity that the job's schedule chooses; empty for those of the notebook."""
    names = ("environment", "engine", "capacity")
    if job.schedule is None:
        return dict.fromkeys(names, "")
    try:
        schedule = rows.get(tx, job.workspace, job.schedule)
    except NotFound:
        return dict.fromkeys(names, "")
    return {name: getattr(schedule, name) for name in names}


def _who(tx: Read, workspace: str, user: str) -> tuple[User, Reason]:
    return user_store.get(tx, user), rows.owner_problem(tx, workspace, user)


def _prepared(content: bytes, job: Job) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Decode a notebook and return it with the cells to run. Raises Invalid."""
    try:
        document = msgspec.json.decode(content, type=dict[str, Any])
        return document, cells_of.prepare(document, job.parameters)
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("The notebook's file cannot be read. Open the notebook to mend it.") from error


def _compressed(document: dict[str, Any]) -> bytes:
    """Compress the executed notebook, without the largest outputs if it is too large to be kept."""
    size = len(msgspec.json.encode(document))
    if size > LARGEST_KEPT:
        sizes = {index: len(msgspec.json.encode(cell)) for index, cell in enumerate(document["cells"])}
        for index in sorted(sizes, key=lambda index: -sizes[index]):
            note = f"The outputs of this cell ({sizes[index] / 1e6:,.0f} MB) were too large to be kept.\n"
            document["cells"][index] = document["cells"][index] | {
                "outputs": [{"output_type": "stream", "name": "stderr", "text": note}]
            }
            size -= sizes[index]
            if size <= LARGEST_KEPT:
                break
    return jobs.compressed(document)
