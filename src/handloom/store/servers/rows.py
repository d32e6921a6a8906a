"""Register servers and their sessions, and find the server that holds a session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from handloom.domain import clock
from handloom.domain.servers import CapacityPlace, LiveSession, Peer
from handloom.store.engine.database import Read, Write
from handloom.store.servers.tables import live_sessions, servers

DEAD_MS = 20_000
"""A server that has not been seen for so long has ended, and its sessions with it."""

_L, _S = live_sessions.c, servers.c


def register(tx: Write, own: Peer, sessions: Sequence[LiveSession]) -> dict[str, str]:
    """Say that this server runs and holds these sessions, and forget servers that have ended.

    Returns the ids of those of the sessions whose notebook and user have one at another server already, which is not
    registered then, and the id of that server.
    """
    now = clock.now()
    tx.connection.execute(delete(servers).where(_S.seen_at < now - DEAD_MS, _S.id != own.id))
    values = {"url": own.url, "secret": own.secret, "seen_at": now}
    if not tx.connection.execute(update(servers).where(_S.id == own.id).values(values)).rowcount:
        tx.connection.execute(insert(servers).values(id=own.id, **values))
    return _hold(tx, own.id, {one.id: one for one in sessions})


def _hold(tx: Write, server: str, sessions: Mapping[str, LiveSession]) -> dict[str, str]:
    rows = tx.connection.execute(select(live_sessions).where(_L.server_id == server))
    known = {row.id: _session(row) for row in rows}
    ended = [one for one in known if one not in sessions]
    if ended:
        tx.connection.execute(delete(live_sessions).where(_L.id.in_(ended)))
    elsewhere: dict[str, str] = {}
    for one in sessions.values():
        if known.get(one.id) == one:
            continue
        if one.id in known:
            tx.connection.execute(update(live_sessions).where(_L.id == one.id).values(_changing(one)))
        elif other := _other(tx, server, one):
            elsewhere[one.id] = other
            continue
        else:
            tx.connection.execute(
                insert(live_sessions).values(
                    id=one.id,
                    server_id=server,
                    user_id=one.user,
                    workspace_id=one.workspace,
                    notebook_id=one.notebook,
                    job=one.job,
                    **_changing(one),
                )
            )
        tx.changed("sessions", one.workspace, parent=one.notebook or None, cached=False)
    for one in (known[session] for session in ended):
        tx.changed("sessions", one.workspace, parent=one.notebook or None, cached=False)
    return elsewhere


def _changing(session: LiveSession) -> dict[str, str]:
    return {"kernel": session.kernel, "capacity": session.capacity}


def _session(row: Any) -> LiveSession:
    return LiveSession(
        id=row.id,
        user=row.user_id,
        workspace=row.workspace_id,
        notebook=row.notebook_id,
        job=row.job,
        kernel=row.kernel,
        capacity=row.capacity,
    )


def _other(tx: Read, server: str, session: LiveSession) -> str | None:
    """The server that holds another session of this user's notebook."""
    if session.job or not session.notebook:
        return None
    return _holder(tx, server, _L.notebook_id == session.notebook, _L.user_id == session.user, _L.job == "")


def unregister(tx: Write, server: str) -> None:
    """Forget a server that ends, and its sessions."""
    tx.connection.execute(delete(live_sessions).where(_L.server_id == server))
    tx.connection.execute(delete(servers).where(_S.id == server))


def others(tx: Read, server: str) -> list[Peer]:
    """The servers that run beside this one, with sealed secrets."""
    rows = tx.connection.execute(select(servers).where(_S.id != server, _S.seen_at >= clock.now() - DEAD_MS))
    return [Peer(id=row.id, url=row.url, secret=row.secret) for row in rows]


def places_at_others(tx: Read, server: str) -> Counter[CapacityPlace]:
    """Count the places of capacities that users hold at other servers."""
    query = select(_L.capacity, _L.user_id, func.count()).join(servers, _S.id == _L.server_id)
    query = query.where(_L.server_id != server, _L.capacity != "", _S.seen_at >= clock.now() - DEAD_MS)
    rows = tx.connection.execute(query.group_by(_L.capacity, _L.user_id))
    return Counter({(capacity, user): count for capacity, user, count in rows})


def holder_of(tx: Read, server: str, session: str) -> str | None:
    """The other server that holds a session, by the session's id or its kernel's."""
    return _holder(tx, server, (_L.id == session) | (_L.kernel == session))


def holder_of_notebook(tx: Read, server: str, notebook: str, user: str) -> str | None:
    """The other server that holds a page's session of a notebook for this user."""
    return _holder(tx, server, _L.notebook_id == notebook, _L.user_id == user, _L.job == "")


def holders(tx: Read, server: str, *, workspace: str | None = None, user: str | None = None) -> list[str]:
    """The other servers that hold sessions: of a workspace, of a user, or any."""
    query = select(_L.server_id).distinct().join(servers, _S.id == _L.server_id).order_by(_L.server_id)
    query = query.where(_L.server_id != server, _S.seen_at >= clock.now() - DEAD_MS)
    if workspace is not None:
        query = query.where(_L.workspace_id == workspace)
    if user is not None:
        query = query.where(_L.user_id == user)
    return list(tx.connection.execute(query).scalars())


def _holder(tx: Read, server: str, *conditions: ColumnElement[bool]) -> str | None:
    query = select(_L.server_id).join(servers, _S.id == _L.server_id)
    alive = _S.seen_at >= clock.now() - DEAD_MS
    found = tx.connection.execute(query.where(_L.server_id != server, alive, *conditions).limit(1)).scalar()
    return None if found is None else str(found)
