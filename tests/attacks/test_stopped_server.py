"""A server process that is stopped during a write does not block the others on its PostgreSQL database."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from databases import Postgres
from handloom.domain.errors import Unavailable
from handloom.store.engine.database import Database, Write
from handloom.store.users import rows as users


def test_the_others_write_on_while_one_holds_the_lock_and_says_nothing(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.current(tmp_path)
    stopped, other = Database(url, tmp_path), Database(url, tmp_path)
    holds, goes_on = threading.Event(), threading.Event()

    def hold(tx: Write) -> None:
        users.create(tx, "lost")
        holds.set()
        assert goes_on.wait(60)
        users.create(tx, "lost too")

    held = stopped.write(hold)
    assert holds.wait(30)
    assert other.write_now(lambda tx: users.create(tx, "kim")).name == "kim"  # before the lock's own time runs out
    assert not held.done()
    goes_on.set()
    with pytest.raises(Unavailable):
        held.result(30)
    assert stopped.write_now(lambda tx: users.create(tx, "lee")).name == "lee"
    stopped.close()
    other.close()
    postgres.drop(url)
