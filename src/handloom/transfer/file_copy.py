"""Copies the files of a run or a model into the workspace: those that are missing or incomplete there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from handloom.domain import artifacts
from handloom.domain.errors import Invalid
from handloom.domain.records import Placed
from handloom.transfer.report import Report
from handloom.transfer.source import Files, UnreadableError
from handloom.transfer.target import Target

CONCURRENT_UPLOADS = 2  # more would slow down the people who work on the server


@dataclass(slots=True)
class Listing:
    """The files below one root of the source. `uri` is the address to keep where they stay in place, else empty."""

    uri: str = ""
    files: dict[str, int] = field(default_factory=dict)
    origin: Files | None = None
    problem: str = ""
    what: str = ""


@dataclass(slots=True)
class FileCopier:
    """Copies files, or only keeps their addresses where `enabled` is false. Calls `on_bytes` with each chunk's size."""

    target: Target
    enabled: bool = True
    on_bytes: Callable[[int], None] = lambda size: None

    def uri_left_in_place(self, uri: str) -> str:
        """The address to keep for files that are not copied; empty where only the source's server can read it."""
        if self.enabled or urlsplit(uri).scheme == artifacts.SCHEME:
            return ""
        return uri

    def list(self, uri: str, what: str, origin: Callable[[], Files]) -> Listing:
        if not self.enabled:
            return Listing(uri=self.uri_left_in_place(uri), what=what)
        try:
            files = origin()
            return Listing(files={file.path: file.size for file in files.walk()}, origin=files, what=what)
        except UnreadableError as error:
            kept = "" if urlsplit(uri).scheme == artifacts.SCHEME else uri
            return Listing(uri=kept, problem=error.message, what=what)

    def copy(self, listing: Listing, place: Placed, report: Report) -> bool:
        """Copy the missing files. Returns whether all files of the listing are in the workspace now."""
        if listing.problem:
            report.problem(listing.problem, listing.what)
            return False
        if not listing.files or listing.origin is None:
            return True
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
        return arrived == listing.files

    def _copy(self, origin: Files | None, root: str, path: str) -> tuple[str, str] | None:
        """Copy one file. Returns None, or the reason why it could not be copied and its name."""
        assert origin is not None
        try:
            self.target.upload(artifacts.join(root, path), self._counted(origin.read(path)))
        except (UnreadableError, Invalid) as error:
            return error.message, f"file {path} of {root}"
        return None

    def _counted(self, content: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in content:
            yield chunk
            self.on_bytes(len(chunk))
