"""Copy a model version into a workspace, with its files and the run that explains it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

import msgspec

from handloom.api.authenticator import require_unbound
from handloom.api.file_copies import copy_folder
from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain import artifacts as paths
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.experiments import ACTIVE, Experiment
from handloom.domain.logged_models import READY
from handloom.domain.members import Role
from handloom.domain.models import COPIED_TAG, CopySource, Version, clean_model_name
from handloom.store.datasets import rows as datasets
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.models import files as model_files
from handloom.store.models import logged as logged_models
from handloom.store.models import rows as models
from handloom.store.models import versions as model_versions
from handloom.store.runs import list_rows as run_rows
from handloom.store.runs import rows as runs
from handloom.store.workspaces import members as member_store
from handloom.store.workspaces import rows as workspace_store

_SOURCE = ("mlflow.source.name", "mlflow.source.type", "mlflow.source.git.commit")
"""Tags of MLflow that tell where a run comes from."""


class CopyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Copy version `from_version` of `from_model` as the next version of `model`, which is created if it is missing.

    With `alias`, point that alias of `model` to the copy.
    """

    workspace: str
    model: str
    from_workspace: str
    from_model: str
    from_version: int
    alias: str = ""


class CopiedVersion(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    version: int


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    version: Version
    root: str
    logged_model: str
    run: run_rows.ListedRun | None
    workspace_name: str


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What the copy is made into: a run, if the version has one, and a logged model whose files are to come."""

    run_id: str
    model_id: str
    root: str


async def copy(server: Server, context: Context, request: CopyVersion) -> CopiedVersion:
    if request.from_workspace != request.workspace:
        require_unbound(context.caller)
    clean_model_name(request.model)
    user = context.caller.user
    source = await server.read(lambda tx: _source(tx, user.id, request))
    draft = await server.write(lambda tx: _draft(tx, request.workspace, user.id, user.name, source))
    finished = False
    try:
        ids = {source.version.model_id: draft.model_id, source.version.run_id: draft.run_id}
        places = (request.from_workspace, source.root, request.workspace, draft.root)
        if not await copy_folder(server, *places, partial(_with_ids, ids)):
            text = "This version has no files on this server, so it cannot be copied."
            raise Invalid(text).because("version_no_files")
        made = await server.write(lambda tx: _finish(tx, request, context, source, draft))
        finished = True
    finally:
        if not finished:
            await asyncio.shield(server.write(lambda tx: _discard(tx, request.workspace, draft)))
    return CopiedVersion(workspace=request.workspace, model=made.model, version=made.version)


def _with_ids(ids: Mapping[str, str], path: str, card: bytes) -> bytes:
    """The MLmodel file of the model itself with the new ids of its run and its logged model."""
    if path == paths.MODEL_FILE:
        for old, new in ids.items():
            if old:
                card = card.replace(old.encode(), new.encode())
    return card


def _source(tx: Read, user_id: str, request: CopyVersion) -> _Source:
    """Read the version to copy. Raises NotFound if the person has no role in its workspace."""
    workspace = request.from_workspace
    if member_store.role(tx, workspace, user_id) is None:
        raise NotFound("There is no such workspace, or you are not a member of it.").because("no_workspace")
    version = model_versions.get(tx, workspace, request.from_model, request.from_version)
    found = run_rows.of_ids(tx, workspace, [version.run_id]) if version.run_id else []
    return _Source(
        version=version,
        root=model_files.root(tx, workspace, version),
        logged_model=logged_models.name_of(tx, workspace, version.model_id) if version.model_id else "",
        run=found[0] if found else None,
        workspace_name=workspace_store.get(tx, workspace).name,
    )


def _draft(tx: Write, workspace: str, owner: str, user_name: str, source: _Source) -> _Draft:
    """Make the run with the params and latest metrics of the source's run, and a logged model without files."""
    experiment = _experiment(tx, workspace, source.run.experiment_name if source.run else "", owner)
    run_id = ""
    if source.run is not None:
        run, info = source.run.run, source.run.run.info
        shown = {key: value for key, value in run.tags.items() if not key.startswith("mlflow.") or key in _SOURCE}
        origin = f"{source.workspace_name}/{source.run.experiment_name}/{info.run_id}"
        made = runs.create(
            tx,
            workspace,
            experiment.id,
            user_id=info.user_id or user_name,
            name=info.name,
            start_time=info.start_time,
            tags=shown | {COPIED_TAG: origin},
        )
        runs.put_params(tx, made.info, run.params)
        datasets.log_inputs(tx, made.info, run.datasets)
        metrics.log(tx, made.info, [msgspec.structs.replace(point, model_id="") for point in run.metrics])
        runs.update(tx, workspace, made.info.run_id, status=info.status, end_time=info.end_time)
        run_id = made.info.run_id
    name = source.logged_model or "model"
    model = logged_models.create(tx, workspace, experiment.id, name=name, source_run_id=run_id)
    return _Draft(run_id=run_id, model_id=model.model_id, root=paths.root_of(model.artifact_uri))


def _experiment(tx: Write, workspace: str, name: str, owner: str) -> Experiment:
    """Return the workspace's experiment of this name, or make it; beside a deleted one, another name is used."""
    for wanted in (name or "Default", f"{name or 'Default'} (copied)"):
        try:
            found = experiments.get_by_name(tx, workspace, wanted)
        except NotFound:
            return experiments.create(tx, workspace, wanted, owner=owner)
        if found.lifecycle_stage == ACTIVE:
            return found
    raise Invalid(f"The experiment “{name}” of that workspace is in the bin. Restore it first.")


def _finish(tx: Write, request: CopyVersion, context: Context, source: _Source, draft: _Draft) -> Version:
    workspace, user, origin = request.workspace, context.caller.user, source.version
    if not models.exists(tx, workspace, request.model):
        models.create(tx, workspace, request.model, owner=user.id)
    logged_models.finalize(tx, workspace, draft.model_id, READY)
    copied = CopySource(
        workspace=request.from_workspace,
        workspace_name=source.workspace_name,
        model=origin.model,
        version=origin.version,
        by=user.display_name,
    )
    tags = {key: value for key, value in origin.tags.items() if key != COPIED_TAG}
    given = model_versions.NewVersion(
        source=f"models:/{draft.model_id}",
        run_id=draft.run_id,
        model_id=draft.model_id,
        description=origin.description,
        user=user.display_name,
        tags=tags | {COPIED_TAG: msgspec.json.encode(copied).decode()},
    )
    made = model_versions.create(tx, workspace, request.model, given)
    if request.alias:
        note = f"{source.workspace_name}/{origin.model}/{origin.version}"
        models.set_alias(tx, workspace, made.model, request.alias, made.version, user=user.display_name, note=note)
    return made


def _discard(tx: Write, workspace: str, draft: _Draft) -> None:
    """Remove what a copy left that failed: its files go when the run is purged from the bin."""
    logged_models.remove(tx, workspace, draft.model_id)
    if draft.run_id:
        runs.delete(tx, workspace, draft.run_id)


ROUTES: list[Route] = [
    live(
        "POST",
        "/api/v1/workspaces/{workspace}/models/{model}/copies",
        copy,
        audit="version.create",
        role=Role.CONTRIBUTOR,
        summary="Copy a version of a model in a workspace that you may read, with its files, run and origin.",
    ),
]
