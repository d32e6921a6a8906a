"""Links in texts of an archive lead to what was imported: the ids in them become those of this server."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec

from handloom.domain.errors import HandloomError, NotFound
from handloom.domain.items import Item
from handloom.transfer.report import Report
from handloom.transfer.target import Target

_ENDS = r"\s()<>\"'`\[\]"
_LINK = re.compile(rf"(?:https?://[^{_ENDS}]*?)?(?P<path>/(?:workspaces/|compare\?)[^{_ENDS}]*)")
_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_ASKED = 200  # runs of one request


class _Items(msgspec.Struct):
    items: list[Item]


class _View(msgspec.Struct):
    id: str
    name: str
    search: str
    is_default: bool


class _Views(msgspec.Struct):
    views: list[_View]


class _Described(msgspec.Struct):
    """What has a description: a version of a model has it in its row."""

    description: str = ""
    row: _Described | None = None


@dataclass(slots=True)
class Renumbered:
    """Ids here by the ids before, of what an archive has. `source` is the id that its workspace had; "" is unknown."""

    source: str
    workspace: str
    notebooks: dict[str, str]
    experiments: dict[str, str]
    reports: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    linking_runs: list[str] = field(default_factory=list)
    """The ids before of runs whose descriptions have links."""
    linking_versions: list[tuple[str, int]] = field(default_factory=list)
    """The models and numbers of versions whose descriptions have links."""

    def find_runs(self, target: Target, texts: Iterable[str]) -> None:
        """Ask what the runs whose ids are in the texts are here."""
        asked = [
            one for one in dict.fromkeys(one for text in texts for one in _ID.findall(text)) if one not in self.runs
        ]
        for at in range(0, len(asked), _ASKED):
            self.runs.update({one.id: one.target for one in target.existing(asked[at : at + _ASKED])})

    def has_links(self, text: str) -> bool:
        return bool(self.source) and self.source in text

    def text(self, text: str) -> str:
        """Return a text whose links to the archive's workspace lead to this one, without the name of the old server."""
        return _LINK.sub(self._link, text) if self.has_links(text) else text

    def _link(self, found: re.Match[str]) -> str:
        path = found["path"]
        return self.address(path) if self.source in path else found[0]

    def address(self, path: str) -> str:
        """Return an address in the archive's workspace, or the query of a page there, with the ids of this one."""
        here = re.compile(rf"({re.escape(self.source)}(?:/experiments/|/|%2F))(\d+)(?![\w-])", re.IGNORECASE)
        path = here.sub(lambda one: one[1] + self.experiments.get(one[2], one[2]), path)
        path = path.replace(self.source, self.workspace)
        known = self.notebooks | self.reports | self.runs
        return _ID.sub(lambda one: known.get(one[0], one[0]), path)


def mend_descriptions(target: Target, ids: Renumbered, report: Report) -> None:
    """Rewrite links in the descriptions of what was imported."""
    if not ids.source or ids.source == ids.workspace:
        return
    items = target.client.ask("GET", target.path("/items"), reply=_Items).items
    pages = [
        (f"/{item.kind}s/{quote(item.id, safe='')}", f"{item.kind} {item.name}")
        for item in items
        if ids.has_links(item.description)
    ]
    ids.find_runs(target, ids.linking_runs)
    pages += [(f"/runs/{ids.runs[run]}", f"run {run}") for run in ids.linking_runs if run in ids.runs]
    pages += [
        (f"/models/{quote(name, safe='')}/versions/{version}", f"version {version} of model {name}")
        for name, version in ids.linking_versions
    ]
    for path, what in pages:
        try:
            _mend(target, ids, path)
        except HandloomError as error:
            report.problem(f"links in its description are as before: {error.message}", what)


def mend_views(target: Target, ids: Renumbered, report: Report) -> None:
    """Rewrite ids of runs and workspaces in saved views and comparisons, which come along as tags of experiments.

    Those of deleted experiments, which nobody can open, stay as they were.
    """
    if not ids.source or ids.source == ids.workspace:
        return
    for experiment in ids.experiments.values():
        path = target.path(f"/experiments/{experiment}/views")
        try:
            for view in target.client.ask("GET", path, reply=_Views).views:
                ids.find_runs(target, [view.search])
                mended = ids.address(view.search)
                if mended != view.search:
                    body = {"view": view.id, "name": view.name, "search": mended, "is_default": view.is_default}
                    target.client.ask("POST", path, body)
        except NotFound:
            continue
        except HandloomError as error:
            report.problem(f"its saved views are as before: {error.message}", f"experiment {experiment}")


def _mend(target: Target, ids: Renumbered, path: str) -> None:
    """Rewrite a description as it is now: somebody may have changed it since an earlier import."""
    described = target.client.ask("GET", target.path(path), reply=_Described)
    text = described.description or (described.row.description if described.row else "")
    ids.find_runs(target, [text])
    if (mended := ids.text(text)) != text:
        target.client.ask("PATCH", target.path(path), {"description": mended})
