"""Sessions: a live kernel bound to a workspace, a user and mostly a notebook."""

from typing import Literal

import msgspec

State = Literal["starting", "idle", "busy", "dead"]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    workspace: str
    notebook: str | None
    """The notebook's id; None for a file run from the command line."""
    name: str
    """The notebook's name or the file's, as runs show it as their source."""
    user: str
    kernel: str
    """The kernel's id as Jupyter's API knows it."""
    state: State
    started_at: int
    ready_in: int
    """Milliseconds from the request to a kernel that answers."""
    last_activity: int
    timeout: int
    """Idle minutes after which the session ends; 0 means never."""
    memory_bytes: int = 0
    """Resident memory of the kernel and its children, the Spark engine among them."""
    cpu_percent: float = 0.0
    engine: str = "quick"
    """The id of its Spark engine."""
    engine_running: bool = False
    """Whether the Spark engine has been started in this session."""
    packages: list[str] = []
    """What %pip has added to this session, each as name and version."""
    packages_bytes: int = 0
    """What that takes on the disk."""
