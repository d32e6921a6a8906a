"""`handloom gc`: tells what deleted things take up, then deletes them for good through the folder's server."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from handloom import local
from handloom.api.ui.deleted import DeletedPage
from handloom.domain.deleted import Purged, Waiting, added
from handloom.domain.errors import Invalid
from handloom.domain.members import Role
from handloom.domain.workspaces import Workspace
from handloom.local import Say
from handloom.settings import Settings
from handloom.transfer.progress import Draw, Progress, counted, size
from handloom.transfer.target import Target

PATIENCE = 30  # seconds without a folder of files gone
_UNITS = {"d": 86_400, "h": 3_600, "m": 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for. `age` is in seconds; without a workspace, all that the caller is admin of."""

    age: int
    workspace: str | None
    dry: bool


def age(given: str) -> int:
    """Seconds of “30d”, “12h”, “5m” or “0”; raise Invalid."""
    match = re.fullmatch(r"(\d{1,6})([dhm]?)", given)
    if match is None or (not match[2] and int(match[1])):
        raise Invalid(f"--older-than is “{given}”; say a number of days, hours or minutes: 30d, 12h, 5m, or 0.")
    return int(match[1]) * _UNITS.get(match[2], 0)


def purge(settings: Settings, wanted: Wanted, say: Say, draw: Draw) -> int:
    """The exit code."""
    before = time.time_ns() // 1_000_000 - wanted.age * 1_000
    with local.server(settings.data, say, settings.database) as server, contextlib.closing(Target(server)) as target:
        for workspace in _workspaces(target, wanted.workspace):
            target.workspace = workspace.id
            found = _look(target, before)
            for line in _told(workspace.name, found):
                say(line)
            if not wanted.dry:
                say(_done(_delete(target, before, found, draw)))
    return 0


def _workspaces(target: Target, named: str | None) -> list[Workspace]:
    if named is not None:
        target.open(named, make=False)
    mine = [w for w in target.workspaces() if w.role == Role.ADMIN]
    return [w for w in mine if named is None or w.id == target.workspace]


def _look(target: Target, before: int) -> Waiting:
    after: str | None = ""
    total: Waiting | None = None
    while after is not None:
        query = f"/deleted?before={before}&after={quote(after)}"
        page = target.ask("GET", target.path(query), None, DeletedPage)
        one = page.waiting
        total = (
            one
            if total is None
            else msgspec.structs.replace(total, files=total.files + one.files, bytes=total.bytes + one.bytes)
        )
        after = page.next
    assert total is not None
    return total


def _told(name: str, found: Waiting) -> list[str]:
    told = [f"{name}: nothing waits to be deleted for good."]
    if msgspec.structs.replace(found, kept=0) != Waiting():
        told = [
            f"{name}: {_counts(found)} and {counted(found.files, 'file')} wait to be deleted for good.",
            f"  To be freed: {size(found.bytes)} of files and about {size(found.database_bytes)} of the database.",
        ]
    if found.kept:
        told.append(f"  {found.kept:,} more of them stay: registered versions were made from those.")
    return told


def _counts(of: Waiting | Purged) -> str:
    things = [(of.runs, "run"), (of.experiments, "experiment"), (of.logged_models, "logged model")]
    return ", ".join(counted(count, noun) for count, noun in [*things, (of.points, "point")])


def _delete(target: Target, before: int, found: Waiting, draw: Draw) -> Purged:
    progress = Progress(draw, "runs", found.runs)
    done = Purged(more=True)
    patience, left = time.monotonic() + PATIENCE, 0
    while done.more or (done.folders and time.monotonic() < patience):
        step = target.ask("DELETE", target.path(f"/deleted?before={before}"), None, Purged)
        done = added(done, step)
        progress.advance(step.runs)
        if step.more or step.folders != left:
            patience, left = time.monotonic() + PATIENCE, step.folders
        if not step.more and step.folders:
            time.sleep(0.1)
    if found.runs:
        progress.close()
    return done


def _done(done: Purged) -> str:
    told = f"  Deleted {_counts(done)} with their files."
    if done.folders:
        told += f" Files of {done.folders:,} of them could not be deleted yet; the server goes on trying."
    return told
