"""Copy files of a run or a model that are missing or incomplete in the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from handloom.domain import artifacts
from handloom.domain.errors import Invalid
from handloom.domain.records import ImportedTo
from handloom.transfer.report import Report
from handloom.transfer.source import FileSet, SourceFile, UnreadableError
from handloom.transfer.target import Target

CONCURRENT_UPLOADS = 2  # more would slow down the server for its users
MAX_FILES = 1_000_000  # of one run or model


@dataclass(slots=True)
class Listing:
    """The files below one root of the source. `uri` is their URI to keep if they are not copied, else empty."""

    uri: str = ""
    files: dict[str, int] = field(default_factory=dict)
    origin: FileSet | None = None
    problem: str = ""
    what: str = ""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Files whose names are not valid, as reason and name."""


def _add(listing: Listing, file: SourceFile) -> None:
    """Add a file to the listing, unless its name could lead out of its folder."""
    try:
        clean = artifacts.clean_path(file.path)
    except Invalid as error:
        clean = ""
        reason = error.message
    else:
        reason = "Invalid path"
    if clean == file.path and clean:
        listing.files[clean] = file.size
    else:
        listing.refused.append((f"its name is not a valid path of an artifact ({reason})", f"file {file.path!r}"))


@dataclass(slots=True)
class FileCopier:
    """Copy files, or only keep their URIs if `enabled` is False. Calls `on_bytes` with each chunk's size."""

    target: Target
    enabled: bool = True
    on_bytes: Callable[[int], None] = lambda size: None

    def uri_left_in_place(self, uri: str) -> str:
        """Return the URI to keep for files that are not copied; empty if only the source's server can read it."""
        if self.enabled or urlsplit(uri).scheme == artifacts.SCHEME:
            return ""
        return uri

    def list(self, uri: str, what: str, origin: Callable[[], FileSet]) -> Listing:
        if not self.enabled:
            return Listing(uri=self.uri_left_in_place(uri), what=what)
        try:
            origin_files = origin()
            listing = Listing(origin=origin_files, what=what)
            for number, file in enumerate(origin_files.walk()):
                if number == MAX_FILES:
                    raise UnreadableError(f"there are more than {MAX_FILES:,} files")
                _add(listing, file)
            return listing
        except UnreadableError as error:
            kept = "" if urlsplit(uri).scheme == artifacts.SCHEME else uri
            return Listing(uri=kept, problem=error.message, what=what)

    def copy(self, listing: Listing, place: ImportedTo, report: Report) -> bool:
        """Copy the missing files. Returns whether the workspace has all files of the listing afterwards."""
        if listing.problem:
            report.problem(listing.problem, listing.what)
            return False
        for reason, name in listing.refused:
            report.problem(reason, name)
        if not listing.files or listing.origin is None:
            return not listing.refused
        report.read["files"] += len(listing.files)
        report.read["bytes"] += sum(listing.files.values())
        root = artifacts.path_of(place.uri)
        if root is None:
            report.problem(f"it is kept at {place.uri}, outside of this server", listing.what)
            return False
        there = self.target.files(root) if place.existed else {}
        missing = [path for path, size in listing.files.items() if there.get(path) != size]
        with ThreadPoolExecutor(CONCURRENT_UPLOADS) as pool:
            errors = list(pool.map(lambda path: self._copy(listing.origin, root, path), missing))
        for error in filter(None, errors):
            report.problem(*error)
        there = self.target.files(root)
        arrived = {path: size for path, size in listing.files.items() if there.get(path) == size}
        report.kept["files"] += len(arrived)
        report.kept["bytes"] += sum(arrived.values())
        return arrived == listing.files and not listing.refused

    def _copy(self, origin: FileSet | None, root: str, path: str) -> tuple[str, str] | None:
        """Copy one file. Returns None, or the reason why it could not be copied and its name."""
        assert origin is not None
        try:
            self.target.upload(artifacts.clean_path(artifacts.join(root, path)), self._counted(origin.read(path)))
        except (UnreadableError, Invalid) as error:
            return error.message, f"file {path} of {root}"
        return None

    def _counted(self, content: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in content:
            yield chunk
            self.on_bytes(len(chunk))
