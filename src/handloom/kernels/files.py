"""Atomic file writes for the Jupyter child: write a temporary file beside the target, fsync it, then rename it.

Jupyter overwrites the file in place, so a full disk or a kill in the middle leaves a truncated notebook.
"""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import uuid4
from weakref import WeakValueDictionary

from jupyter_client.jsonutil import json_default
from jupyter_server.base.handlers import AuthenticatedFileHandler
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager
from tornado.web import HTTPError
from traitlets import default

MAX_READ = 256 * 1024 * 1024
"""Bytes of a file whose content is read into a response; downloads are streamed and have no limit."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Turn the error of a full disk into a 507 that says what to do, instead of Jupyter's 500."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise HTTPError(
                507,
                f"The file was not saved: the disk of the data folder is full ({os.strerror(error.errno)}). "
                "Free some space and save again; what was saved before is safe.",
            ) from error
        raise


def check_inside(path: str, root: str, allowed: tuple[str, ...]) -> None:
    """Raise HTTPError 404 if a path leads out of its workspace's folder, and out of `allowed`, by symbolic links."""
    workspace = Path(path).relative_to(Path(root).absolute()).parts[:1]
    real = Path(os.path.realpath(path))
    folders = [os.path.realpath(Path(root, *workspace)), *map(os.path.realpath, allowed)]
    if not any(real.is_relative_to(folder) for folder in folders):
        raise HTTPError(404, "This is a link to a file outside of the workspace's folder, which is not followed.")


class InsideFileHandler(AuthenticatedFileHandler):
    """Serves downloads, with the same check of symbolic links as the contents API."""

    def validate_absolute_path(self, root: str, absolute_path: str) -> str:
        found = super().validate_absolute_path(root, absolute_path)
        allowed = getattr(self.contents_manager, "allowed", None)
        if allowed is not None:
            check_inside(os.path.join(root, self.path), root, allowed)  # noqa: PTH118 - `found` has its links resolved
        return found


class WorkspaceContents(AsyncFileContentsManager):
    """The contents manager of the workspaces' folders. Calls `on_saved` with the path and content of each notebook that
    a page has written. Writes of one file wait for each other."""

    on_saved: Callable[[str, Any], None] | None = None
    allowed: tuple[str, ...] | None = None
    """Folders besides its workspace's to which a symbolic link may lead; None: anywhere. Code in a box can make a link
    to what only the server may read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # only of files being written

    def _lock(self, path: str) -> asyncio.Lock:
        return self._locks.setdefault(path.strip("/"), asyncio.Lock())

    def _get_os_path(self, path: Any) -> str:
        """Return the file of a path. Raises HTTPError 404 for a symbolic link that leads out of `allowed` folders."""
        found: str = super()._get_os_path(path)  # type: ignore[no-untyped-call]
        if self.allowed is not None:
            check_inside(found, self.root_dir, self.allowed)
        return found

    @default("files_handler_class")
    def _inside_only(self) -> type[AuthenticatedFileHandler]:
        return InsideFileHandler

    async def get(
        self, path: Any, content: Any = True, type: Any = None, format: Any = None, require_hash: Any = False
    ) -> Any:
        """As Jupyter's, but refuse content that is too large to be held in memory several times over."""
        if content:
            self._check_size(path)
        return await super().get(path, content, type, format, require_hash)  # type: ignore[no-untyped-call]

    def _check_size(self, path: str) -> None:
        try:
            size = Path(self._get_os_path(path)).stat().st_size
        except (OSError, ValueError):
            return  # Jupyter says why
        if size > MAX_READ:
            raise HTTPError(
                413,
                f"The file has {size // 1_000_000:,} MB; at most {MAX_READ // 1_000_000:,} MB are opened here. "
                "Download it, or read it with code.",
            )

    async def save(self, model: dict[str, Any], path: str = "") -> Any:
        if model.get("type") != "directory" and await self.dir_exists(path):  # type: ignore[no-untyped-call]
            raise HTTPError(400, "A folder has this name. Save the file under another one.")
        if model.get("chunk") is not None:
            raise HTTPError(400, "Files are not written in pieces here. Upload them with PUT to the workspace's files.")
        async with self._lock(path):
            base = model.pop("base", None)
            if base is not None:
                if not isinstance(model.get("content"), dict):
                    raise HTTPError(400, "The content of a notebook is missing.")
                await self._complete(model["content"], path, base)
            saved = await super().save(model, path)  # type: ignore[no-untyped-call]
        if model.get("type") == "notebook" and self.on_saved is not None:
            self.on_saved(path.strip("/"), model["content"])
        return saved

    async def _complete(self, content: Any, path: str, base: str) -> None:
        """Fill in the cells that a page omitted as unchanged from the file.

        Raises HTTPError 409 if the file is not the version of the time `base`, so that nobody's work is overwritten.
        """
        try:
            model = await self.get(path, content=True, type="notebook")
        except HTTPError as error:
            raise HTTPError(409, "The notebook's file is gone.") from error
        cells = {cell.get("id"): cell for cell in model["content"]["cells"]}
        if json_default(model["last_modified"]) != base:
            raise HTTPError(409, "The notebook was changed elsewhere.")
        try:
            content["cells"] = [cells[one["id"]] if one.get("unchanged") is True else one for one in content["cells"]]
        except KeyError as error:
            raise HTTPError(409, "The notebook was changed elsewhere.") from error

    async def create_checkpoint(self, path: str) -> Any:
        """As Jupyter's, but refuse a folder, which has no checkpoints."""
        if not await self.file_exists(path):
            raise HTTPError(404, "There is no file of this name.")
        return await super().create_checkpoint(path)  # type: ignore[no-untyped-call]

    async def change_notebook(self, path: str, change: Callable[[Any], bool]) -> None:
        """Read a notebook, let `change` edit its content, and write it if that returns True. Does nothing if there is
        no such file or it cannot be read as a notebook."""
        async with self._lock(path):
            try:
                model = await self.get(path, content=True, type="notebook")
            except HTTPError:
                return
            if change(model["content"]):
                await super().save(model, path)  # type: ignore[no-untyped-call]

    @contextmanager
    def atomic_writing(self, os_path: str, text: bool = True, encoding: str = "utf-8", **_: Any) -> Iterator[IO[Any]]:
        with self.perm_to_403(os_path), _disk_errors():
            target = Path(os_path).resolve()
            draft = target.with_name(f".{uuid4().hex}.draft")
            try:
                mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600
                opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
                with os.fdopen(opened, "w" if text else "wb", encoding=encoding if text else None) as file:
                    os.fchmod(file.fileno(), mode)  # whatever this process withholds from new files
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
