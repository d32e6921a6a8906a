"""Items of all kinds in one list: those of a workspace, the newest ones, and search results."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, literal, or_, select, union_all

from handloom.domain.items import Item
from handloom.domain.notebooks import path_of
from handloom.store.engine.database import Read
from handloom.store.experiments.tables import experiment_tags, experiments
from handloom.store.folders.tables import folder_items
from handloom.store.models.tables import model_versions, models
from handloom.store.notebooks.rows import saved_at
from handloom.store.notebooks.tables import notebooks
from handloom.store.reports.tables import reports
from handloom.store.runs.tables import runs
from handloom.store.users.tables import users
from handloom.store.workspaces.tables import access, workspaces

NOTE = "mlflow.note.content"  # MLflow's tag of an experiment's description


class FoundRun(msgspec.Struct, frozen=True, kw_only=True):
    run_id: str
    name: str
    workspace: str
    workspace_name: str
    experiment: str
    experiment_name: str


def of_workspace(tx: Read, workspace: str) -> list[Item]:
    """Return the items of a workspace, newest first."""
    return _items(tx, workspaces.c.id == workspace)


def of_user(tx: Read, user_id: str) -> list[Item]:
    """Return the items of all workspaces that the user is a member of, newest first."""
    return _items(tx, _readable(user_id))


def _readable(user_id: str) -> ColumnElement[bool]:
    mine = workspaces.c.id.in_(select(access.c.workspace_id).where(access.c.user_id == user_id))
    return and_(mine, workspaces.c.removed_at.is_(None))


def _items(tx: Read, where: ColumnElement[bool]) -> list[Item]:
    rows = tx.connection.execute(
        union_all(*(kind.where(where) for kind in (_notebooks(), _experiments(), _models(), _reports())))
    )
    found = [_item(tx, row) for row in rows]
    return sorted(found, key=lambda item: (-item.modified_at, item.name))


def _item(tx: Read, row: Any) -> Item:
    saved = saved_at(tx.root, path_of(row.workspace, row.name)) if row.kind == "notebook" else 0
    return Item(
        kind=row.kind,
        id=row.id,
        workspace=row.workspace,
        workspace_name=row.workspace_name,
        name=row.name,
        description=row.description,
        owner=row.owner or "",
        created_at=row.created_at,
        modified_at=max(row.modified_at, saved),
        count=row.count,
        folder=row.folder,
    )


def _columns(kind: str, id: Any, table: Any, **special: Any) -> list[Any]:
    return [
        literal(kind).label("kind"),
        cast(id, String).label("id"),
        workspaces.c.id.label("workspace"),
        workspaces.c.name.label("workspace_name"),
        table.c.name.label("name"),
        special.get("description", table.c.get("description")).label("description"),
        users.c.display_name.label("owner"),
        special.get("created_at", table.c.get("created_at")).label("created_at"),
        special.get("modified_at", table.c.get("modified_at")).label("modified_at"),
        special.get("count", literal(0)).label("count"),
        func.coalesce(folder_items.c.folder_id, "").label("folder"),
    ]


def _joined(kind: str, id: Any, table: Any, **special: Any) -> Select[Any]:
    return (
        select(*_columns(kind, id, table, **special))
        .select_from(table)
        .join(workspaces, workspaces.c.id == table.c.workspace_id)
        .outerjoin(users, users.c.id == table.c.owner_id)
        .outerjoin(
            folder_items,
            and_(
                folder_items.c.workspace_id == table.c.workspace_id,
                folder_items.c.kind == kind,
                folder_items.c.item_id == cast(id, String),
            ),
        )
    )


def _notebooks() -> Select[Any]:
    return _joined("notebook", notebooks.c.id, notebooks).where(notebooks.c.deleted_at.is_(None))


def _experiments() -> Select[Any]:
    """Select the experiments; Default only once it is used, so that a new workspace looks empty."""
    mine = and_(runs.c.experiment_internal_id == experiments.c.internal_id, runs.c.lifecycle_stage == "active")
    count = select(func.count()).select_from(runs).where(mine).correlate(experiments).scalar_subquery()
    newest = select(func.max(runs.c.start_time)).where(mine).correlate(experiments).scalar_subquery()
    note = (
        select(experiment_tags.c.value)
        .where(experiment_tags.c.experiment_internal_id == experiments.c.internal_id, experiment_tags.c.key == NOTE)
        .correlate(experiments)
        .scalar_subquery()
    )
    updated = experiments.c.last_update_time
    chosen = _joined(
        "experiment",
        experiments.c.experiment_id,
        experiments,
        description=func.coalesce(note, ""),
        created_at=experiments.c.creation_time,
        modified_at=case((newest > updated, newest), else_=updated),
        count=count,
    )
    used = or_(experiments.c.experiment_id != 0, select(runs.c.internal_id).where(mine).correlate(experiments).exists())
    return chosen.where(experiments.c.lifecycle_stage == "active", used)


def _models() -> Select[Any]:
    count = (
        select(func.count())
        .select_from(model_versions)
        .where(model_versions.c.workspace_id == models.c.workspace_id, model_versions.c.name == models.c.name)
        .correlate(models)
        .scalar_subquery()
    )
    return _joined("model", models.c.name, models, count=count)


def _reports() -> Select[Any]:
    return _joined("report", reports.c.id, reports).where(reports.c.deleted_at.is_(None))


def search(tx: Read, user_id: str, query: str, limit: int) -> tuple[list[Item], list[FoundRun]]:
    """Return items and runs whose name contains the query in any case, or whose id is the query; names that begin with
    it first. SQLite ignores only the case of A to Z in the names of runs.
    """
    wanted = unicodedata.normalize("NFC", query).strip().casefold()
    if not wanted:
        return [], []
    items = [item for item in of_user(tx, user_id) if wanted in item.name.casefold() or wanted == item.id.casefold()]
    items.sort(key=lambda item: not item.name.casefold().startswith(wanted))
    return items[:limit], _runs(tx, user_id, unicodedata.normalize("NFC", query).strip(), limit)


def _runs(tx: Read, user_id: str, wanted: str, limit: int) -> list[FoundRun]:
    named = or_(runs.c.name.icontains(wanted, autoescape=True), runs.c.run_id == wanted.lower())
    rows = tx.connection.execute(
        select(
            runs.c.run_id,
            runs.c.name,
            workspaces.c.id.label("workspace"),
            workspaces.c.name.label("workspace_name"),
            experiments.c.experiment_id,
            experiments.c.name.label("experiment_name"),
        )
        .join(experiments, experiments.c.internal_id == runs.c.experiment_internal_id)
        .join(workspaces, workspaces.c.id == runs.c.workspace_id)
        .where(
            named,
            _readable(user_id),
            runs.c.lifecycle_stage == "active",
            experiments.c.lifecycle_stage == "active",
        )
        .order_by(runs.c.start_time.desc())
        .limit(limit)
    )
    return [
        FoundRun(
            run_id=row.run_id,
            name=row.name,
            workspace=row.workspace,
            workspace_name=row.workspace_name,
            experiment=str(row.experiment_id),
            experiment_name=row.experiment_name,
        )
        for row in rows
    ]
