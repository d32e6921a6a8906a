"""Every setting, once: its default and help text become the flag, the HANDLOOM_* variable and the docs page."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


def _setting(default: Any, help: str, *, flag: bool = True) -> Any:
    return field(default=default, metadata={"help": help, "flag": flag})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one server runs. Parsed once from flags and environment by `cli`, then passed down."""

    data: Path = _setting(Path("~/.handloom"), "Folder that holds everything: database, notebooks, artifacts.")
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8484, "Port to listen on.")
    browser: bool = _setting(True, "Open the sign-in page in a browser at the start.")
    auth: bool = _setting(True, "Ask for a sign-in or a token. Only a loopback address may go without.")
    allowed_hosts: tuple[str, ...] = _setting((), "Further Host names that requests may carry, for a reverse proxy.")
    session_timeout: int = _setting(20, "Idle minutes after which a new notebook's session ends; 0 means never.")
    warm_kernels: int = _setting(1, "Kernels kept waiting so that a session starts at once.")
    max_request_bytes: int = _setting(64 * 1024 * 1024, "Largest request body, uploads of artifacts aside.")

    @property
    def database(self) -> str:
        """SQLAlchemy's URL of the database."""
        return f"sqlite:///{self.data / 'handloom.db'}"

    @property
    def workspaces(self) -> Path:
        """Root of the notebook files: one folder per workspace id."""
        return self.data / "workspaces"

    @property
    def artifacts(self) -> Path:
        """Root of the artifacts: one folder per workspace id."""
        return self.data / "artifacts"

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def names() -> list[str]:
    return [f.name for f in fields(Settings)]
