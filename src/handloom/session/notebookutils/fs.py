"""`notebookutils.fs`: files by `Files/...`, `/lakehouse/default/...`, OneLake and `file:` paths.

For paths that only Spark can open (`wasbs://`, `s3://`), the error names the call that reads them.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from handloom.session import attached, lakehouse, room
from handloom.session import mounts as mount_table
from handloom.session.notebookutils.refusal import attribute, functions_of, help_of, refuse


@dataclass(frozen=True, slots=True)
class FileInfo:
    """One entry of a folder. `size` is in bytes, 0 for a folder; `modifyTime` is milliseconds since 1970 UTC."""

    name: str
    path: str
    size: int
    isDir: bool  # noqa: N815 - Fabric's name
    isFile: bool  # noqa: N815
    modifyTime: int  # noqa: N815


def ls(path: str = "Files") -> list[FileInfo]:
    """List a folder sorted by name, or the file that `path` is. Raises FileNotFoundError."""
    found = _existing(path)
    entries = sorted(found.iterdir()) if found.is_dir() else [found]
    return [_info(entry) for entry in entries]


def exists(file: str) -> bool:
    """Return whether a file or folder exists."""
    return _local(file).exists()


def mkdirs(path: str) -> bool:
    """Create a folder and its parents."""
    _local(path).mkdir(parents=True, exist_ok=True)
    return True


def put(file: str, content: str, overwrite: bool = False) -> bool:
    """Write a text file in UTF-8. Raises FileExistsError unless `overwrite`."""
    room.require()
    target = _local(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w" if overwrite else "x", encoding="utf-8") as opened:
        opened.write(content)
    return True


def append(file: str, content: str, createFileIfNotExists: bool = False) -> bool:  # noqa: N803 - Fabric's name
    """Add text to the end of a file."""
    room.require()
    target = _local(file)
    if createFileIfNotExists:
        target.parent.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        raise FileNotFoundError(f"{file} does not exist; createFileIfNotExists=True creates it.")
    with target.open("a", encoding="utf-8") as opened:
        opened.write(content)
    return True


def head(file: str, maxBytes: int = 100 * 1024) -> str:  # noqa: N803
    """Return the beginning of a text file, at most `maxBytes` bytes."""
    with _existing(file).open("rb") as opened:
        return opened.read(maxBytes).decode("utf-8", errors="replace")


def cp(src: str, dest: str, recurse: bool = False) -> bool:
    """Copy a file, or with `recurse` a folder. If `dest` is a folder, the copy is placed inside it."""
    room.require()
    source, target = _existing(src), _local(dest)
    if source.is_dir():
        if not recurse:
            raise IsADirectoryError(f"{src} is a folder; recurse=True copies it with its contents.")
        if target == source or target.is_relative_to(source):
            raise OSError(f"{dest} is inside {src}; a folder cannot be copied into itself.")
        shutil.copytree(source, target / source.name if target.is_dir() else target)
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    return True


def fastcp(src: str, dest: str, recurse: bool = True, extraConfigs: object = None) -> bool:  # noqa: N803
    """Copy like `cp`, since both paths are on this machine."""
    return cp(src, dest, recurse)


def mv(src: str, dest: str, create_path: bool = False, overwrite: bool = False) -> bool:
    """Move a file or folder. Raises FileExistsError if `dest` is a file, unless `overwrite`."""
    source, target = _existing(src), _local(dest)
    if target.is_dir():
        target = target / source.name
    if target.exists() and not overwrite:
        raise FileExistsError(f"{dest} exists; overwrite=True replaces it.")
    if create_path:
        target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_file():
        source.replace(target)
    else:
        shutil.move(source, target)
    return True


def rm(path: str, recurse: bool = False) -> bool:
    """Delete a file, or with `recurse` a folder with its contents."""
    found = _existing(path)
    if found == Path(lakehouse.folder()):
        raise OSError("This would delete the whole workspace folder. Name a file or folder in it.")
    if found.is_dir() and not found.is_symlink():
        if not recurse and any(found.iterdir()):
            raise OSError(f"{path} is a folder that is not empty; recurse=True deletes it with its contents.")
        shutil.rmtree(found)
    else:
        found.unlink()
    return True


def getProperties(path: str) -> dict[str, str]:  # noqa: N802
    """Return size in bytes, whether it is a folder, and the modification time."""
    info = _info(_existing(path))
    return {"size": str(info.size), "isDir": str(info.isDir), "modifyTime": str(info.modifyTime)}


def getMountPath(mountPoint: str, scope: str = "") -> str:  # noqa: N802, N803
    """Return the local folder of the mount point `/default`."""
    if mountPoint.strip("/") in ("default", "lakehouse/default"):
        return lakehouse.folder()
    raise refuse("fs.getMountPath", "add a mount in the workspace settings and use its address")


def mount(*_: object, **__: object) -> bool:
    raise refuse("fs.mount", "add a mount in the workspace settings; every session then reads its address")


def unmount(*_: object, **__: object) -> bool:
    raise refuse("fs.unmount", "remove the mount in the workspace settings")


def mounts() -> list[dict[str, str]]:
    """List the workspace's mounts."""
    session = attached.current()
    return [{"source": prefix, "target": target} for prefix, target in (session.mounts if session else ())]


def help(name: str = "") -> None:  # noqa: A001 - Fabric's name
    """Print the available functions, or describe one."""
    help_of("fs", functions_of(globals()), name)


def unmountAll() -> bool:  # noqa: N802
    raise refuse("fs.unmountAll", "remove the mounts in the workspace settings")


def refreshMounts() -> bool:  # noqa: N802
    """Do nothing: a session reads the workspace's mounts as they are."""
    return True


__getattr__ = attribute(
    "fs", {"mountToDriverNode": "add a mount in the workspace settings"}, lambda: [*functions_of(globals())]
)


def _local(path: str) -> Path:
    found = lakehouse.inside(path)
    if found is not None:
        return found
    session = attached.current()
    place = mount_table.resolve(path, session.mounts if session else (), lakehouse.folder())
    if isinstance(place, Path):
        return place
    raise refuse(f"fs for {path}", "read that address with spark.read, or mount a folder of this machine in its place")


def _existing(path: str) -> Path:
    found = _local(path)
    if not found.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    return found


def _info(path: Path) -> FileInfo:
    stat = path.stat()
    folder = path.is_dir()
    return FileInfo(
        name=path.name,
        path=lakehouse.name_of(path),
        size=0 if folder else stat.st_size,
        isDir=folder,
        isFile=not folder,
        modifyTime=int(stat.st_mtime * 1000),
    )
