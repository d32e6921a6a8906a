"""Spark engines: list them for the UI, and start a workspace's Apache Spark for its kernels."""

import asyncio
import contextlib

import msgspec

from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.engines import APACHE, QUICK, ApacheState, Engine, SparkConnect
from handloom.domain.members import Role

CHECK_SECONDS = 2


class Engines(msgspec.Struct, frozen=True, kw_only=True):
    engines: list[Engine]
    apache: ApacheState


class WorkspaceOfEngine(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


async def list_engines(server: Server, context: Context, request: Empty) -> Engines:
    """List the two engines of this machine, and each Spark Connect address with whether it is reachable."""
    mine = [Engine(id=QUICK, kind="quick", name=""), Engine(id=APACHE, kind="apache", name="")]
    remote = await asyncio.gather(*map(_with_reachability, server.capacities.values()))
    state = msgspec.structs.replace(server.apache.state, url="")  # the URL contains the token
    return Engines(engines=[*mine, *remote], apache=state)


async def _with_reachability(capacity: SparkConnect) -> Engine:
    host, port = capacity.host_and_port
    reachable = False
    with contextlib.suppress(OSError, TimeoutError):
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), CHECK_SECONDS)
        writer.close()
        reachable = True
    address = f"{host}:{port}"
    return Engine(id=capacity.id, kind="connect", name=capacity.name, address=address, reachable=reachable)


async def start_apache(server: Server, context: Context, request: WorkspaceOfEngine) -> ApacheState:
    """Start to install or run Apache Spark if needed, and return its state; callers poll. Only kernels get its URL."""
    return server.apache.ensure(request.workspace)


ROUTES: list[Route] = [
    live("GET", "/api/v1/engines", list_engines, role=None, summary="List the Spark engines that notebooks can use."),
    live(
        "POST",
        "/api/v1/workspaces/{workspace}/apache-spark",
        start_apache,
        role=Role.CONTRIBUTOR,
        summary="Install and start the Apache Spark of a workspace, or get its progress.",
    ),
]
