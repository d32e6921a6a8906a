"""Workspaces: the walls between people's work. Everything else belongs to exactly one."""

import msgspec

from handloom.domain.members import Role

DEFAULT_NAME = "default"
"""The workspace that MLflow clients reach without a prefix. It always exists and cannot be removed."""

THIS_MACHINE = "this-machine"


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str
    capacity: str
    created_at: int
    modified_at: int
    role: Role | None = None
    """The caller's role, where a caller asked."""


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """A named compute profile that a workspace's sessions run on."""

    id: str
    name: str
    cpus: int
    memory_bytes: int


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What removing a workspace will delete, counted before anything is deleted."""

    notebooks: int
    experiments: int
    runs: int
    models: int
    versions: int
    sessions: int
    files: int
    bytes: int
