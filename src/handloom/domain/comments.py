"""Comments on runs and notebooks: threads, whom a comment names, and who is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from handloom.domain.errors import Invalid

MAX_TEXT = 4_000
MOST_COMMENTS = 2_000
"""Comments that one run or notebook can have."""

ToldAs = Literal["mention", "reply", "owner"]
"""Why somebody is told of a comment: it names them, they wrote in its thread, or the notebook is theirs."""


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    author: str
    """The id of the user who wrote it."""
    author_name: str
    text: str
    """"" for a deleted comment that has replies."""
    created_at: int
    edited_at: int | None
    deleted: bool


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A comment with its replies, oldest first."""

    first: Comment
    replies: list[Comment]
    resolved_at: int | None
    resolved_by: str
    """The display name of who resolved it; "" while it is open."""


class Mentionable(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a comment can name, as @name."""

    user: str
    name: str
    display_name: str


class CommentNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is told: a comment, where it is, and why they are told."""

    reason: ToldAs
    author_name: str
    text: str
    """The beginning of the comment."""
    workspace: str
    kind: Literal["run", "notebook"]
    target: str
    """The id of the run or notebook."""
    target_name: str
    experiment: str
    """The experiment of a run; "" for a notebook."""
    at: int


def clean_text(text: str) -> str:
    """Trim the text of a comment. Raises Invalid if it is empty or too long."""
    text = text.strip()
    if not text:
        raise Invalid("The comment is empty.", field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(f"The comment has {len(text):,} characters; at most {MAX_TEXT:,} are allowed.", field="text")
    return text


def mentioned(text: str, people: Iterable[Mentionable]) -> set[str]:
    """Return the ids of those whom the text names as @name, without regard to case. Of two names, the longer counts."""
    found: set[str] = set()
    rest = text.casefold()
    for person in sorted(people, key=lambda one: -len(one.name)):
        wanted, at = f"@{person.name.casefold()}", 0
        while (at := rest.find(wanted, at)) >= 0:
            after, before = rest[at + len(wanted) : at + len(wanted) + 1], rest[at - 1 : at] if at else ""
            if not (after.isalnum() or after == "_" or before.isalnum()):
                found.add(person.user)
                rest = rest[:at] + " " * len(wanted) + rest[at + len(wanted) :]
            at += len(wanted)
    return found
