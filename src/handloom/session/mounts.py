"""Where a path of the user's really is: the mount table, Azure's URLs, and folders of this machine."""

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
_DEPTH = 5  # mounts that point at mounts


@dataclass(frozen=True, slots=True)
class Blob:
    """A path in an Azure container. `base` is the container's own http(s) address."""

    account: str
    container: str
    base: str
    path: str


Place = Path | Blob | str
"""A path of this machine, a blob, or a URI that the engine reads by itself."""


def resolve(path: str, table: tuple[tuple[str, str], ...], folder: str) -> Place:
    """Where `path` is. `folder` is the workspace's, to which relative targets of mounts belong."""
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
    if asked and path.startswith(("http://", "https://")):  # a container at an address of its own, e.g. an emulator's
        target = next(target for _, target in table if path.startswith(target.rstrip("/")))
        rest = path[len(target.rstrip("/")) :].strip("/")
        return Blob(asked["account"], asked["container"], target.rstrip("/"), rest)
    if path.startswith("file:"):
        plain = path.removeprefix("file:")
        return Path(plain.removeprefix("//").removeprefix("localhost") if plain.startswith("//") else plain or "/")
    return path if _URI.match(path) else Path.cwd() / path


def _mounted(path: str, table: tuple[tuple[str, str], ...], folder: str) -> str | None:
    """One step through the table: the longest prefix wins."""
    plain = _plain(path)
    for prefix, target in sorted(table, key=lambda mount: -len(mount[0])):
        known = _plain(prefix).rstrip("/")
        if plain == known or plain.startswith(known + "/"):
            return _joined(target, plain[len(known) :].strip("/"), folder)
    return None


def _plain(uri: str) -> str:
    """One spelling for the several that Azure's drivers have for the same container."""
    if match := _AZURE.fullmatch(uri):
        return f"wasbs://{match['container']}@{match['account']}.blob.core.windows.net{match['rest'] or ''}"
    return uri


def _joined(target: str, rest: str, folder: str) -> str:
    if target.startswith("bundled:"):
        target = str(DATA / target.removeprefix("bundled:"))
    elif not _URI.match(target):
        target = os.path.join(folder, target)  # noqa: PTH118 - an absolute target stays as it is
    return f"{target.rstrip('/')}/{rest}" if rest else target
