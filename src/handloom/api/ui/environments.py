"""The environment of a workspace: set the packages that its sessions start with, and build them in the background."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec

from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain.environments import Environment, clean_requirements
from handloom.domain.errors import Invalid
from handloom.domain.members import Role
from handloom.store.environments import rows as environment_store
from handloom.supervision import attempt_task


class WorkspaceEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class PutEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """`requirements` are lines of a requirements.txt without options. An empty list removes the environment."""

    workspace: str
    requirements: list[str]


async def read_environment(server: Server, context: Context, request: WorkspaceEnvironment) -> Environment:
    environment = await server.read(partial(environment_store.get, workspace=request.workspace))
    if environment.state == "building" and (line := server.environments.progress.get(request.workspace)):
        return msgspec.structs.replace(environment, message=line)
    return environment


async def put_environment(server: Server, context: Context, request: PutEnvironment) -> Environment:
    requirements = clean_requirements(request.requirements)
    by = context.caller.user.display_name or context.caller.user.name
    begun = await server.write(lambda tx: environment_store.begin(tx, request.workspace, requirements, by))
    if begun.state == "building":
        build = partial(_build, server, request.workspace, begun)
        server.environments.keep(asyncio.create_task(attempt_task("environment-build", build)))
    return begun


async def _build(server: Server, workspace: str, begun: Environment) -> None:
    """Build the environment and store the result or the error."""
    try:
        built = await server.environments.build(workspace, begun.requirements)
    except Invalid as error:
        reason = str(error)
        await server.write(lambda tx: environment_store.fail(tx, workspace, begun, reason))
    except Exception:
        words = "The build failed with an unexpected error. The server's log has the details."
        await server.write(lambda tx: environment_store.fail(tx, workspace, begun, words))
        raise
    else:
        await server.write(lambda tx: environment_store.succeed(tx, workspace, begun, built.packages, built.bytes))


PATH = "/api/v1/workspaces/{workspace}/environment"
ROUTES: list[Route] = [
    live("GET", PATH, read_environment, summary="Get the packages that new sessions of the workspace start with."),
    live(
        "PUT",
        PATH,
        put_environment,
        audit="environment.change",
        role=Role.MEMBER,
        summary="Set the packages of new sessions and begin to build them.",
    ),
]
