"""Open the files at an artifact URI of MLflow: in local folders, or in object stores through obstore."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError

from handloom.store.artifacts import object_store
from handloom.transfer.source import FileSet, SourceFile, UnreadableError

CHUNK = 1024 * 1024


def is_inside(path: Path, *roots: Path) -> bool:
    """Whether a path is one of the folders or inside one, after resolving symbolic links."""
    try:
        real = path.resolve()
        return any(real.is_relative_to(_resolved(root)) for root in roots)
    except (OSError, RuntimeError, ValueError):  # a loop of symbolic links, or NUL in the name
        return False


@lru_cache(64)
def _resolved(root: Path) -> Path:
    """Resolve a folder of the source once for all of its runs."""
    return root.resolve()


class Folder:
    """The files of a local folder inside one of the folders `allowed`. A missing folder has no files.

    A hostile source could name any folder of this machine or contain links to it, so nothing outside of `allowed` is
    read.
    """

    def __init__(self, root: Path, allowed: Sequence[Path]) -> None:
        self._root, self._allowed = root, allowed
        if not is_inside(root, *allowed):
            raise UnreadableError(
                f"{root} is outside of the source. To import its files, give the folder with --artifact-root"
            )

    def walk(self) -> Iterator[SourceFile]:
        for place, folders, names in os.walk(self._root):
            for name in sorted(names):
                file = Path(place, name)
                if file.is_file():
                    yield SourceFile(file.relative_to(self._root).as_posix(), file.stat().st_size)
            for name in folders:  # os.walk does not follow symbolic links to folders
                if Path(place, name).is_symlink():
                    yield SourceFile(Path(place, name).relative_to(self._root).as_posix(), 0)

    def read(self, path: str) -> Iterator[bytes]:
        file = self._root / path
        if not is_inside(file, *self._allowed):
            raise UnreadableError(f"{file} is a symbolic link to outside of the source")
        try:
            with file.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise UnreadableError(f"{file} cannot be read ({error.strerror}).") from error


class ObjectStoreFiles:
    """The files below a URI of an object store, with the credentials that the store's own tools would find."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        try:
            self._store: Any = object_store.connect(uri)
        except (BaseError, ValueError) as error:
            raise UnreadableError(f"{uri} cannot be reached: {_first_line(error)}") from error

    def walk(self) -> Iterator[SourceFile]:
        try:
            for page in obstore.list(self._store):
                for entry in page:
                    yield SourceFile(entry["path"], entry["size"])
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


def open_uri(uri: str, artifact_root: str | None, base: Path) -> FileSet:
    """Open the files at an artifact URI of a source.

    `base` is the source's own folder: relative paths start there, and local files must be inside it or inside
    `artifact_root`, which is also where a tracking server stored the files of mlflow-artifacts: URIs.
    Raises UnreadableError for files that cannot or must not be read.
    """
    parts = urlsplit(uri)
    if parts.scheme == "mlflow-artifacts":
        if artifact_root is None:
            raise UnreadableError(
                "A tracking server stored these files. Give --artifact-root, the server's --artifacts-destination, or "
                "import from the running server."
            )
        return open_uri(f"{artifact_root.rstrip('/')}/{parts.path.lstrip('/')}", artifact_root, base)
    if (path := local_path(uri)) is not None:
        return Folder(base / path, allowed_roots(artifact_root, base))
    if parts.scheme in object_store.SCHEMES:
        return ObjectStoreFiles(uri)
    raise UnreadableError(f"Files at {parts.scheme}: URIs cannot be read.")


def local_path(uri: str) -> Path | None:
    """Convert a file URI or a plain path to a local path; None for other URIs."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(uri) if len(parts.scheme) <= 1 else None  # a single letter is a drive of Windows


def allowed_roots(artifact_root: str | None, base: Path) -> list[Path]:
    """Return the folders that local files of a source may be in."""
    root = None if artifact_root is None else local_path(artifact_root)
    return [base] if root is None else [base, root.absolute()]
