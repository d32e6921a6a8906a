"""Rows about artifacts: hashes of versions of files, and removals that are carried out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from handloom.domain.artifacts import StoredFile
from handloom.domain.errors import NotFound, Unavailable
from handloom.store.artifacts import rows
from handloom.store.artifacts import storage as artifacts
from handloom.store.artifacts.folder import CONTENTS, FolderStore
from handloom.store.artifacts.removal import RemovalWorker
from handloom.store.engine.database import Database


def kept(letter: str) -> StoredFile:
    return StoredFile(size=1, sha256=letter * 64, stamp=letter)


def keep(database: Database, path: str, letter: str, workspace: str = "w1") -> str | None:
    return database.write_now(lambda tx: rows.record(tx, workspace, path, kept(letter)))


def known(database: Database, path: str, stamp: str, workspace: str = "w1") -> str | None:
    return database.read_now(lambda tx: rows.sha256(tx, workspace, path, stamp))


def test_a_hash_belongs_to_one_state_of_a_file(tracked: Database) -> None:
    assert keep(tracked, "1/a", "a") is None
    assert known(tracked, "1/a", "a") == "a" * 64
    assert [known(tracked, "1/a", "b"), known(tracked, "1/A", "a"), known(tracked, "1/a", "a", "w2")] == [None] * 3
    assert keep(tracked, "1/a", "a") is None
    assert keep(tracked, "1/a", "b") == "a" * 64
    assert [known(tracked, "1/a", "a"), known(tracked, "1/a", "b")] == [None, "b" * 64]


def test_a_file_of_a_workspace_that_is_gone_is_not_kept(tracked: Database) -> None:
    with pytest.raises(NotFound, match="It may have been removed"):
        keep(tracked, "1/a", "a", "gone")


def test_forgetting_a_folder_leaves_its_neighbours(tracked: Database) -> None:
    for path, letter in (
        ("run/a", "a"),
        ("run/deep/b", "b"),
        ("run", "c"),
        ("run0", "d"),
        ("run-1/e", "e"),
        ("Run/f", "f"),
        ("run/ä", "0"),
    ):
        keep(tracked, path, letter)
    keep(tracked, "run/a", "9", "w2")
    gone = tracked.write_now(lambda tx: rows.delete_records(tx, "w1", "run"))
    assert sorted(gone) == [letter * 64 for letter in "0abc"]
    assert [known(tracked, p, s) for p, s in (("run0", "d"), ("run-1/e", "e"), ("Run/f", "f"))] == [
        letter * 64 for letter in "def"
    ]
    assert known(tracked, "run/a", "9", "w2") == "9" * 64
    assert sorted(tracked.write_now(lambda tx: rows.delete_records(tx, "w1", ""))) == [letter * 64 for letter in "def"]


class Away(FolderStore):
    """A disk that is unavailable until it is back."""

    away = True

    def delete(self, workspace: str, path: str) -> None:
        if self.away:
            raise Unavailable("The disk is away.")
        super().delete(workspace, path)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "artifacts")


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def put(tracked: Database, store: FolderStore) -> Callable[[str, bytes], None]:
    def one(path: str, data: bytes) -> None:
        came = artifacts.put(store, "w1", path, data)
        tracked.write_now(lambda tx: rows.record(tx, "w1", path, came))

    return one


def test_what_is_to_be_removed_goes_with_its_content(
    tracked: Database, store: FolderStore, put: Callable[[str, bytes], None]
) -> None:
    put("run/a.bin", b"only here")
    put("run/b.bin", b"shared")
    put("other/b.bin", b"shared")
    tracked.write_now(lambda tx: rows.remove_later(tx, "w1", "run"))  # before the start, as a kill leaves it
    remover = RemovalWorker(tracked, store)
    remover.start()
    until(lambda: not tracked.read_now(rows.removals))
    assert [f.path for f in store.entries("w1", "")] == ["other"]
    until(lambda: sum(p.is_file() for p in (store.base / CONTENTS).rglob("*")) == 1)
    tracked.write_now(lambda tx: rows.remove_later(tx, "w1", ""))  # while it runs
    until(lambda: not tracked.read_now(rows.removals))
    assert store.entries("w1", "") == []
    until(lambda: not any(p.is_file() for p in (store.base / CONTENTS).rglob("*")))
    remover.close()


def test_what_cannot_be_removed_now_is_removed_later(
    tracked: Database, tmp_path: Path, put: Callable[[str, bytes], None]
) -> None:
    store = Away(tmp_path / "artifacts")
    put("run/a.bin", b"x")
    remover = RemovalWorker(tracked, store)
    remover.start()
    tracked.write_now(lambda tx: rows.remove_later(tx, "w1", "run"))
    time.sleep(0.2)
    assert len(tracked.read_now(rows.removals)) == 1
    store.away = False
    tracked.write_now(lambda tx: rows.remove_later(tx, "w1", "elsewhere"))  # a wake-up before the minute is over
    until(lambda: not tracked.read_now(rows.removals))
    assert store.entries("w1", "") == []
    remover.close()
