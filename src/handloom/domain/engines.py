"""Spark engines: the choices, the operator's Spark Connect servers, and the state of Apache Spark."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from handloom.domain.capacities import is_for_sessions
from handloom.domain.errors import Invalid

QUICK = "quick"
"""Sail, which each kernel starts for itself."""
APACHE = "apache"
"""Apache Spark on this machine: one server per workspace, shared by its kernels."""

EngineKind = Literal["quick", "apache", "connect"]
ApacheStatus = Literal["stopped", "installing", "starting", "running", "failed"]
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}").fullmatch


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """A Spark engine that notebooks can use, as the UI lists it."""

    id: str
    kind: EngineKind
    name: str
    """The name of a Spark Connect server; empty for the two engines of this machine, which the UI names itself."""
    address: str = ""
    """Host and port of a Spark Connect server."""
    reachable: bool | None = None
    """Whether its port accepts connections; None for the engines of this machine."""


class ApacheState(msgspec.Struct, frozen=True, kw_only=True):
    """State of an Apache Spark of this machine. `message` describes it for users; `url` is set while it runs."""

    status: ApacheStatus
    message: str = ""
    url: str = ""


class SparkConnect(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the capacities file: a Spark Connect server that the operator offers."""

    id: str
    name: str
    url: str
    token: str = ""
    ca: str = ""
    version: str = ""
    """Required prefix of its Spark version; empty accepts any."""
    delta: bool = False
    """Whether the server reads and writes Delta tables itself."""
    files: str = ""
    """The server's path of a workspace's files; `{workspace}` is replaced by the workspace's id."""
    confs: dict[str, str] = {}

    @property
    def host_and_port(self) -> tuple[str, int]:
        found = re.match(r"sc://(\[[^\]]+\]|[^:/;]+)(?::(\d+))?", self.url)
        assert found is not None
        return found[1].strip("[]"), int(found[2] or 15002)


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the TOML file."""

    kind: Literal["spark-connect"] = "spark-connect"
    name: str = ""
    url: str
    token_env: str = ""
    ca: str = ""
    version: str = ""
    delta: bool = False
    files: str = ""
    confs: dict[str, str] = {}


def parse_capacities(text: str, environ: Mapping[str, str]) -> dict[str, SparkConnect]:
    """Parse the Spark Connect servers of a capacities file. Raises Invalid.

    Tokens are read from the environment variables that the file names.
    """
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"The capacities file is not valid TOML: {error}.") from error
    return {name: _capacity(name, entry, environ) for name, entry in entries.items() if not is_for_sessions(entry)}


def _capacity(id: str, entry: Any, environ: Mapping[str, str]) -> SparkConnect:
    if not _ID(id) or id in (QUICK, APACHE):
        raise Invalid(
            f"The capacity [{id}] needs another name: lower-case letters, digits and hyphens, not quick or apache."
        )
    try:
        given = msgspec.convert(entry, _Entry)
    except msgspec.ValidationError as error:
        raise Invalid(f"The capacity [{id}] is invalid: {error}.") from error
    if not re.match(r"sc://[^/;\s]+(/;[^\s]*)?/?$", given.url):
        raise Invalid(f"The capacity [{id}] needs a url like sc://host:15002/;use_ssl=true, not {given.url}.")
    if given.token_env and given.token_env not in environ:
        raise Invalid(f"The capacity [{id}] takes its token from {given.token_env}, which is not set.")
    return SparkConnect(
        id=id,
        name=given.name or id,
        url=given.url,
        token=environ.get(given.token_env, "") if given.token_env else "",
        ca=given.ca,
        version=given.version,
        delta=given.delta,
        files=given.files,
        confs=given.confs,
    )


def is_known(id: str, capacities: Mapping[str, SparkConnect]) -> bool:
    """Whether notebooks and workspaces can choose the engine with this id here."""
    return id in (QUICK, APACHE) or id in capacities


def session_entry(id: str, capacities: Mapping[str, SparkConnect]) -> dict[str, Any]:
    """Return the session file's entry for the engine with this id. Raises Invalid if the capacities file lacks it."""
    if not is_known(id, capacities):
        raise Invalid(
            f"There is no Spark engine named {id} in the capacities file. Choose another one for this notebook.",
            field="engine",
        )
    if id in (QUICK, APACHE):
        return {"kind": id, "id": id}
    return {"kind": "connect", **msgspec.to_builtins(capacities[id])}
