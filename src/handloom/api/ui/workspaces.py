"""Workspaces as pages see them."""

import msgspec

from handloom.domain.workspaces import THIS_MACHINE, Capacity, Workspace


class Workspaces(msgspec.Struct, frozen=True, kw_only=True):
    workspaces: list[Workspace]


class Capacities(msgspec.Struct, frozen=True, kw_only=True):
    capacities: list[Capacity]


class WorkspacePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class CreateWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str = ""
    capacity: str = THIS_MACHINE


class UpdateWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str | None = None
    description: str | None = None


class RemoveWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    """The workspace's name as typed by the person; it must match."""
