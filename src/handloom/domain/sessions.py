"""Sessions: a running kernel that belongs to a workspace, a user and usually a notebook."""

from typing import Literal

import msgspec

State = Literal["starting", "idle", "busy", "dead"]


class Isolation(msgspec.Struct, frozen=True, kw_only=True):
    """How the sessions of this server are kept apart."""

    boxed: bool = False
    """Whether each session runs in a box that shows only its workspace's files."""
    required: bool = False
    """Whether no session may start without a box."""
    reason: str = ""
    """Why no box can be made; empty where they are, or are turned off."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    workspace: str
    notebook: str | None
    """The notebook's id; None for a file that `handloom run` executes."""
    name: str
    """The notebook's or file's name, which runs show as their source."""
    user: str
    kernel: str
    """The kernel's id in Jupyter's API."""
    state: State
    started_at: int
    ready_in: int
    """Milliseconds from the request until the kernel was ready."""
    last_activity: int
    busy_since: int | None = None
    """Since when it has been running cells without a pause; None while it waits."""
    timeout: int
    """Idle minutes after which the session ends; 0 means never."""
    memory_bytes: int = 0
    """Resident memory in bytes of the kernel and its child processes, including the Spark engine."""
    cpu_percent: float = 0.0
    engine: str = "quick"
    """The id of its Spark engine."""
    engine_running: bool = False
    """Whether the Spark engine has been started in this session."""
    packages: list[str] = []
    """Packages that %pip installed in this session, as name and version."""
    packages_bytes: int = 0
    """Bytes on disk of these packages."""
    requested: list[str] = []
    """Requirements that %pip was asked for, which the workspace can keep."""
    environment: list[str] = []
    """Packages of the workspace's environment, each as name==version."""
    boxed: bool = False
    """Whether it runs in a box that shows only its workspace's files."""
