"""The queue of a capacity: which sessions hold its places, and in which order the others get them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from handloom.domain.capacities import Capacity
from handloom.domain.sessions import QueuePlace
from handloom.kernels.running import RunningSession

PLACELESS = ("queued", "dead")
"""States in which a session holds no place: it has no kernel."""


def holders(capacity: str, sessions: Collection[RunningSession]) -> list[RunningSession]:
    """Return the sessions that hold a place of the capacity with this id."""
    return [one for one in sessions if one.spec.capacity.id == capacity and one.state not in PLACELESS]


def fits(session: RunningSession, sessions: Collection[RunningSession]) -> bool:
    """Whether the capacity has a place for one more session, and for one more of its person."""
    capacity = session.spec.capacity
    taken = holders(capacity.id, sessions)
    return not 0 < capacity.sessions <= len(taken) and not _at_own_limit(session, capacity, taken)


def _at_own_limit(session: RunningSession, capacity: Capacity, taken: list[RunningSession]) -> bool:
    own = sum(one.spec.user.id == session.spec.user.id for one in taken)
    return 0 < capacity.sessions_per_person <= own


def order(capacity: str, sessions: Collection[RunningSession]) -> list[RunningSession]:
    """Return the waiting sessions in the order in which they get places: next is always the one that has waited longest
    of the people with the fewest sessions, so that nobody who asks for many keeps others waiting."""
    waiting = sorted(
        (one for one in sessions if one.spec.capacity.id == capacity and one.state == "queued" and not one.ending),
        key=lambda one: one.queued_at,
    )
    have = Counter(one.spec.user.id for one in holders(capacity, sessions))
    ordered: list[RunningSession] = []
    while waiting:
        least = min(waiting, key=lambda one: (have[one.spec.user.id], one.queued_at))
        waiting.remove(least)
        have[least.spec.user.id] += 1
        ordered.append(least)
    return ordered


def place_of(session: RunningSession, sessions: Collection[RunningSession]) -> QueuePlace | None:
    """Return where a waiting session stands in its queue; None for any other session."""
    if session.state != "queued" or session.ending:
        return None
    capacity = session.spec.capacity
    ordered = order(capacity.id, sessions)
    own = _at_own_limit(session, capacity, holders(capacity.id, sessions))
    return QueuePlace(place=ordered.index(session) + 1, waiting=len(ordered), own_limit=own)
