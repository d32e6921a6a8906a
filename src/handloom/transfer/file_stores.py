"""Opens the files at an artifact URI of MLflow: local folders, and object stores through obstore."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError

from handloom.store.artifacts import object_store as artifact_bucket
from handloom.transfer.source import File, Files, UnreadableError

CHUNK = 1024 * 1024


class Folder:
    """The files of a local folder. A folder that does not exist has none."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def walk(self) -> Iterator[File]:
        for place, _, names in os.walk(self._root):
            for name in sorted(names):
                file = Path(place, name)
                if file.is_file():
                    yield File(file.relative_to(self._root).as_posix(), file.stat().st_size)

    def read(self, path: str) -> Iterator[bytes]:
        try:
            with (self._root / path).open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise UnreadableError(f"{self._root / path} cannot be read ({error.strerror}).") from error


class Bucket:
    """The files below an address of an object store, with the credentials that its own tools would find."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        try:
            self._store: Any = artifact_bucket.connect(uri)
        except (BaseError, ValueError) as error:
            raise UnreadableError(f"{uri} cannot be reached: {_first_line(error)}") from error

    def walk(self) -> Iterator[File]:
        try:
            for page in obstore.list(self._store):
                for entry in page:
                    yield File(entry["path"], entry["size"])
        except (BaseError, OSError) as error:
            raise UnreadableError(f"{self._uri} cannot be read: {_first_line(error)}") from error

    def read(self, path: str) -> Iterator[bytes]:
        try:
            for chunk in obstore.get(self._store, path).stream(min_chunk_size=CHUNK):
                yield bytes(chunk)
        except (BaseError, OSError) as error:
            raise UnreadableError(f"{self._uri}/{path} cannot be read: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def open_uri(uri: str, proxied: str | None, base: Path | None = None) -> Files:
    """The files at an artifact URI. `proxied` is where a tracking server kept those of mlflow-artifacts: addresses,
    `base` the folder that relative paths begin in. Raises UnreadableError for what is out of reach."""
    parts = urlsplit(uri)
    if parts.scheme == "mlflow-artifacts":
        if proxied is None:
            raise UnreadableError(
                "A tracking server kept these files. Say where with --artifact-root (what it was given as "
                "--artifacts-destination), or move from the running server."
            )
        return open_uri(f"{proxied.rstrip('/')}/{parts.path.lstrip('/')}", None, base)
    if parts.scheme in ("", "file") or len(parts.scheme) == 1:  # one letter is a drive of Windows
        path = Path(unquote(parts.path)) if parts.scheme == "file" else Path(uri)
        return Folder(path if path.is_absolute() or base is None else base / path)
    if parts.scheme in artifact_bucket.SCHEMES:
        return Bucket(uri)
    raise UnreadableError(f"Files at {parts.scheme}: addresses cannot be read from here.")
