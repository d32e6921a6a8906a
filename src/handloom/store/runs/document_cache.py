"""The run document cache: finished runs as encoded replies, so that a search of thousands of runs only fetches them.

A document is stored only while its run is finished and active; every commit deletes the documents of the runs that
`tx.changed` reported.
"""

from collections.abc import Sequence

from handloom.domain.changes import Change
from handloom.domain.runs import FINISHED, RunInfo
from handloom.store.engine.bulk_insert import replacing
from handloom.store.engine.database import Read, Write
from handloom.store.runs import tables as run_tables

CHUNK = 5_000
"""Internal ids in one IN list."""

_READ = (
    "SELECT d.run_internal_id, d.document FROM run_documents d JOIN runs r ON r.internal_id = d.run_internal_id "
    "WHERE d.run_internal_id IN :runs AND d.format = :format AND r.lifecycle_stage = 'active'"
)
_INSERT = replacing(run_tables.run_documents, ("run_internal_id", "format", "document"))
_INVALIDATE = (
    "DELETE FROM run_documents WHERE run_internal_id IN (SELECT internal_id FROM runs WHERE run_id IN :run_ids)"
)


def read(tx: Read, internal_ids: Sequence[int], format: int) -> dict[int, bytes]:
    """The stored documents of this format, by the runs' internal ids."""
    found: dict[int, bytes] = {}
    for at in range(0, len(internal_ids), CHUNK):
        rows = tx.fetch(_READ, runs=internal_ids[at : at + CHUNK], format=format)
        found.update((row.run_internal_id, row.document) for row in rows)
    return found


def store(tx: Write, documents: Sequence[tuple[int, bytes]], format: int) -> None:
    """Store documents (internal id, encoded run) of finished, active runs that were read in this transaction."""
    tx.insert_later(_INSERT, [(internal_id, format, document) for internal_id, document in documents])


def invalidate(tx: Write, changes: Sequence[Change]) -> None:
    """Delete the documents of the runs that changed. It runs before every commit, see `handloom.store.runs`."""
    run_ids = list({change.id for change in changes if change.id is not None and change.noun in ("runs", "metrics")})
    for at in range(0, len(run_ids), CHUNK):
        tx.execute_later(_INVALIDATE, run_ids=run_ids[at : at + CHUNK])


def is_cacheable(info: RunInfo) -> bool:
    """Whether documents of the run may be stored."""
    return info.status in FINISHED and info.lifecycle_stage == "active"
