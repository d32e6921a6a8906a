"""Workspaces, which isolate data and access. Everything else belongs to exactly one workspace."""

import re

import msgspec

from handloom.domain.engines import QUICK
from handloom.domain.errors import Invalid
from handloom.domain.members import Role

DEFAULT_NAME = "default"
"""The workspace that MLflow clients use without a prefix. It always exists and cannot be deleted."""


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str
    capacity: str
    """The id of the capacity of its sessions, for notebooks that choose none."""
    environment: str = ""
    """The id of the environment of its sessions, for notebooks that choose none; empty for the server's packages."""
    engine: str = QUICK
    """The default Spark engine of its notebooks: quick, apache, or the id of a Spark Connect server."""
    created_at: int
    modified_at: int
    role: Role | None = None
    """The caller's role, if it was read for a caller."""


_MLFLOW_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?").fullmatch
_MLFLOW_RESERVED = frozenset({"workspaces", "api", "ajax-api", "static-files"})


def check_mlflow_name(name: str) -> None:
    """Raise Invalid for a name that MLflow's clients do not accept."""
    if not 2 <= len(name) <= 63:
        raise Invalid(f"Workspace name '{name}' must be between 2 and 63 characters.", field="name")
    if not _MLFLOW_NAME(name):
        raise Invalid(
            f"Workspace name '{name}' must match the pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ "
            "(lowercase alphanumeric with optional internal hyphens).",
            field="name",
        )
    if name in _MLFLOW_RESERVED:
        raise Invalid(f"Workspace name '{name}' is reserved and cannot be used.", field="name")


def mlflow_name(workspace: Workspace) -> str:
    """Return the workspace's name in MLflow's API: its name, or its id if MLflow's clients do not accept the name."""
    try:
        check_mlflow_name(workspace.name)
    except Invalid:
        return workspace.id
    return workspace.name


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of what deleting a workspace would delete."""

    notebooks: int
    experiments: int
    runs: int
    models: int
    versions: int
    reports: int
    sessions: int
    files: int
    bytes: int


class RemovedWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace in the bin."""

    id: str
    name: str
    """Its name before it was removed."""
    removed_at: int
