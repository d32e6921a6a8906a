"""Environments: create, list, change and delete them, and store the results of builds.

The packages themselves are files on each server.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import clock
from handloom.domain.environments import NO_ENVIRONMENT, Environment
from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from handloom.domain.names import clean_name
from handloom.store.engine.database import Read, Write
from handloom.store.environments.tables import environments
from handloom.store.notebooks.tables import notebooks
from handloom.store.workspaces.tables import workspaces

LONGEST_BUILD_MS = 20 * 60_000
"""A build that began longer ago has ended with its server."""
INTERRUPTED = "The build was interrupted because the server ended. Build again."
MOST = 50
"""Environments of one workspace."""


def list_of(tx: Read, workspace: str) -> list[Environment]:
    """Return the environments of a workspace, the default one first, then by name."""
    found = _select(tx, environments.c.workspace_id == workspace)
    return sorted(found, key=lambda one: (not one.is_default, one.name.casefold(), one.name))


def list_all(tx: Read) -> list[Environment]:
    """Return the environments of all workspaces, also of those in the bin."""
    return _select(tx, environments.c.id.is_not(None))


def get(tx: Read, workspace: str, environment: str) -> Environment:
    found = _select(tx, (environments.c.workspace_id == workspace) & (environments.c.id == environment))
    if not found:
        raise NotFound("There is no such environment in this workspace. It may have been deleted.")
    return found[0]


def log(tx: Read, workspace: str, environment: str) -> list[str]:
    """Return the lines that the last build has printed."""
    c = environments.c
    text = tx.connection.execute(select(c.log).where(c.workspace_id == workspace, c.id == environment)).scalar()
    if text is None:
        raise NotFound("There is no such environment in this workspace. It may have been deleted.")
    return str(text).splitlines()


def check_choice(tx: Read, workspace: str, environment: str) -> None:
    """Check what a notebook chooses. Raises NotFound."""
    if environment not in ("", NO_ENVIRONMENT):
        get(tx, workspace, environment)


def of_session(tx: Read, workspace: str, *, notebook: str | None, chosen: str = "") -> Environment | None:
    """Return the environment of a new session: the one chosen for it, else the notebook's, else the workspace's.

    `chosen` is an id or a name. Raises Invalid if there is no such environment.
    """
    if chosen and chosen != NO_ENVIRONMENT:
        named = next((one for one in list_of(tx, workspace) if chosen in (one.id, one.name)), None)
        if named is None:
            raise Invalid(f"There is no environment “{chosen}” in this workspace.", field="environment")
        return named
    c = workspaces.c
    mine = (notebooks.c.workspace_id == c.id) & (notebooks.c.id == notebook)
    both = select(c.environment, notebooks.c.environment.label("own")).select_from(
        workspaces.outerjoin(notebooks, mine)
    )
    row = tx.connection.execute(both.where(c.id == workspace)).first()
    kept = chosen or ((row.own or row.environment) if row is not None else "")
    if kept in ("", NO_ENVIRONMENT):
        return None
    return next((one for one in list_of(tx, workspace) if one.id == kept), None)


def named(tx: Read, workspace: str, name: str) -> str:
    """Return what a notebook chooses whose document asks for the environment of this name; empty if there is none."""
    if name == NO_ENVIRONMENT:
        return name
    return next((one.id for one in list_of(tx, workspace) if name and one.name == name), "")


def name_of(tx: Read, workspace: str, environment: str) -> str:
    """Return the name that a document gives to what its notebook has chosen."""
    if environment in ("", NO_ENVIRONMENT):
        return environment
    return next((one.name for one in list_of(tx, workspace) if one.id == environment), "")


def create(tx: Write, workspace: str, name: str, requirements: list[str], by: str) -> Environment:
    """Create an environment whose first build begins. Raises Invalid or AlreadyExists."""
    if len(list_of(tx, workspace)) >= MOST:
        raise Conflict(f"A workspace can have at most {MOST} environments. Delete one first.")
    made, cleaned = uuid4().hex, clean_name(name, what="environment name")
    _refuse_taken(tx, workspace, made, cleaned)
    values = {
        "id": made,
        "workspace_id": workspace,
        "name": cleaned,
        "requirements": "\n".join(requirements),
        "state": "building",
        "message": "",
        "log": "",
        "packages": "",
        "bytes": 0,
        "changed_at": clock.now(),
        "changed_by": by,
    }
    try:
        tx.connection.execute(insert(environments).values(values))
    except IntegrityError as error:
        raise _taken(cleaned) from error
    tx.changed("environments", workspace)
    return get(tx, workspace, made)


def rename(tx: Write, workspace: str, environment: str, name: str) -> None:
    """Rename an environment. Raises Invalid, NotFound or AlreadyExists."""
    old = get(tx, workspace, environment)
    cleaned = clean_name(name, what="environment name")
    _refuse_taken(tx, workspace, old.id, cleaned)
    _update(tx, workspace, environments.c.id == old.id, name=cleaned)


def begin(tx: Write, workspace: str, environment: str, requirements: list[str], by: str) -> Environment:
    """Record the requested packages before another build. Raises Conflict while one runs."""
    before = get(tx, workspace, environment)
    if before.state == "building":
        raise Conflict(f"“{before.name}” is being built. Wait until that has ended.")
    # later than before, because a build is recognised by this time
    changed_at = max(clock.now(), before.changed_at + 1)
    values = {"state": "building", "message": "", "log": "", "changed_at": changed_at, "changed_by": by}
    _update(tx, workspace, environments.c.id == before.id, requirements="\n".join(requirements), **values)
    return get(tx, workspace, environment)


def choose_default(tx: Write, workspace: str, environment: str, *, default: bool) -> None:
    """Make it the environment of notebooks that choose none, or let the workspace have none if it was."""
    old = get(tx, workspace, environment)
    if old.is_default == default:
        return
    chosen = old.id if default else ""
    tx.connection.execute(update(workspaces).where(workspaces.c.id == workspace).values(environment=chosen))
    tx.changed("workspaces", workspace, workspace)
    tx.changed("environments", workspace)


def remove(tx: Write, workspace: str, environment: str) -> None:
    """Delete an environment. Notebooks that have chosen it get the workspace's default."""
    choose_default(tx, workspace, environment, default=False)
    chosen = (notebooks.c.workspace_id == workspace) & (notebooks.c.environment == environment)
    for notebook in tx.connection.execute(select(notebooks.c.id).where(chosen)).scalars().all():
        tx.changed("notebooks", workspace, notebook)
    tx.connection.execute(update(notebooks).where(chosen).values(environment=""))
    tx.connection.execute(delete(environments).where(environments.c.id == environment))
    tx.changed("environments", workspace)


def succeed(tx: Write, begun: Environment, packages: list[str], size: int, printed: list[str]) -> None:
    """Store the result of a build: name==version of each package, the size in bytes, and the log."""
    lock = "\n".join(packages)
    _end(tx, begun, printed, state="ready", packages=lock, bytes=size, built_at=clock.now())


def fail(tx: Write, begun: Environment, message: str, printed: list[str]) -> None:
    """Store why a build failed, and its log. Sessions keep using the previous build."""
    _end(tx, begun, printed, state="failed", message=message)


def end_interrupted(tx: Write) -> None:
    """Mark running builds as failed, because the only server has just started."""
    building = environments.c.state == "building"
    tx.connection.execute(update(environments).where(building).values(state="failed", message=INTERRUPTED))


def _end(tx: Write, begun: Environment, printed: list[str], **values: Any) -> None:
    """Store the result, unless the environment was deleted or another build has begun meanwhile."""
    mine = (environments.c.id == begun.id) & (environments.c.changed_at == begun.changed_at)
    _update(tx, begun.workspace, mine, log="\n".join(printed), **values)


def _update(tx: Write, workspace: str, where: ColumnElement[bool], **values: Any) -> None:
    tx.connection.execute(update(environments).where(where, environments.c.workspace_id == workspace).values(values))
    tx.changed("environments", workspace)


def _select(tx: Read, where: ColumnElement[bool]) -> list[Environment]:
    c = environments.c
    chosen_by = (
        select(func.count())
        .select_from(notebooks)
        .where(notebooks.c.environment == c.id, notebooks.c.deleted_at.is_(None))
        .correlate(environments)
        .scalar_subquery()
    )
    columns = [column for column in environments.columns if column is not c.log]
    joined = environments.join(workspaces, workspaces.c.id == c.workspace_id)
    query = select(*columns, workspaces.c.environment.label("chosen"), chosen_by.label("notebooks"))
    return [_environment(row) for row in tx.connection.execute(query.select_from(joined).where(where))]


def _environment(row: Any) -> Environment:
    interrupted = row.state == "building" and clock.now() - row.changed_at > LONGEST_BUILD_MS
    return Environment(
        id=row.id,
        workspace=row.workspace_id,
        name=row.name,
        requirements=row.requirements.splitlines(),
        state="failed" if interrupted else row.state,
        message=INTERRUPTED if interrupted else row.message,
        packages=row.packages.splitlines(),
        bytes=row.bytes,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        built_at=row.built_at,
        is_default=row.chosen == row.id,
        notebooks=row.notebooks,
    )


def _refuse_taken(tx: Read, workspace: str, environment: str, name: str) -> None:
    if any(one.name.casefold() == name.casefold() and one.id != environment for one in list_of(tx, workspace)):
        raise _taken(name)


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(
        f"An environment named “{name}” is in this workspace already. Choose another name.", field="name"
    ).because("name_taken", name=name)
