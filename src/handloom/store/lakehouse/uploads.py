"""Uploads into a workspace's folder: written to a draft, which takes the file's place when all has come.

Code in the workspace may exchange a folder or the draft for a link at any time, so that none is followed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from uuid import uuid4

from handloom.domain.errors import Conflict, Invalid, NotFound, Unavailable
from handloom.store.lakehouse.files import opened

FLUSHED = 32 * 1024 * 1024
"""Bytes after which a large file is flushed in the background, so that the flush at the end is short."""

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_flushing = ThreadPoolExecutor(2, "uploads-flush")


class FileUpload:
    """One upload. The file is replaced by `finish`, else nothing is. Always end with `abandon`."""

    def __init__(self, root: Path, workspace: str, path: str) -> None:
        """Begin to write the file `path` of the workspace. Folders that are missing are made. Raises Invalid for a
        path that is refused, Conflict where a folder or link has the name.
        """
        *folders, self._name = checked(path)
        self.size = 0
        self._path = path
        self._draft = f".{uuid4().hex}.draft"
        self._flushed: Future[None] | None = None
        self._closing = contextlib.ExitStack()
        with self._closing as closing, self._errors():
            top = closing.enter_context(opened(root / "workspaces" / workspace, []))
            self._folder = closing.enter_context(opened(root / "workspaces" / workspace, folders, make=True))
            mode = self._mode()
            # drafts at the top are deleted at the next start, should this process be killed
            same = os.fstat(top).st_dev == os.fstat(self._folder).st_dev
            self._place = top if same else self._folder
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            self._file = os.open(self._draft, flags, mode, dir_fd=self._place)
            closing.callback(os.close, self._file)
            os.fchmod(self._file, mode)  # whatever this process withholds from new files
            self._closing = closing.pop_all()

    def _mode(self) -> int:
        """Return the permissions of the file that is replaced, or those of a new one."""
        try:
            there = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return 0o600
        if not stat.S_ISREG(there.st_mode):
            raise Conflict(f"{self._path} is a folder or a link. Upload the file under another name.")
        return stat.S_IMODE(there.st_mode)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        before = self.size
        with self._errors():
            while rest:
                written = os.write(self._file, rest)
                rest, self.size = rest[written:], self.size + written
            if before // FLUSHED != self.size // FLUSHED and (self._flushed is None or self._flushed.done()):
                self._flushed = _flushing.submit(os.fdatasync, self._file)

    def finish(self) -> int:
        """Put the file in its place, durably; return its bytes."""
        with self._errors():
            os.fsync(self._file)
            self._mode()
            os.rename(self._draft, self._name, src_dir_fd=self._place, dst_dir_fd=self._folder)
            os.fsync(self._folder)
        return self.size

    def abandon(self) -> None:
        """Delete what was not finished, and close everything."""
        if self._flushed is not None:
            with contextlib.suppress(OSError):
                self._flushed.result()
        with contextlib.suppress(OSError):
            os.unlink(self._draft, dir_fd=self._place)
        self._closing.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise NotFound("The folder of this file was deleted during the upload.") from error
        except OSError as error:
            if error.errno in _FULL:
                raise Unavailable(
                    f"The file was not saved: the disk of the data folder is full ({os.strerror(error.errno)}). "
                    "Free some space and upload it again; what was saved before is safe."
                ) from error
            if error.errno == errno.ENAMETOOLONG:
                raise Invalid("The name of the file or of a folder is too long.", field="path") from error
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise Conflict(
                    f"A folder of {self._path} is a file or a symbolic link, which is not followed."
                ) from error
            raise Conflict(f"{self._path} cannot be written ({os.strerror(error.errno or 0)}).") from error


def checked(path: str) -> tuple[str, ...]:
    """Return the parts of a file's path in its workspace. Raises Invalid for one that leads elsewhere, is hidden, or is
    that of a notebook, which is an item of the workspace.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\0" in path or any(part.startswith(".") for part in parts):
        raise Invalid("Give the file's path in the workspace, without names that begin with a dot.", field="path")
    if len(parts) == 1 and path.lower().endswith(".ipynb"):
        raise Invalid("Create notebooks as items of the workspace.", field="path")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise Invalid("The path is no text.", field="path") from error
    return parts
