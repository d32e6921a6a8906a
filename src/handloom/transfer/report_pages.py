"""Create the reports of an archive in a workspace, of the experiments and runs as they are there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from handloom.domain.errors import HandloomError
from handloom.domain.reports import ReportBlock, ReportPage, ReportPicks, ReportRuns, ReportSearch, ReportText, decode
from handloom.transfer.archive import Archive
from handloom.transfer.links import Renumbered
from handloom.transfer.report import Report
from handloom.transfer.source import UnreadableError
from handloom.transfer.target import Target

_RUN_ID = re.compile(r"\b[0-9a-f]{32}\b")


@dataclass(frozen=True, slots=True)
class _Places:
    """Blocks as they are here: ids of the archive's workspace become those of this one."""

    ids: Renumbered

    def block(self, block: ReportBlock) -> ReportBlock:
        if isinstance(block, ReportText):
            return msgspec.structs.replace(block, text=self.ids.text(block.text))
        return msgspec.structs.replace(block, runs=self._runs(block.runs))

    def _runs(self, runs: ReportRuns) -> ReportRuns:
        search = runs.search and self._search(runs.search)
        return ReportRuns(search=search, picks=[self._picks(one) for one in runs.picks])

    def _search(self, search: ReportSearch) -> ReportSearch:
        if search.workspace != self.ids.source:
            return search
        named = _RUN_ID.sub(lambda found: self.ids.runs.get(found[0], found[0]), search.filter)
        return msgspec.structs.replace(
            search,
            workspace=self.ids.workspace,
            experiment=self.ids.experiments.get(search.experiment, search.experiment),
            filter=named,
        )

    def _picks(self, picks: ReportPicks) -> ReportPicks:
        if picks.workspace != self.ids.source:
            return picks
        return ReportPicks(
            workspace=self.ids.workspace,
            experiment=self.ids.experiments.get(picks.experiment, picks.experiment),
            runs=[self.ids.runs.get(run, run) for run in picks.runs],
        )


@dataclass(frozen=True, slots=True)
class _Page:
    """A report of the archive, with the id that it had."""

    id: str
    name: str
    description: str
    blocks: list[ReportBlock]


def import_reports(archive: Archive, target: Target, report: Report, ids: Renumbered) -> None:
    """Create the reports that are not here yet, as reports of the caller. Adds their ids here to `ids`."""
    pages: dict[str, _Page] = {}
    for entry in archive.manifest.reports:
        report.read["reports"] += 1
        try:
            blocks = decode(archive.read(entry).decode())
        except (UnreadableError, UnicodeDecodeError, msgspec.MsgspecError) as error:
            report.problem(str(error), f"report {entry.name}")
            continue
        pages[entry.name] = _Page(entry.id, entry.name, entry.description, blocks)
    texts = [text for page in pages.values() for text in _texts(page.blocks)]
    ids.find_runs(target, [*texts, *(page.description for page in pages.values())])
    known = {
        item["name"]: item["id"]
        for item in target.client.ask("GET", target.path("/items"))["items"]
        if item["kind"] == "report"
    }
    ids.reports |= {page.id: known[name] for name, page in pages.items() if page.id and name in known}
    places = _Places(ids)
    made: dict[str, ReportPage] = {}
    for name, page in pages.items():
        try:
            created = _create(target, page, [places.block(block) for block in page.blocks], known.get(name))
        except HandloomError as error:
            report.problem(error.message, f"report {name}")
            continue
        report.kept["reports"] += 1
        if created is not None:
            made[name] = created
            ids.reports |= {page.id: created.id} if page.id else {}
    for name, created in made.items():  # links to reports that were created after them
        blocks = [places.block(block) for block in pages[name].blocks]
        if blocks != created.blocks:
            body = {"version": created.version, "blocks": msgspec.to_builtins(blocks)}
            target.client.ask("PUT", target.path(f"/reports/{created.id}/blocks"), body)
    source = archive.manifest.workspace_id
    elsewhere = [
        name
        for name, page in pages.items()
        if any(workspace != source for block in page.blocks for workspace in _workspaces(block))
    ]
    if elsewhere:
        report.notes.append(
            f"Runs of other workspaces, which the archive does not have, are named in reports: {', '.join(elsewhere)}. "
            "They are shown where those workspaces are, to whoever may read them."
        )


def _create(target: Target, page: _Page, blocks: list[ReportBlock], known: str | None) -> ReportPage | None:
    """Create a report; return None if the workspace has the same one, from an earlier import. Raises AlreadyExists if
    another one has the name.
    """
    if known is not None and _read(target, known).blocks == blocks:
        return None
    body = {"name": page.name, "description": page.description, "blocks": msgspec.to_builtins(blocks)}
    return target.client.ask("POST", target.path("/reports"), body, reply=ReportPage)


def _read(target: Target, report: str) -> ReportPage:
    return target.client.ask("GET", target.path(f"/reports/{report}"), reply=ReportPage)


def _texts(blocks: Iterable[ReportBlock]) -> Iterator[str]:
    """Yield what may have ids of runs in it."""
    for block in blocks:
        if isinstance(block, ReportText):
            yield block.text
        else:
            yield from (run for one in block.runs.picks for run in one.runs)
            yield from [block.runs.search.filter] if block.runs.search else ()


def _workspaces(block: ReportBlock) -> Iterator[str]:
    if not isinstance(block, ReportText):
        yield from (one.workspace for one in block.runs.picks)
        yield from [block.runs.search.workspace] if block.runs.search else ()
