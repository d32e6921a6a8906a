"""Artifacts in an object store (S3, Azure, Google): `<root>/<workspace>/<path>`, streamed in constant memory.

Credentials come from the process's environment, as each cloud's tools find them. They are neither stored nor logged.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import obstore
from obstore import exceptions as said
from obstore.store import from_url

from handloom.domain import artifacts as rules
from handloom.domain.artifacts import ArtifactInfo, PartPut, PartTarget, StoredFile, Usage
from handloom.domain.errors import HandloomError, Invalid, NotFound, Unavailable
from handloom.store.artifacts import presigned as presigned_urls
from handloom.supervision import supervised

log = logging.getLogger("handloom.store")

SCHEMES = frozenset({"s3", "s3a", "az", "azure", "adl", "abfs", "abfss", "gs"})
CHUNK = 1024 * 1024
SMALL = 8 * 1024 * 1024
"""What is smaller goes up in one piece; larger files in parts of at least this size."""

_PARTS = 9_000  # aimed at; S3 allows 10,000
_CONCURRENT = 3
_PATIENCE: Any = {"connect_timeout": "10s", "read_timeout": "60s", "timeout": "24h"}
_RETRIES: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
_ALLOWING = ("AWS_ALLOW_HTTP", "AZURE_ALLOW_HTTP", "GOOGLE_ALLOW_HTTP", "AZURE_STORAGE_USE_EMULATOR")


def connect(root: str) -> Any:
    """Connect to the object store at an address, with the process's credentials. Raises obstore's errors for a wrong
    address.
    """
    options: Any = {**_PATIENCE, "allow_http": _allows_http(os.environ)}
    return from_url(root, client_options=options, retry_config=_RETRIES)


class BucketStore:
    """The artifacts of all workspaces below the address `root`. `presigned` enables direct transfers between clients
    and the object store.
    """

    def __init__(self, root: str, *, presigned: bool = True) -> None:
        self.root = rules.without_secrets(root)
        try:
            self._store = connect(root)
        except (said.BaseError, ValueError) as error:
            raise Invalid(f"--artifacts {self.root} cannot be used: {_plain(error)}") from None
        self._presigned = presigned
        self._direct = presigned_urls.of(self._store)
        self._closed = threading.Event()

    @property
    def direct_uploads(self) -> bool:
        return self._presigned and self._direct.takes_parts

    @property
    def direct_downloads(self) -> bool:
        return self._presigned and self._direct.signs

    def open(self, workspace: str, path: str, *, content: bool = True) -> OpenObject:
        """Open a file for reading; without `content`, request no bytes yet. Raises NotFound, Invalid for a folder."""
        key = _key(workspace, path)
        try:
            with self._translated(path):
                return OpenObject(self, key, path, obstore.get(self._store, key) if content else None)
        except NotFound:
            if self._holds(key):
                raise Invalid(f"Artifact path refers to a directory, not a file: '{path}'", field="path") from None
            raise

    def is_file(self, workspace: str, path: str) -> bool:
        """Return whether the path is a file."""
        try:
            with self._translated(path):
                obstore.head(self._store, _key(workspace, path))
        except NotFound:
            return False
        return True

    def exists(self, workspace: str, path: str) -> bool:
        """Return whether the path is a file or a folder; a folder exists if an object's path begins with it."""
        return self.is_file(workspace, path) or self._holds(_key(workspace, path))

    def _holds(self, key: str) -> bool:
        with self._translated(key):
            return any(len(chunk) for chunk in obstore.list(self._store, key, chunk_size=1))

    def entries(self, workspace: str, path: str) -> list[ArtifactInfo]:
        """List a folder, sorted by path relative to it; empty for a file or a missing folder."""
        key = _key(workspace, path)
        with self._translated(path):
            found = obstore.list_with_delimiter(self._store, key)
        below = len(key) + 1
        folders = [ArtifactInfo(path=p[below:], is_dir=True, size=None) for p in found["common_prefixes"]]
        files = [ArtifactInfo(path=o["path"][below:], is_dir=False, size=o["size"]) for o in found["objects"]]
        return sorted((f for f in folders + files if f.path), key=lambda f: f.path)

    def upload(self, workspace: str, path: str, size: int | None = None) -> ObjectUpload:
        """Begin to write a file; `size` is the Content-Length that the client sent."""
        if not rules.clean_path(path):
            raise Invalid("Invalid path", field="path")
        return ObjectUpload(self, _key(workspace, path), path, size)

    def delete(self, workspace: str, path: str) -> None:
        """Delete a file, or a folder with everything in it. A missing path is no error."""
        if not rules.clean_path(path):
            raise Invalid("Invalid path", field="path")
        key = _key(workspace, path)
        with self._translated(path), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, key)
        self._clear(key, path)

    def discard(self, workspace: str) -> None:
        """Delete all files of a workspace."""
        self._clear(workspace, "")

    def _clear(self, key: str, path: str) -> None:
        with self._translated(path):
            for chunk in obstore.list(self._store, key, chunk_size=1_000):
                names = [o["path"] for o in chunk]
                try:
                    obstore.delete(self._store, names)
                except FileNotFoundError:  # one of them was deleted meanwhile; the error does not say which
                    for name in names:
                        with contextlib.suppress(FileNotFoundError):
                            obstore.delete(self._store, name)

    def release(self, hashes: Sequence[str]) -> None:
        """Do nothing: files do not share contents here."""

    def usage(self, workspace: str, *paths: str) -> Usage:
        """Return the number and size of the files below these paths."""
        files, size = 0, 0
        for path in paths:
            key = _key(workspace, path)
            with self._translated(path):
                with contextlib.suppress(FileNotFoundError):
                    one = obstore.head(self._store, key)["size"] if path else None
                    files, size = files + (one is not None), size + (one or 0)
                for chunk in obstore.list(self._store, key, chunk_size=1_000):
                    files, size = files + len(chunk), size + sum(o["size"] for o in chunk)
        return Usage(files=files, bytes=size, freed=size)

    def sweep(self) -> None:
        """Start the daily deletion of uploads that are older than a day; a store that does not allow it is logged."""
        arguments = ("artifact-sweep", self._sweep_daily, self._closed.wait)
        threading.Thread(target=supervised, args=arguments, name="artifact-sweep", daemon=True).start()

    def _sweep_daily(self) -> bool:
        self.sweep_now()
        return not self._closed.wait(presigned_urls.ABANDONED.total_seconds())

    def sweep_now(self) -> None:
        try:
            self._holds("")
            with self._translated("uploads"):
                self._direct.sweep()
        except HandloomError as error:
            log.error("Artifacts in %s: %s", self.root, error.message)

    def close(self) -> None:
        self._closed.set()
        self._direct.close()

    def download_url(self, workspace: str, path: str, seconds: int) -> tuple[str, int]:
        """Return a presigned URL for the file, and its size in bytes. Raises NotFound."""
        key = _key(workspace, path)
        with self._translated(path):
            size: int = obstore.head(self._store, key)["size"]
            return self._direct.url("GET", key, seconds), size

    def upload_url(self, workspace: str, path: str, seconds: int) -> tuple[str, dict[str, str]]:
        """Return a presigned URL for one PUT of the file, and the headers to send with it."""
        with self._translated(path):
            return self._direct.url("PUT", _key(workspace, path), seconds), self._direct.headers(path)

    def begin(self, workspace: str, path: str, parts: int) -> tuple[str, list[PartTarget]]:
        """Begin a multipart upload by the client; return its id and a presigned URL for each part."""
        with self._translated(path):
            return self._direct.begin(_key(workspace, path), path, parts)

    def complete(self, workspace: str, path: str, upload: str, parts: Sequence[PartPut]) -> None:
        """Complete a multipart upload, which makes the file visible. Raises Invalid if the parts differ from those
        uploaded.
        """
        with self._translated(path):
            self._direct.complete(_key(workspace, path), path, upload, parts)

    def abort(self, workspace: str, path: str, upload: str) -> None:
        """Abort a multipart upload. An unknown upload is no error."""
        with self._translated(path):
            self._direct.abort(_key(workspace, path), upload)

    @contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        """Translate the store's errors into ours, with its own message in the log."""
        try:
            yield
        except FileNotFoundError:
            raise NotFound(f"No such artifact: '{path}'") from None
        except said.InvalidPathError:
            raise Invalid("Invalid path", field="path") from None
        except (said.PermissionDeniedError, said.UnauthenticatedError) as error:
            log.warning("%s refused: %s", self.root, _plain(error))
            raise Unavailable(
                f"The object store refused the server's credentials for '{path}'. Whoever runs the server should check "
                "them, and their rights on the bucket."
            ) from None
        except said.BaseError as error:
            log.warning("%s failed: %s", self.root, _plain(error))
            raise Unavailable(
                f"The object store could not be asked for '{path}'; try again. The server's log says why."
            ) from None


class OpenObject:
    """An object open for reading. If it is replaced meanwhile, reading continues with the old content or fails."""

    def __init__(self, bucket: BucketStore, key: str, path: str, result: Any) -> None:
        self._bucket, self._key, self._path, self._result = bucket, key, path, result
        self._meta = result.meta if result is not None else obstore.head(bucket._store, key)
        self.size: int = self._meta["size"]
        self.modified: float = self._meta["last_modified"].timestamp()
        self.stamp = _stamp(self._meta)

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `end` as they arrive."""
        if start >= end:
            return
        result, self._result = self._result, None  # its bytes can be read only once
        with self._bucket._translated(self._path):
            if result is None or (start, end) != (0, self.size):
                options: Any = {"range": (start, end)}
                if self._meta["e_tag"]:
                    options["if_match"] = self._meta["e_tag"]
                result = obstore.get(self._bucket._store, self._key, options=options)
            yield from result.stream(min_chunk_size=CHUNK)

    def close(self) -> None:
        self._result = None


class ObjectUpload:
    """An upload in progress: a small file is buffered and sent in one request, a larger one in parts as they arrive."""

    def __init__(self, bucket: BucketStore, key: str, path: str, size: int | None) -> None:
        self._bucket, self._key, self._path = bucket, key, path
        self._part = max(SMALL, -(-(size or 0) // _PARTS))
        self._attributes = presigned_urls.attributes(path)
        self._hash = hashlib.sha256()
        self._size = 0
        self._waiting = bytearray()
        self._writer: Any = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._hash.update(data)
        self._size += len(data)
        self._waiting += data
        if self._writer is not None or self._size > SMALL:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._writing():
            if self._writer is None:
                self._writer = obstore.open_writer(
                    self._bucket._store,
                    self._key,
                    attributes=self._attributes,
                    buffer_size=self._part,
                    max_concurrency=_CONCURRENT,
                )
            self._writer.write(self._waiting)
            self._waiting = bytearray()

    def finish(self) -> StoredFile:
        """Send the last bytes. The object becomes visible with them."""
        with self._writing():
            if self._writer is None:
                put: Any = obstore.put(
                    self._bucket._store,
                    self._key,
                    bytes(self._waiting),
                    attributes=self._attributes,
                    use_multipart=False,
                )
                stamp = put["e_tag"] or _stamp(obstore.head(self._bucket._store, self._key))
            else:
                self._writer.close()
                self._writer = None
                stamp = _stamp(obstore.head(self._bucket._store, self._key))
        return StoredFile(size=self._size, sha256=self._hash.hexdigest(), stamp=stamp)

    def show(self) -> None:
        """Do nothing: the file is visible since `finish`."""

    def abandon(self) -> None:
        """Drop the upload. No effect after `finish`."""
        writer, self._writer = self._writer, None
        self._waiting = bytearray()
        if writer is not None:
            with contextlib.suppress(said.BaseError, Unavailable):  # parts are invisible; the sweep deletes them
                writer.__exit__(Unavailable, Unavailable("abandoned"), None)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._bucket._translated(self._path):
                yield
        except NotFound:
            raise Unavailable(
                f"There is no {self._bucket.root} to keep '{self._path}' in. Whoever runs the server should make the "
                "bucket, or start it with another --artifacts."
            ) from None


def _allows_http(environ: Mapping[str, str]) -> bool:
    """Return whether the environment names an endpoint without TLS; the address and credentials come from there too."""
    endpoints = [environ.get(name, "") for name in _ENDPOINTS]
    allowed = [environ.get(name, "") for name in _ALLOWING]
    return any(e.startswith("http://") for e in endpoints) or any(a.lower() in ("1", "true") for a in allowed)


def _key(workspace: str, path: str) -> str:
    return rules.join(workspace, rules.clean_path(path))


def _stamp(meta: Any) -> str:
    return str(meta["e_tag"] or f"{meta['last_modified'].timestamp()}-{meta['size']}")


def _plain(error: Exception) -> str:
    """Return the store's error message in one line, without the signatures in its URLs."""
    return re.sub(r"\?[^\s)>]*", "", str(error).split("\n\nDebug source")[0]).replace("\n", " ")[:500]
