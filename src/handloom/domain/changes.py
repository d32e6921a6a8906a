"""Change messages of committed writes, which invalidate caches and update open pages."""

from typing import Literal

import msgspec

Noun = Literal[
    "anything",
    "artifacts",
    "capacities",
    "comments",
    "environments",
    "experiments",
    "folders",
    "git",
    "members",
    "metrics",
    "models",
    "mounts",
    "notebooks",
    "reports",
    "runs",
    "schedules",
    "server",
    "sessions",
    "tables",
    "tokens",
    "users",
    "workspaces",
]
"""Nouns of changes. `artifacts`, `capacities` and `anything` are used inside the server only and are not sent to pages.
`server` is this server itself, when it is about to stop.
"""

NOUNS: tuple[Noun, ...] = (
    "workspaces",
    "members",
    "notebooks",
    "comments",
    "reports",
    "experiments",
    "folders",
    "runs",
    "metrics",
    "models",
    "mounts",
    "environments",
    "schedules",
    "git",
    "tables",
    "tokens",
)
"""Nouns that pages show of a workspace, and tokens of the signed-in user."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One noun of one workspace changed.

    `id` is set where one thing changed; `parent` is the id that a list of such things is keyed by (the experiment of a
    run, the model of a version).
    """

    noun: Noun
    workspace: str
    id: str | None = None
    parent: str | None = None


ANYTHING = Change(noun="anything", workspace="")
"""Changes may have been missed: treat every cached read as stale. Pages receive a change of each of `NOUNS` instead."""


def of_list(change: Change) -> Change:
    """Widen a change of one thing to its whole list. A token's change keeps its id, which shows who was signed out."""
    return change if change.noun == "tokens" else Change(noun=change.noun, workspace=change.workspace)


def packed(changes: list[Change], size: int, most: int) -> list[bytes]:
    """Encode changes without duplicates as JSON messages of at most `size` bytes, which `unpacked` decodes.

    If that takes more than `most` messages, changes of single things are merged into changes of whole lists.
    """
    texts = _packed(dict.fromkeys(changes), size)
    return texts if len(texts) <= most else _packed(dict.fromkeys(of_list(change) for change in changes), size)


def unpacked(text: bytes) -> list[Change]:
    rows = msgspec.json.decode(text, type=list[tuple[Noun, str, str | None, str | None]])
    return [Change(noun=noun, workspace=workspace, id=one, parent=parent) for noun, workspace, one, parent in rows]


def _packed(changes: dict[Change, None], size: int) -> list[bytes]:
    texts: list[bytes] = []
    waiting: list[bytes] = []
    length = 2
    for change in changes:
        row = _row(change)
        if len(row) + 2 > size:  # a very long name does not fit into a message
            row = _row(of_list(change))
        if waiting and length + len(row) + 1 > size:
            texts.append(b"[" + b",".join(waiting) + b"]")
            waiting, length = [], 2
        waiting.append(row)
        length += len(row) + 1
    return [*texts, b"[" + b",".join(waiting) + b"]"] if waiting else texts


def _row(change: Change) -> bytes:
    return msgspec.json.encode((change.noun, change.workspace, change.id, change.parent))
