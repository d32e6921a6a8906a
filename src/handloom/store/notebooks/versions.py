"""Versions of notebooks: their texts without outputs, in the database, each text of a notebook once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, select, update

from handloom.domain import clock
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.notebook_versions import (
    INTERVAL_MS,
    LARGEST,
    NotebookVersion,
    Snapshot,
    clean_version_name,
    document_of,
    snapshot,
    superfluous,
)
from handloom.domain.notebooks import Notebook
from handloom.store.engine.database import Read, Write
from handloom.store.engine.dialects import translated
from handloom.store.notebooks.rows import get
from handloom.store.notebooks.tables import notebook_texts, notebook_versions, notebooks
from handloom.store.users.tables import users

_v = notebook_versions.c


def is_due(tx: Read, notebook: str) -> bool:
    """Whether an automatic version is to be made before the notebook's file is replaced."""
    newest = _newest(tx, notebook)
    return newest is None or clock.now() - newest.made_at >= INTERVAL_MS


@translated()
def read_file(root: Path, notebook: Notebook) -> Snapshot:
    """Read the file as it is now. Call it outside of transactions. Raises Invalid, or NotFound without a file."""
    file = root / "workspaces" / notebook.path
    try:
        facts = file.stat()
        if facts.st_size > LARGEST:
            raise Invalid(
                f"A version can be made of a notebook of at most {LARGEST // 1_000_000} MB. Clear its outputs."
            )
        return snapshot(file.read_bytes(), facts.st_mtime_ns // 1_000_000)
    except FileNotFoundError as error:
        raise NotFound("The notebook's file no longer exists.") from error


def add(tx: Write, workspace: str, notebook: str, taken: Snapshot, *, name: str = "") -> NotebookVersion | None:
    """Keep a version of the state that was saved last. Without a name, a state that the newest version has already is
    not kept again, and None is returned.
    """
    get(tx, workspace, notebook)
    name = clean_version_name(name)
    newest, now = _newest(tx, notebook), clock.now()
    same_text = newest is not None and newest.digest == taken.digest
    if same_text and not name:
        tx.connection.execute(update(notebook_versions).where(_v.id == newest.id).values(made_at=now))
        return None
    if same_text and not newest.name:
        return rename(tx, workspace, notebook, newest.id, name)
    key = {"notebook_id": notebook, "digest": taken.digest}
    texts = notebook_texts.c
    known = (texts.notebook_id == notebook) & (texts.digest == taken.digest)
    if tx.connection.execute(select(texts.digest).where(known)).first() is None:
        tx.connection.execute(insert(notebook_texts).values(**key, content=taken.content))
    saved_by = tx.connection.execute(select(notebooks.c.saved_by).where(notebooks.c.id == notebook)).scalar()
    version = uuid4().hex
    tx.connection.execute(
        insert(notebook_versions).values(
            **key,
            id=version,
            name=name,
            at=taken.at,
            made_at=now,
            user_id=saved_by,
            cells=taken.cells,
            size=taken.size,
        )
    )
    _trim(tx, notebook, now)
    tx.changed("notebooks", workspace, notebook)
    return _one(tx, notebook, version)


def _newest(tx: Read, notebook: str) -> Any:
    order = (_v.made_at.desc(), _v.id)
    found = select(_v.id, _v.made_at, _v.digest, _v.name).where(_v.notebook_id == notebook).order_by(*order).limit(1)
    return tx.connection.execute(found).first()


def _trim(tx: Write, notebook: str, now: int) -> None:
    automatic = tx.connection.execute(select(_v.id, _v.at).where(_v.notebook_id == notebook, _v.name == ""))
    if dropped := superfluous([(row.id, row.at) for row in automatic], now):
        tx.connection.execute(delete(notebook_versions).where(_v.id.in_(dropped)))
        _drop_texts(tx, notebook)


def _drop_texts(tx: Write, notebook: str) -> None:
    """Delete the texts that no version has any more."""
    used = select(_v.digest).where(_v.notebook_id == notebook)
    texts = notebook_texts.c
    tx.connection.execute(delete(notebook_texts).where(texts.notebook_id == notebook, texts.digest.not_in(used)))


def _select() -> Any:
    return select(notebook_versions, users.c.display_name).outerjoin(users, users.c.id == _v.user_id)


def _version(row: Any) -> NotebookVersion:
    user = row.display_name or ""
    return NotebookVersion(id=row.id, name=row.name, at=row.at, user=user, cells=row.cells, size=row.size)


def _one(tx: Read, notebook: str, id: str) -> NotebookVersion:
    row = tx.connection.execute(_select().where(_v.notebook_id == notebook, _v.id == id)).first()
    if row is None:
        raise NotFound("This version is not kept any more.")
    return _version(row)


def listing(tx: Read, workspace: str, notebook: str) -> list[NotebookVersion]:
    """Return the versions, newest first."""
    get(tx, workspace, notebook)
    found = _select().where(_v.notebook_id == notebook).order_by(_v.at.desc(), _v.made_at.desc(), _v.id)
    return [_version(row) for row in tx.connection.execute(found)]


def content(tx: Read, workspace: str, notebook: str, id: str) -> tuple[NotebookVersion, dict[str, Any]]:
    """Return a version and its document, whose cells have no outputs. Raises NotFound."""
    get(tx, workspace, notebook)
    version = _one(tx, notebook, id)
    texts = notebook_texts.c
    found = (
        select(texts.content)
        .join(notebook_versions, (_v.notebook_id == texts.notebook_id) & (_v.digest == texts.digest))
        .where(_v.id == id)
    )
    return version, document_of(tx.connection.execute(found).scalar_one())


def rename(tx: Write, workspace: str, notebook: str, id: str, name: str) -> NotebookVersion:
    """Name a version, which keeps it for good; an empty name makes it an automatic one."""
    get(tx, workspace, notebook)
    _one(tx, notebook, id)
    tx.connection.execute(update(notebook_versions).where(_v.id == id).values(name=clean_version_name(name)))
    tx.changed("notebooks", workspace, notebook)
    return _one(tx, notebook, id)


def remove(tx: Write, workspace: str, notebook: str, id: str) -> None:
    get(tx, workspace, notebook)
    _one(tx, notebook, id)
    tx.connection.execute(delete(notebook_versions).where(_v.id == id))
    _drop_texts(tx, notebook)
    tx.changed("notebooks", workspace, notebook)
