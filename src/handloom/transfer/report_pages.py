"""Create the reports of an archive in a workspace, of the experiments and runs as they are there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from handloom.domain.errors import HandloomError
from handloom.domain.reports import ReportBlock, ReportPage, ReportPicks, ReportRuns, ReportSearch, ReportText, decode
from handloom.transfer.archive import Archive
from handloom.transfer.report import Report
from handloom.transfer.source import UnreadableError
from handloom.transfer.target import Target

_RUN_ID = re.compile(r"\b[0-9a-f]{32}\b")
_ASKED = 200  # runs of one request


@dataclass(frozen=True, slots=True)
class _Places:
    """What the workspace's id and the ids of its experiments and runs are here, by those of before."""

    workspaces: dict[str, str]
    experiments: dict[str, str]
    runs: dict[str, str]

    def block(self, block: ReportBlock) -> ReportBlock:
        return block if isinstance(block, ReportText) else msgspec.structs.replace(block, runs=self._runs(block.runs))

    def _runs(self, runs: ReportRuns) -> ReportRuns:
        search = runs.search and self._search(runs.search)
        return ReportRuns(search=search, picks=[self._picks(one) for one in runs.picks])

    def _search(self, search: ReportSearch) -> ReportSearch:
        if search.workspace not in self.workspaces:
            return search
        named = _RUN_ID.sub(lambda found: self.runs.get(found[0], found[0]), search.filter)
        return msgspec.structs.replace(
            search,
            workspace=self.workspaces[search.workspace],
            experiment=self.experiments.get(search.experiment, search.experiment),
            filter=named,
        )

    def _picks(self, picks: ReportPicks) -> ReportPicks:
        if picks.workspace not in self.workspaces:
            return picks
        return ReportPicks(
            workspace=self.workspaces[picks.workspace],
            experiment=self.experiments.get(picks.experiment, picks.experiment),
            runs=[self.runs.get(run, run) for run in picks.runs],
        )


def import_reports(archive: Archive, target: Target, report: Report, experiments: dict[str, str]) -> None:
    """Create the reports that are not here yet, as reports of the caller. `experiments` are ids here by those of
    before.
    """
    pages: dict[str, tuple[str, list[ReportBlock]]] = {}
    for entry in archive.manifest.reports:
        report.read["reports"] += 1
        try:
            pages[entry.name] = entry.description, decode(archive.read(entry).decode())
        except (UnreadableError, UnicodeDecodeError, msgspec.MsgspecError) as error:
            report.problem(str(error), f"report {entry.name}")
    source = archive.manifest.workspace_id
    ids = dict.fromkeys(run for _, blocks in pages.values() for run in _run_ids(blocks))
    places = _Places({source: target.workspace}, experiments, _runs_here(target, ids))
    elsewhere = []
    for name, (description, blocks) in pages.items():
        try:
            _create(target, name, description, [places.block(block) for block in blocks])
        except HandloomError as error:
            report.problem(error.message, f"report {name}")
            continue
        report.kept["reports"] += 1
        if any(workspace != source for block in blocks for workspace in _workspaces(block)):
            elsewhere.append(name)
    if elsewhere:
        report.notes.append(
            f"Runs of other workspaces, which the archive does not have, are named in reports: {', '.join(elsewhere)}. "
            "They are shown where those workspaces are, to whoever may read them."
        )


def _create(target: Target, name: str, description: str, blocks: list[ReportBlock]) -> None:
    """Create a report unless the workspace has the same one, from an earlier import. Raises AlreadyExists if another
    one has the name.
    """
    for item in target.client.ask("GET", target.path("/items"))["items"]:
        if item["kind"] == "report" and item["name"] == name:
            here = target.client.ask("GET", target.path(f"/reports/{item['id']}"), reply=ReportPage)
            if here.blocks == blocks:
                return
    body = {"name": name, "description": description, "blocks": msgspec.to_builtins(blocks)}
    target.client.ask("POST", target.path("/reports"), body)


def _run_ids(blocks: Iterable[ReportBlock]) -> Iterator[str]:
    for block in blocks:
        if not isinstance(block, ReportText):
            yield from (run for one in block.runs.picks for run in one.runs)
            yield from _RUN_ID.findall(block.runs.search.filter) if block.runs.search else ()


def _workspaces(block: ReportBlock) -> Iterator[str]:
    if not isinstance(block, ReportText):
        yield from (one.workspace for one in block.runs.picks)
        yield from [block.runs.search.workspace] if block.runs.search else ()


def _runs_here(target: Target, runs: Iterable[str]) -> dict[str, str]:
    asked = list(runs)
    pieces = (asked[at : at + _ASKED] for at in range(0, len(asked), _ASKED))
    return {one.id: one.target for piece in pieces for one in target.existing(piece)}
