"""Import notebooks from .ipynb files, zip archives and git repositories. Other files go into a folder of `Files`."""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import msgspec

from handloom.domain.errors import AlreadyExists, Conflict, HandloomError, Invalid, NotFound
from handloom.domain.git import check_source, name_of
from handloom.domain.git_pull import name_of as free_name
from handloom.domain.notebooks import is_notebook
from handloom.transfer.archive import DAMAGED
from handloom.transfer.notebooks import with_same_cells
from handloom.transfer.report import Report
from handloom.transfer.target import Target

ENDING = ".ipynb"
MAX_ENTRIES = 2_000
MAX_ENTRY = 500_000_000
MAX_TOTAL = 2_000_000_000
"""Bytes of all entries, as they say of themselves."""
CHUNK_BYTES = 1024 * 1024
MAX_DEPTH = 20
MAX_POINTER = 1_024
_POINTER = b"version https://git-lfs.github.com/spec/"
_SSH = re.compile(r"[\w.-]+@[\w.-]+:")
_ENCRYPTED, _UTF8 = 0x1, 0x800
_UNIX, _LINK = 3, 0o12


def import_files(source: Path, target: Target, report: Report) -> None:
    """Import a notebook or an archive of notebooks. Raises Invalid for a file that is neither, or beyond the limits."""
    if source.suffix.lower() == ENDING:
        _add_notebook(target, report, source.name, source.name[: -len(ENDING)], _read_file(source))
        return
    try:
        archive = zipfile.ZipFile(source)
    except DAMAGED as error:
        raise Invalid(f"{source} is no notebook and no zip archive: {error}.") from error
    with archive:
        _import_archive(archive, _clean(source.stem) or "Archive", target, report)


class GitSource(msgspec.Struct, frozen=True, kw_only=True):
    """A git repository to import from. Without a `branch`, it is the repository's own."""

    remote_url: str
    branch: str = ""
    username: str = ""
    secret: str = ""


def is_repository(source: str) -> bool:
    """Whether a source is the address of a git repository, also of a protocol that is refused, and not a file."""
    return "://" in source or (_SSH.match(source) is not None and not Path(source).exists())


def import_repository(source: GitSource, target: Target, report: Report) -> None:
    """Import the notebooks and files of a repository's last commit, which the server fetches. Raises Invalid for an
    address that is refused, NotFound and Unavailable where nothing answers to it.
    """
    name = name_of(check_source(source.remote_url))
    with tempfile.TemporaryFile() as file:
        where = f"/api/v1{target.path('/git/archive')}"
        for chunk in target.client.stream(where, method="POST", body=source):
            file.write(chunk)
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            _import_archive(archive, name, target, report)


def _read_file(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except OSError as error:
        raise Invalid(f"{source} cannot be read: {error.strerror}.") from error


def _import_archive(archive: zipfile.ZipFile, name: str, target: Target, report: Report) -> None:
    entries = dict(_entries(archive, report))
    top = _common_folder(list(entries))
    folders: set[str] = set()
    names: set[str] = set()
    for path, entry in entries.items():
        inside = path[len(top) :]
        try:
            with archive.open(entry) as content:
                if _is_pointer(archive, entry):
                    report.problem("it is a pointer of Git LFS, not the file itself", path)
                elif path.lower().endswith(ENDING):
                    notebook = free_name(inside[: -len(ENDING)], names)
                    names.add(notebook)
                    _add_notebook(target, report, path, notebook, content.read())
                else:
                    _add_file(target, report, f"Files/{name}/{inside}", content, entry.file_size, folders)
        except DAMAGED as error:
            report.problem(f"the entry cannot be unpacked ({error})", path)


def _entries(archive: zipfile.ZipFile, report: Report) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Yield what may be imported, by its path. Raises Invalid for an archive beyond the limits."""
    listed = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(listed) > MAX_ENTRIES:
        raise Invalid(f"The archive has {len(listed):,} entries; at most {MAX_ENTRIES:,} are imported.")
    if max((entry.file_size for entry in listed), default=0) > MAX_ENTRY:
        raise Invalid(f"An entry of the archive has over {MAX_ENTRY // 1_000_000} MB.")
    if sum(entry.file_size for entry in listed) > MAX_TOTAL:
        raise Invalid(f"The archive unpacks to over {MAX_TOTAL // 1_000_000:,} MB.")
    seen: set[str] = set()
    for entry in listed:
        path = "/".join(_clean(part) for part in _name(entry).replace("\\", "/").split("/"))
        if why := _refusal(entry, path):
            report.problem(why, path)
        elif path.lower() in seen:
            report.problem("another entry has the same name", path)
        else:
            seen.add(path.lower())
            yield path, entry


def _is_pointer(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Whether an archive of a git repository holds only the address of a large file; as data it would be wrong."""
    return entry.file_size < MAX_POINTER and archive.read(entry).startswith(_POINTER)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name. Windows in Korea writes names in its own code page, without a word about it."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    raw = entry.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp949"):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return entry.filename


def _clean(part: str) -> str:
    return unicodedata.normalize("NFC", part).strip()


def _refusal(entry: zipfile.ZipInfo, path: str) -> str:
    """Return why an entry is left out; "" if it is not."""
    parts = path.split("/")
    if len(parts) > MAX_DEPTH or any(part in ("", ".", "..") or ":" in part or len(part) > 200 for part in parts):
        return "its path leads out of the archive, or is too deep"
    if not path.isprintable():
        return "its name has control characters"
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return "it is hidden"
    if entry.create_system == _UNIX and entry.external_attr >> 28 == _LINK:
        return "it is a link"
    if entry.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    return ""


def _common_folder(paths: list[str]) -> str:
    """Return the folder in which everything is, as in archives of a repository; "" where there is none."""
    folder = paths[0].partition("/")[0] + "/" if paths and "/" in paths[0] else ""
    return folder if all(path.startswith(folder) for path in paths) else ""


def _add_notebook(target: Target, report: Report, file: str, name: str, content: bytes) -> None:
    report.read["notebooks"] += 1
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not is_notebook(content):
        report.problem("it is no notebook", file)
        return
    try:
        document = msgspec.json.decode(content, type=dict[str, Any])
        target.client.ask("POST", target.path("/notebooks"), {"name": name, "content": document})
    except AlreadyExists as error:
        if not with_same_cells(target, name, content):
            report.problem(error.message, file)
            return
    except HandloomError as error:
        report.problem(error.message, file)
        return
    report.kept["notebooks"] += 1


def _add_file(target: Target, report: Report, path: str, content: IO[bytes], size: int, folders: set[str]) -> None:
    """Write a file, unless the workspace has it. One with other content is never replaced."""
    report.read["files"] += 1
    report.read["bytes"] += size
    where = f"/jupyter/api/contents/{target.workspace}/{quote(path)}"
    try:
        try:
            found = target.client.request("GET", f"{where}?content=0&hash=1").content
        except NotFound:
            found = b""
        if found:
            same = msgspec.json.decode(found)["hash"] == _digest(content)
            if not same:
                raise Conflict("the workspace has another file of this name")
        else:
            target.client.request("PUT", f"/api/v1{target.path('/files/')}{quote(path)}", _chunks(content))
    except HandloomError as error:
        report.problem(error.message, path)
        return
    report.kept["files"] += 1
    report.kept["bytes"] += size


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    while chunk := content.read(CHUNK_BYTES):
        yield chunk


def _digest(content: IO[bytes]) -> str:
    total = hashlib.sha256()
    for chunk in _chunks(content):
        total.update(chunk)
    return total.hexdigest()
