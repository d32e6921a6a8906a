"""Artifact files by workspace and path, in a local folder or in an object store.

The functions block: call them on a thread, outside any transaction. Rows about runs and models are elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from handloom.domain import artifacts as rules
from handloom.domain.artifacts import ArtifactInfo, PartPut, PartTarget, StoredFile, Usage
from handloom.domain.errors import Invalid
from handloom.store.artifacts.folder import FolderStore
from handloom.store.artifacts.object_store import SCHEMES, BucketStore

FOLDER = "artifacts"


class Opened(Protocol):
    """A file open for reading. `modified` is in seconds since 1970. Close it in any case."""

    @property
    def size(self) -> int: ...
    @property
    def modified(self) -> float: ...
    @property
    def stamp(self) -> str: ...
    def chunks(self, start: int, end: int) -> Iterator[bytes]: ...
    def close(self) -> None: ...


class Upload(Protocol):
    """An upload in progress. The file exists after `finish` and `show`, else not at all. Always end with `abandon`."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...
    def finish(self) -> StoredFile: ...
    def show(self) -> None: ...
    def abandon(self) -> None: ...


class Artifacts(Protocol):
    """The files of all workspaces; FolderStore and BucketStore describe the methods.

    `direct_uploads` and `direct_downloads`: whether clients can transfer files by presigned URLs.
    """

    @property
    def direct_uploads(self) -> bool: ...
    @property
    def direct_downloads(self) -> bool: ...
    def open(self, workspace: str, path: str, *, content: bool = True) -> Opened: ...
    def is_file(self, workspace: str, path: str) -> bool: ...
    def exists(self, workspace: str, path: str) -> bool: ...
    def entries(self, workspace: str, path: str) -> list[ArtifactInfo]: ...
    def upload(self, workspace: str, path: str, size: int | None = None) -> Upload: ...
    def delete(self, workspace: str, path: str) -> None: ...
    def discard(self, workspace: str) -> None: ...
    def release(self, hashes: Sequence[str]) -> None: ...
    def usage(self, workspace: str, *paths: str) -> Usage: ...
    def sweep(self) -> None: ...
    def close(self) -> None: ...


class PresignedTransfers(Protocol):
    """An object store that clients can reach directly, by URLs that are valid for one file and a short time."""

    def download_url(self, workspace: str, path: str, seconds: int) -> tuple[str, int]: ...
    def upload_url(self, workspace: str, path: str, seconds: int) -> tuple[str, dict[str, str]]: ...
    def begin(self, workspace: str, path: str, parts: int) -> tuple[str, list[PartTarget]]: ...
    def complete(self, workspace: str, path: str, upload: str, parts: Sequence[PartPut]) -> None: ...
    def abort(self, workspace: str, path: str, upload: str) -> None: ...


def connect(root: str, data: Path, *, presigned: bool = True, alone: bool = True) -> FolderStore | BucketStore:
    """Connect to the artifacts at `root`: the address of an object store, a folder, or "" for the one in the data
    folder.

    `presigned` enables direct transfers; `alone` is true if no other server uses the folder. Raises Invalid for any
    other root. No request is sent to an object store yet.
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
    """Return whether the folder `path` contains a model."""
    return store.is_file(workspace, rules.join(path, rules.MODEL_FILE))


def read(store: Artifacts, workspace: str, path: str, limit: int) -> bytes:
    """Read the first `limit` bytes of a file."""
    opened = store.open(workspace, path)
    try:
        return b"".join(opened.chunks(0, min(limit, opened.size)))
    finally:
        opened.close()


def size(store: Artifacts, workspace: str, path: str) -> int:
    """Return the bytes of a file. Raises NotFound."""
    opened = store.open(workspace, path, content=False)
    try:
        return opened.size
    finally:
        opened.close()


def put(store: Artifacts, workspace: str, path: str, data: bytes) -> StoredFile:
    """Store a small file from memory."""
    upload = store.upload(workspace, path, len(data))
    try:
        upload.write(data)
        kept = upload.finish()
        upload.show()
        return kept
    finally:
        upload.abandon()
