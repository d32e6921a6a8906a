"""Passwords: argon2id hashes, made and checked on threads, and a throttle on guesses per person and per address."""

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
"""Wrong passwords in that time, after which no further one is looked at. The first limit stops a guesser without
locking the person out elsewhere; the others stop one who tries many names, or comes from many addresses."""

_AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MB."""

_hasher = PasswordHasher()
_KEYS = 20_000


class Throttle:
    """Counts guesses in memory, each from when it begins until the window has passed or it proves right."""

    def __init__(self) -> None:
        self._guesses: dict[tuple[str, str], deque[float]] = {}

    def wait(self, name: str, address: str) -> float:
        """Seconds until another guess is looked at; 0 where it is now."""
        now = time.monotonic()
        return max(self._left(key, limit, now) for key, limit in _keys(name, address))

    def begin(self, name: str, address: str) -> None:
        if len(self._guesses) > _KEYS:
            self._forget(time.monotonic())
        for key, _ in _keys(name, address):
            self._guesses.setdefault(key, deque()).append(time.monotonic())

    def forgive(self, name: str, address: str) -> None:
        """The last guess was right: take it back."""
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
        """Drop the keys whose last guess is out of the window; of too many, those guessed at longest ago."""
        live = {key: times for key, times in self._guesses.items() if times and times[-1] > now - WINDOW_SECONDS}
        newest = sorted(live, key=lambda key: live[key][-1])[-_KEYS // 2 :]
        self._guesses = {key: live[key] for key in newest}


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
    name, place = name.strip().casefold()[:256], _network(address)
    return ((name, place), PER_PERSON_AND_ADDRESS), (("", place), PER_ADDRESS), ((name, ""), PER_PERSON)


def _network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: whoever has one of these usually has all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


class Passwords:
    """Hashing on a few threads, and the throttle of one server."""

    def __init__(self) -> None:
        self.throttle = Throttle()
        self._threads = ThreadPoolExecutor(_AT_ONCE, "passwords")

    async def hash(self, password: str, name: str) -> str:
        """The hash to keep; raise Invalid for a password that is too short, too long, or the person's name."""
        if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
            raise Invalid(f"A password has {MIN_CHARACTERS} to {MAX_CHARACTERS} characters.", field="password")
        if password.casefold() == name.casefold():
            raise Invalid("The password is the person's name. Choose another.", field="password")
        return await asyncio.get_running_loop().run_in_executor(self._threads, _hasher.hash, password)

    async def check(self, database: Database, name: str, password: str, address: str) -> User | None:
        """Whose name and password these are; None for nobody's. Takes as long for names that do not exist.

        Ask `throttle.wait` first.
        """
        self.throttle.begin(name, address)
        known = await asyncio.wrap_future(database.read(lambda tx: user_store.password_of(tx, name)))
        given = password[: MAX_CHARACTERS + 1]
        matches = partial(_matches, known[1] if known else None, given)
        right = await asyncio.get_running_loop().run_in_executor(self._threads, matches)
        if known is None or not right:
            return None
        self.throttle.forgive(name, address)
        if _hasher.check_needs_rehash(known[1]):  # the costs were raised since
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
