"""Environments: create, change and delete them, build them in the background, and read the log of a build."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec

from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.environments import Environment, clean_requirements
from handloom.domain.members import Role
from handloom.kernels.environments import BuildError
from handloom.store.engine.database import Write
from handloom.store.environments import rows as environment_store
from handloom.store.schedules import rows as schedule_store
from handloom.supervision import attempt_task


class WorkspaceEnvironments(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class EnvironmentPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    environment: str


class ListedEnvironments(msgspec.Struct, frozen=True, kw_only=True):
    environments: list[Environment]


class EnvironmentLog(msgspec.Struct, frozen=True, kw_only=True):
    """What the running or last build has printed."""

    lines: list[str]


class CreateEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """`requirements` are lines of a requirements.txt without options. `default`: for notebooks that choose none."""

    workspace: str
    name: str
    requirements: list[str]
    default: bool = False


class ChangeEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """The fields to change. `requirements` begin a new build, also if they are the same; `default` says whether
    notebooks that choose no environment get this one."""

    workspace: str
    environment: str
    name: str | None = None
    requirements: list[str] | None = None
    default: bool | None = None


async def list_environments(server: Server, context: Context, request: WorkspaceEnvironments) -> ListedEnvironments:
    every = await server.read(partial(environment_store.list_of, workspace=request.workspace))
    return ListedEnvironments(environments=[_with_progress(server, one) for one in every])


async def get_environment(server: Server, context: Context, request: EnvironmentPath) -> Environment:
    return _with_progress(
        server, await server.read(lambda tx: environment_store.get(tx, request.workspace, request.environment))
    )


async def read_log(server: Server, context: Context, request: EnvironmentPath) -> EnvironmentLog:
    stored = await server.read(lambda tx: environment_store.log(tx, request.workspace, request.environment))
    return EnvironmentLog(lines=list(server.environments.logs.get(request.environment) or stored))


async def create_environment(server: Server, context: Context, request: CreateEnvironment) -> Environment:
    requirements = clean_requirements(request.requirements)

    def create(tx: Write) -> Environment:
        made = environment_store.create(tx, request.workspace, request.name, requirements, _name_of(context))
        environment_store.choose_default(tx, request.workspace, made.id, default=request.default)
        return environment_store.get(tx, request.workspace, made.id)

    begun = await server.write(create)
    _begin_build(server, begun)
    return begun


async def change_environment(server: Server, context: Context, request: ChangeEnvironment) -> Environment:
    workspace, environment = request.workspace, request.environment
    requirements = None if request.requirements is None else clean_requirements(request.requirements)

    def change(tx: Write) -> Environment:
        if request.name is not None:
            environment_store.rename(tx, workspace, environment, request.name)
        if request.default is not None:
            environment_store.choose_default(tx, workspace, environment, default=request.default)
        if requirements is not None:
            environment_store.begin(tx, workspace, environment, requirements, _name_of(context))
        return environment_store.get(tx, workspace, environment)

    changed = await server.write(change)
    if requirements is not None:
        _begin_build(server, changed)
    return _with_progress(server, changed)


async def delete_environment(server: Server, context: Context, request: EnvironmentPath) -> Empty:
    def remove(tx: Write) -> None:
        environment_store.remove(tx, request.workspace, request.environment)
        schedule_store.forget_environment(tx, request.workspace, request.environment)

    await server.write(remove)
    return Empty()


def _name_of(context: Context) -> str:
    return context.caller.user.display_name or context.caller.user.name


def _with_progress(server: Server, environment: Environment) -> Environment:
    lines = server.environments.logs.get(environment.id)
    if environment.state != "building" or not lines:
        return environment
    return msgspec.structs.replace(environment, message=lines[-1])


def _begin_build(server: Server, begun: Environment) -> None:
    server.environments.keep(asyncio.create_task(attempt_task("environment-build", partial(_build, server, begun))))


async def _build(server: Server, begun: Environment) -> None:
    """Build the environment and store the result or the error."""
    try:
        built = await server.environments.build(begun)
    except BuildError as error:
        reason, printed = str(error), error.log
        await server.write(lambda tx: environment_store.fail(tx, begun, reason, printed))
    except Exception:
        words = "The build failed with an unexpected error. The server's log has the details."
        await server.write(lambda tx: environment_store.fail(tx, begun, words, []))
        raise
    else:
        await server.write(lambda tx: environment_store.succeed(tx, begun, built.packages, built.bytes, built.log))


ALL = "/api/v1/workspaces/{workspace}/environments"
ONE = f"{ALL}/{{environment}}"
ROUTES: list[Route] = [
    live("GET", ALL, list_environments, summary="List the environments that sessions of the workspace can start with."),
    live("GET", ONE, get_environment, summary="Get an environment: its packages and the state of its build."),
    live("GET", f"{ONE}/log", read_log, summary="Get what the running or last build of an environment has printed."),
    live(
        "POST",
        ALL,
        create_environment,
        audit="environment.create",
        role=Role.MEMBER,
        summary="Create an environment and begin to build it.",
    ),
    live(
        "PATCH",
        ONE,
        change_environment,
        audit="environment.change",
        role=Role.MEMBER,
        summary="Rename an environment, build other packages, or make it the workspace's default.",
    ),
    live(
        "DELETE",
        ONE,
        delete_environment,
        audit="environment.delete",
        role=Role.MEMBER,
        summary="Delete an environment; notebooks that have chosen it get the default.",
    ),
]
