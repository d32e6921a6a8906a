"""Passwords: argon2id hashes, computed on threads, and rate limits on wrong guesses per user and per address."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handloom.domain.errors import Invalid
from handloom.domain.members import User
from handloom.store.engine.database import Database
from handloom.store.users import rows as user_store

MIN_CHARACTERS, MAX_CHARACTERS = 10, 256
WINDOW_SECONDS = 15 * 60.0
PER_PERSON_AND_ADDRESS, PER_ADDRESS, PER_PERSON = 5, 50, 100
"""Limits on wrong passwords within WINDOW_SECONDS. The first stops an attacker without locking the user out elsewhere;
the others stop one who tries many names, or uses many addresses.
"""

_AT_ONCE = 2
"""Maximum number of concurrent hashes; each takes 64 MB."""

_hasher = PasswordHasher()
_KEYS = 20_000


class Throttle:
    """Rate limiter: counts guesses in memory for WINDOW_SECONDS, except those that turn out to be right."""

    def __init__(self) -> None:
        self._guesses: dict[tuple[str, str], deque[float]] = {}

    def wait(self, name: str, address: str) -> float:
        """Return the seconds until the next guess is allowed; 0 if it is allowed now."""
        now = time.monotonic()
        return max(self._left(key, limit, now) for key, limit in _keys(name, address))

    def begin(self, name: str, address: str) -> None:
        if len(self._guesses) > _KEYS:
            self._forget(time.monotonic())
        for key, _ in _keys(name, address):
            self._guesses.setdefault(key, deque()).append(time.monotonic())

    def forgive(self, name: str, address: str) -> None:
        """Remove the last guess, because it was right."""
        for key, _ in _keys(name, address):
            if guesses := self._guesses.get(key):
                guesses.pop()

    def _left(self, key: tuple[str, str], limit: int, now: float) -> float:
        guesses = self._guesses.get(key)
        if guesses is None:
            return 0.0
        while guesses and guesses[0] <= now - WINDOW_SECONDS:
            guesses.popleft()
        return guesses[-limit] + WINDOW_SECONDS - now if len(guesses) >= limit else 0.0

    def _forget(self, now: float) -> None:
        """Drop keys whose last guess is out of the window; if there are too many, also the oldest."""
        live = {key: times for key, times in self._guesses.items() if times and times[-1] > now - WINDOW_SECONDS}
        newest = sorted(live, key=lambda key: live[key][-1])[-_KEYS // 2 :]
        self._guesses = {key: live[key] for key in newest}


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
    name, place = name.strip().casefold()[:256], _network(address)
    return ((name, place), PER_PERSON_AND_ADDRESS), (("", place), PER_ADDRESS), ((name, ""), PER_PERSON)


def _network(address: str) -> str:
    """Return an IPv4 address, or the /64 network of an IPv6 one, whose addresses usually belong to one user."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


class Passwords:
    """Password hashing on a few threads, and the rate limiter of this server."""

    def __init__(self) -> None:
        self.throttle = Throttle()
        self._threads = ThreadPoolExecutor(_AT_ONCE, "passwords")

    async def hash(self, password: str, name: str) -> str:
        """Return the hash to store. Raises Invalid for a password that is too short, too long, or the user's name."""
        if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
            raise Invalid(f"The password must have {MIN_CHARACTERS} to {MAX_CHARACTERS} characters.", field="password")
        if password.casefold() == name.casefold():
            raise Invalid("The password must not be the user's name. Choose another.", field="password")
        return await asyncio.get_running_loop().run_in_executor(self._threads, _hasher.hash, password)

    async def check(self, database: Database, name: str, password: str, address: str) -> User | None:
        """Return the user with this name and password, or None. Takes as long for a missing name (timing attacks).

        Call `throttle.wait` first.
        """
        self.throttle.begin(name, address)
        known = await asyncio.wrap_future(database.read(lambda tx: user_store.password_of(tx, name)))
        given = password[: MAX_CHARACTERS + 1]
        matches = partial(_matches, known[1] if known else None, given)
        right = await asyncio.get_running_loop().run_in_executor(self._threads, matches)
        if known is None or not right:
            return None
        self.throttle.forgive(name, address)
        if _hasher.check_needs_rehash(known[1]):  # the cost parameters have been raised since
            again = await self.hash(password, name)
            await asyncio.wrap_future(database.write(lambda tx: user_store.set_password(tx, known[0].id, again)))
        return known[0]


@cache
def _nobodys() -> str:
    """A hash to compare with where a name does not exist, so that the answer takes as long."""
    return _hasher.hash("the password of nobody")


def _matches(hashed: str | None, password: str) -> bool:
    try:
        return _hasher.verify(hashed or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
