"""Finished runs as they are sent, kept ready made so that a search of thousands only has to fetch them.

A document is kept only while its run is finished, and whatever is written to a finished run takes it away.
"""

from collections.abc import Sequence

from sqlalchemy import text

from handloom.domain.runs import FINISHED, RunInfo
from handloom.store.engine.database import Read, Write

CHUNK = 5_000  # numbers in one IN list

_READ = (
    "SELECT d.run_number, d.document FROM run_documents d JOIN runs r ON r.number = d.run_number "
    "WHERE d.run_number IN (*) AND d.format = ? AND r.lifecycle_stage = 'active'"
)
_FORGET = text("DELETE FROM run_documents WHERE run_number = :run")


def read(tx: Read, numbers: Sequence[int], format: int) -> dict[int, bytes]:
    """The documents that there are in this format, by the runs' internal numbers."""
    found: dict[int, bytes] = {}
    for at in range(0, len(numbers), CHUNK):
        found.update(tx.among(_READ, numbers[at : at + CHUNK], format))
    return found


def keep(tx: Write, documents: Sequence[tuple[int, bytes]], format: int) -> None:
    """Keep documents of finished, active runs, made in this very transaction."""
    for number, _ in documents:
        tx.connection.execute(_FORGET, {"run": number})
    rows = [(number, format, document) for number, document in documents]
    tx.many("INSERT INTO run_documents (run_number, format, document) VALUES (?, ?, ?)", rows)


def forget(tx: Write, info: RunInfo) -> None:
    """Call it with every write to a run, `info` being the run before it."""
    if info.status in FINISHED:
        tx.connection.execute(_FORGET, {"run": info.number})


def can_be_kept(info: RunInfo) -> bool:
    return info.status in FINISHED and info.lifecycle_stage == "active"
