"""What a pull does with each file: rules for files that changed in the branch, in the workspace, or in both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from handloom.domain.errors import Conflict, Invalid
from handloom.domain.git import NOTEBOOK, Kind, document_of, is_managed
from handloom.domain.names import clean_file_name
from handloom.domain.notebook_merge import CellChoice, Document, NotebookMerge, merged, offered
from handloom.domain.notebook_versions import LEFT_OUT

Choice = Literal["mine", "theirs", "both", "merge"]
"""`merge` takes over cells of a notebook that only the branch changed, and keeps those that only this side changed."""

CellChoices = Mapping[str, Mapping[str, CellChoice]]
"""What to do with cells that both sides changed, by the notebook's path and the cell's id."""

MAX_PULLED = 64 * 1024 * 1024
"""Bytes of a file that is pulled."""


class GitIncomingChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the branch changed. `here` is what happened to it in the workspace since the last common commit; None
    if nothing, so that there is nothing to decide.
    """

    path: str
    kind: Kind
    here: Kind | None = None
    merge: NotebookMerge | None = None
    """For a notebook that both changed: what `merge` would do. None where its cells cannot be matched."""


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of a file's content in the last common commit, in the branch and in the workspace; "" without one.

    Outputs of notebooks do not count, so that only running a notebook is no change.
    """

    base: str
    theirs: str
    mine: str


def incoming(path: str, ends: Ends) -> GitIncomingChange | None:
    """Return what the branch did to a file, or None if the workspace has it already, or the branch did nothing."""
    if ends.theirs in (ends.base, ends.mine):
        return None
    kind = _kind(ends.base, ends.theirs)
    return GitIncomingChange(path=path, kind=kind, here=None if ends.mine == ends.base else _kind(ends.base, ends.mine))


def _kind(before: str, after: str) -> Kind:
    return "changed" if before and after else "added" if after else "deleted"


def check_choices(changes: Iterable[GitIncomingChange], choices: Mapping[str, Choice]) -> None:
    """Raise Conflict, with their paths, for files that both sides changed and about which nothing was decided."""
    open_questions = [change.path for change in changes if change.here is not None and change.path not in choices]
    if open_questions:
        named = ", ".join(open_questions[:5]) + (", …" if len(open_questions) > 5 else "")
        raise Conflict(
            f"Changed here and in the branch: {named}. Choose for each file whether to keep yours, to take the "
            "branch's, or to keep both.",
            field="choices",
        )


def check_cells(changes: Iterable[GitIncomingChange], choices: Mapping[str, Choice], cells: CellChoices) -> None:
    """Raise Conflict for notebooks to merge with cells about which nothing was decided, and Invalid for a file that
    cannot be merged.
    """
    for change in changes:
        if change.here is None or choices.get(change.path) != "merge":
            continue
        if change.merge is None:
            raise Invalid(f"{change.path} cannot be merged by cells. Keep yours, theirs, or both.", field="choices")
        undecided = {one.cell for one in change.merge.conflicts} - cells.get(change.path, {}).keys()
        if undecided:
            raise Conflict(
                f"{change.path} has {len(undecided)} cells that both sides changed. Choose for each whether to keep "
                "yours, to take the branch's, or to keep both.",
                field="cells",
            )


def merge_offered(base: bytes | None, mine: bytes, theirs: bytes) -> NotebookMerge | None:
    """Return what merging three contents of a notebook would do; None if it cannot be done."""
    documents = _documents(base, mine, theirs)
    return None if documents is None else offered(*documents)


def merge_contents(base: bytes | None, mine: bytes, theirs: bytes, choices: Mapping[str, CellChoice]) -> bytes:
    """Return the merged notebook of three contents for which a merge was offered."""
    documents = _documents(base, mine, theirs)
    if documents is None:
        raise Conflict("A notebook has changed meanwhile, and cannot be merged any more. Look at the changes again.")
    return _written(merged(*documents, choices))


def _documents(base: bytes | None, mine: bytes, theirs: bytes) -> tuple[Document | None, Document, Document] | None:
    old, here, there = document_of(base or b""), document_of(mine), document_of(theirs)
    if here is None or there is None or (base is not None and old is None):
        return None
    return old, here, there


def _written(document: Document) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "surrogatepass")


def choice_of(change: GitIncomingChange, choices: Mapping[str, Choice]) -> Choice:
    """Return what to do with a file. Keeping both needs two: of a deleted file, the other one is kept."""
    if change.here is None:
        return "theirs"
    choice = choices[change.path]
    if choice != "both":
        return choice
    if change.kind == "deleted":
        return "mine"
    return "theirs" if change.here == "deleted" else "both"


def is_notebook_item(path: str) -> bool:
    """Whether a new notebook of a branch becomes one of the workspace. One in `Files` stays a file."""
    return path.endswith(NOTEBOOK) and not path.startswith("Files/") and is_managed(path)


def name_of(path: str, taken: Iterable[str], suffix: str = "") -> str:
    """Return a free name for a notebook of a branch: its own, else with its folder, else with a number."""
    *folders, file = path.removesuffix(NOTEBOOK).split("/")
    plain = "".join("-" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in file).strip(". ")
    plain = plain[:60] if len(plain.encode()) > 200 else plain
    try:
        stem = clean_file_name(plain + suffix)
    except Invalid:
        stem = f"Notebook{suffix}"
    known = {name.casefold() for name in taken}
    folder = "-".join(folders)[-40:].strip(". ")
    candidates = [stem, *([f"{stem} ({folder})"] if folder else [])]
    candidates += [f"{candidates[-1]} {number}" for number in range(2, 1_000)]
    return next(name for name in candidates if name.casefold() not in known)


def copy_path(path: str, branch: str, taken: Iterable[str]) -> str:
    """Return a free path beside `path` for the branch's file, where both are kept."""
    folder, slash, file = path.rpartition("/")
    stem, dot, ending = file.rpartition(".")
    stem, ending = (stem, dot + ending) if stem else (file, "")
    known = {one.casefold() for one in taken}
    name = branch.replace("/", "-")
    candidates = (
        f"{folder}{slash}{stem} ({name}{number}){ending}" for number in ("", *map(" {}".format, range(2, 999)))
    )
    return next(one for one in candidates if one.casefold() not in known)


def with_outputs(theirs: bytes, mine: bytes) -> bytes:
    """Return the branch's notebook with the outputs that the workspace has of code cells with the same text."""
    new, old = document_of(theirs), document_of(mine)
    if new is None or old is None:
        return theirs
    kept: dict[str, list[dict[str, Any]]] = {}
    for cell in old["cells"]:
        if cell.get("outputs"):
            kept.setdefault(_source(cell), []).append(cell)
    found = False
    for cell in new["cells"]:
        if cell.get("cell_type") != "code" or cell.get("outputs") or not kept.get(_source(cell)):
            continue
        same = kept[_source(cell)].pop(0)
        left = {key: value for key, value in (same.get("metadata") or {}).items() if key in LEFT_OUT}
        cell |= {"outputs": same["outputs"], "execution_count": same.get("execution_count")}
        cell["metadata"] = (cell.get("metadata") or {}) | left
        found = True
    return _written(new) if found else theirs


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)
