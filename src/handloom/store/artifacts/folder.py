"""Artifacts in a local folder: `<base>/<workspace>/<path>`, each a hard link to its content, which is stored once.

Contents are in `<base>/.contents`, named by their hash. A content that no artifact links to is deleted at the next
start. Neither a kill nor a copied folder can lose a file: a content that is missing in `.contents` is only not shared.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from handloom.domain import artifacts as rules
from handloom.domain.artifacts import ArtifactInfo, StoredFile, Usage
from handloom.domain.errors import Invalid, NotFound, Unavailable
from handloom.store.engine.dialects import NO_DESCRIPTORS, OUT_OF_DESCRIPTORS
from handloom.supervision import attempt

CONTENTS = ".contents"
TRASH = ".trash"
CHUNK = 1024 * 1024
ABANDONED_SECONDS = 24 * 3600
FLUSHED = 32 * CHUNK
"""Bytes after which a large file is flushed in the background, so that the flush at the end is short."""

_flushing = ThreadPoolExecutor(4, "artifacts-flush")
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM})
_WRONG_KIND = frozenset({errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY})


class FolderStore:
    """The artifacts of all workspaces. `alone` is true if no other server uses the folder."""

    direct_uploads = False
    direct_downloads = False

    def __init__(self, base: Path, *, alone: bool = True) -> None:
        self.base = base
        self._alone = alone

    def locate(self, workspace: str, path: str) -> Path:
        """Return the file system path of an artifact, whether or not it exists. Raises Invalid if it is outside the
        workspace.
        """
        top = self.base / workspace
        place = top / rules.clean_path(path)
        # Parts that exist may be symbolic links; resolve() follows them all, so a link out of the tree shows here.
        if not place.resolve().is_relative_to(top.resolve()):
            raise Invalid("Invalid path", field="path")
        return place

    def open(self, workspace: str, path: str, *, content: bool = True) -> OpenFile:
        """Open a file for reading. Raises NotFound if it does not exist, Invalid for a folder."""
        place = self.locate(workspace, path)
        with _translated(path):
            try:
                descriptor = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
            except (FileNotFoundError, NotADirectoryError):
                raise NotFound(f"No such artifact: '{path}'").because("no_file", path=path) from None
            opened = OpenFile(descriptor)
            if stat.S_ISREG(opened.mode):
                return opened
            opened.close()
        if stat.S_ISDIR(opened.mode):
            raise Invalid(f"Artifact path refers to a directory, not a file: '{path}'", field="path")
        raise NotFound(f"No such artifact: '{path}'").because("no_file", path=path)

    def is_file(self, workspace: str, path: str) -> bool:
        """Return whether the path is a file."""
        return self.locate(workspace, path).is_file()

    def exists(self, workspace: str, path: str) -> bool:
        """Return whether the path is a file or a folder."""
        return self.locate(workspace, path).exists()

    def entries(self, workspace: str, path: str) -> list[ArtifactInfo]:
        """List a folder, sorted by path relative to it; empty for a file or a missing folder."""
        place = self.locate(workspace, path)
        real = (self.base / workspace).resolve()
        found: list[ArtifactInfo] = []
        with _translated(path):
            try:
                with os.scandir(place) as entries:
                    for entry in entries:
                        if info := _info(entry, path, real):
                            found.append(info)
            except (FileNotFoundError, NotADirectoryError):
                return []
        return sorted(found, key=lambda f: f.path)

    def upload(self, workspace: str, path: str, size: int | None = None) -> FolderUpload:
        """Begin to write a file; `size` is the Content-Length that the client sent."""
        if not rules.clean_path(path):
            raise Invalid("Invalid path", field="path")
        return FolderUpload(self.base, workspace, self.locate(workspace, path), path)

    def delete(self, workspace: str, path: str) -> None:
        """Delete a file, or a folder with everything in it. A missing path is no error."""
        if not rules.clean_path(path):
            raise Invalid("Invalid path", field="path")
        self._discard(self.locate(workspace, path), path)

    def discard(self, workspace: str) -> None:
        """Delete all files of a workspace."""
        self._discard(self.base / workspace, "")

    def _discard(self, place: Path, path: str) -> None:
        trash = self.base / TRASH / secrets.token_hex(16)
        with _translated(path), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if place.is_symlink() or not place.is_dir():
                place.unlink()
                return
            trash.parent.mkdir(exist_ok=True)
            place.rename(trash)  # invisible at once; the sweep at the next start deletes what a kill leaves
            shutil.rmtree(trash, ignore_errors=True)

    def release(self, hashes: Sequence[str]) -> None:
        """Delete the contents with these hashes that no artifact links to."""
        for digest in hashes:
            _drop_if_alone(_content(self.base, digest))

    def usage(self, workspace: str, *paths: str) -> Usage:
        """Return the number and size of the files below these paths."""
        files, size = 0, 0
        links: dict[int, list[int]] = {}
        for name in chain.from_iterable(_files(self.locate(workspace, path)) for path in paths):
            with contextlib.suppress(FileNotFoundError):
                found = name.lstat()
                files, size = files + 1, size + found.st_size
                seen = links.setdefault(found.st_ino, [0, found.st_nlink, found.st_size])
                seen[0] += 1
        # If one more link is left, it is the content in `.contents`, which is freed as well.
        freed = sum(size for here, all_links, size in links.values() if all_links - here <= 1)
        return Usage(files=files, bytes=size, freed=freed)

    def sweep(self) -> None:
        """Delete uploads that a stopped server left. Call it before the first request; contents are swept in the
        background.
        """
        for waiting in self.base.glob(f"*/{rules.RESERVED}"):
            for part in _listed(waiting):
                with contextlib.suppress(FileNotFoundError):  # the server that wrote it may have finished meanwhile
                    if self._alone or part.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                        part.unlink()
        arguments = ("artifact-sweep", self.sweep_contents)
        threading.Thread(target=attempt, args=arguments, name="artifact-sweep", daemon=True).start()

    def sweep_contents(self) -> None:
        """Delete contents that no artifact links to, and what is left in the trash."""
        for left in _listed(self.base / TRASH):
            shutil.rmtree(left, ignore_errors=True)
        for shelf in _listed(self.base / CONTENTS):
            for content in _listed(shelf):
                _drop_if_alone(content)

    def close(self) -> None:
        """Do nothing: no file stays open."""


class OpenFile:
    """A file open for reading. Its content stays the same if another file replaces it meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        found = os.fstat(descriptor)
        self.mode = found.st_mode
        self.size = found.st_size
        self.modified = found.st_mtime
        self.stamp = _stamp(found)

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `end`."""
        with os.fdopen(os.dup(self._descriptor), "rb", buffering=0) as file:
            file.seek(start)
            while start < end and (data := file.read(min(CHUNK, end - start))):
                start += len(data)
                yield data

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


class FolderUpload:
    """An upload in progress: written to a temporary file, then moved to its path in one step."""

    def __init__(self, base: Path, workspace: str, target: Path, path: str) -> None:
        self._base, self._target, self._path = base, target, path
        self._hash = hashlib.sha256()
        self._size = 0
        self._dirty = 0
        self._flush: Future[None] | None = None
        waiting = base / workspace / rules.RESERVED
        with _translated(path):
            if target.is_dir():
                raise Invalid(f"'{path}' is a folder; a file cannot take its place.", field="path")
            waiting.mkdir(parents=True, exist_ok=True)
            self._part = waiting / secrets.token_hex(16)
            self._stream = self._part.open("xb", buffering=0)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._hash.update(data)
        self._size += len(data)
        with _translated(self._path):
            view = memoryview(data)
            while view:  # an unbuffered write may write only a part
                view = view[self._stream.write(view) :]
            self._dirty += len(data)
            if self._dirty < FLUSHED or not (self._flush is None or self._flush.done()):
                return
            if self._flush is not None:
                self._flush.result()
            self._flush, self._dirty = _flushing.submit(_to_disk, self._stream.fileno()), 0

    def finish(self) -> StoredFile:
        """Flush all bytes to disk. The file is not visible yet."""
        digest = self._hash.hexdigest()
        with _translated(self._path):
            if self._flush is not None:
                self._flush.result()
            if not self._take(_content(self._base, digest)):
                if os.name == "posix":
                    os.fchmod(
                        self._stream.fileno(), 0o444
                    )  # writing to it would change every artifact with this content
                os.fsync(self._stream.fileno())
                self._give(_content(self._base, digest))
            self._stream.close()
            stamp = _stamp(self._part.stat())
        return StoredFile(size=self._size, sha256=digest, stamp=stamp)

    def show(self) -> None:
        """Make the finished file visible, durably."""
        with _translated(self._path):
            self._appear()

    def _appear(self) -> None:
        for again in (True, True, False):
            made = _make_folders(self._target.parent)
            try:
                self._part.replace(self._target)
                break
            except FileNotFoundError:  # the folder was deleted meanwhile
                if not again:
                    raise
        for place in {self._target.parent, *made}:
            _sync_folder(place)

    def _take(self, content: Path) -> bool:
        """Replace the temporary file by a link to an existing content, whose bytes are on disk already."""
        if not self._size:
            return False
        link = self._part.with_name(secrets.token_hex(16))
        try:
            if content.stat().st_size != self._size:
                return False
            os.link(content, link)
        except OSError:  # missing, swept meanwhile, too many links, or no hard links on this disk
            return False
        self._part.unlink()
        self._part = link
        return True

    def _give(self, content: Path) -> None:
        """Link the temporary file into the contents, so that later uploads of the same bytes share it. Runs before the
        file is visible, since another upload may replace it afterwards.
        """
        if not self._size:
            return
        with contextlib.suppress(OSError):
            content.parent.mkdir(parents=True, exist_ok=True)
            content.unlink(missing_ok=True)  # it has too many links, or a wrong size
            os.link(self._part, content)

    def abandon(self) -> None:
        """Delete the temporary file. No effect after `show`."""
        if self._flush is not None:
            wait([self._flush])  # it uses the file descriptor, whose number may be reused
        self._stream.close()
        self._part.unlink(missing_ok=True)


def _to_disk(descriptor: int) -> None:
    getattr(os, "fdatasync", os.fsync)(descriptor)


def _content(base: Path, digest: str) -> Path:
    return base / CONTENTS / digest[:2] / digest


def _drop_if_alone(content: Path) -> None:
    with contextlib.suppress(OSError):
        if content.stat().st_nlink == 1:
            content.unlink()


def _stamp(found: os.stat_result) -> str:
    return f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"


def _listed(place: Path) -> list[Path]:
    try:
        return list(place.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    for folder, _, names in os.walk(place):
        yield from (Path(folder, name) for name in names)


def _info(entry: os.DirEntry[str], path: str, real: Path) -> ArtifactInfo | None:
    """Return an entry, or None for what is hidden: uploads in progress, links that leave the workspace, files deleted
    meanwhile.
    """
    if not path and entry.name.lower() == rules.RESERVED:
        return None
    if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(real):
        return None
    try:
        is_dir = entry.is_dir()
        return ArtifactInfo(path=entry.name, is_dir=is_dir, size=None if is_dir else entry.stat().st_size)
    except FileNotFoundError:
        return None


def _make_folders(place: Path) -> list[Path]:
    """Create `place` and its parents; return the folders that got a new entry."""
    missing = [p for p in (place, *place.parents) if not p.exists()]
    place.mkdir(parents=True, exist_ok=True)
    return [p.parent for p in missing]


def _sync_folder(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _translated(path: str) -> Iterator[None]:
    """Translate OSErrors into errors that tell the user what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_DESCRIPTORS:
            raise Unavailable(OUT_OF_DESCRIPTORS) from error
        if error.errno in _NO_SPACE:
            raise Unavailable(
                f"The artifact '{path}' could not be written or read ({os.strerror(error.errno)}). "
                "Free some space in the data folder or check its permissions; what was saved before is safe."
            ) from error
        if error.errno in _WRONG_KIND:
            raise Invalid(
                f"A file stands where '{path}' needs a folder, or the other way round.", field="path"
            ) from error
        if error.errno == errno.ENAMETOOLONG:
            raise Invalid("The path is too long; shorten it.", field="path") from error
        raise
