"""Change many runs at once: their tags, their names, and the experiment that they belong to."""

import msgspec

from handloom.api.routing import Context, Route, write
from handloom.api.ui.experiments import HIDDEN_TAGS, active
from handloom.domain import runs as rules
from handloom.domain.errors import Invalid
from handloom.domain.keys import MAX_RUN_TAG
from handloom.domain.names import clean_name
from handloom.store.engine.database import Write
from handloom.store.runs import list_rows as run_rows
from handloom.store.runs import moves
from handloom.store.runs import rows as runs


class TagChange(msgspec.Struct, frozen=True, kw_only=True):
    """The value of one tag of one run; null: the run has no such tag."""

    run: str
    key: str
    value: str | None


class ChangeTags(msgspec.Struct, frozen=True, kw_only=True):
    """Set and delete tags of several runs, all or none."""

    workspace: str
    changes: list[TagChange]


class ChangedTags(msgspec.Struct, frozen=True, kw_only=True):
    """`before` undoes the request when it is sent as `changes`."""

    before: list[TagChange]


class RunName(msgspec.Struct, frozen=True, kw_only=True):
    run: str
    name: str


class RenameRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Rename several runs, all or none."""

    workspace: str
    names: list[RunName]


class RenamedRuns(msgspec.Struct, frozen=True, kw_only=True):
    """`before` undoes the request when it is sent as `names`."""

    before: list[RunName]


class MoveRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Move runs to another experiment of the workspace, with the runs below them at any depth unless `alone`.

    Their metrics, datasets and logged models move with them; their traces and files stay where they are.
    """

    workspace: str
    runs: list[str]
    experiment: str
    alone: bool = False


class MovedRun(msgspec.Struct, frozen=True, kw_only=True):
    run: str
    experiment: str
    """The experiment that it belonged to before."""


class MovedRuns(msgspec.Struct, frozen=True, kw_only=True):
    """The runs that moved, including those below the given ones."""

    moved: list[MovedRun]


MAX_CHANGES = 1_000
MAX_MOVED = 10_000


def _check_count(count: int, field: str, most: int = MAX_CHANGES) -> None:
    if not count:
        raise Invalid("The list is empty. Select at least one run.", field=field).because("no_runs")
    if count > most:
        text = f"At most {most:,} runs are changed at once; these are {count:,}."
        raise Invalid(text, field=field).because("many_runs", most=most, count=count)


def change_tags(tx: Write, context: Context, request: ChangeTags) -> ChangedTags:
    _check_count(len(request.changes), "changes")
    before = []
    for change in request.changes:
        key, value = change.key.strip(), change.value
        if key.startswith(HIDDEN_TAGS):
            raise Invalid(
                f"Tags that begin with {' or '.join(HIDDEN_TAGS)} are reserved for the software.", field="key"
            ).because("tag_reserved")
        if value is not None and len(value) > MAX_RUN_TAG:
            text = f"The value has {len(value):,} characters; the limit is {MAX_RUN_TAG:,}."
            raise Invalid(text, field="value").because("tag_long", length=len(value), most=MAX_RUN_TAG)
        info = runs.active(tx, request.workspace, change.run)
        old = runs.tag(tx, info, key)
        if value is not None:
            runs.put_tags(tx, info, {key: rules.clean_tag(key, value)})
        elif old is not None:
            runs.delete_tag(tx, info, key)
        before.append(TagChange(run=change.run, key=key, value=old))
    return ChangedTags(before=before[::-1])


def rename(tx: Write, context: Context, request: RenameRuns) -> RenamedRuns:
    _check_count(len(request.names), "names")
    before = []
    for given in request.names:
        info = runs.active(tx, request.workspace, given.run)
        runs.update(tx, request.workspace, given.run, name=clean_name(given.name, what="run name"))
        before.append(RunName(run=given.run, name=info.name))
    return RenamedRuns(before=before[::-1])


def move(tx: Write, context: Context, request: MoveRuns) -> MovedRuns:
    named = list(dict.fromkeys(request.runs))
    below = [] if request.alone else run_rows.descendants(tx, request.workspace, named)
    _check_count(len(named) + len(below), "runs", MAX_MOVED)
    target = active(tx, request.workspace, request.experiment)
    moved = moves.move(tx, request.workspace, [*named, *below], target)
    return MovedRuns(moved=[MovedRun(run=info.run_id, experiment=info.experiment_id) for info in moved])


_RUNS = "/api/v1/workspaces/{workspace}/runs"

ROUTES: list[Route] = [
    write("POST", _RUNS + "/tags", change_tags, summary="Set and delete tags of several runs."),
    write("POST", _RUNS + "/names", rename, summary="Rename several runs."),
    write("POST", _RUNS + "/move", move, audit="run.move", summary="Move runs to another experiment of the workspace."),
]
