"""Artifact files as they are kept: `<data>/artifacts/<workspace>/<path>`, one folder tree per workspace.

Blocking functions; whoever answers requests calls them on a thread. Rows about runs and models live elsewhere.
"""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handloom.domain import artifacts
from handloom.domain.artifacts import FileInfo
from handloom.domain.errors import Invalid, NotFound, Unavailable

FOLDER = "artifacts"
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM})
_WRONG_KIND = frozenset({errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY})


def folder(root: Path, workspace: str) -> Path:
    """Where the files of `workspace` lie; `root` is the data folder. Created with the first upload."""
    return root / FOLDER / workspace


def locate(root: Path, workspace: str, path: str) -> Path:
    """The place of a path on disk, whether or not it exists. Raises Invalid where it would leave the workspace."""
    base = folder(root, workspace)
    place = base / artifacts.clean_path(path)
    real = base.resolve()
    # Parts that exist may be symbolic links; resolve() follows them all, so a link out of the tree shows here.
    if not place.resolve().is_relative_to(real):
        raise Invalid("Invalid path", field="path")
    return place


def file(root: Path, workspace: str, path: str) -> Path:
    """The place of an existing file. Raises NotFound where there is none, Invalid where it is a folder."""
    place = locate(root, workspace, path)
    with _translated(path):
        try:
            mode = place.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"No such artifact: '{path}'") from None
    if stat.S_ISDIR(mode):
        raise Invalid(f"Artifact path refers to a directory, not a file: '{path}'", field="path")
    if not stat.S_ISREG(mode):
        raise NotFound(f"No such artifact: '{path}'")
    return place


def exists(root: Path, workspace: str, path: str) -> bool:
    return locate(root, workspace, path).exists()


def is_model(root: Path, workspace: str, path: str) -> bool:
    """Whether the folder `path` holds a model."""
    return locate(root, workspace, artifacts.join(path, artifacts.MODEL_FILE)).is_file()


def read(root: Path, workspace: str, path: str, limit: int) -> bytes:
    """The first `limit` bytes of a file."""
    with file(root, workspace, path).open("rb") as stream:
        return stream.read(limit)


def entries(root: Path, workspace: str, path: str) -> list[FileInfo]:
    """The entries of a folder by path, relative to it; nothing for a file or where there is no such folder."""
    place = locate(root, workspace, path)
    real = folder(root, workspace).resolve()
    found: list[FileInfo] = []
    with _translated(path):
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if info := _info(entry, path, real):
                        found.append(info)
        except (FileNotFoundError, NotADirectoryError):
            return []
    return sorted(found, key=lambda f: f.path)


def _info(entry: "os.DirEntry[str]", path: str, real: Path) -> FileInfo | None:
    """None for what no one may see: waiting uploads, links out of the workspace, files that are gone by now."""
    if not path and entry.name.lower() == artifacts.RESERVED:
        return None
    if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(real):
        return None
    try:
        is_dir = entry.is_dir()
        return FileInfo(path=entry.name, is_dir=is_dir, size=None if is_dir else entry.stat().st_size)
    except FileNotFoundError:
        return None


class Upload:
    """A file on its way in: it waits beside the tree and takes its place whole, or not at all."""

    def __init__(self, root: Path, workspace: str, path: str) -> None:
        self.path = artifacts.clean_path(path)
        if not self.path:
            raise Invalid("Invalid path", field="path")
        self._base = folder(root, workspace)
        self._target = locate(root, workspace, path)
        waiting = self._base / artifacts.RESERVED
        with _translated(path):
            if self._target.is_dir():
                raise Invalid(f"'{path}' is a folder; a file cannot take its place.", field="path")
            waiting.mkdir(parents=True, exist_ok=True)
            self._part = waiting / secrets.token_hex(16)
            self._stream = self._part.open("xb", buffering=0)

    def write(self, data: bytes | bytearray) -> None:
        with _translated(self.path):
            view = memoryview(data)
            while view:  # an unbuffered write may take less than it is given
                view = view[self._stream.write(view) :]

    def finish(self) -> None:
        """Make the file visible, once it is on disk for good."""
        with _translated(self.path):
            os.fsync(self._stream.fileno())
            self._stream.close()
            made = _make_folders(self._target.parent)
            self._part.replace(self._target)
            for place in {self._target.parent, *made}:
                _sync_folder(place)

    def abandon(self) -> None:
        """Drop what came so far. Harmless after `finish`."""
        self._stream.close()
        self._part.unlink(missing_ok=True)


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


def put(root: Path, workspace: str, path: str, data: bytes) -> None:
    """Keep a small file that is in memory already."""
    upload = Upload(root, workspace, path)
    try:
        upload.write(data)
        upload.finish()
    finally:
        upload.abandon()


def delete(root: Path, workspace: str, path: str) -> None:
    """Delete a file or a folder with all it holds; a missing one is deleted already."""
    place = locate(root, workspace, path)
    if not artifacts.clean_path(path):
        raise Invalid("Invalid path", field="path")
    with _translated(path):
        if place.is_symlink() or not place.is_dir():
            place.unlink(missing_ok=True)
        else:
            shutil.rmtree(place)


def sweep(root: Path) -> None:
    """Drop uploads that a stop of the server interrupted. Call before the first request."""
    for waiting in (root / FOLDER).glob(f"*/{artifacts.RESERVED}"):
        shutil.rmtree(waiting, ignore_errors=True)


@contextmanager
def _translated(path: str) -> Iterator[None]:
    """Turn what the disk says into an error a person can act on."""
    try:
        yield
    except OSError as error:
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
