"""Comments: write, change, resolve and delete them, and record who is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, Select, and_, delete, exists, func, insert, select, update

from handloom.domain import clock
from handloom.domain import comments as rules
from handloom.domain.comments import Comment, CommentNotice, Mentionable, Thread, ToldAs
from handloom.domain.errors import Forbidden, Invalid, NotFound
from handloom.domain.experiments import ACTIVE
from handloom.store.comments.tables import comment_notices, comments
from handloom.store.engine.database import Read, Write
from handloom.store.experiments.tables import experiments
from handloom.store.notebooks import rows as notebook_store
from handloom.store.notebooks.tables import notebooks
from handloom.store.runs import rows as runs
from handloom.store.runs.tables import runs as run_table
from handloom.store.users import rows as user_store
from handloom.store.users.tables import users
from handloom.store.workspaces.tables import access

MOST_LISTED = 50
SHOWN = 200
"""Characters of a comment that a notice shows."""

_C, _N, _U = comments.c, comment_notices.c, users.c


@dataclass(frozen=True, slots=True)
class CommentTarget:
    """A run or notebook that is commented on. `key` is the run's internal id, or the notebook's id."""

    workspace: str
    kind: Literal["run", "notebook"]
    id: str
    key: int | str
    owner: str | None = None

    @property
    def column(self) -> Any:
        return _C.run_internal_id if self.kind == "run" else _C.notebook_id


def target(tx: Read, workspace: str, run: str, notebook: str) -> CommentTarget:
    """Return what is commented on. Raises NotFound, or Invalid unless exactly one of both is given."""
    if bool(run) == bool(notebook):
        raise Invalid("Name either a run or a notebook.", field="run")
    if run:
        return CommentTarget(workspace, "run", run, runs.find(tx, workspace, run).internal_id)
    notebook_store.get(tx, workspace, notebook)
    owner = tx.connection.execute(select(notebooks.c.owner_id).where(notebooks.c.id == notebook)).scalar()
    return CommentTarget(workspace, "notebook", notebook, notebook, owner)


def mentionable(tx: Read, workspace: str) -> list[Mentionable]:
    """Return the people who have a role in the workspace and can sign in, by name."""
    inside = _U.id.in_(select(access.c.user_id).where(access.c.workspace_id == workspace))
    rows = tx.connection.execute(
        select(_U.id, _U.name, _U.display_name).where(user_store.active(), inside, ~_U.service)
    )
    found = [Mentionable(user=row.id, name=row.name, display_name=row.display_name) for row in rows]
    return sorted(found, key=lambda one: (one.display_name.casefold(), one.name))


def _select() -> Select[Any]:
    resolver = users.alias("resolver")
    joined = comments.join(users, _U.id == _C.user_id).outerjoin(resolver, resolver.c.id == _C.resolved_by)
    return select(
        comments, _U.display_name.label("author_name"), resolver.c.display_name.label("resolver_name")
    ).select_from(joined)


def _comment(row: Row[Any]) -> Comment:
    return Comment(
        id=row.internal_id,
        author=row.user_id,
        author_name=row.author_name,
        text=row.text,
        created_at=row.created_at,
        edited_at=row.edited_at,
        deleted=row.deleted_at is not None,
    )


def threads(tx: Read, on: CommentTarget) -> list[Thread]:
    """Return the threads of a run or notebook, oldest first."""
    rows = tx.connection.execute(_select().where(on.column == on.key).order_by(_C.internal_id)).all()
    replies: defaultdict[int, list[Comment]] = defaultdict(list)
    for row in rows:
        if row.thread_id is not None:
            replies[row.thread_id].append(_comment(row))
    return [
        Thread(
            first=_comment(row),
            replies=replies[row.internal_id],
            resolved_at=row.resolved_at,
            resolved_by=row.resolver_name or "",
        )
        for row in rows
        if row.thread_id is None
    ]


def create(tx: Write, on: CommentTarget, author: str, text: str, thread: int | None) -> None:
    """Write a comment, or a reply, which opens its thread again, and record who is told. Raises Invalid, NotFound."""
    text = rules.clean_text(text)
    count = select(func.count()).select_from(comments).where(on.column == on.key)
    if tx.connection.execute(count).scalar_one() >= rules.MOST_COMMENTS:
        raise Invalid(f"There are {rules.MOST_COMMENTS:,} comments here. Delete some first.")
    if thread is not None:
        first = _first(tx, on, thread)
        tx.connection.execute(
            update(comments).where(_C.internal_id == first).values(resolved_at=None, resolved_by=None)
        )
    values = {
        "workspace_id": on.workspace,
        on.column.name: on.key,
        "thread_id": thread,
        "user_id": author,
        "text": text,
        "created_at": clock.now(),
    }
    made = tx.connection.execute(insert(comments).values(values).returning(_C.internal_id)).scalar_one()
    _tell(tx, on, made, author, text, thread)
    _changed(tx, on)


def _first(tx: Read, on: CommentTarget, thread: int) -> int:
    query = select(_C.internal_id).where(_C.internal_id == thread, on.column == on.key, _C.thread_id.is_(None))
    found = tx.connection.execute(query).scalar()
    if found is None:
        raise NotFound("This thread is gone.")
    return int(found)


def _tell(tx: Write, on: CommentTarget, comment: int, author: str, text: str, thread: int | None) -> None:
    """Record who is told of a comment, each once: named ones, writers of the thread, the notebook's owner."""
    people = mentionable(tx, on.workspace)
    reasons: dict[str, ToldAs] = {}
    if on.owner is not None:
        reasons[on.owner] = "owner"
    if thread is not None:
        in_thread = (_C.thread_id == thread) | (_C.internal_id == thread)
        reasons |= dict.fromkeys(
            tx.connection.execute(select(_C.user_id).where(in_thread).distinct()).scalars(), "reply"
        )
    reasons |= dict.fromkeys(rules.mentioned(text, people), "mention")
    may = {person.user for person in people}
    rows = [
        {"comment_internal_id": comment, "user_id": user, "reason": reason, "noticed_at": clock.now()}
        for user, reason in reasons.items()
        if user != author and user in may
    ]
    if rows:
        tx.connection.execute(insert(comment_notices), rows)


def edit(tx: Write, on: CommentTarget, comment: int, author: str, text: str) -> None:
    """Change one's own comment. Whom it names now and did not before is told. Raises Forbidden or NotFound."""
    row = _row(tx, on, comment)
    if row.user_id != author:
        raise Forbidden("Only who wrote a comment can change it.")
    text = rules.clean_text(text)
    tx.connection.execute(update(comments).where(_C.internal_id == comment).values(text=text, edited_at=clock.now()))
    people = mentionable(tx, on.workspace)
    known = set(tx.connection.execute(select(_N.user_id).where(_N.comment_internal_id == comment)).scalars())
    for user in rules.mentioned(text, people) - known - {author}:
        notice = {"comment_internal_id": comment, "user_id": user, "reason": "mention", "noticed_at": clock.now()}
        tx.connection.execute(insert(comment_notices).values(notice))
    _changed(tx, on)


def resolve(tx: Write, on: CommentTarget, comment: int, user: str, *, resolved: bool) -> None:
    """Resolve a thread, or open it again. Raises NotFound."""
    first = _first(tx, on, comment)
    values = {"resolved_at": clock.now() if resolved else None, "resolved_by": user if resolved else None}
    tx.connection.execute(update(comments).where(_C.internal_id == first).values(values))
    _changed(tx, on)


def remove(tx: Write, on: CommentTarget, comment: int, user: str, *, any_author: bool) -> None:
    """Delete one's own comment, or any with `any_author`. One with replies leaves its place. May raise Forbidden."""
    row = _row(tx, on, comment)
    if row.user_id != user and not any_author:
        raise Forbidden("Only who wrote a comment and admins of the workspace can delete it.")
    if tx.connection.execute(select(exists().where(_C.thread_id == comment))).scalar():
        tx.connection.execute(update(comments).where(_C.internal_id == comment).values(text="", deleted_at=clock.now()))
        tx.connection.execute(delete(comment_notices).where(_N.comment_internal_id == comment))
    else:
        tx.connection.execute(delete(comments).where(_C.internal_id == comment))
        if row.thread_id is not None:
            _remove_empty(tx, row.thread_id)
    _changed(tx, on)


def _remove_empty(tx: Write, thread: int) -> None:
    """Delete the place of a deleted comment that has no replies any more."""
    replies = comments.alias("replies")
    without = ~exists().where(replies.c.thread_id == thread)
    gone = and_(_C.internal_id == thread, _C.deleted_at.is_not(None), without)
    tx.connection.execute(delete(comments).where(gone))


def _row(tx: Read, on: CommentTarget, comment: int) -> Row[Any]:
    mine = (_C.internal_id == comment, on.column == on.key, _C.deleted_at.is_(None))
    row = tx.connection.execute(select(comments).where(*mine)).first()
    if row is None:
        raise NotFound("This comment is gone.")
    return row


def _changed(tx: Write, on: CommentTarget) -> None:
    tx.changed("comments", on.workspace, None, on.id)


def of_user(tx: Read, user: str, workspaces: Sequence[str], since: int) -> list[CommentNotice]:
    """Return what the user is told about comments in these workspaces since a time, newest first."""
    r, e, n = run_table.c, experiments.c, notebooks.c
    joined = (
        comment_notices.join(comments, _C.internal_id == _N.comment_internal_id)
        .join(users, _U.id == _C.user_id)
        .outerjoin(run_table, r.internal_id == _C.run_internal_id)
        .outerjoin(experiments, e.internal_id == r.experiment_internal_id)
        .outerjoin(notebooks, n.id == _C.notebook_id)
    )
    there = ((r.lifecycle_stage == ACTIVE) & (e.lifecycle_stage == ACTIVE)) | (
        n.id.is_not(None) & n.deleted_at.is_(None)
    )
    query = (
        select(
            _N.reason,
            _N.noticed_at,
            _U.display_name,
            _C.text,
            _C.workspace_id,
            r.run_id,
            r.name.label("run_name"),
            e.experiment_id,
            n.id.label("notebook"),
            n.name.label("notebook_name"),
        )
        .select_from(joined)
        .where(_N.user_id == user, _N.noticed_at > since, _C.workspace_id.in_(workspaces), there)
        .order_by(_N.noticed_at.desc(), _C.internal_id.desc())
        .limit(MOST_LISTED)
    )
    return list(map(_notice, tx.connection.execute(query)))


def _notice(row: Any) -> CommentNotice:
    on_run = row.run_id is not None
    return CommentNotice(
        reason=row.reason,
        author_name=row.display_name,
        text=row.text if len(row.text) <= SHOWN else row.text[: SHOWN - 1] + "…",
        workspace=row.workspace_id,
        kind="run" if on_run else "notebook",
        target=row.run_id if on_run else row.notebook,
        target_name=row.run_name if on_run else row.notebook_name,
        experiment=str(row.experiment_id) if on_run else "",
        at=row.noticed_at,
    )
