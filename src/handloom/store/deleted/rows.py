"""Deleted runs, logged models and experiments: count those from before some time, and purge them in small transactions.

A run or logged model that a registered version was made from stays, and so does its experiment. The experiment with the
highest id stays as an empty row, because its id must not be used again.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, delete, func, not_, or_, select, update

from handloom.domain import artifacts as paths
from handloom.domain.deleted import BEING_PURGED, BinItem, Purged, Waiting
from handloom.domain.errors import Invalid
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.artifacts.tables import artifact_removals
from handloom.store.engine.database import Database, Read, Write
from handloom.store.experiments import tables as experiment_tables
from handloom.store.experiments.pages import NAME_TAG
from handloom.store.metrics import tables as metric_tables
from handloom.store.models import tables as model_tables
from handloom.store.notebooks import rows as notebook_store
from handloom.store.notebooks import tables as notebook_tables
from handloom.store.reports import rows as report_store
from handloom.store.reports import tables as report_tables
from handloom.store.runs import tables as run_tables
from handloom.store.traces.tables import traces

ROWS = 1_000  # rows per transaction: other writes wait for it
MOST_RUNS = 500  # deleted runs that the bin lists
PAGE = 500  # runs or logged models whose files are counted per page
_A_RUN = 20  # rows that a run or logged model counts as, besides its points
_ROW_BYTES = 30  # bytes of a point without its key, and of a param or tag without its texts

_SOME_POINTS = (
    "DELETE FROM metrics WHERE run_internal_id = :run AND (key, step, timestamp, value, is_nan) IN "
    "(SELECT key, step, timestamp, value, is_nan FROM metrics WHERE run_internal_id = :run LIMIT :rows)"
)


class PurgeCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A deleted run or logged model, and the folder of its files; None if they are stored elsewhere."""

    id: str
    folder: str | None


def _experiments(workspace: str, before: int) -> ColumnElement[bool]:
    e = experiment_tables.experiments.c
    return and_(
        e.workspace_id == workspace,
        e.lifecycle_stage == "deleted",
        e.last_update_time <= before,
        e.experiment_id != 0,  # clients that name no experiment log to it
    )


def _of_experiments(column: Any, workspace: str, before: int) -> ColumnElement[bool]:
    return column.in_(select(experiment_tables.experiments.c.internal_id).where(_experiments(workspace, before)))  # type: ignore[no-any-return]


def _runs(workspace: str, before: int) -> ColumnElement[bool]:
    """Select the runs to purge, including those that registered versions use."""
    r = run_tables.runs.c
    alone = and_(r.lifecycle_stage == "deleted", func.coalesce(r.deleted_time, 0) <= before)
    return and_(r.workspace_id == workspace, or_(alone, _of_experiments(r.experiment_internal_id, workspace, before)))


def _logged_models(workspace: str, before: int) -> ColumnElement[bool]:
    m = model_tables.logged_models.c
    alone = and_(m.lifecycle_stage == "deleted", m.modified_at <= before)
    return and_(m.workspace_id == workspace, or_(alone, _of_experiments(m.experiment_internal_id, workspace, before)))


def _used(column: Any, named: Any, workspace: str) -> ColumnElement[bool]:
    """Return the condition that a registered version refers to the id in `column`."""
    used = select(named).where(model_tables.model_versions.c.workspace_id == workspace)
    return column.in_(used)  # type: ignore[no-any-return]


def _run_used(workspace: str) -> ColumnElement[bool]:
    return _used(run_tables.runs.c.run_id, model_tables.model_versions.c.run_id, workspace)


def _model_used(workspace: str) -> ColumnElement[bool]:
    return _used(model_tables.logged_models.c.model_id, model_tables.model_versions.c.model_id, workspace)


def restorable(tx: Read, workspace: str) -> list[BinItem]:
    """Return the deleted notebooks, reports and experiments that can be restored, and the last runs that were deleted
    alone, newest first.
    """
    n, e = notebook_tables.notebooks.c, experiment_tables.experiments.c
    notebooks = select(n.id, n.deleted_name, n.deleted_at).where(n.workspace_id == workspace, n.deleted_at.is_not(None))
    tag = experiment_tables.experiment_tags.c
    original = (
        select(tag.value).where(tag.experiment_internal_id == e.internal_id, tag.key == NAME_TAG).scalar_subquery()
    )
    experiments = select(e.experiment_id, func.coalesce(original, e.name).label("name"), e.last_update_time).where(
        e.workspace_id == workspace, e.lifecycle_stage == "deleted"
    )
    found = [
        *(
            BinItem(kind="notebook", id=row.id, name=row.deleted_name, deleted_at=row.deleted_at)
            for row in tx.connection.execute(notebooks)
        ),
        *(
            BinItem(kind="experiment", id=str(row.experiment_id), name=row.name, deleted_at=row.last_update_time)
            for row in tx.connection.execute(experiments)
        ),
        *(
            BinItem(kind="report", id=row.id, name=row.name, deleted_at=row.deleted_at)
            for row in tx.connection.execute(_deleted_reports(workspace))
        ),
        *(
            BinItem(kind="run", id=row.run_id, name=row.name, deleted_at=row.deleted_time)
            for row in tx.connection.execute(_deleted_alone(workspace))
        ),
    ]
    return sorted(found, key=lambda item: (-item.deleted_at, item.name, item.id))


def _deleted_reports(workspace: str) -> Select[Any]:
    r = report_tables.reports.c
    return select(r.id, r.name, r.deleted_at).where(r.workspace_id == workspace, r.deleted_at.is_not(None))


def _deleted_alone(workspace: str) -> Select[Any]:
    """The last runs that were deleted, in experiments that were not."""
    r, e = run_tables.runs.c, experiment_tables.experiments.c
    return (
        select(r.run_id, r.name, r.deleted_time)
        .select_from(run_tables.runs.join(experiment_tables.experiments, e.internal_id == r.experiment_internal_id))
        .where(r.workspace_id == workspace, r.lifecycle_stage == "deleted", r.deleted_time > BEING_PURGED)
        .where(e.lifecycle_stage == "active")
        .order_by(r.deleted_time.desc(), r.internal_id.desc())
        .limit(MOST_RUNS)
    )


def waiting(tx: Read, workspace: str, before: int) -> Waiting:
    """Count what can be purged, without the files, which only the artifact store can count."""
    runs = and_(_runs(workspace, before), not_(_run_used(workspace)))
    models = and_(_logged_models(workspace, before), not_(_model_used(workspace)))
    numbers = select(run_tables.runs.c.internal_id).where(runs)
    latest = metric_tables.latest_metrics.c
    points, size = tx.connection.execute(
        select(
            func.coalesce(func.sum(latest.count), 0),
            func.coalesce(func.sum(latest.count * (func.length(latest.key) + _ROW_BYTES)), 0),
        ).where(latest.run_internal_id.in_(numbers))
    ).one()
    for table in (run_tables.params, run_tables.run_tags):
        texts = func.sum(func.length(table.c.key) + func.length(table.c.value) + _ROW_BYTES)
        query = select(func.coalesce(texts, 0)).where(table.c.run_internal_id.in_(numbers))
        size += tx.connection.execute(query).scalar_one()
    gone = sum(1 for _ in _empty(tx, workspace, before, after=True))
    n = notebook_tables.notebooks.c
    binned = and_(n.workspace_id == workspace, n.deleted_at <= before)
    r = report_tables.reports.c
    binned_reports = and_(r.workspace_id == workspace, r.deleted_at <= before)
    return Waiting(
        notebooks=_count(tx, notebook_tables.notebooks, binned),
        experiments=gone,
        runs=_count(tx, run_tables.runs, runs),
        reports=_count(tx, report_tables.reports, binned_reports),
        logged_models=_count(tx, model_tables.logged_models, models),
        points=int(points),
        database_bytes=int(size),
        kept=_count(tx, run_tables.runs, and_(_runs(workspace, before), _run_used(workspace)))
        + _count(tx, model_tables.logged_models, and_(_logged_models(workspace, before), _model_used(workspace))),
    )


def _count(tx: Read, table: Any, condition: ColumnElement[bool]) -> int:
    return int(tx.connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())


def candidates(tx: Read, workspace: str, before: int, after: str) -> list[PurgeCandidate]:
    """Return a page of runs and logged models to purge, ordered by id, after the id `after`."""
    r, m = run_tables.runs.c, model_tables.logged_models.c
    runs = select(r.run_id.label("id"), r.artifact_uri).where(_runs(workspace, before), not_(_run_used(workspace)))
    models = select(m.model_id.label("id"), m.artifact_uri).where(
        _logged_models(workspace, before), not_(_model_used(workspace))
    )
    found = [
        *tx.connection.execute(runs.where(r.run_id > after).order_by(r.run_id).limit(PAGE)),
        *tx.connection.execute(models.where(m.model_id > after).order_by(m.model_id).limit(PAGE)),
    ]
    return [
        PurgeCandidate(id=row.id, folder=_folder(row.artifact_uri, row.id))
        for row in sorted(found, key=lambda row: str(row.id))[:PAGE]
    ]


def _folder(uri: str, id: str) -> str | None:
    """Return the folder that contains all files of a run or model and nothing else: the one named by its id."""
    try:
        root = paths.path_of(uri)
    except Invalid:
        return None
    if root is None:
        return None
    before, found, _ = f"/{root}/".partition(f"/{id}/")
    return f"{before}/{id}".strip("/") if found else None


def purge(tx: Write, workspace: str, before: int, rows: int = ROWS) -> Purged:
    """Purge rows in one transaction, about `rows` of them. Call it until `more` is false."""
    notebooks = notebook_store.purge(tx, workspace, before)
    reports = report_store.purge(tx, workspace, before)
    runs, points, more = _purge_runs(tx, workspace, before, rows)
    models = experiments = 0
    if notebooks or reports:
        more = True
    if not more:
        models, more = _purge_models(tx, workspace, before, rows)
    if not more:
        experiments, more = _purge_experiments(tx, workspace, before)
    if runs or models or experiments:
        tx.changed("experiments", workspace)
    return Purged(
        notebooks=notebooks,
        experiments=experiments,
        runs=runs,
        reports=reports,
        logged_models=models,
        points=points,
        more=more,
    )


def _purge_runs(tx: Write, workspace: str, before: int, rows: int) -> tuple[int, int, bool]:
    """Purge runs; return the numbers of runs and points, and whether more may follow."""
    r = run_tables.runs.c
    most = max(1, rows // _A_RUN)
    query = select(r.internal_id, r.run_id, r.artifact_uri).where(_runs(workspace, before), not_(_run_used(workspace)))
    found = tx.connection.execute(query.order_by(r.internal_id).limit(most)).all()
    points = 0
    for done, row in enumerate(found):
        marked = update(run_tables.runs).where(r.internal_id == row.internal_id)
        tx.connection.execute(marked.values(lifecycle_stage="deleted", deleted_time=BEING_PURGED))
        points += tx.execute(_SOME_POINTS, run=row.internal_id, rows=rows - points)
        if points >= rows:
            return done, points, True
        _remove_files(tx, workspace, row.artifact_uri, row.run_id)
        tx.connection.execute(delete(run_tables.runs).where(r.internal_id == row.internal_id))
    return len(found), points, len(found) == most


def _remove_files(tx: Write, workspace: str, uri: str, id: str) -> None:
    folder = _folder(uri, id)
    if folder is not None:
        artifact_rows.remove_later(tx, workspace, folder)


def _purge_models(tx: Write, workspace: str, before: int, rows: int) -> tuple[int, bool]:
    m = model_tables.logged_models.c
    most = max(1, rows // _A_RUN)
    condition = and_(_logged_models(workspace, before), not_(_model_used(workspace)))
    found = tx.connection.execute(select(m.model_id, m.artifact_uri).where(condition).limit(most)).all()
    for row in found:
        _remove_files(tx, workspace, row.artifact_uri, row.model_id)
        tx.connection.execute(delete(model_tables.logged_models).where(m.model_id == row.model_id))
    return len(found), len(found) == most


def _empty(tx: Read, workspace: str, before: int, *, after: bool = False) -> list[int]:
    """Return the internal ids of experiments to purge: empty ones, or with `after`, those that would be empty."""
    e, r, m = experiment_tables.experiments.c, run_tables.runs.c, model_tables.logged_models.c
    run_stays = _run_used(workspace) if after else r.internal_id.is_not(None)
    model_stays = _model_used(workspace) if after else m.model_id.is_not(None)
    highest = select(func.max(e.experiment_id)).where(e.workspace_id == workspace).scalar_subquery()
    query = select(e.internal_id).where(
        _experiments(workspace, before),
        ~select(r.internal_id).where(r.experiment_internal_id == e.internal_id, run_stays).exists(),
        ~select(m.model_id).where(m.experiment_internal_id == e.internal_id, model_stays).exists(),
        e.experiment_id != highest,
    )
    return list(tx.connection.execute(query).scalars())


def _purge_experiments(tx: Write, workspace: str, before: int) -> tuple[int, bool]:
    """Purge experiments; return their number, and whether traces must be purged first."""
    gone = 0
    for number in _empty(tx, workspace, before):
        some = select(traces.c.internal_id).where(traces.c.experiment_internal_id == number).limit(50)
        if tx.connection.execute(delete(traces).where(traces.c.internal_id.in_(some))).rowcount:
            return gone, True
        tx.connection.execute(
            delete(experiment_tables.experiments).where(experiment_tables.experiments.c.internal_id == number)
        )
        gone += 1
    return gone, False


def folders(tx: Read, workspace: str) -> int:
    """Return the folders of the workspace's files that are still to be deleted."""
    return _count(tx, artifact_removals, artifact_removals.c.workspace_id == workspace)


def reclaim(tx: Write, pages: int = 1_000) -> int:
    """Return free pages of the database to the file system; return their number in this transaction. PostgreSQL does so
    itself.
    """
    if tx.connection.dialect.name != "sqlite":
        return 0
    free = int(tx.connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
    if not int(tx.connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one()):
        return 0
    for _ in range(min(free, pages)):  # Python's driver steps this statement once, which frees one page
        tx.connection.exec_driver_sql("PRAGMA incremental_vacuum(1)").close()
    return min(free, pages)


def shorten(database: Database) -> None:
    """Truncate SQLite's write-ahead log and file to their current content, without waiting for readers."""
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").close()
