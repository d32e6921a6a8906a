"""Resolve a user's path through the mount table to a local path, an Azure blob, or a URI for the engine."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from handloom.session import lakehouse

DATA = Path(__file__).parent / "data"
_AZURE = re.compile(
    r"(?:wasbs?|abfss?)://(?P<container>[^@/\s]+)@(?P<account>[^./\s]+)\.(?:blob|dfs)\.core\.windows\.net(?P<rest>/.*)?"
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DEPTH = 5  # maximum chain of mounts whose targets are mounts


@dataclass(frozen=True, slots=True)
class Blob:
    """A path in an Azure container. `base` is the container's http(s) URL."""

    account: str
    container: str
    base: str
    path: str


Resolved = Path | Blob | str
"""A local path, an Azure blob, or a URI that the engine reads itself."""


def resolve(path: str, table: tuple[tuple[str, str], ...], folder: str) -> Resolved:
    """Resolve a path. `folder` is the workspace's folder, to which relative targets of mounts refer."""
    asked = _AZURE.fullmatch(path)
    for _ in range(_DEPTH):
        moved = _mounted(path, table, folder)
        if moved is None:
            break
        path = moved
    if (found := lakehouse.inside(path)) is not None:
        return found
    if match := _AZURE.fullmatch(path):
        base = f"https://{match['account']}.blob.core.windows.net/{match['container']}"
        return Blob(match["account"], match["container"], base, (match["rest"] or "").strip("/"))
    if asked and path.startswith(("http://", "https://")):  # a container at a custom URL, such as an emulator's
        target = next(target for _, target in table if path.startswith(target.rstrip("/")))
        rest = path[len(target.rstrip("/")) :].strip("/")
        return Blob(asked["account"], asked["container"], target.rstrip("/"), rest)
    if path.startswith("file:"):
        plain = path.removeprefix("file:")
        return Path(plain.removeprefix("//").removeprefix("localhost") if plain.startswith("//") else plain or "/")
    return path if _URI.match(path) else Path.cwd() / path


def _mounted(path: str, table: tuple[tuple[str, str], ...], folder: str) -> str | None:
    """Apply the mount with the longest matching prefix; None if none matches."""
    plain = _plain(path)
    for prefix, target in sorted(table, key=lambda mount: -len(mount[0])):
        known = _plain(prefix).rstrip("/")
        if plain == known or plain.startswith(known + "/"):
            return _joined(target, plain[len(known) :].strip("/"), folder)
    return None


def _plain(uri: str) -> str:
    """Normalize a URI: Azure's drivers have several spellings for the same container."""
    if match := _AZURE.fullmatch(uri):
        return f"wasbs://{match['container']}@{match['account']}.blob.core.windows.net{match['rest'] or ''}"
    return uri


def _joined(target: str, rest: str, folder: str) -> str:
    if target.startswith("bundled:"):
        target = str(DATA / target.removeprefix("bundled:"))
    elif not _URI.match(target):
        target = os.path.join(folder, target)  # noqa: PTH118 - an absolute target is not changed
    return f"{target.rstrip('/')}/{rest}" if rest else target
