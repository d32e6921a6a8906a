"""Artifact files as they are kept, by workspace and path: in a folder of this machine or in an object store.

Blocking functions; whoever answers requests calls them on a thread, outside of any transaction. Rows about runs and
models live elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from handloom.domain import artifacts as rules
from handloom.domain.artifacts import FileInfo, Kept, PartPut, PartTarget, Usage
from handloom.domain.errors import Invalid
from handloom.store.artifacts.folder import FolderStore
from handloom.store.artifacts.object_store import SCHEMES, BucketStore

FOLDER = "artifacts"


class Opened(Protocol):
    """A file being read. `modified` is in seconds since 1970; close it, whether or not it was read."""

    @property
    def size(self) -> int: ...
    @property
    def modified(self) -> float: ...
    @property
    def stamp(self) -> str: ...
    def chunks(self, start: int, end: int) -> Iterator[bytes]: ...
    def close(self) -> None: ...


class Upload(Protocol):
    """A file on its way in: after `finish` and `show` it is there whole, else not at all. Always end with `abandon`."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...
    def finish(self) -> Kept: ...
    def show(self) -> None: ...
    def abandon(self) -> None: ...


class Artifacts(Protocol):
    """The files of all workspaces. FolderStore and BucketStore say what each does.

    `direct_uploads` and `direct_downloads`: clients may be given addresses of the store's own.
    """

    @property
    def direct_uploads(self) -> bool: ...
    @property
    def direct_downloads(self) -> bool: ...
    def open(self, workspace: str, path: str, *, whole: bool = True) -> Opened: ...
    def is_file(self, workspace: str, path: str) -> bool: ...
    def exists(self, workspace: str, path: str) -> bool: ...
    def entries(self, workspace: str, path: str) -> list[FileInfo]: ...
    def upload(self, workspace: str, path: str, size: int | None = None) -> Upload: ...
    def delete(self, workspace: str, path: str) -> None: ...
    def discard(self, workspace: str) -> None: ...
    def release(self, hashes: Sequence[str]) -> None: ...
    def usage(self, workspace: str, *paths: str) -> Usage: ...
    def sweep(self) -> None: ...
    def close(self) -> None: ...


class PresignedTransfers(Protocol):
    """A store that clients may reach by themselves, with addresses that open one file for a while."""

    def download_url(self, workspace: str, path: str, seconds: int) -> tuple[str, int]: ...
    def upload_url(self, workspace: str, path: str, seconds: int) -> tuple[str, dict[str, str]]: ...
    def begin(self, workspace: str, path: str, parts: int) -> tuple[str, list[PartTarget]]: ...
    def complete(self, workspace: str, path: str, upload: str, parts: Sequence[PartPut]) -> None: ...
    def abort(self, workspace: str, path: str, upload: str) -> None: ...


def connect(root: str, data: Path, *, presigned: bool = True, alone: bool = True) -> FolderStore | BucketStore:
    """The artifacts at `root`: an object store's address, another folder, or "" for the one in the data folder.

    `presigned` lets clients reach an object store by themselves; `alone` says that no other server uses the folder.
    Raises Invalid where the root is none of these. Nothing is asked of an object store yet.
    """
    scheme = urlsplit(root).scheme.lower() if "://" in root else ""
    if scheme in SCHEMES:
        return BucketStore(root, presigned=presigned)
    if not root:
        return FolderStore(data / FOLDER, alone=alone)
    if scheme in ("", "file") and Path(root.removeprefix("file://")).is_absolute():
        return FolderStore(Path(root.removeprefix("file://")), alone=False)
    raise Invalid(
        f"--artifacts is “{rules.without_secrets(root)}”; give s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, "
        "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX, gs://BUCKET/PREFIX or an absolute folder."
    )


def is_model(store: Artifacts, workspace: str, path: str) -> bool:
    """Whether the folder `path` holds a model."""
    return store.is_file(workspace, rules.join(path, rules.MODEL_FILE))


def read(store: Artifacts, workspace: str, path: str, limit: int) -> bytes:
    """The first `limit` bytes of a file."""
    opened = store.open(workspace, path)
    try:
        return b"".join(opened.chunks(0, min(limit, opened.size)))
    finally:
        opened.close()


def put(store: Artifacts, workspace: str, path: str, data: bytes) -> Kept:
    """Keep a small file that is in memory already."""
    upload = store.upload(workspace, path, len(data))
    try:
        upload.write(data)
        kept = upload.finish()
        upload.show()
        return kept
    finally:
        upload.abandon()
