"""Compute the importance of params in a process of its own, with limits of time and memory; one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import msgspec

from handloom.domain.errors import Unavailable
from handloom.domain.param_importance import ImportanceTable, ParamImportance

MODULE = "handloom.kernels.importance_child"
SECONDS = 90
WAITING = 4
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


class ImportanceProcesses:
    """Starts a process for each question; questions wait for the one before."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(1)
        self._waiting = 0

    async def compute(self, table: ImportanceTable) -> list[ParamImportance]:
        """Return the importance of each param, the greatest first. Raises Unavailable."""
        if self._waiting >= WAITING:
            raise Unavailable("The importance of params is computed for others now. Try again in a minute.")
        self._waiting += 1
        try:
            async with self._free:
                return await _run(msgspec.json.encode(table))
        finally:
            self._waiting -= 1


async def _run(question: bytes) -> list[ParamImportance]:
    environment = {name: value for name, value in os.environ.items() if name in _KEPT}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        MODULE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    try:
        answer, _ = await asyncio.wait_for(process.communicate(question), SECONDS)
    except TimeoutError as error:
        raise Unavailable("Computing the importance took too long. Filter the runs, and try again.") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        raise Unavailable("Computing the importance failed: it needs more memory or time than it may use.")
    return msgspec.json.decode(answer, type=list[ParamImportance])
