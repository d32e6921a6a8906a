"""Snapshots of notebooks, which runs refer to by a digest: what each run needs to be run again, each kept once."""

from __future__ import annotations

import hashlib
import zlib

import msgspec
from sqlalchemy import delete, exists, insert, select

from handloom.domain import clock
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.reproductions import NotebookSnapshot
from handloom.domain.runs import SNAPSHOT_TAG
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks.tables import notebook_snapshots
from handloom.store.runs.tables import run_tags

LARGEST = 32 * 1024 * 1024
"""Bytes of a snapshot, which has no outputs."""
KEPT_MS = 86_400_000
"""How long a snapshot is kept at least that no run refers to: its run may just be being created."""

_s = notebook_snapshots.c


def encoded(snapshot: NotebookSnapshot) -> tuple[str, bytes]:
    """Return a snapshot's digest and its compressed content. Raises Invalid for one that is too large."""
    content = msgspec.json.encode(snapshot, order="deterministic")
    if len(content) > LARGEST:
        raise Invalid(f"The notebook is too large for a snapshot: at most {LARGEST >> 20} MB without outputs.")
    return hashlib.sha256(content).hexdigest(), zlib.compress(content)


def put(tx: Write, workspace: str, digest: str, content: bytes) -> None:
    """Keep a snapshot, unless it is there already."""
    there = select(_s.digest).where(_s.workspace_id == workspace, _s.digest == digest)
    if tx.connection.execute(there).first() is None:
        row = {"workspace_id": workspace, "digest": digest, "content": content, "created_at": clock.now()}
        tx.connection.execute(insert(notebook_snapshots).values(row))


def get(tx: Read, workspace: str, digest: str) -> NotebookSnapshot:
    content = tx.connection.scalar(select(_s.content).where(_s.workspace_id == workspace, _s.digest == digest))
    if content is None:
        raise NotFound("The snapshot of this run is not on this server: the run was logged on another one.")
    return msgspec.json.decode(zlib.decompress(content), type=NotebookSnapshot)


def digests(tx: Read, workspace: str, after: str, limit: int) -> list[str]:
    """Return the digests of a workspace's snapshots that follow `after`, in their order."""
    found = select(_s.digest).where(_s.workspace_id == workspace, _s.digest > after).order_by(_s.digest).limit(limit)
    return list(tx.connection.execute(found).scalars())


def has(tx: Read, workspace: str, digest: str) -> bool:
    found = select(_s.digest).where(_s.workspace_id == workspace, _s.digest == digest)
    return tx.connection.execute(found).first() is not None


def purge_unused(tx: Write, workspace: str) -> int:
    """Remove the snapshots that no run refers to; return their number."""
    used = exists().where(run_tags.c.key == SNAPSHOT_TAG, run_tags.c.value == _s.digest)
    unused = delete(notebook_snapshots).where(
        _s.workspace_id == workspace, _s.created_at < clock.now() - KEPT_MS, ~used
    )
    return int(tx.connection.execute(unused).rowcount)
