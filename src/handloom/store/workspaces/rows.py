"""Workspaces: create, read, update and remove. Each has a row, a folder of notebooks and a folder of artifacts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, delete, distinct, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import clock
from handloom.domain.artifacts import Usage
from handloom.domain.capacities import THIS_MACHINE
from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from handloom.domain.members import Role
from handloom.domain.names import clean_description, clean_name
from handloom.domain.workspaces import DEFAULT_NAME, Removal, RemovedWorkspace, Workspace
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.engine import data_folder as folder
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import rows as experiment_store
from handloom.store.experiments.tables import experiments
from handloom.store.models.tables import model_versions, models
from handloom.store.notebooks.tables import notebooks
from handloom.store.reports.tables import reports
from handloom.store.runs.tables import runs
from handloom.store.tokens import rows as token_store
from handloom.store.workspaces import members as member_store
from handloom.store.workspaces.tables import access, workspaces


def _workspace(row: Row[Any], role: Role | None = None) -> Workspace:
    return Workspace(
        id=row.id,
        name=row.name,
        description=row.description,
        capacity=row.capacity,
        engine=row.engine,
        environment=row.environment,
        created_at=row.created_at,
        modified_at=row.modified_at,
        role=role,
    )


def notebooks_of(root: Path, workspace: str) -> Path:
    """Return the folder of the workspace's notebooks, which is also the working folder of its sessions."""
    return root / "workspaces" / workspace


def create(tx: Write, owner_id: str, name: str, description: str = "", capacity: str = THIS_MACHINE) -> Workspace:
    """Create a workspace with its owner as admin. Raises Invalid or AlreadyExists."""
    name = clean_name(name, what="workspace name")
    now = clock.now()
    workspace = Workspace(
        id=uuid4().hex,
        name=name,
        description=clean_description(description),
        capacity=capacity,
        created_at=now,
        modified_at=now,
        role=Role.ADMIN,
    )
    try:
        tx.connection.execute(
            insert(workspaces).values(
                id=workspace.id,
                name=workspace.name,
                description=workspace.description,
                capacity=workspace.capacity,
                created_at=now,
                modified_at=now,
            )
        )
    except IntegrityError as error:
        raise _taken(name) from error
    member_store.add(tx, workspace.id, owner_id, Role.ADMIN)
    experiment_store.create_default(tx, workspace.id, owner_id)
    tx.after_commit(lambda: make_folders(tx.root, workspace.id))
    tx.changed("workspaces", workspace.id, workspace.id)
    return workspace


def make_folders(root: Path, workspace: str) -> None:
    """Create the workspace's folders of tables and files, unless they exist."""
    for name in ("Tables", "Files"):
        (notebooks_of(root, workspace) / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def _taken(name: str) -> AlreadyExists:
    text = f"A workspace named “{name}” exists already. Choose another name."
    return AlreadyExists(text, field="name").because("workspace_exists", name=name)


def find(tx: Read, reference: str) -> str | None:
    """Return the id of the workspace with this id or, else, this name."""
    rows = tx.connection.execute(
        select(workspaces.c.id).where(
            (workspaces.c.id == reference) | (workspaces.c.name == reference), workspaces.c.removed_at.is_(None)
        )
    ).scalars()
    found = list(rows)
    return reference if reference in found else found[0] if found else None


def get(tx: Read, workspace: str, user_id: str | None = None) -> Workspace:
    """Return a workspace, with the role of `user_id` in it if given."""
    present = (workspaces.c.id == workspace) & workspaces.c.removed_at.is_(None)
    row = tx.connection.execute(select(workspaces).where(present)).first()
    if row is None:
        raise NotFound("There is no such workspace. It may have been removed.").because("no_workspace")
    return _workspace(row, member_store.role(tx, workspace, user_id) if user_id else None)


def list_of(tx: Read, user_id: str) -> list[Workspace]:
    """Return the workspaces in which the user has a role, by name."""
    mine = member_store.roles(tx, user_id)
    readable = workspaces.c.id.in_(select(access.c.workspace_id).where(access.c.user_id == user_id))
    rows = tx.connection.execute(select(workspaces).where(readable, workspaces.c.removed_at.is_(None)))
    found = [_workspace(row, mine[row.id]) for row in rows]
    return sorted(found, key=lambda workspace: (workspace.name.casefold(), workspace.name))


def ids(tx: Read) -> list[str]:
    """Return the ids of all workspaces, without those in the bin."""
    return list(tx.connection.execute(select(workspaces.c.id).where(workspaces.c.removed_at.is_(None))).scalars())


def list_all(tx: Read) -> list[Workspace]:
    """Return every workspace as its admin sees it, by name, for the command line."""
    rows = tx.connection.execute(select(workspaces).where(workspaces.c.removed_at.is_(None)))
    found = [_workspace(row, Role.ADMIN) for row in rows]
    return sorted(found, key=lambda workspace: (workspace.name.casefold(), workspace.name))


def change(
    tx: Write,
    workspace: str,
    *,
    name: str | None = None,
    description: str | None = None,
    engine: str | None = None,
    capacity: str | None = None,
) -> Workspace:
    """Rename or describe the workspace, or change its engine or capacity; None leaves a field as it is."""
    old = get(tx, workspace)
    values: dict[str, Any] = {"modified_at": clock.now()}
    if name is not None and (cleaned := clean_name(name, what="workspace name")) != old.name:
        if old.name == DEFAULT_NAME:
            raise Conflict(
                f"“{DEFAULT_NAME}” cannot be renamed: MLflow clients reach it without naming it.", field="name"
            )
        values["name"] = cleaned
    if description is not None:
        values["description"] = clean_description(description)
    if engine is not None:
        values["engine"] = engine
    if capacity is not None:
        values["capacity"] = capacity
    try:
        tx.connection.execute(update(workspaces).where(workspaces.c.id == workspace).values(values))
    except IntegrityError as error:
        raise _taken(values["name"]) from error
    tx.changed("workspaces", workspace, workspace)
    return get(tx, workspace)


def removal(tx: Read, workspace: str, sessions: int, artifacts: Usage) -> Removal:
    """Return what `remove` would delete. The caller counts `sessions` and `artifacts`."""
    get(tx, workspace)

    def count(table: Any, *conditions: ColumnElement[bool]) -> int:
        return tx.connection.execute(
            select(func.count()).select_from(table).where(table.c.workspace_id == workspace, *conditions)
        ).scalar_one()

    used = or_(experiments.c.experiment_id != 0, runs.c.internal_id.is_not(None))  # an unused Default does not count
    shown = select(func.count(distinct(experiments.c.internal_id))).select_from(
        experiments.outerjoin(runs, runs.c.experiment_internal_id == experiments.c.internal_id)
    )
    files, size = artifacts.files, artifacts.bytes
    for folder_path, _, names in os.walk(notebooks_of(tx.root, workspace)):
        for name in names:
            files += 1
            size += os.lstat(os.path.join(folder_path, name)).st_size  # noqa: PTH118 - thousands of files
    return Removal(
        notebooks=count(notebooks, notebooks.c.deleted_at.is_(None)),
        experiments=tx.connection.execute(shown.where(experiments.c.workspace_id == workspace, used)).scalar_one(),
        runs=count(runs),
        models=count(models),
        versions=count(model_versions),
        reports=count(reports, reports.c.deleted_at.is_(None)),
        sessions=sessions,
        files=files,
        bytes=size,
    )


def check_removable(tx: Read, workspace: str, typed: str) -> None:
    """Raise an error unless the workspace can be removed and its name was typed correctly."""
    found = get(tx, workspace)
    if found.name == DEFAULT_NAME:
        raise Conflict(f"“{DEFAULT_NAME}” cannot be removed: it is where MLflow clients log that name no workspace.")
    if clean_name(typed) != found.name:
        raise Invalid(f"The typed name does not match “{found.name}”.", field="name")


def remove(tx: Write, workspace: str, typed: str) -> None:
    """Move the workspace with everything in it to the bin. Nobody reaches it there, and its name is free."""
    check_removable(tx, workspace, typed)
    name = get(tx, workspace).name
    values = {"name": f"removed {workspace}", "removed_name": name, "removed_at": clock.now()}
    tx.connection.execute(update(workspaces).where(workspaces.c.id == workspace).values(values))
    token_store.revoke_bound(tx, workspace)
    tx.changed("workspaces", workspace, workspace)


def list_removed(tx: Read, user_id: str | None) -> list[RemovedWorkspace]:
    """Return the workspaces in the bin whose admin the user was, newest first; all of them without a user."""
    query = select(workspaces.c.id, workspaces.c.removed_name, workspaces.c.removed_at)
    query = query.where(workspaces.c.removed_at.is_not(None)).order_by(workspaces.c.removed_at.desc(), workspaces.c.id)
    if user_id is not None:
        mine = (access.c.user_id == user_id) & (access.c.role == Role.ADMIN.value)
        query = query.where(workspaces.c.id.in_(select(access.c.workspace_id).where(mine)))
    return [
        RemovedWorkspace(id=row.id, name=row.removed_name, removed_at=row.removed_at)
        for row in tx.connection.execute(query)
    ]


def restore(tx: Write, workspace: str, restorer: str, name: str | None = None) -> Workspace:
    """Move a workspace out of the bin, under another `name` if given. Raises AlreadyExists for a name that is taken.

    If none of its admins can sign in any more, the restorer becomes one.
    """
    removed = next((found for found in list_removed(tx, None) if found.id == workspace), None)
    if removed is None:
        raise NotFound("There is no such workspace in the bin. It may have been restored or deleted for good.")
    chosen = removed.name if name is None else clean_name(name, what="workspace name")
    values = {"name": chosen, "removed_name": None, "removed_at": None, "modified_at": clock.now()}
    try:
        tx.connection.execute(update(workspaces).where(workspaces.c.id == workspace).values(values))
    except IntegrityError as error:
        raise AlreadyExists(
            f"Another workspace is named “{chosen}” now. Rename it first, or restore this one under another name.",
            field="name",
        ) from error
    admins = [one for one in member_store.list_of(tx, workspace) if one.role == Role.ADMIN and not one.disabled]
    if not admins:
        member_store.put_admin(tx, workspace, restorer)
    tx.changed("workspaces", workspace, workspace)
    return get(tx, workspace, restorer)


def purge(tx: Write, workspace: str) -> None:
    """Delete a workspace in the bin for good. Its files are moved away after the commit."""
    gone = tx.connection.execute(
        delete(workspaces).where(workspaces.c.id == workspace, workspaces.c.removed_at.is_not(None))
    )
    if not gone.rowcount:
        raise NotFound("There is no such workspace in the bin. It may have been restored or deleted for good.")
    tx.after_commit(lambda: folder.discard(tx.root, notebooks_of(tx.root, workspace)))
    tx.after_commit(lambda: folder.discard(tx.root, tx.root / "environments" / workspace))
    tx.after_commit(lambda: folder.discard(tx.root, tx.root / "git" / workspace))
    tx.after_commit(lambda: folder.discard(tx.root, folder.bin_of(tx.root, workspace)))
    tx.after_commit(lambda: folder.discard(tx.root, tx.root / "cache" / "boxes" / workspace))
    artifact_rows.remove_later(tx, workspace, "")
    tx.changed("workspaces", workspace, workspace)
