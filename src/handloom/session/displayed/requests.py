"""Answers the page's requests about displayed frames: pages of rows, statistics, downloads in pieces."""

from __future__ import annotations

import tempfile
import uuid
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from handloom.session import page_requests
from handloom.session.displayed.charts import Groups, numbers_of, read_chart
from handloom.session.displayed.query import FramePage, FrameQuery, QueryError, read_column, read_query, read_range
from handloom.session.page_requests import Reply

TARGET = "handloom.frame"
KEPT = 30
"""Displayed frames that stay in memory; an older one is shown again by running its cell."""
OPEN = 3
"""Frames whose copies and orders stay in memory between requests."""
PIECE = 2 * 1024 * 1024
"""Bytes of a download in one message."""


class RowSource(Protocol):
    """Where the rows of a displayed frame come from."""

    columns: list[tuple[str, str]]

    def page(self, query: FrameQuery, start: int, count: int) -> FramePage: ...
    def statistics(self, query: FrameQuery, column: int) -> dict[str, Any]: ...
    def groups(self, query: FrameQuery) -> Groups: ...
    def write(self, query: FrameQuery, path: Path, kind: str) -> None: ...


class Displayed:
    """The frames that were displayed last. A frame is opened with its first request: until then it costs nothing."""

    def __init__(self) -> None:
        self._openers: OrderedDict[str, Callable[[], RowSource]] = OrderedDict()
        self._open: OrderedDict[str, RowSource] = OrderedDict()

    def add(self, opens: Callable[[], RowSource]) -> str:
        """Keep a frame and return its key."""
        key = uuid.uuid4().hex
        self._openers[key] = opens
        while len(self._openers) > KEPT:
            oldest, _ = self._openers.popitem(last=False)
            self._open.pop(oldest, None)
        return key

    def find(self, key: str) -> RowSource:
        """Raises QueryError if the frame is not kept any more."""
        if key not in self._openers:
            raise QueryError("The session does not have this frame any more. Run the cell again.")
        self._openers.move_to_end(key)
        found = self._open.pop(key, None) or self._openers[key]()
        self._open[key] = found
        while len(self._open) > OPEN:
            self._open.popitem(last=False)
        return found


displayed = Displayed()


def register(shell: Any) -> None:
    page_requests.register(shell, TARGET, lambda data: FrameView(str(data.get("key"))))


class FrameView:
    """What one page does with one frame. Holds the file of its download between the pieces."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def answer(self, asked: dict[str, Any]) -> Reply:
        match asked.get("ask"):
            case "page":
                return self._page(asked), []
            case "statistics":
                source = displayed.find(self._key)
                column = read_column(asked.get("column"), len(source.columns))
                return {"statistics": source.statistics(_query(asked, source), column)}, []
            case "chart":
                return self._chart(asked), []
            case "download":
                return self._download(asked), []
            case "piece":
                return self._piece(asked)
        raise QueryError("The page asked for something unknown. Reload it.")

    def _page(self, asked: dict[str, Any]) -> dict[str, Any]:
        source = displayed.find(self._key)
        page = source.page(_query(asked, source), *read_range(asked))
        return {"rows": page.rows, "numbers": page.numbers, "index": page.index, "matching": page.matching}

    def _chart(self, asked: dict[str, Any]) -> dict[str, Any]:
        source = displayed.find(self._key)
        chart = read_chart(asked.get("chart"), len(source.columns))
        names = [name for name, _ in source.columns]
        return {"chart": numbers_of(source.groups(_query(asked, source)), chart, names)}

    def _download(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Write the file and return its size; the page asks for its pieces one after another."""
        kind = asked.get("kind")
        if kind not in ("csv", "parquet"):
            raise QueryError("A frame can be downloaded as csv or parquet.")
        self.close()
        source = displayed.find(self._key)
        folder = tempfile.TemporaryDirectory(prefix="handloom-download-")
        with ExitStack() as failed:
            failed.callback(folder.cleanup)
            file = Path(folder.name) / "data"
            source.write(_query(asked, source), file, kind)
            failed.pop_all()
        self._folder = folder
        return {"size": file.stat().st_size}

    def _piece(self, asked: dict[str, Any]) -> Reply:
        start = asked.get("start")
        if self._folder is None or not isinstance(start, int) or start < 0:
            raise QueryError("This download has ended. Begin it again.")
        with (Path(self._folder.name) / "data").open("rb") as file:
            file.seek(start)
            piece = file.read(PIECE)
        if not piece:
            self.close()
        return {"bytes": len(piece)}, [piece]

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _query(asked: dict[str, Any], source: RowSource) -> FrameQuery:
    return read_query(asked, len(source.columns))
