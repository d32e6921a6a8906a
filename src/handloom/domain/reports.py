"""Reports: pages of prose with live charts and tables of runs. What blocks a report may have, and their limits.

A report holds which runs it shows, never their values: whoever reads it sees the runs as they are now, if they may.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from handloom.domain.errors import Invalid

MOST_REPORTS = 1_000
"""Reports of a workspace, without those in the bin."""
MOST_BLOCKS = 200
MOST_RUNS = 100
"""Runs of one block."""
MOST_KEYS = 50
"""Metrics, params or columns of one block."""
MOST_ORDERS = 5
MAX_TEXT = 50_000
MAX_LINE = 500
"""Characters of a title, an axis, a column or an id."""
MAX_FILTER = 5_000
MAX_CONTENT_BYTES = 1_000_000

_PLAIN_AXES = ("run", "start", "step", "time", "relative")


class ReportPicks(msgspec.Struct, frozen=True, kw_only=True):
    """Named runs of one experiment."""

    workspace: str
    experiment: str
    runs: list[str]


class ReportSearch(msgspec.Struct, frozen=True, kw_only=True):
    """The first runs of an experiment that a filter matches, both in MLflow's grammar; searched when the page opens."""

    workspace: str
    experiment: str
    filter: str = ""
    order_by: list[str] = []
    limit: int = 10


class ReportRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Which runs a block shows: those of a search, or named ones, in this order."""

    search: ReportSearch | None = None
    picks: list[ReportPicks] = []


class ReportChartSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A chart as the page of an experiment draws it.

    `x` is a plain axis (`run`, `start`, `step`, `time`, `relative`), `params.k` or `metrics.k`; `y` are metrics,
    `params` further axes; `by` is `auto`, `run` or `params.k`; `smooth` is from 0 to less than 1.
    """

    title: str
    type: Literal["bar", "line", "area", "scatter", "box", "parallel", "contour"]
    x: str
    y: list[str]
    params: list[str]
    by: str
    scale: Literal["linear", "log"]
    agg: Literal["last", "min", "max", "mean"]
    sort: Literal["runs", "up", "down"]
    smooth: float


class ReportText(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="text"):
    """Prose in Markdown."""

    id: str
    text: str


class ReportChart(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="chart"):
    id: str
    runs: ReportRuns
    spec: ReportChartSpec


class ReportTable(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="table"):
    """A table with a row for each run. `columns` are `metrics.k`, `params.k`, `tags.k` or fields such as `status`."""

    id: str
    title: str
    runs: ReportRuns
    columns: list[str]


ReportBlock = ReportText | ReportChart | ReportTable


class ReportPage(msgspec.Struct, frozen=True, kw_only=True):
    """A report with its blocks. `version` grows by one with each change of the blocks."""

    id: str
    workspace: str
    name: str
    description: str
    blocks: list[ReportBlock]
    version: int
    owner: str
    """The display name of who made it."""
    modified_by: str
    """The display name of who changed the blocks last."""
    created_at: int
    modified_at: int


def encode(blocks: Sequence[ReportBlock]) -> str:
    return msgspec.json.encode(blocks).decode()


def decode(content: str) -> list[ReportBlock]:
    return msgspec.json.decode(content, type=list[ReportBlock])


def check(blocks: Sequence[ReportBlock]) -> None:
    """Check that the blocks may be saved. Raises Invalid, which names the block by its place."""
    if len(blocks) > MOST_BLOCKS:
        raise Invalid(f"A report has at most {MOST_BLOCKS} blocks. Move some to another report.", field="blocks")
    seen: set[str] = set()
    for place, block in enumerate(blocks, 1):
        problem = "its id is used twice" if block.id in seen else _problem(block)
        if problem:
            raise Invalid(f"Block {place} cannot be saved: {problem}.", field="blocks")
        seen.add(block.id)
    if (size := len(encode(blocks).encode())) > MAX_CONTENT_BYTES:
        raise Invalid(f"The report has {size:,} bytes; at most {MAX_CONTENT_BYTES:,} are allowed.", field="blocks")


def _problem(block: ReportBlock) -> str:
    """Say what is wrong with a block, "" for nothing."""
    if not 1 <= len(block.id) <= 64:
        return "its id must have from 1 to 64 characters"
    if isinstance(block, ReportText):
        return _too_long("its text", block.text, MAX_TEXT)
    problem = _problem_of_runs(block.runs)
    if problem:
        return problem
    if isinstance(block, ReportTable):
        return _too_long("its title", block.title) or _bad_keys("columns", block.columns)
    return _problem_of_spec(block.spec)


def _problem_of_runs(runs: ReportRuns) -> str:
    if (runs.search is None) == (not runs.picks):
        return "it needs either a search of runs or named runs"
    return _problem_of_picks(runs.picks) if runs.search is None else _problem_of_search(runs.search)


def _problem_of_search(search: ReportSearch) -> str:
    if not 1 <= search.limit <= MOST_RUNS:
        return f"it can show from 1 to {MOST_RUNS} runs"
    if len(search.order_by) > MOST_ORDERS:
        return f"it can be ordered by at most {MOST_ORDERS} fields"
    lines = (search.workspace, search.experiment, *search.order_by)
    return _too_long("its filter", search.filter, MAX_FILTER) or _bad_lines("the search", lines)


def _problem_of_picks(picks: Sequence[ReportPicks]) -> str:
    if sum(len(one.runs) for one in picks) > MOST_RUNS:
        return f"it can show at most {MOST_RUNS} runs"
    if any(not one.runs for one in picks):
        return "an experiment without runs is named"
    return _bad_lines("the named runs", [text for one in picks for text in (one.workspace, one.experiment, *one.runs)])


def _problem_of_spec(spec: ReportChartSpec) -> str:
    if not (math.isfinite(spec.smooth) and 0 <= spec.smooth < 1):
        return "its smoothing must be at least 0 and less than 1"
    if spec.x not in _PLAIN_AXES and not spec.x.startswith(("params.", "metrics.")):
        return f"its x axis must be one of {', '.join(_PLAIN_AXES)}, params.k or metrics.k"
    if spec.by not in ("auto", "run") and not spec.by.startswith("params."):
        return "its groups must be auto, run or params.k"
    lines = _bad_lines("the chart", (spec.title, spec.x, spec.by))
    return lines or _bad_keys("metrics", spec.y) or _bad_keys("params", spec.params)


def _bad_keys(what: str, keys: Sequence[str]) -> str:
    if len(keys) > MOST_KEYS:
        return f"it can have at most {MOST_KEYS} {what}"
    return _bad_lines(f"the {what}", keys)


def _bad_lines(what: str, lines: Sequence[str]) -> str:
    return next((problem for line in lines if (problem := _too_long(f"a text of {what}", line))), "")


def _too_long(what: str, text: str, most: int = MAX_LINE) -> str:
    return f"{what} has {len(text):,} characters, at most {most:,} are allowed" if len(text) > most else ""
