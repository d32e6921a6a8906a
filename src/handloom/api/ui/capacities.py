"""Capacities for the UI: list them with their use; create, change and remove those of the page."""

from __future__ import annotations

import os

import msgspec
import psutil

from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.capacities import Capacity, Count
from handloom.domain.members import require_person
from handloom.store.capacities import rows as capacity_store
from handloom.store.engine.database import Write
from handloom.store.schedules import rows as schedule_store


class ListedCapacity(Capacity, frozen=True, kw_only=True):
    """A capacity and its use."""

    running: int
    """Its sessions, of everybody, on all servers of the database. The limit of their number is for each server."""
    waiting: int
    """How many sessions wait for a place."""
    workspaces: int
    """How many workspaces have chosen it."""
    notebooks: int
    """How many notebooks have chosen it instead of their workspace's."""


class Capacities(msgspec.Struct, frozen=True, kw_only=True):
    """All capacities, and what the server's machine has."""

    capacities: list[ListedCapacity]
    machine_cores: int
    machine_memory_bytes: int


class CreateCapacity(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of each session, and of the number of sessions; 0 means no limit. `gpus`: all, none, or numbers."""

    name: str
    memory_mb: Count = 0
    cores: Count = 0
    processes: Count = 0
    gpus: str = "all"
    idle_minutes: Count = 0
    sessions: Count = 0
    sessions_per_person: Count = 0


class ChangeCapacity(msgspec.Struct, frozen=True, kw_only=True):
    """The fields to change; those left out stay."""

    changed_capacity: str
    """Its id."""
    name: str | None = None
    memory_mb: Count | None = None
    cores: Count | None = None
    processes: Count | None = None
    gpus: str | None = None
    idle_minutes: Count | None = None
    sessions: Count | None = None
    sessions_per_person: Count | None = None


class CapacityPath(msgspec.Struct, frozen=True, kw_only=True):
    changed_capacity: str


async def list_capacities(server: Server, context: Context, request: Empty) -> Capacities:
    known, (workspaces, notebooks) = await server.read(
        lambda tx: (capacity_store.list_all(tx, server.session_capacities), capacity_store.users_of(tx))
    )
    asked = await server.peers.ask_all(context.caller, context.http, "/api/v1/capacities", Capacities)
    elsewhere = [one for each in asked for one in each.capacities]
    queues = server.sessions.queues
    listed = [
        ListedCapacity(
            **msgspec.structs.asdict(one),
            running=len(queues.holders(one.id)) + sum(e.running for e in elsewhere if e.id == one.id),
            waiting=len(queues.order(one.id)) + sum(e.waiting for e in elsewhere if e.id == one.id),
            workspaces=workspaces[one.id],
            notebooks=notebooks[one.id],
        )
        for one in known.values()
    ]
    memory = psutil.virtual_memory().total
    return Capacities(capacities=listed, machine_cores=os.cpu_count() or 1, machine_memory_bytes=memory)


async def create_capacity(server: Server, context: Context, request: CreateCapacity) -> Capacity:
    require_person(context.caller)
    wanted = Capacity(id="", **msgspec.structs.asdict(request))
    return await server.write(lambda tx: capacity_store.create(tx, server.session_capacities, wanted))


async def change_capacity(server: Server, context: Context, request: ChangeCapacity) -> Capacity:
    """Change a capacity. Sessions that run keep the limits that they started with; those that wait get the new ones."""
    require_person(context.caller)
    values = msgspec.structs.asdict(request)
    changed = values.pop("changed_capacity")
    capacity = await server.write(lambda tx: capacity_store.change(tx, server.session_capacities, changed, **values))
    server.sessions.change_capacity(capacity)
    return capacity


async def remove_capacity(server: Server, context: Context, request: CapacityPath) -> Empty:
    """Remove a capacity. What has chosen it gets the capacity of the workspace, or of this machine."""
    require_person(context.caller)

    def work(tx: Write) -> None:
        capacity_store.remove(tx, server.session_capacities, request.changed_capacity)
        schedule_store.forget_capacity(tx, request.changed_capacity)

    await server.write(work)
    return Empty()


ALL = "/api/v1/capacities"
ONE = ALL + "/{changed_capacity}"

ROUTES: list[Route] = [
    live("GET", ALL, list_capacities, role=None, summary="List the capacities that sessions can run on."),
    live(
        "POST",
        ALL,
        create_capacity,
        audit="capacity.create",
        role=None,
        admin=True,
        summary="Create a capacity: limits of sessions, and of their number.",
    ),
    live(
        "PATCH",
        ONE,
        change_capacity,
        audit="capacity.change",
        role=None,
        admin=True,
        summary="Change a capacity; running sessions keep their limits.",
    ),
    live(
        "DELETE",
        ONE,
        remove_capacity,
        audit="capacity.remove",
        role=None,
        admin=True,
        summary="Remove a capacity; what has chosen it gets its workspace's or this machine's.",
    ),
]
