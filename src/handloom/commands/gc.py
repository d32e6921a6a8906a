"""`handloom gc` (garbage collection): report the size of deleted records, then purge them through the server."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import msgspec

from handloom import console
from handloom.api.ui.deleted import DeletedPage
from handloom.client.http import Client, path_segment
from handloom.client.workspaces import find_workspace, list_workspaces
from handloom.commands import local_server
from handloom.domain.deleted import Purged, Waiting, add_purged
from handloom.domain.errors import Invalid
from handloom.domain.members import Role
from handloom.domain.workspaces import Workspace
from handloom.settings import Settings
from handloom.transfer.progress import Progress, counted, size

STALL_SECONDS = 30  # how long to wait while the server deletes no folder of files
_UNITS = {"d": 86_400, "h": 3_600, "m": 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class GcOptions:
    """The options of the command. `age` is in seconds; `workspace` None means all whose admin the caller is."""

    age: int
    workspace: str | None
    dry_run: bool


def age_of(text: str) -> int:
    """Parse “30d”, “12h”, “5m” or “0” into seconds. Raises Invalid."""
    match = re.fullmatch(r"(\d{1,6})([dhm]?)", text)
    if match is None or (not match[2] and int(match[1])):
        raise Invalid(f"--older-than is “{text}”; use a number of days, hours or minutes: 30d, 12h, 5m, or 0.")
    return int(match[1]) * _UNITS.get(match[2], 0)


def collect_garbage(settings: Settings, options: GcOptions) -> int:
    """Delete permanently what was deleted before `options.age`, and return the exit code."""
    before = time.time_ns() // 1_000_000 - options.age * 1_000
    with local_server.connect(settings) as client:
        for workspace in _workspaces(client, options.workspace):
            path = f"/workspaces/{workspace.id}/deleted?before={before}"
            found = _count(client, path)
            for line in _found_lines(workspace.name, found):
                console.line(line)
            if not options.dry_run:
                console.line(_purged_line(_purge(client, path, found)))
    return 0


def _workspaces(client: Client, name: str | None) -> list[Workspace]:
    chosen = list_workspaces(client) if name is None else [find_workspace(client, name)]
    return [workspace for workspace in chosen if workspace.role == Role.ADMIN]


def _count(client: Client, path: str) -> Waiting:
    """Add up all pages: the first has the counts of rows, each has the files of its own runs and models."""
    page = client.ask("GET", f"{path}&after=", reply=DeletedPage)
    total = page.waiting
    while page.next is not None:
        page = client.ask("GET", f"{path}&after={path_segment(page.next)}", reply=DeletedPage)
        total = msgspec.structs.replace(
            total, files=total.files + page.waiting.files, bytes=total.bytes + page.waiting.bytes
        )
    return total


def _found_lines(name: str, found: Waiting) -> list[str]:
    lines = [f"{name}: nothing to delete permanently."]
    if msgspec.structs.replace(found, kept=0) != Waiting():
        lines = [
            f"{name}: {_counts(found)} and {counted(found.files, 'file')} to delete permanently.",
            f"  This frees {size(found.bytes)} of files and about {size(found.database_bytes)} of the database.",
        ]
    if found.kept:
        lines.append(f"  {found.kept:,} more are kept, because registered versions were created from them.")
    return lines


def _counts(of: Waiting | Purged) -> str:
    things = [
        (of.notebooks, "notebook"),
        (of.runs, "run"),
        (of.experiments, "experiment"),
        (of.reports, "report"),
        (of.logged_models, "logged model"),
    ]
    return ", ".join(counted(count, noun) for count, noun in [*things, (of.points, "point")])


def _purge(client: Client, path: str, found: Waiting) -> Purged:
    """Ask the server to purge until nothing is left, or until files have not gone away for STALL_SECONDS."""
    progress = Progress("runs", found.runs)
    done = Purged(more=True)
    end, left = time.monotonic() + STALL_SECONDS, 0
    while done.more or (done.folders and time.monotonic() < end):
        step = client.ask("DELETE", path, reply=Purged)
        done = add_purged(done, step)
        progress.advance(step.runs)
        if step.more or step.folders != left:
            end, left = time.monotonic() + STALL_SECONDS, step.folders
        if not step.more and step.folders:
            time.sleep(0.1)
    if found.runs:
        progress.close()
    return done


def _purged_line(done: Purged) -> str:
    line = f"  Deleted {_counts(done)} with their files."
    if done.folders:
        line += f" Files of {done.folders:,} of them could not be deleted yet; the server keeps trying."
    return line
