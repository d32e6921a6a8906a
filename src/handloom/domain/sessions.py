"""Sessions: a running kernel that belongs to a workspace, a user and usually a notebook."""

from typing import Literal

import msgspec

from handloom.domain.capacities import Limits

State = Literal["queued", "starting", "idle", "busy", "dead"]
"""A queued session waits for a place of its capacity, and has no kernel yet."""

EXCEEDED = "application/vnd.handloom.exceeded+json"
"""MIME type of the output that says which limit of its capacity a session exceeded."""

EndReason = Literal["memory", "processes"]


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Which limit of its capacity a session exceeded, so that the server ended it."""

    reason: EndReason
    limit: int
    """The limit: MB of memory, or a number of processes."""
    capacity: str
    """The capacity's name."""


class QueuePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session stands in the queue of its capacity."""

    place: int
    """1 for the next one."""
    waiting: int
    """How many sessions wait, this one included."""
    own_limit: bool
    """Whether it waits because its person has as many sessions as one person may have."""


def sentence_of(ended: Ended) -> str:
    """Say why the session ended and what can be done, in outputs and for the command line."""
    advice = "Choose a larger capacity in the settings of the notebook"
    if ended.reason == "memory":
        return (
            f"This session used more than its {ended.limit:,} MB of memory and was ended. {advice}, or work with less "
            "data at a time."
        )
    return f"This session ran more than its {ended.limit:,} processes and was ended. {advice}, or start fewer of them."


class Isolation(msgspec.Struct, frozen=True, kw_only=True):
    """How the sessions of this server are kept apart."""

    boxed: bool = False
    """Whether each session runs in a box that shows only its workspace's files."""
    required: bool = False
    """Whether no session may start without a box."""
    reason: str = ""
    """Why no box can be made; empty where they are, or are turned off."""


class Draining(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is about to stop: no session starts there."""

    until: int
    """Until when cells may run; then they are interrupted."""
    running: int
    """How many sessions run cells."""


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
    """Memory in bytes of the kernel and its child processes, including the Spark engine, with its share of what it
    shares with other processes."""
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
    """Packages of its environment, each as name==version."""
    environment_id: str = ""
    """The environment that it started with; empty without one."""
    environment_name: str = ""
    job: str | None = None
    """The run of a whole notebook that it is for; None for a session of a page or program."""
    boxed: bool = False
    """Whether it runs in a box that shows only its workspace's files."""
    capacity: str = ""
    """The id of its capacity."""
    capacity_name: str = ""
    limits: Limits = Limits()
    """What it may use. A changed capacity applies to sessions that start later."""
    ended: Ended | None = None
    """Why a dead session was ended; None where its kernel ended by itself."""
    queue: QueuePlace | None = None
    """Where a queued session stands."""
    problem: str = ""
    """Why a session could not start after it had waited."""
