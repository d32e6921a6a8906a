"""Start a session: its token, environment, mounts and engine, from what is kept of its notebook and workspace.

`kernels` has no database access, so this is where a session's token is created, and revoked when the session ends.
"""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec

from handloom.api.server import Server
from handloom.domain.capacities import Capacity
from handloom.domain.engines import session_entry
from handloom.domain.environments import Environment
from handloom.domain.errors import Conflict
from handloom.domain.members import User
from handloom.domain.mounts import Mount
from handloom.domain.notebooks import Notebook
from handloom.domain.sessions import Session
from handloom.domain.tokens import Token
from handloom.kernels.running import SessionSpec
from handloom.store.capacities import rows as capacity_store
from handloom.store.engine.database import Database, Write
from handloom.store.environments import rows as environment_store
from handloom.store.notebooks import rows as notebook_store
from handloom.store.tokens import rows as token_store
from handloom.store.workspaces import mounts as mount_store
from handloom.store.workspaces import rows as workspace_store


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """What to start: for `user`, of a notebook or of a file with a `name`."""

    user: User
    workspace: str
    notebook: str | None = None
    name: str = ""
    environment: str = ""
    """The id or name of an environment, instead of the one that the notebook or the workspace has chosen."""
    engine: str = ""
    """The id of a Spark engine, instead of the one that the notebook or the workspace has chosen."""
    capacity: str = ""
    """The id of a capacity, instead of the one that the notebook or the workspace has chosen."""
    made_by: str | None = None
    """The id of the token of the request, with which the session's token is revoked."""
    job: str | None = None
    """The run of a whole notebook that the session is for."""


class _StoredParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a new session needs from the database, read and written in one transaction. `text` is the token's secret."""

    workspace_name: str
    workspace_engine: str
    notebook: Notebook | None
    capacity: Capacity
    mounts: list[Mount]
    token: Token
    text: str


def _built(environment: Environment) -> Environment | None:
    """Return the environment if it was ever built. Raises Conflict if not, unless it is only the workspace's default:
    nobody's work should wait for that, and the header says that the session has the server's packages."""
    if environment.state == "ready" or environment.packages or environment.built_at is not None:
        return environment
    if environment.is_default:
        return None
    if environment.state == "building":
        raise Conflict(
            f"The environment “{environment.name}” is being built. Start the session once it is ready, or choose "
            "another environment in the notebook's header."
        )
    raise Conflict(
        f"The environment “{environment.name}” could not be built. Its log in the workspace's settings says why; "
        "until it is mended, choose another environment in the notebook's header."
    )


async def start(server: Server, new: NewSession) -> Session:
    """Start the session, or return the one that this user and notebook have. Raises Unavailable and Conflict."""
    kept = await server.read(
        lambda tx: environment_store.of_session(tx, new.workspace, notebook=new.notebook, chosen=new.environment)
    )
    kept = _built(kept) if kept else None
    packages = kept.packages if kept else []
    environment = await server.environments.ensure(kept) if kept and packages else None
    stored = await server.write(partial(_prepare, server=server, new=new))
    notebook = stored.notebook
    installs = notebook is not None and await asyncio.to_thread(
        notebook_store.installs_packages, server.settings.workspaces / notebook.path
    )
    engine = session_entry(
        new.engine or (notebook.engine if notebook else "") or stored.workspace_engine, server.capacities
    )

    await server.peers.count_places(stored.capacity)
    session = await server.sessions.start(
        SessionSpec(
            user=new.user,
            workspace=new.workspace,
            workspace_name=stored.workspace_name,
            notebook=notebook.id if notebook else None,
            name=notebook.name if notebook else new.name,
            timeout=notebook.session_timeout if notebook and not new.job else 0,
            autolog=notebook.autolog if notebook else True,
            installs=installs,
            environment=environment,
            environment_packages=tuple(packages),
            environment_id=kept.id if kept else "",
            environment_name=kept.name if kept else "",
            mounts=tuple(stored.mounts),
            engine=engine,
            capacity=stored.capacity,
            token=stored.text,
            token_id=stored.token.id,
            job=new.job,
        )
    )
    await server.peers.publish(session.id)
    return session


def _prepare(tx: Write, server: Server, new: NewSession) -> _StoredParts:
    """Create the session's token and read its notebook, workspace and mounts."""
    notebook = notebook_store.get(tx, new.workspace, new.notebook) if new.notebook else None
    name = f"session of {notebook.name if notebook else new.name}"
    token, text = token_store.create(tx, "kernel", new.user.id, name, workspace=new.workspace, made_by=new.made_by)
    workspace = workspace_store.get(tx, new.workspace)
    capacity = new.capacity or (notebook.capacity if notebook else "") or workspace.capacity
    return _StoredParts(
        workspace_name=workspace.name,
        workspace_engine=workspace.engine,
        notebook=notebook,
        capacity=capacity_store.chosen(tx, server.session_capacities, capacity),
        mounts=mount_store.list_of(tx, new.workspace),
        token=token,
        text=text,
    )


def revoke_token(database: Database, spec: SessionSpec) -> None:
    """Revoke the token of a session that has ended."""
    database.write(lambda tx: token_store.revoke(tx, spec.user.id, spec.token_id)).add_done_callback(
        lambda done: done.exception()  # ignore: already revoked, for example with its workspace
    )
