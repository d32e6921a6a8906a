"""The queues of capacities: which sessions hold their places, and in which order the others get them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from handloom.domain.servers import CapacityPlace
from handloom.domain.sessions import QueuePlace
from handloom.kernels.running import RunningSession

PLACELESS = ("queued", "dead")
"""States in which a session holds no place: it has no kernel."""


def capacity_of(session: RunningSession) -> str:
    """Return the capacity of which a session holds a place; empty if it holds none."""
    return "" if session.state in PLACELESS else session.spec.capacity.id


class Queues:
    """The queues of one server's sessions, which are those of `sessions` at any time."""

    def __init__(self, sessions: Mapping[str, RunningSession]) -> None:
        self._sessions = sessions
        self.elsewhere: Counter[CapacityPlace] = Counter()
        """How many places people hold at other servers, which count for what one person may have."""

    def holders(self, capacity: str) -> list[RunningSession]:
        """Return the sessions that hold a place of the capacity with this id."""
        return [one for one in self._sessions.values() if capacity_of(one) == capacity]

    def fits(self, session: RunningSession) -> bool:
        """Whether the capacity has a place for one more session, and for one more of its person."""
        capacity = session.spec.capacity
        return not 0 < capacity.sessions <= len(self.holders(capacity.id)) and not self._at_own_limit(session)

    def order(self, capacity: str) -> list[RunningSession]:
        """Return the waiting sessions in the order in which they get places: next is always the one that has waited
        longest of the people with the fewest sessions, so that nobody who asks for many keeps others waiting."""
        every = self._sessions.values()
        waiting = sorted(
            (one for one in every if one.spec.capacity.id == capacity and one.state == "queued" and not one.ending),
            key=lambda one: one.queued_at,
        )
        have = self._people(capacity)
        ordered: list[RunningSession] = []
        while waiting:
            least = min(waiting, key=lambda one: (have[one.spec.user.id], one.queued_at))
            waiting.remove(least)
            have[least.spec.user.id] += 1
            ordered.append(least)
        return ordered

    def place_of(self, session: RunningSession) -> QueuePlace | None:
        """Return where a waiting session stands in its queue; None for any other session."""
        if session.state != "queued" or session.ending:
            return None
        ordered = self.order(session.spec.capacity.id)
        own = self._at_own_limit(session)
        return QueuePlace(place=ordered.index(session) + 1, waiting=len(ordered), own_limit=own)

    def _at_own_limit(self, session: RunningSession) -> bool:
        capacity = session.spec.capacity
        return 0 < capacity.sessions_per_person <= self._people(capacity.id)[session.spec.user.id]

    def _people(self, capacity: str) -> Counter[str]:
        """Count the places that each person holds, here and elsewhere."""
        people = Counter(one.spec.user.id for one in self.holders(capacity))
        for (of, user), count in self.elsewhere.items():
            if of == capacity:
                people[user] += count
        return people
