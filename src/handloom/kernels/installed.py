"""What %pip has added to a session, as the session itself noted it in its package layer."""

from __future__ import annotations

from pathlib import Path

import msgspec

LARGEST = 1 << 20
"""A bigger note was not written by %pip."""


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    packages: dict[str, str] = {}
    """Name -> version."""
    bytes: int = 0
    """Size of the whole layer."""
    requested: list[str] = []
    """What the person asked for, as requirements."""


def read(run: Path, kernel: str) -> Installed:
    """`run` is the folder of the Jupyter child. The note is under the user's control: anything odd counts as none."""
    return read_note(run / "layers" / kernel)


def read_note(layer: Path) -> Installed:
    """As `read`, for the folder of a layer."""
    path = layer / "installed.json"
    try:
        if path.stat().st_size > LARGEST:
            return Installed()
        return msgspec.json.decode(path.read_bytes(), type=Installed)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Installed()
