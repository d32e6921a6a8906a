"""Brings the files of a run or a model into the workspace: only those that are not there whole, and counts them."""

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
from handloom.transfer.target import Target, listed

AT_ONCE = 2  # uploads; more would crowd out the people who work on the server


@dataclass(slots=True)
class Listing:
    """The files below one root of the source. `uri` is the address to keep where they stay there, else empty."""

    uri: str = ""
    files: dict[str, int] = field(default_factory=dict)
    origin: Files | None = None
    problem: str = ""
    what: str = ""


@dataclass(slots=True)
class Copier:
    """`copies` is whether files come along at all; `moved` hears of the bytes."""

    target: Target
    copies: bool = True
    moved: Callable[[int], None] = lambda size: None

    def left_at(self, uri: str) -> str:
        """The address to keep for what stays where it is: none where only the source's server could read it."""
        if self.copies or urlsplit(uri).scheme == artifacts.SCHEME:
            return ""
        return uri

    def list(self, uri: str, what: str, origin: Callable[[], Files]) -> Listing:
        if not self.copies:
            return Listing(uri=self.left_at(uri), what=what)
        try:
            files = origin()
            return Listing(files=listed(files.walk()), origin=files, what=what)
        except UnreadableError as error:
            kept = "" if urlsplit(uri).scheme == artifacts.SCHEME else uri
            return Listing(uri=kept, problem=error.message, what=what)

    def copy(self, listing: Listing, place: Placed, report: Report) -> bool:
        """Whether all files of the listing are in the workspace now."""
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
        with ThreadPoolExecutor(AT_ONCE) as pool:
            errors = list(pool.map(lambda path: self._copy(listing.origin, root, path), missing))
        for error in filter(None, errors):
            report.problem(*error)
        there = self.target.files(root)
        arrived = {path: size for path, size in listing.files.items() if there.get(path) == size}
        report.kept["files"] += len(arrived)
        report.kept["bytes"] += sum(arrived.values())
        return arrived == listing.files

    def _copy(self, origin: Files | None, root: str, path: str) -> tuple[str, str] | None:
        """None, or why the file could not be carried, and its name."""
        assert origin is not None
        try:
            self.target.upload(artifacts.join(root, path), self._counted(origin.read(path)))
        except (UnreadableError, Invalid) as error:
            return error.message, f"file {path} of {root}"
        return None

    def _counted(self, content: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in content:
            yield chunk
            self.moved(len(chunk))
