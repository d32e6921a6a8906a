"""Capacities: named limits of the sessions that run on this server's machine, and how many of them run at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from handloom.domain.errors import Invalid

THIS_MACHINE = "this-machine"
"""The capacity that always exists, which workspaces have unless they choose another."""
LEAST_MEMORY_MB = 512
"""What a session needs to start and to import common packages: a waiting kernel has imported them."""
LEAST_PROCESSES = 8
"""What a session needs for itself and the Spark engine."""

Source = Literal["built-in", "file", "page"]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}").fullmatch
_GPUS = re.compile(r"all|none|\d{1,3}(,\d{1,3})*").fullmatch
_KIND = "sessions"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one session may use. 0 means no limit."""

    memory_mb: Count = 0
    """Memory in MB (1,000,000 bytes) of the kernel and everything that it starts, with its share of shared memory."""
    cores: Count = 0
    processes: Count = 0
    gpus: str = "all"
    """Its GPUs: all, none, or their numbers with commas."""

    @property
    def memory_bytes(self) -> int:
        return self.memory_mb * 1_000_000


class Capacity(Limits, frozen=True, kw_only=True):
    """Limits of each session, and of the number of sessions. 0 means no limit."""

    id: str
    name: str
    idle_minutes: Count = 0
    """Longest idle time of its sessions, also where a notebook allows more."""
    sessions: Count = 0
    """How many sessions may run at once on this server; further ones wait."""
    sessions_per_person: Count = 0
    source: Source = "page"
    """Who defines it: this program, the capacities file, or an admin on the page."""

    def limits(self) -> Limits:
        return Limits(memory_mb=self.memory_mb, cores=self.cores, processes=self.processes, gpus=self.gpus)

    def idle_timeout(self, minutes: int) -> int:
        """Return the idle time of a session whose notebook allows `minutes`; 0 means never."""
        if not self.idle_minutes:
            return minutes
        return min(minutes, self.idle_minutes) if minutes else self.idle_minutes


BUILT_IN = Capacity(id=THIS_MACHINE, name="This machine", source="built-in")


class _FileEntry(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the capacities file with `kind = "sessions"`."""

    kind: Literal["sessions"]
    name: str = ""
    idle_minutes: Count = 0
    sessions: Count = 0
    sessions_per_person: Count = 0


def is_for_sessions(entry: Any) -> bool:
    """Whether an entry of the capacities file is one of these, rather than a Spark Connect server."""
    return isinstance(entry, dict) and entry.get("kind") == _KIND


def parse_file(text: str) -> dict[str, Capacity]:
    """Return the capacities for sessions of the capacities file, by id. Raises Invalid."""
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"The capacities file is not valid TOML: {error}.") from error
    return {name: _of_file(name, entry) for name, entry in entries.items() if is_for_sessions(entry)}


def _of_file(id: str, entry: Any) -> Capacity:
    if not _ID(id):
        raise Invalid(f"The capacity [{id}] needs another name: lower-case letters, digits and hyphens.")
    try:
        given = msgspec.convert(entry, _FileEntry)
        values = {name: getattr(given, name) for name in given.__struct_fields__ if name not in ("kind", "name")}
        return check(Capacity(id=id, name=given.name or id, source="file", **values))
    except (msgspec.ValidationError, Invalid) as error:
        raise Invalid(f"The capacity [{id}] is invalid: {error}.") from error


def check(capacity: Capacity) -> Capacity:
    """Raise Invalid for limits within which no session could run."""
    if 0 < capacity.memory_mb < LEAST_MEMORY_MB:
        raise Invalid(f"A session needs at least {LEAST_MEMORY_MB} MB of memory; 0 means no limit.", field="memory_mb")
    if 0 < capacity.processes < LEAST_PROCESSES:
        raise Invalid(f"A session needs at least {LEAST_PROCESSES} processes; 0 means no limit.", field="processes")
    if not _GPUS(capacity.gpus):
        raise Invalid("GPUs are “all”, “none”, or their numbers with commas, such as 0,1.", field="gpus")
    return capacity


def find(id: str, capacities: Mapping[str, Capacity]) -> Capacity:
    """Return the capacity with this id. Raises Invalid, naming the way out."""
    if id not in capacities:
        raise Invalid(
            f"There is no capacity named {id}. Choose another one in the settings of the notebook or workspace.",
            field="capacity",
        )
    return capacities[id]
