"""Comments on runs and notebooks: read and write threads, and what the bell tells of them."""

from __future__ import annotations

import msgspec

from handloom.api.routing import Context, Route, read, write
from handloom.domain import clock
from handloom.domain.comments import CommentNotice, Mentionable, Thread
from handloom.domain.errors import Forbidden, Invalid
from handloom.domain.members import Role
from handloom.store.comments import rows as comments
from handloom.store.comments.rows import CommentTarget
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces import members as member_store

NOTICE_DAYS = 7
_DAY = 86_400_000


class CommentsOf(msgspec.Struct, frozen=True, kw_only=True):
    """`run` or `notebook` is the id of what is commented on."""

    workspace: str
    run: str = ""
    notebook: str = ""


class WriteComment(CommentsOf, frozen=True, kw_only=True):
    text: str
    """Plain text; @name names somebody."""
    thread: int | None = None
    """The id of the thread's first comment, for a reply."""


class CommentPath(CommentsOf, frozen=True, kw_only=True):
    comment: int


class ChangeComment(CommentPath, frozen=True, kw_only=True):
    """Change the text of one's own comment, or resolve the thread that the comment is the first of."""

    text: str | None = None
    resolved: bool | None = None


class Threads(msgspec.Struct, frozen=True, kw_only=True):
    threads: list[Thread]
    people: list[Mentionable]
    """Whom a comment can name."""


class CommentNoticesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`since` is a time in ms since 1970 UTC; at most seven days are looked back."""

    since: int = 0


class CommentNoticeList(msgspec.Struct, frozen=True, kw_only=True):
    notices: list[CommentNotice]


def _target(tx: Read, request: CommentsOf) -> CommentTarget:
    return comments.target(tx, request.workspace, request.run, request.notebook)


def _answer(tx: Read, on: CommentTarget) -> Threads:
    return Threads(threads=comments.threads(tx, on), people=comments.mentionable(tx, on.workspace))


def list_threads(tx: Read, context: Context, request: CommentsOf) -> Threads:
    return _answer(tx, _target(tx, request))


def create(tx: Write, context: Context, request: WriteComment) -> Threads:
    on = _target(tx, request)
    comments.create(tx, on, context.caller.user.id, request.text, request.thread)
    return _answer(tx, on)


def change(tx: Write, context: Context, request: ChangeComment) -> Threads:
    on, user = _target(tx, request), context.caller.user.id
    if (request.text is None) == (request.resolved is None):
        raise Invalid("Give either a text or whether the thread is resolved.", field="text")
    if request.text is not None:
        comments.edit(tx, on, request.comment, user, request.text)
    else:
        comments.resolve(tx, on, request.comment, user, resolved=bool(request.resolved))
    return _answer(tx, on)


def remove(tx: Write, context: Context, request: CommentPath) -> Threads:
    on = _target(tx, request)
    if context.caller.kind == "kernel":
        raise Forbidden("Code in a notebook deletes no comments. Delete them on the page.")
    comments.remove(tx, on, request.comment, context.caller.user.id, any_author=context.role == Role.ADMIN)
    return _answer(tx, on)


def list_notices(tx: Read, context: Context, request: CommentNoticesQuery) -> CommentNoticeList:
    user = context.caller.user.id
    since = max(request.since, clock.now() - NOTICE_DAYS * _DAY)
    return CommentNoticeList(notices=comments.of_user(tx, user, sorted(member_store.roles(tx, user)), since))


_ALL = "/api/v1/workspaces/{workspace}/comments"
_ONE = _ALL + "/{comment}"

# Viewers may comment: they talk about what they may read, and change nothing of it.
ROUTES: list[Route] = [
    read("GET", _ALL, list_threads, summary="List the threads of comments on a run or notebook."),
    write(
        "POST",
        _ALL,
        create,
        audit="comment.create",
        role=Role.VIEWER,
        summary="Comment on a run or notebook, or reply in a thread.",
    ),
    write(
        "PATCH",
        _ONE,
        change,
        audit="comment.change",
        role=Role.VIEWER,
        summary="Change one's own comment, or resolve a thread.",
    ),
    write(
        "DELETE",
        _ONE,
        remove,
        audit="comment.delete",
        role=Role.VIEWER,
        summary="Delete one's own comment; admins of the workspace delete any.",
    ),
    read(
        "GET",
        "/api/v1/comment-notices",
        list_notices,
        role=None,
        summary="List the comments since a time that the caller is told of.",
    ),
]
