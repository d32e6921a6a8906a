"""What changed in a committed write: the messages behind every live page."""

from typing import Literal

import msgspec

Noun = Literal[
    "anything",
    "artifacts",
    "experiments",
    "members",
    "metrics",
    "models",
    "mounts",
    "notebooks",
    "runs",
    "sessions",
    "tokens",
    "users",
    "workspaces",
]
"""What a change may be about, as pages know it; `artifacts` and `anything` stay inside the server."""

NOUNS: tuple[Noun, ...] = (
    "workspaces",
    "members",
    "notebooks",
    "experiments",
    "runs",
    "metrics",
    "models",
    "mounts",
    "tokens",
)
"""What a page may show of a workspace, and the tokens of its person."""


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
"""Changes may have been missed: treat every cached read as stale. Pages are sent each of `NOUNS` instead."""


def of_list(change: Change) -> Change:
    """Widen a change to the whole list. A token's change stays as it is: it tells which caller is signed out."""
    return change if change.noun == "tokens" else Change(noun=change.noun, workspace=change.workspace)


def packed(changes: list[Change], size: int, most: int) -> list[bytes]:
    """The changes, each once, as JSON texts of at most `size` bytes that `unpacked` reads.

    Where these were more than `most`, they name whole nouns instead of single things.
    """
    texts = _packed(dict.fromkeys(changes), size)
    return texts if len(texts) <= most else _packed(dict.fromkeys(of_list(change) for change in changes), size)


def unpacked(text: bytes) -> list[Change]:
    rows = msgspec.json.decode(text, type=list[tuple[Noun, str, str | None, str | None]])
    return [Change(noun=row[0], workspace=row[1], id=row[2], parent=row[3]) for row in rows]


def _packed(changes: dict[Change, None], size: int) -> list[bytes]:
    texts: list[bytes] = []
    waiting: list[bytes] = []
    length = 2
    for change in changes:
        row = _row(change)
        if len(row) + 2 > size:  # a name as long as a page
            row = _row(of_list(change))
        if waiting and length + len(row) + 1 > size:
            texts.append(b"[" + b",".join(waiting) + b"]")
            waiting, length = [], 2
        waiting.append(row)
        length += len(row) + 1
    return [*texts, b"[" + b",".join(waiting) + b"]"] if waiting else texts


def _row(change: Change) -> bytes:
    return msgspec.json.encode((change.noun, change.workspace, change.id, change.parent))
