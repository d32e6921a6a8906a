"""Read which packages %pip installed in a session, from a file that the session writes in its package layer."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import msgspec

LARGEST = 1 << 20
"""Maximum bytes of the file; %pip writes none larger."""


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    packages: dict[str, str] = {}
    """Name -> version."""
    bytes: int = 0
    """Size of the whole layer."""
    requested: list[str] = []
    """What the person asked for, as requirements."""


def read(run: Path, kernel: str, workspace: Path) -> Installed:
    """Read the packages of a kernel. `run` is the folder of the Jupyter child, `workspace` that of the workspace.

    Files of the workspace are named by their path in it (Files/name.whl), as people name them.
    """
    note = read_note(run / "layers" / kernel)
    prefix = workspace.absolute().as_uri() + "/"
    requested = [unquote(line.removeprefix(prefix)) if line.startswith(prefix) else line for line in note.requested]
    return msgspec.structs.replace(note, requested=requested)


def read_note(layer: Path) -> Installed:
    """Read the packages of a layer. The user can change the file, so an invalid one counts as empty."""
    path = layer / "installed.json"
    try:
        if path.stat().st_size > LARGEST:
            return Installed()
        return msgspec.json.decode(path.read_bytes(), type=Installed)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Installed()
